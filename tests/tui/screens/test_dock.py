"""The knob dock beside the live lake, the choice of a tile beside it, and clicks on what looks like a control."""

import pytest
from support.fake_session import FakeSession, changed, make_snapshot, settle
from support.screens import panel_text, screen_text
from textual.widgets import Input, Static

from lakeppo.config import KNOBS
from lakeppo.moment import Moment, Phase
from lakeppo.session.commands import AddBranch, ChangePace, Compare, GoTo, SetKnob, StartOver, Step, TogglePlay, Unit
from lakeppo.tui.app import LakeApp
from lakeppo.tui.panels.knobs import Knobs
from lakeppo.tui.panels.lake import Lake
from lakeppo.tui.panels.phases import Phases
from lakeppo.tui.panels.question import Question
from lakeppo.tui.panels.status import Status
from lakeppo.tui.screens.batch import BatchScreen
from lakeppo.tui.screens.compare import CompareScreen
from lakeppo.tui.screens.knobs import KnobScreen
from lakeppo.tui.screens.tile import TileChoice

PAUSED = make_snapshot(status="paused")


async def test_three_keys_branch_and_compare():
    session = FakeSession(PAUSED)
    app = LakeApp(session)
    async with app.run_test(size=(120, 40)) as pilot:
        await settle(pilot)
        await pilot.press("p", "right", "b")
        await settle(pilot)
        assert isinstance(app.screen, CompareScreen)
    assert session.sent == [AddBranch(), SetKnob("clip_coef", 0.3), Compare()]


@pytest.mark.parametrize(
    ("keys", "sent"),
    [
        (["0", "full_stop", "5", "b"], [AddBranch(), SetKnob("clip_coef", 0.5), Compare()]),
        (["o", "f", "f", "enter"], [SetKnob("clip_coef", None)]),
        (["left", "enter"], [SetKnob("clip_coef", 0.1)]),
        (["right", "z"], [StartOver("clip_coef", 0.3)]),
    ],
)
async def test_a_value_is_typed_at_once_and_has_three_actions(keys, sent):
    session = FakeSession(PAUSED)
    app = LakeApp(session)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        app.main_screen.action_knobs("clip_coef")
        await settle(pilot)
        await pilot.press(*keys)
        await settle(pilot)
    assert session.sent == sent


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 50)])
async def test_the_lake_stays_in_sight_and_goes_on(size):
    session = FakeSession(PAUSED)
    app = LakeApp(session)
    async with app.run_test(size=size) as pilot:
        await settle(pilot)
        await pilot.press("p")
        await settle(pilot)
        assert isinstance(app.screen, KnobScreen)
        dock = app.screen.query_one("#knob_dock").region
        assert dock.x >= app.main_screen.lake.region.right
        assert app.screen.region.contains_region(dock)
        meaning = str(app.screen.query_one("#knob_meaning", Static).render())
        assert all(words in meaning for words in (*KNOBS["clip_coef"].effects, "--clip-coef"))
        drawn = app.main_screen.lake.drawn
        session.queue.append(changed(PAUSED, moment=Moment(23, Phase.COLLECT, 1), policy=PAUSED.run.policy[:, ::-1]))
        await settle(pilot)
        assert app.main_screen.lake.drawn > drawn
        assert app.screen.query_one(Input).region.bottom <= size[1]
        for name in ("change", "branch", "over"):
            assert app.screen.query_one(f"#knob_{name}").region.bottom <= size[1]


async def test_the_choice_of_a_tile_opens_beside_it():
    app = LakeApp(FakeSession(PAUSED))
    async with app.run_test(size=(120, 40)) as pilot:
        await settle(pilot)
        for tile in (0, 3, 14):
            app.main_screen.on_lake_picked(Lake.Picked(tile))
            await pilot.press("t")
            await settle(pilot)
            assert isinstance(app.screen, TileChoice)
            box, place = app.screen.query_one("#tile_box").region, app.main_screen.lake.place_of(tile)
            assert 0 <= box.x - place.right <= 2
            assert box.y <= place.y < box.bottom
            await pilot.press("escape")
            await settle(pilot)


async def clicked(app, pilot, kind, word: str, row: int = 0) -> None:
    """Click on a word of a panel."""
    panel = app.screen.query_one(kind)
    lines = [panel.render_line(y).text for y in range(panel.size.height)]
    y = next(y for y, line in enumerate(lines) if word in line)
    x = lines[y].index(word)
    assert await pilot.click(kind, offset=(x + 1 + panel.gutter.left, y + panel.gutter.top))
    await settle(pilot)


async def test_what_looks_like_a_control_can_be_clicked():
    session = FakeSession(PAUSED)
    app = LakeApp(session)
    async with app.run_test(size=(120, 40)) as pilot:
        await settle(pilot)
        await clicked(app, pilot, Status, "PAUSED")
        await clicked(app, pilot, Status, " ▸")
        await clicked(app, pilot, Status, "◂ ")
        await clicked(app, pilot, Phases, "2 JUDGE")
        await clicked(app, pilot, Phases, "4 COPY")
        assert session.sent == [
            TogglePlay(), ChangePace(1), ChangePace(-1), GoTo(Moment(22, Phase.JUDGE, 0)), Step(Unit.PHASE)
        ]  # fmt: skip
        await clicked(app, pilot, Knobs, "gamma")
        assert isinstance(app.screen, KnobScreen)
        assert app.screen.chosen == "gamma"
        await pilot.press("escape")


async def test_a_click_on_a_column_lists_the_rows_behind_it():
    from support.runs import ran, small
    from support.states import state_of as state_of_run

    from lakeppo.runs.batch_table import batch_of

    run = ran(small(learning_rate=0.05, batch_size=64, epochs=5), 3, 64 + 1 + 3)
    snapshot = changed(state_of_run(run, "paused").snapshot, batch=batch_of(run))
    app = LakeApp(FakeSession(snapshot))
    async with app.run_test(size=(120, 40)) as pilot:
        await settle(pilot)
        question = app.screen.query_one(Question)
        histogram, above, high = question._drawn
        places = [(x, y) for y in range(high) for x in range(question.size.width)]
        width = question.size.width
        picked = {p: histogram.picked(*p, width, high) for p in places}
        counted = {}
        for p, found in picked.items():
            if found is not None:
                (low, high_ratio), sign = found
                keep = (histogram.ratios >= low) & (histogram.ratios < high_ratio) & (histogram.advantages * sign > 0)
                counted[p] = int(keep.sum())
        x, y = max(counted, key=counted.get)
        assert await pilot.click(Question, offset=(x + 2, y + above + 1))
        await settle(pilot)
        assert isinstance(app.screen, BatchScreen)
        assert len(app.screen.rows.ids) == counted[x, y] > 0
        assert f"{counted[x, y]} of 64 rows" in "\n".join(screen_text(app))
        assert "ratio" in panel_text(app, type(app.screen.rows)).split("\n")[1]
