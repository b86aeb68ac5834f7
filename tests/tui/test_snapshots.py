"""Pictures of the screens, compared as SVG. `pytest --snapshot-update` draws them again; then look at each.

They show a real run: `data/midway.pt`, a save of `classic`, seed 1, four passes into update 22. A save rather than
a run made here, because another processor rounds differently, and after some updates that shows.
"""

from dataclasses import replace
from pathlib import Path

import pytest
from support.fake_session import make_fan
from support.lessons import short_lesson

from lakeppo.causes.explanation import explain
from lakeppo.causes.results import Explanation
from lakeppo.causes.update import present_update
from lakeppo.moment import Moment, Phase
from lakeppo.presets import PRESETS
from lakeppo.runs.batch_table import batch_of
from lakeppo.runs.demo import Demonstration
from lakeppo.runs.run import Run
from lakeppo.session.channel import Ending
from lakeppo.session.commands import Command
from lakeppo.session.lesson_results import LessonView, MeasuredRun, MeasuredSeeds
from lakeppo.session.sibling_results import SiblingResults
from lakeppo.session.snapshot import PACES, Demo, EndCounts, Snapshot
from lakeppo.session.views import Ceilings, RunViewer, WalkTracker
from lakeppo.storage.checkpoint import read_save
from lakeppo.tui.app import LakeApp
from lakeppo.tui.screens.main import MainScreen

MEASURED = LessonView(
    "short", 0, "B",
    MeasuredRun(Moment(2, Phase.COLLECT, 0), True, {}, {(0, "A"): 0.98, (0, "B"): 0.4, (1, "A"): 2.5, (1, "B"): 31.0}),
    MeasuredSeeds({"A": (1.0,) * 40 + (0.9,) * 6, "B": (0.0,) * 20 + (0.5, 0.6, 0.7) * 4 + (1.0,) * 14}, {}),
)  # fmt: skip
MIDWAY = Path(__file__).parent.parent / "data" / "midway.pt"


class Still:
    """A feed that shows one moment of a run, and never works."""

    failure = None
    ending = Ending()
    exit_status = 0

    def __init__(
        self, run: Run, status: str = "stepped", demo: Demo | None = None, siblings: SiblingResults | None = None,
        explanation: Explanation | None = None,
    ) -> None:  # fmt: skip
        self.config, self.seed = run.origin, run.seed
        ceilings = Ceilings()
        ceilings.of(run.config)
        ceilings.wait()
        self.snapshot: Snapshot | None = Snapshot(
            status=status,
            pace=PACES.index(250),
            steps_per_second=0.0,
            limit=PRESETS[run.origin.preset].limit,
            origin=run.origin,
            history=run.history,
            demo=demo,
            siblings=siblings,
            run=RunViewer(run, ceilings, 0).view(),
            batch=batch_of(run),
            explanation=explanation,
        )

    @property
    def news(self) -> bool:
        return self.snapshot is not None

    def take(self) -> Snapshot | None:
        taken, self.snapshot = self.snapshot, None
        return taken

    def start(self, answered=None) -> None: ...
    def send(self, command: Command) -> None: ...
    def stop(self, *, drop: bool) -> None: ...
    def stopped(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def _plain_environment(monkeypatch):
    for name in ("NO_COLOR", "TEXTUAL_THEME", "TEXTUAL_COLOR_SYSTEM"):
        monkeypatch.delenv(name, raising=False)


def midway(units: int = 0) -> Run:
    run = read_save(MIDWAY).run()
    for _ in range(units):
        run.unit()
    return run


async def settle(pilot) -> None:
    """Until the app has taken the feed's one snapshot, and drawn it."""
    while not (isinstance(pilot.app.base, MainScreen) and pilot.app.base.is_mounted):
        await pilot.pause(0.05)
    await pilot.pause(0.2)


def test_readme_picture(snap_compare):
    assert snap_compare(LakeApp(Still(midway())), terminal_size=(120, 40), run_before=settle)


@pytest.mark.parametrize("size", [(80, 24), (200, 50), (60, 20), (30, 8)], ids=lambda size: "{}x{}".format(*size))
def test_improve(snap_compare, size):
    assert snap_compare(LakeApp(Still(midway())), terminal_size=size, run_before=settle)


@pytest.mark.parametrize("size", [(80, 24), (120, 40)], ids=lambda size: "{}x{}".format(*size))
def test_copy(snap_compare, size):
    assert snap_compare(LakeApp(Still(midway(1))), terminal_size=size, run_before=settle)


@pytest.mark.parametrize("size", [(80, 24), (120, 40)], ids=lambda size: "{}x{}".format(*size))
def test_collect(snap_compare, size):
    assert snap_compare(LakeApp(Still(midway(2))), terminal_size=size, run_before=settle)


def test_ascii(snap_compare):
    assert snap_compare(LakeApp(Still(midway()), ascii=True), terminal_size=(80, 24), run_before=settle)


def test_light(snap_compare):
    app = LakeApp(Still(midway()))
    app.theme = "textual-light"
    assert snap_compare(app, terminal_size=(120, 40), run_before=settle)


def test_finished(snap_compare):
    run = midway(2)
    demo, prints = Demonstration(run.config, run.policy(), True, run.seed), WalkTracker(run.config.start)
    for _ in range(3):
        prints.follow(demo.step())
    session = Still(run, "finished", Demo(prints.walk(), True, EndCounts(7, 6, 1, 0)))
    assert snap_compare(LakeApp(session), terminal_size=(80, 24), run_before=settle)


def test_help(snap_compare):
    assert snap_compare(LakeApp(Still(midway())), press=["question_mark"], terminal_size=(80, 24), run_before=settle)


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 50)], ids=lambda size: "{}x{}".format(*size))
def test_a_sample(snap_compare, size):
    app = LakeApp(Still(midway()))
    assert snap_compare(app, terminal_size=size, run_before=pressed("full_stop", "full_stop", "full_stop"))


