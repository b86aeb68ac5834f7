"""What a lesson shows of its runs and seeds. No torch: snapshots carry it."""

from collections.abc import Mapping
from typing import NamedTuple

from lakeppo.conditions.expression import Value
from lakeppo.moment import Moment


class MeasuredRun(NamedTuple):
    """The figures of a part's run at its moment; `met`: whether its condition was met, if it has one."""

    moment: Moment
    met: bool
    figures: Mapping[str, Value]
    cells: Mapping[tuple[int, str], Value]  # by the number of the row and the arm


class MeasuredSeeds(NamedTuple):
    """The exact success of each seed of a part, by arm, and the figures that look at them."""

    success: Mapping[str, tuple[float, ...]]
    figures: Mapping[str, Value]


class LessonView(NamedTuple):
    """The part of a lesson that is open, and what has been measured of it so far."""

    name: str  # of the lesson
    part: int
    arm: str  # on screen; empty: a person tries the knob
    run: MeasuredRun | None = None
    seeds: MeasuredSeeds | None = None
    failure: str = ""  # why nothing could be measured
