"""The fault of a run on screen, if its program has one. Only the worker thread imports this."""

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


def spot_of(run: Run, notify: Callable[[Message], None]) -> Spot | None:
    """Return the fault of a run, which is to be spotted, and leave a notice of it; None for the right program."""
    fault = fault_of(run.trainer)
    if fault is None:
        return None
    notify(notices.fault_to_spot(number(fault)))
    return Spot(fault, first_number(fault, run.origin, run.seed))


def faulty_timeline(fault: Fault, seed: int) -> Timeline:
    """Return a run of a program with a fault, at its beginning, in the settings in which the fault shows."""
    return Timeline(Run(fault.symptom.config(), seed, trainer_class(fault)))
