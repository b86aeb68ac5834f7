"""The app with the batch table open, over snapshots of real runs."""

from lakeppo.causes.explanation import explain
from lakeppo.causes.update import judged_update
from lakeppo.moment import Moment
from lakeppo.runs.batch_table import batch_table
from lakeppo.runs.run import Run
from lakeppo.session.snapshot import Snapshot
from lakeppo.tui.app import LakeApp
from lakeppo.tui.screens.batch import BatchScreen
from support.fake_session import FakeSession, changed, make_snapshot, settle
from support.runs import small
from support.screens import screen_text


def at(moment: Moment, **knobs) -> Run:
    run = Run(small(**{"batch_size": 60, "learning_rate": 0.05, "epochs": 4, **knobs}), 5)
    while run.moment < moment:
        run.unit()
    return run


def views(run: Run, status: str = "playing", *, explained: bool = False) -> Snapshot:
    """Return a snapshot with the batch of a run, and with the explanation of its update, if `explained`."""
    update = judged_update(run) if explained else None
    explanation = None if update is None else explain(update)
    snapshot = make_snapshot(run.config, run.moment, status)
    episodes = run.trainer.episodes
    return changed(snapshot, batch=batch_table(run.trainer), seed=run.seed, explanation=explanation, episodes=episodes)


class Watching:
    """The app with the table open."""

    def __init__(self, *runs: Run, size=(130, 40), ascii=False, status="playing", explained=False, **more):
        snapshots = (views(run, status, explained=explained) for run in runs)
        self.session = FakeSession(*snapshots, config=runs[0].config)
        self.app = LakeApp(self.session, ascii=ascii, **more)
        self.test = self.app.run_test(size=size)

    async def __aenter__(self):
        self.pilot = await self.test.__aenter__()
        await self.press("i", wait=0.3)
        return self

    async def __aexit__(self, *error):
        await self.test.__aexit__(*error)

    async def press(self, *keys: str, wait: float = 0.05) -> list[str]:
        await settle(self.pilot, wait)
        for key in keys:
            await self.pilot.press(key)
        await settle(self.pilot, wait)
        return screen_text(self.app)

    @property
    def screen(self) -> BatchScreen:
        assert isinstance(self.app.screen, BatchScreen)
        return self.app.screen

    @property
    def listed(self) -> list[int]:
        return list(self.screen.rows.ids)
