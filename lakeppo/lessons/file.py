"""Reading a lesson file: what is wrong with it is said in one line, with its place. No torch."""

from collections.abc import Callable, Mapping
from pathlib import Path as FilePath
from typing import Any, TypeVar

from lakeppo.config import MAPS, default_time_limit, make_config
from lakeppo.errors import InvalidValue, LessonError, Message, printable
from lakeppo.files import read_text
from lakeppo.i18n import N_
from lakeppo.lessons.language import over_seeds, parse_figure, parse_promise, words_of
from lakeppo.lessons.lines import Path, key_lines, line_of
from lakeppo.lessons.model import (
    ARMS,
    LETTERS,
    Answer,
    Arm,
    Figure,
    Lesson,
    NowYou,
    Part,
    Predict,
    Promise,
    Reveal,
    Row,
    RunTo,
    Say,
    Text,
)
from lakeppo.lessons.schema import Wrong, key_name, knob_value
from lakeppo.lessons.sentences import check_sentence
from lakeppo.lessons.tables import LESSON, MOST_UPDATES
from lakeppo.lessons.work import check_figures, check_work
from lakeppo.moment import Change, Moment, Phase
from lakeppo.runs.vocabulary import parse_condition
from lakeppo.storage.toml import parse_toml

MOST = 2**17
"""Bytes of a lesson file that is read."""
LAST_ORDER = 999
T = TypeVar("T")


def read_lesson(path: FilePath) -> Lesson:
    """Return the lesson of a file. Raises `FileError` if it cannot be read, and `LessonError` if it is no lesson."""
    text = read_text(path, MOST)
    try:
        content = parse_toml(text)
    except InvalidValue as error:
        raise LessonError("{path}: {error}", path=path, error=error.message) from None
    try:
        return _lesson(printable(path.stem), LESSON.check(content, ()))
    except Wrong as wrong:
        line = line_of(wrong.path, key_lines(text))
        raise LessonError("{path}, line {line}: {error}", path=path, line=line, error=wrong.message) from None


def _lesson(name: str, table: dict[str, Any]) -> Lesson:
    arms = {letter: _arm(letter, arm, ("arms", letter)) for letter, arm in table["arms"].items()}
    parts = tuple(_part(part, arms, ("parts", place)) for place, part in enumerate(table["parts"]))
    promises = tuple(
        _promise(promise, arms, ("promises", place)) for place, promise in enumerate(table.get("promises", ()))
    )
    check_figures(parts, promises)
    return Lesson(
        name, table.get("order", LAST_ORDER), table["title"], table["intro"], table.get("belief"), arms, parts,
        _now_you(table["now_you"], arms, ("now_you",)) if "now_you" in table else None, promises,
    )  # fmt: skip


def _located(path: Path, function: Callable[..., T], *arguments: Any, **named: Any) -> T:
    """Call a function; what it refuses is wrong at this path."""
    try:
        return function(*arguments, **named)
    except InvalidValue as error:
        template = N_("{key}: {error}")
        raise Wrong(path, Message(template, key=key_name(path), error=error.message)) from None


def _arm(name: str, table: dict[str, Any], path: Path) -> Arm:
    preset, knobs, rows = table.get("preset", "classic"), dict(table.get("knobs", {})), table.get("map")
    lake = None
    if rows is not None:
        label = next((label for label, known in MAPS.items() if known == rows), "lesson")
        lake = label, rows
        knobs.setdefault("max_episode_steps", default_time_limit(rows))
    config = _located(path, make_config, preset, lake, **knobs)
    changes = [
        Change(Moment(change["update"], Phase.COLLECT, 0), change["knob"],
               knob_value(change["knob"], change["value"], (*path, "changes", place, "value")))
        for place, change in enumerate(table.get("changes", ()))
    ]  # fmt: skip
    if sorted(changes, key=lambda change: change.moment) != changes:
        raise Wrong((*path, "changes"), Message("the changes of arm {arm} are not in order", arm=name))
    return Arm(name, table["label"], config, tuple(changes), table.get("fault"))


def _part(table: dict[str, Any], arms: Mapping[str, Arm], path: Path) -> Part:
    run = _run(table["run"], arms, (*path, "run"))
    reveal = _reveal(table["reveal"], run, arms, (*path, "reveal"))
    configs = {name: arm.config for name, arm in arms.items()}
    figures: dict[str, Figure] = {}
    for name, text in table.get("figures", {}).items():
        here = (*path, "figures", name)
        expression = _located(here, parse_figure, text, configs)
        seeds = over_seeds(expression)
        _check_figure(expression, seeds, run, reveal, here)
        figures[name] = Figure(text, expression, seeds)
    for place, sentence in enumerate(table["say"]):
        for language, text in (("en", sentence.en), ("zh", sentence.zh)):
            _located((*path, "say", language, place), check_sentence, text, figures)
    return Part(_predict(table["predict"], (*path, "predict")), run, reveal, Say(table["say"]), figures)


