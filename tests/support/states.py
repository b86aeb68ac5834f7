"""The screens' state of a real run, made without a worker."""

from lakeppo.presets import Limit
from lakeppo.runs.run import Run
from lakeppo.session.snapshot import Demo, EndCounts, Snapshot
from lakeppo.session.views import Ceilings, RunViewer
from lakeppo.tui.bound_keys import BoundKeys
from lakeppo.tui.state import AppState


def state_of(run: Run, status: str = "paused", demo: tuple[bool, EndCounts] | None = None) -> AppState:
    """Return the state of the main screen at the run's moment."""
    view = RunViewer(run, Ceilings(), 0).view()
    shown = None if demo is None else Demo(view.walk, *demo)
    snapshot = Snapshot(status=status, pace=3, steps_per_second=0.0, limit=Limit("updates", 3), run=view, demo=shown)
    return AppState(run.origin, snapshot, BoundKeys().names, run.history)
