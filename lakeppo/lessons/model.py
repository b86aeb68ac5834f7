"""A lesson as its file says it. No torch: the screens import this."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from lakeppo.conditions.expression import Expression
from lakeppo.config import KNOBS, Config
from lakeppo.i18n import language
from lakeppo.knob import Value
from lakeppo.moment import Change, Moment

FORMAT = 1
LETTERS = ("A", "B", "C")
"""The answers of a question."""
ARMS = tuple("ABCDEFGH")
"""The names that an arm can have."""
LANGUAGES = ("en", "zh")


@dataclass(frozen=True, slots=True)
class Text:
    """A text of the file in each language; `str` gives the one in use. Paragraphs are separated by a line feed."""

    en: str
    zh: str

    def __str__(self) -> str:
        return self.zh if language() == "zh" else self.en


@dataclass(frozen=True, slots=True)
class Arm:
    """Settings under which the lesson's seeds are run, and the faults of a broken program, if it has one."""

    name: str  # A, B ...
    label: Text
    config: Config
    changes: tuple[Change, ...] = ()  # each at the start of an update
    fault: str | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """One of the three answers; `why`: what is wrong with it, or why it is right."""

    letter: str
    text: Text
    why: Text


@dataclass(frozen=True, slots=True)
class Predict:
    """The question before anything moves."""

    question: Text
    answers: tuple[Answer, ...]
    right: str


@dataclass(frozen=True, slots=True)
class RunTo:
    """Which arms run, with which seed, and to which moment.

    `until`: a condition on the run of the arm `watched`, at whose first moment both arms stop; `moment` is where that
    was measured, and where the run stops without a condition, or if the condition is not met by update `most`.
    """

    arms: tuple[str, ...]  # one or two
    seed: int
    until: str | None
    watched: str
    moment: Moment
    most: int
    panel: str  # a panel of the main screen, to be in view
    view: str | None  # of the lake
    text: Text | None  # what to look at


@dataclass(frozen=True, slots=True)
class Row:
    """A figure to compare: its value for each arm of the run."""

    label: Text
    figure: str  # without the arm: `exact`, `highest(ratio_max)`
    expressions: Mapping[str, Expression]  # by arm


@dataclass(frozen=True, slots=True)
class Reveal:
    """The measured pair side by side, and the success of `seeds` seeds, to be drawn as dots."""

    rows: tuple[Row, ...]
    seeds: int  # 0: none
    updates: int  # of these seeds
    arms: tuple[str, ...]  # of these seeds
    text: Text | None


@dataclass(frozen=True, slots=True)
class Say:
    """Three sentences; `{name}` stands for a figure of the lesson."""

    sentences: tuple[Text, ...]


@dataclass(frozen=True, slots=True)
class NowYou:
    """One knob to be turned, and a goal: a condition on the run."""

    text: Text
    arm: str  # from whose settings the run starts
    seed: int
    knob: str
    values: tuple[Value, ...]  # worth trying, or the ends of its range
    goal: str
    updates: int  # by which the goal must be reached


Step = Predict | RunTo | Reveal | Say | NowYou


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure that sentences name, computed from the arms of the lesson."""

    text: str
    expression: Expression
    seeds: bool  # whether it looks at the seeds of `reveal`, not at the run


@dataclass(frozen=True, slots=True)
class Part:
    """A question and its experiment."""

    predict: Predict
    run: RunTo
    reveal: Reveal
    say: Say
    figures: Mapping[str, Figure]


@dataclass(frozen=True, slots=True)
class Promise:
    """What must hold over many seeds: the seeds of a check, and the updates it looks at."""

    text: str
    expression: Expression
    seeds: int
    since: int
    updates: int
    arms: tuple[str, ...]  # those that it names


@dataclass(frozen=True, slots=True)
class Lesson:
    """A whole lesson. `name`: of its file, without the ending."""

    name: str
    order: int
    title: Text
    intro: Text
    belief: Text | None  # the misconception it is about
    arms: Mapping[str, Arm]
    parts: tuple[Part, ...]
    now_you: NowYou | None
    promises: tuple[Promise, ...]

    def steps(self) -> tuple[Step, ...]:
        """Return the steps in their order; `now you` is the last one, if there is one."""
        steps: list[Step] = []
        for part in self.parts:
            steps += [part.predict, part.run, part.reveal, part.say]
        return (*steps, *([] if self.now_you is None else [self.now_you]))

    def part_of(self, step: int) -> int:
        """Return the index of the part to which a step belongs; `now you` belongs to the last one."""
        return min(step // STEPS, len(self.parts) - 1)


STEPS = 4
"""Steps of a part."""


class Range(NamedTuple):
    """The values of a knob as text, for a person to choose from."""

    knob: str
    texts: tuple[str, ...]


def knob_range(now_you: NowYou) -> Range:
    """Return the knob that is unlocked and its values as they are shown."""
    return Range(now_you.knob, tuple(KNOBS[now_you.knob].show(value) for value in now_you.values))