def _check_figure(expression: Any, seeds: bool, run: RunTo, reveal: Reveal, path: Path) -> None:
    if seeds and not reveal.seeds:
        raise Wrong(path, Message("{key} is a figure of many seeds: give reveal.seeds", key=key_name(path)))
    known = reveal.arms if seeds else run.arms
    for arm in words_of(expression, ARMS):
        if arm not in known:
            template = N_("{key}: arm {arm} is not among the arms of {where}")
            where = "reveal" if seeds else "run"
            raise Wrong(path, Message(template, key=key_name(path), arm=arm, where=where))


def _predict(table: dict[str, Any], path: Path) -> Predict:
    answers = []
    for letter in LETTERS:
        answer = table[letter]
        given = answer.get("en", answer.get("zh"))
        if given is None:
            here = (*path, letter)
            raise Wrong(here, Message("{key} needs a text: en, zh or both", key=key_name(here)))
        answers.append(Answer(letter, Text(answer.get("en", given), answer.get("zh", given)), answer["why"]))
    return Predict(table["question"], tuple(answers), table["right"])


def _known(letters: tuple[str, ...], arms: Mapping[str, Arm], path: Path) -> tuple[str, ...]:
    for letter in letters:
        if letter not in arms:
            template = N_("there is no arm {arm}; the arms are {arms}")
            raise Wrong(path, Message(template, arm=letter, arms=", ".join(arms)))
    if len(set(letters)) < len(letters):
        raise Wrong(path, Message("{key} names an arm twice", key=key_name(path)))
    return letters


def _run(table: dict[str, Any], arms: Mapping[str, Arm], path: Path) -> RunTo:
    letters = _known(table["arms"], arms, (*path, "arms"))
    (watched,) = _known((table.get("watched", letters[-1]),), arms, (*path, "watched"))
    if watched not in letters:
        raise Wrong((*path, "watched"), Message("arm {arm} is not among the arms of {where}",
                                                arm=watched, where="run"))  # fmt: skip
    at, until = table["at"], table.get("until")
    moment = Moment(at["update"], Phase[at.get("phase", "collect").upper()], at.get("index", 0))
    most = table.get("most", min(MOST_UPDATES, 2 * (moment.update + 1)))
    if until is not None:
        _located((*path, "until"), parse_condition, until, arms[watched].config.tiles)
    for letter in letters:
        check_work(arms[letter].config, 1, most, (*path, "at"))
    return RunTo(letters, table.get("seed", 0), until, watched, moment, most, table["panel"], table.get("view"),
                 table.get("text"))  # fmt: skip


def _reveal(table: dict[str, Any], run: RunTo, arms: Mapping[str, Arm], path: Path) -> Reveal:
    rows = []
    for place, row in enumerate(table["rows"]):
        here = (*path, "rows", place, "figure")
        text = row["figure"]
        expressions = {arm: _located(here, parse_figure, text, {"": arms[arm].config}) for arm in run.arms}
        if over_seeds(expressions[run.arms[0]]):
            raise Wrong(here, Message("a row compares figures of one run, not of many seeds"))
        rows.append(Row(row["label"], text, expressions))
    seeds, updates = table.get("seeds", 0), table.get("updates", max(1, run.moment.update))
    letters = _known(table.get("arms", run.arms), arms, (*path, "arms"))
    for letter in letters:
        check_work(arms[letter].config, seeds, updates, (*path, "seeds"))
    return Reveal(tuple(rows), seeds, updates, letters, table.get("text"))


def _now_you(table: dict[str, Any], arms: Mapping[str, Arm], path: Path) -> NowYou:
    (arm,) = _known((table["arm"],), arms, (*path, "arm"))
    values = tuple(knob_value(table["knob"], value, (*path, "values", k)) for k, value in enumerate(table["values"]))
    _located((*path, "goal"), parse_condition, table["goal"], arms[arm].config.tiles)
    return NowYou(table["text"], arm, table.get("seed", 0), table["knob"], values, table["goal"], table["updates"])


def _promise(table: dict[str, Any], arms: Mapping[str, Arm], path: Path) -> Promise:
    text, seeds, updates = table["condition"], table["seeds"], table["updates"]
    configs = {name: arm.config for name, arm in arms.items()}
    expression = _located((*path, "condition"), parse_promise, text, configs)
    named = tuple(sorted(words_of(expression, arms)))
    if not named:
        raise Wrong((*path, "condition"), Message("{key} names no arm", key="promises.condition"))
    for arm in named:
        check_work(configs[arm], seeds, updates, (*path, "seeds"))
    since = table.get("since", 1)
    if since > updates:
        raise Wrong((*path, "since"), Message("since is after the last update"))
    return Promise(text, expression, seeds, since, updates, named)
