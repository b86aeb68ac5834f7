"""Runs of a program whose fault is to be spotted. Only the worker thread imports this."""

from collections.abc import Callable

from lakeppo.errors import Message
from lakeppo.faults.engine import fault_of, trainer_class
from lakeppo.faults.fault import Fault
from lakeppo.faults.first_number import first_number
from lakeppo.faults.spotting import Spot
from lakeppo.faults.table import number
from lakeppo.runs.run import Run
from lakeppo.runs.timeline import Timeline
from lakeppo.session import notices


class SpotTimeline(Timeline):
    """The timeline of a run whose fault is to be spotted; other runs with a fault only show what it does."""


def faulty_timeline(fault: Fault, seed: int) -> SpotTimeline:
    """Return a run of a program with a fault, at its beginning, in the settings in which the fault shows."""
    return SpotTimeline(Run(fault.symptom.config(), seed, trainer_class(fault)))


def has_fault(run: Run) -> bool:
    """Return whether the program of a run has a fault, so that what holds for the right one does not hold for it."""
    return fault_of(run.trainer) is not None


def spot_of(timeline: Timeline, notify: Callable[[Message], None], aside: bool) -> Spot | None:
    """Return the fault that is to be spotted, and leave a notice of it; None if there is none.

    `aside`: whether another run waits, to which one goes back.
    """
    run = timeline.run
    fault = fault_of(run.trainer) if isinstance(timeline, SpotTimeline) else None
    if fault is None:
        return None
    notify(notices.fault_to_spot(number(fault)))
    return Spot(fault, first_number(fault, run.origin, run.seed), aside)
