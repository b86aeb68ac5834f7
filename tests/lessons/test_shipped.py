"""The lessons of the program: complete in both languages, and true; with `LAKEPPO_SEEDS` every promise is checked."""

import os
import re
from dataclasses import replace
from pathlib import Path

import pytest
from rich.cells import cell_len

from lakeppo import i18n
from lakeppo.conditions.expression import Name
from lakeppo.lessons.checks import check_promises
from lakeppo.lessons.file import read_lesson
from lakeppo.lessons.measuring import measure_run, measure_seeds
from lakeppo.lessons.model import Lesson, Predict, Text
from lakeppo.lessons.recording import SingleRun, record
from lakeppo.lessons.sentences import placeholders
from lakeppo.lessons.shipped import FOLDER, find_lesson, shipped_lessons
from lakeppo.lessons.steps import step_texts, verdict

NAMES = [lesson.name for lesson in shipped_lessons()]
CHINESE = re.compile("[\u4e00-\u9fff]")


def texts(value: object) -> list[Text]:
    """Return every text in a lesson."""
    if isinstance(value, Text):
        return [value]
    if isinstance(value, tuple):
        return [text for part in value for text in texts(part)]
    if hasattr(value, "items"):
        return [text for part in value.values() for text in texts(part)]
    slots = getattr(type(value), "__dataclass_fields__", {})
    return [text for name in slots for text in texts(getattr(value, name))]


@pytest.fixture(autouse=True)
def english():
    yield
    i18n.use_language("en")


def test_there_are_sixteen_lessons_in_the_order_of_their_numbers():
    assert [lesson.order for lesson in shipped_lessons()] == list(range(1, 17))


@pytest.mark.parametrize("name", NAMES)
def test_every_text_is_in_both_languages_with_the_same_figures(name):
    found = texts(find_lesson(name))
    assert len(found) > 15
    for text in found:
        assert not CHINESE.search(text.en), text.en
        assert placeholders(text.en) == placeholders(text.zh), text.en
        assert CHINESE.search(text.zh) or len(text.zh) < 24, text.zh  # a label may be a setting


@pytest.mark.parametrize("name", NAMES)
def test_every_part_has_two_wrong_answers_and_all_figures_are_said(name):
    lesson = find_lesson(name)
    assert lesson.promises
    assert lesson.now_you is not None
    for part in lesson.parts:
        said = set().union(*(placeholders(sentence.en) for sentence in part.say.sentences))
        assert said == set(part.figures)
        assert len({answer.text.en for answer in part.predict.answers}) == 3


@pytest.mark.parametrize("language", ["en", "zh"])
def test_titles_labels_and_answers_fit_80_columns(language):
    i18n.use_language(language)
    for lesson in shipped_lessons():
        assert cell_len(str(lesson.title)) <= 40
        assert all(cell_len(str(arm.label)) <= 36 for arm in lesson.arms.values())
        for part in lesson.parts:
            assert all(cell_len(str(lesson.arms[arm].label)) <= 19 for arm in part.run.arms)
            assert all(cell_len(str(row.label)) <= 32 for row in part.reveal.rows)
            assert all(cell_len(str(answer.text)) <= 72 for answer in part.predict.answers)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_step_has_something_to_read(language):
    i18n.use_language(language)
    for lesson in shipped_lessons():
        for number, step in enumerate(lesson.steps()):
            shown = step_texts(lesson, number)
            assert shown.paragraphs or shown.rows
            if isinstance(step, Predict):
                assert [letter for letter, _ in shown.answers] == ["A", "B", "C"]
                wrong = next(letter for letter in "ABC" if letter != step.right)
                assert len(verdict(step, wrong)) > len(verdict(step, step.right)) >= 2


def test_the_nearest_name_is_offered_for_a_wrong_one():
    with pytest.raises(ValueError, match="there is no lesson brak; is it brake\\?"):
        find_lesson("brak")


@pytest.mark.parametrize("name", ["learning-rate", "gamma"])
def test_cheap_promises_hold(name):
    lesson = find_lesson(name)
    few = replace(lesson, promises=tuple(replace(promise, seeds=24) for promise in lesson.promises))
    checked = list(check_promises(few))
    assert [one.holds for one in checked] == [True] * len(lesson.promises)
    assert all(one.figures for one in checked)


def test_a_promise_that_does_not_hold_is_found():
    lesson = find_lesson("gamma")
    swapped = {"A": lesson.arms["B"], "B": lesson.arms["A"]}
    promises = tuple(replace(promise, seeds=8) for promise in lesson.promises)
    assert not next(check_promises(replace(lesson, arms=swapped, promises=promises))).holds


@pytest.mark.slow
@pytest.mark.skipif("LAKEPPO_SEEDS" not in os.environ, reason="some minutes")
@pytest.mark.parametrize("name", NAMES)
def test_every_promise_holds(name):
    assert [one.promise.text for one in check_promises(find_lesson(name)) if not one.holds] == []


def test_the_moment_of_a_run_is_found_by_its_condition():
    found = measure_run(find_lesson("fall"), 0)
    assert found.met
    assert 0.3 < found.figures["before"] - found.figures["after"] < 1
    assert found.cells[0, "A"] == found.figures["before"]
    assert found.figures["after"] == found.success["A"][found.moment.update - 1]
    assert found.figures["lr"] > found.figures["after"]


def test_a_moment_within_an_update_has_the_figures_of_that_update():
    lesson = find_lesson("no-wall")
    figures = measure_run(lesson, 1).figures
    assert figures["inside"] + figures["returning"] + figures["stopped"] == 64
    assert 0 <= figures["farther"] <= figures["halted"]


def test_figures_of_seeds_are_those_of_the_dots():
    lesson = find_lesson("gamma")
    part = lesson.parts[0]
    few = replace(part, reveal=replace(part.reveal, seeds=3, updates=4))
    found = measure_seeds(replace(lesson, parts=(few,)), 0)
    assert found.figures["median_a"] == sorted(found.success["A"])[1]
    assert len(found.success["B"]) == 3


def test_a_fleet_and_single_runs_record_the_same_figures():
    arm = find_lesson("fall").arms["B"]
    arm = replace(arm, changes=(replace_update(arm.changes[0], 2),))
    leaves = [Name("goals"), Name("episodes"), Name("solved")]
    together = record(arm, range(3), 4, leaves)
    each = record(arm, range(3), 4, [*leaves, Name("kl")])
    for leaf in leaves:
        assert together[leaf].tolist() == each[leaf].tolist()
    assert abs(together[Name("exact")] - each[Name("exact")]).max() < 1e-3
    unchanged = SingleRun(replace(arm, changes=()), 0, [Name("exact")])
    for _ in range(4):
        unchanged.update()
    assert unchanged.rows[1][0] == each[Name("exact")][1, 0]
    assert unchanged.rows[3][0] != each[Name("exact")][3, 0]


def replace_update(change, update):
    return change._replace(moment=change.moment._replace(update=update))


def test_an_arm_with_a_fault_is_run_with_it():
    lesson: Lesson = find_lesson("a2c")
    rows = {fault: record(replace(lesson.arms["C"], fault=fault), range(2), 3, []) for fault in ("no_ratio", None)}
    assert (rows["no_ratio"][Name("exact")] != rows[None][Name("exact")]).all()


def test_the_shipped_lessons_are_read_from_files_of_its_own_names():
    assert sorted(path.stem for path in Path(FOLDER).glob("*.toml")) == sorted(NAMES)
    assert read_lesson(FOLDER / "ice.toml").name == "ice"
