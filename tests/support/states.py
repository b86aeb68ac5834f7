"""The screens' state of a real run, made without a worker."""

from lakeppo.config import Limit
from lakeppo.runs.run import Run
from lakeppo.session.snapshot import Demo, Snapshot, Tally
from lakeppo.session.views import Ceilings, Picture
from lakeppo.tui.state import Scene


def scene_of(run: Run, state: str = "paused", demo: tuple[bool, Tally] | None = None) -> Scene:
    limit = Limit("updates", 3)
    picture = Picture(run, Ceilings())
    shown = None if demo is None else Demo(picture.footprints.walk(), *demo)
    snapshot = Snapshot(
        state=state, pace=3, steps_per_second=0.0, limit=limit, demo=shown, history_generation=0, **picture.drawn()
    )
    return Scene(run.origin, run.seed, limit, snapshot, run.history)
