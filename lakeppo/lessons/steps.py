"""What a person sees of each step of a lesson, as texts in the language in use: for screens and for plain text."""

from collections.abc import Mapping
from dataclasses import dataclass

from lakeppo.i18n import N_, _
from lakeppo.lessons.language import WHOLE
from lakeppo.lessons.model import Lesson, NowYou, Predict, Reveal, RunTo, Say, knob_range
from lakeppo.lessons.sentences import fill, shown

Figures = Mapping[str, float | bool | None]
"""The values of a part's figures by name."""
Cells = Mapping[tuple[int, str], float | bool | None]
"""The values of the rows of `reveal`, by the number of the row and the arm."""
HEADINGS = {Predict: N_("Predict"), RunTo: N_("Run"), Reveal: N_("Compare"), Say: N_("Say"), NowYou: N_("Now you")}


@dataclass(frozen=True, slots=True)
class StepTexts:
    """The texts of a step; a part that the step does not have is empty."""

    heading: str
    paragraphs: tuple[str, ...] = ()
    answers: tuple[tuple[str, str], ...] = ()  # of `Predict`: letter and text
    columns: tuple[str, ...] = ()  # of `Reveal`: the label of each arm
    rows: tuple[tuple[str, ...], ...] = ()  # of `Reveal`: the label of a figure, then its value for each arm
    values: tuple[str, ...] = ()  # of `NowYou`: the values of the knob


def step_texts(lesson: Lesson, step: int, figures: Figures | None = None, cells: Cells | None = None) -> StepTexts:
    """Return the texts of step number `step` of `lesson.steps()`.

    `figures` and `cells` are needed for `Say` and `Reveal`: without them every figure is shown as `?`.
    """
    what, figures, cells = lesson.steps()[step], figures or {}, cells or {}
    heading = _(HEADINGS[type(what)])
    match what:
        case Predict():
            texts = tuple((answer.letter, str(answer.text)) for answer in what.answers)
            before = _paragraphs(lesson.intro) if step == 0 else ()
            return StepTexts(heading, (*before, *_paragraphs(what.question)), texts)
        case RunTo():
            labels = "   ".join(f"{arm}: {lesson.arms[arm].label}" for arm in what.arms)
            return StepTexts(heading, (labels, *_paragraphs(what.text)))
        case Reveal():
            arms = lesson.parts[lesson.part_of(step)].run.arms
            rows = tuple(
                (
                    str(row.label),
                    *(shown(cells.get((number, arm)), "0" if row.figure in WHOLE else None) for arm in arms),
                )
                for number, row in enumerate(what.rows)
            )
            columns = tuple(f"{arm}: {lesson.arms[arm].label}" for arm in arms)
            return StepTexts(heading, _paragraphs(what.text), columns=columns, rows=rows)
        case Say():
            return StepTexts(heading, tuple(fill(str(sentence), figures) for sentence in what.sentences))
        case NowYou():
            goal = _("Goal: {goal}, by update {update}").format(goal=what.goal, update=what.updates)
            knob = _("Knob: {knob}").format(knob=what.knob)
            return StepTexts(heading, (*_paragraphs(what.text), knob, goal), values=knob_range(what).texts)


def verdict(predict: Predict, letter: str) -> tuple[str, ...]:
    """Return what is said to an answer: whether it is right, and why; to a wrong one also what the right one is."""
    answers = {answer.letter: answer for answer in predict.answers}
    given, right = answers[letter], answers[predict.right]
    if given is right:
        return (_("{letter} is right.").format(letter=letter), *_paragraphs(right.why))
    return (
        _("{letter} is not right.").format(letter=letter), *_paragraphs(given.why),
        _("The answer is {letter}: {text}").format(letter=right.letter, text=right.text), *_paragraphs(right.why),
    )  # fmt: skip


def _paragraphs(text: object) -> tuple[str, ...]:
    return () if text is None else tuple(str(text).split("\n"))
