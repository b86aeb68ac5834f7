"""The screens' state of a real run, made without a worker."""

from lakeppo.config import Limit
from lakeppo.runs.run import Run
from lakeppo.session.snapshot import Demo, EndCounts, Snapshot
from lakeppo.session.views import Ceilings, RunViews
from lakeppo.tui.bound_keys import BoundKeys
from lakeppo.tui.state import AppState


def state_of(run: Run, status: str = "paused", demo: tuple[bool, EndCounts] | None = None) -> AppState:
    limit = Limit("updates", 3)
    views = RunViews(run, Ceilings())
    shown = None if demo is None else Demo(views.walk_tracker.walk(), *demo)
    snapshot = Snapshot(
        status=status, pace=3, steps_per_second=0.0, limit=limit, demo=shown, history_generation=0, **views.drawn()
    )
    return AppState(run.origin, snapshot, BoundKeys().names, run.history)
