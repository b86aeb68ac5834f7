"""What a person can ask of the runs of a lesson: frozen commands, as in `commands`."""

from dataclasses import dataclass

from lakeppo.knob import Value
from lakeppo.lessons.model import Lesson


@dataclass(frozen=True, slots=True)
class OpenPart:
    """Show the first arm of a part of a lesson, paused at its beginning, in place of the person's own run.

    What the part shows of its runs and seeds is measured meanwhile. Runs of a lesson are not saved.
    """

    lesson: Lesson
    part: int


@dataclass(frozen=True, slots=True)
class ShowArm:
    """Show another arm of the open part, where it stands."""

    arm: str


@dataclass(frozen=True, slots=True)
class Try:
    """Show the run of a lesson's last step from its beginning, with a value of its knob; None: that of its settings."""

    lesson: Lesson
    setting: tuple[Value] | None


@dataclass(frozen=True, slots=True)
class OpenSpot:
    """Show a run with a fault that is to be spotted, by the fault's number, in place of the person's own."""

    number: int


@dataclass(frozen=True, slots=True)
class LeaveLesson:
    """Show the person's own run again, where it stood."""


InLesson = OpenPart | ShowArm | Try | OpenSpot | LeaveLesson
"""Commands that show the runs of a lesson, and the person's own again."""
