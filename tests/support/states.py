"""The screens' state of a real run, made without a worker."""

from lakeppo.i18n import language
from lakeppo.presets import Limit
from lakeppo.runs.run import Run
from lakeppo.session.snapshot import Demo, EndCounts, Snapshot
from lakeppo.session.views import Ceilings, RunViewer
from lakeppo.tui.state import AppState
from support.fake_session import names_of_keys


def state_of(run: Run, status: str = "paused", demo: tuple[bool, EndCounts] | None = None) -> AppState:
    """Return the state of the main screen at the run's moment."""
    view = RunViewer(run, Ceilings(), 0).view()
    shown = None if demo is None else Demo(view.walk, *demo)
    snapshot = Snapshot(status, 3, 0.0, Limit("updates", 3), view, run.origin, run.history, demo=shown)
    return AppState(snapshot, names_of_keys(language()))
