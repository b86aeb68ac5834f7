"""What tests of the screens share: the texts on a screen, and two runs side by side."""

from dataclasses import replace
from typing import Any

import numpy as np

from lakeppo.config import make_config
from lakeppo.moment import Change, Difference, Moment, Phase
from lakeppo.runs.events import Event, Kind
from lakeppo.runs.history import History
from lakeppo.session.snapshot import BranchView, ComparisonView, Snapshot
from lakeppo.tui.app import LakeApp
from lakeppo.tui.drawing.tiles import Size, Tile, draw_tile
from lakeppo.tui.panels.base import Panel
from lakeppo.tui.screens.compare import CompareScreen
from lakeppo.tui.theme import Palette
from support.fake_session import FakeSession, changed, make_row, make_snapshot, settle

PART = Moment(12, Phase.COLLECT, 0)
OFF = Change(PART, "clip_coef", None)
FIRST = Difference(Moment(13, Phase.IMPROVE, 4), "policy", 9)
ROWS = History(make_row(update, seed=3) for update in range(1, 31))
BRANCHES = (
    BranchView("main", None, None, (), Moment(40, Phase.COLLECT, 0), None, make_row(40)),
    BranchView("B", "main", PART, (OFF,), Moment(30, Phase.COLLECT, 0), make_row(12), ROWS[-1]),
    BranchView("C", "B", Moment(20, Phase.IMPROVE, 3), (), Moment(22, Phase.COLLECT, 0), make_row(20), make_row(22)),
)


def screen_text(app: LakeApp) -> list[str]:
    """The lines on the screen."""
    return ["".join(segment.text for segment in strip) for strip in app.screen._compositor.render_strips()]


def places(app: LakeApp) -> dict[str, object]:
    return {f"{type(panel).__name__} {panel.id}": panel.region for panel in app.screen.query(Panel[Any])}


def compared(differs_at: Difference | None = FIRST, **fields) -> Snapshot:
    """Branch B, which has no clip, beside main."""
    config = make_config("classic", slip=2 / 3)
    left = [Event(branch.left_at, Kind.BRANCH, subject=branch.name) for branch in BRANCHES if branch.left_at]
    events = (Event(Moment(8, Phase.COLLECT, 0), Kind.FIRST_GOAL), Event(PART, Kind.CHANGE, subject=OFF), *left)
    mine = make_snapshot(
        replace(config, clip_coef=None), branch="B", branch_count=3, choices=2, branches=BRANCHES, changes=(OFF,),
        events=events,
    )  # fmt: skip
    assert mine.run.last_pass is not None
    mine = changed(mine, last_pass=replace(mine.run.last_pass, inside=64, returning=0, stopped=0))
    other = make_snapshot(config, policy=np.roll(mine.run.policy, 1, axis=1), values=mine.run.values / 2, branch="main")
    comparison = ComparisonView(
        replace(other.run, exact=replace(other.run.exact, sampling=0.727)), other.position,
        ROWS, ("B", "main"), (config, config), ((OFF,), ()), True, PART, Moment(22, Phase.IMPROVE, 2), differs_at,
        Moment(30, Phase.COLLECT, 0), 0, 2,
    )  # fmt: skip
    return changed(mine, **{"comparison": comparison, "status": "paused", **fields})


def alone(snapshot: Snapshot) -> Snapshot:
    return replace(snapshot, comparison=None)


def panel_text(app, kind, id: str = "") -> str:
    """What a panel shows, and its title."""
    panel = app.screen.query_one(f"#{id}" if id else kind, kind)
    lines = [panel.render_line(y).text for y in range(panel.size.height)]
    return "\n".join([str(panel.border_title or ""), *lines])


async def opened(pilot, session: FakeSession, snapshot: Snapshot | None = None) -> None:
    await settle(pilot)
    await pilot.press("c")
    session.queue.append(snapshot or compared())
    await settle(pilot, 0.3)
    assert isinstance(pilot.app.screen, CompareScreen)


def tile_texts(tile: Tile, size: Size, view: str = "arrows") -> list[str]:
    """The lines of a tile as it is drawn."""
    return ["".join(text for text, _ in line) for line in draw_tile(tile, size, view, Palette())]