def test_a_panel_alone(snap_compare):
    assert snap_compare(LakeApp(Still(midway())), terminal_size=(80, 24), run_before=pressed("2"))


def test_the_choice_of_a_tile(snap_compare):
    assert snap_compare(LakeApp(Still(midway())), terminal_size=(80, 24), run_before=pressed("up", "t"))


@pytest.mark.parametrize("size", [(80, 24), (120, 40)], ids=lambda size: "{}x{}".format(*size))
def test_the_knob_dock(snap_compare, size):
    keys = ("p", "right")
    assert snap_compare(LakeApp(Still(midway())), terminal_size=size, run_before=pressed(*keys))


def test_the_knob_dock_light(snap_compare):
    app = LakeApp(Still(midway()))
    app.theme = "textual-light"
    assert snap_compare(app, terminal_size=(120, 40), run_before=pressed("p"))


def pressed(*keys: str):
    async def run(pilot) -> None:
        await settle(pilot)
        await pilot.press(*keys)
        await pilot.pause(0.2)

    return run


@pytest.mark.parametrize("size", [(80, 24), (120, 40)], ids=lambda size: "{}x{}".format(*size))
def test_the_tour(snap_compare, size):
    async def stopped(pilot) -> None:
        """Show what the tour says where the clip has stopped some steps."""
        await settle(pilot)
        await pilot.press("T")
        pilot.app.main_screen.guide.at = 4
        pilot.app.main_screen.show(pilot.app.main_screen.state)
        await pilot.pause(0.2)

    assert snap_compare(LakeApp(Still(midway())), terminal_size=size, run_before=stopped)


@pytest.mark.parametrize("size", [(80, 24), (120, 40)], ids=lambda size: "{}x{}".format(*size))
def test_a_lesson(snap_compare, size):
    async def compared(pilot) -> None:
        """Show the comparison of a lesson, with figures of three runs a side."""
        await settle(pilot)
        screen = pilot.app.main_screen
        screen.open_lesson(short_lesson())
        screen.guide.at = 4
        screen.show(replace(screen.state, snapshot=replace(screen.state.snapshot, lesson=MEASURED)))
        await pilot.pause(0.2)

    assert snap_compare(LakeApp(Still(midway())), terminal_size=size, run_before=compared)


def explained() -> Still:
    """The run when its update has made all passes, with what each part of its batch did."""
    timeline = read_save(MIDWAY).timeline()
    timeline.unit()
    return Still(timeline.run, explanation=explain(present_update(timeline)))


@pytest.mark.parametrize("size", [(80, 24), (120, 40)], ids=lambda size: "{}x{}".format(*size))
@pytest.mark.parametrize("part", ["episode", "tile", "cell"])
def test_the_batch_by_its_parts(snap_compare, size, part):
    keys = "V" * ("episode", "tile", "cell").index(part)
    app = LakeApp(explained())
    assert snap_compare(app, terminal_size=size, run_before=pressed("i", "V", *keys, "down"))


@pytest.mark.parametrize("size", [(80, 24), (120, 40)], ids=lambda size: "{}x{}".format(*size))
def test_a_tile_and_what_its_steps_did(snap_compare, size):
    app = LakeApp(explained())
    assert snap_compare(app, terminal_size=size, run_before=pressed("i", "V", "V", "enter"))


@pytest.mark.parametrize("size", [(80, 24), (120, 40)], ids=lambda size: "{}x{}".format(*size))
def test_an_episode_on_the_lake(snap_compare, size):
    app = LakeApp(explained())
    assert snap_compare(app, terminal_size=size, run_before=pressed("i", "V", "enter"))


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 50)], ids=lambda size: "{}x{}".format(*size))
def test_siblings(snap_compare, size):
    app = LakeApp(Still(midway(), siblings=make_fan(seed=1)))
    assert snap_compare(app, terminal_size=size, run_before=settle)


def test_siblings_without_colour(snap_compare, monkeypatch):
    monkeypatch.setenv("NO_COLOR", "1")
    assert snap_compare(LakeApp(Still(midway(), siblings=make_fan(seed=1))), terminal_size=(120, 40), run_before=settle)


def test_siblings_in_ascii_without_colour(snap_compare, monkeypatch):
    monkeypatch.setenv("NO_COLOR", "1")
    app = LakeApp(Still(midway(), siblings=make_fan(seed=1)), ascii=True)
    assert snap_compare(app, terminal_size=(120, 40), run_before=settle)


def test_siblings_light(snap_compare):
    app = LakeApp(Still(midway(), siblings=make_fan(64, seed=1, later=192)))
    app.theme = "textual-light"
    assert snap_compare(app, terminal_size=(120, 40), run_before=settle)


@pytest.mark.parametrize("size", [(80, 24), (120, 40)], ids=lambda size: "{}x{}".format(*size))
def test_list_of_siblings(snap_compare, size):
    app = LakeApp(Still(midway(), siblings=make_fan(seed=1)))
    assert snap_compare(app, terminal_size=size, run_before=pressed("F", "down", "down"))
