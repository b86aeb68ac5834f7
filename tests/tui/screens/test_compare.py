"""The comparison on screen, and the branches: what is shown of which run, by key and by mouse."""

from dataclasses import replace

import pytest
from support.fake_session import FakeSession, changed, make_row, make_snapshot, settle, state_of
from support.screens import BRANCHES, OFF, PART, alone, compared, opened, panel_text
from textual.widgets import OptionList

from lakeppo.config import make_config
from lakeppo.moment import Change, Difference, Moment, Phase, short_moment
from lakeppo.runs.events import Event, Kind
from lakeppo.runs.history import History
from lakeppo.session import notices
from lakeppo.session.commands import (
    Back,
    ChangePace,
    Compare,
    CompareNext,
    EndComparison,
    GoBy,
    GoToBranch,
    GoToDifference,
    GoToEnd,
    GoToEvent,
    RenameBranch,
    Step,
    TogglePlay,
    Unit,
)
from lakeppo.tui.app import LakeApp
from lakeppo.tui.panels.comparison import (
    ComparisonMessageBar,
    ComparisonSummary,
    ComparisonTable,
    ComparisonTitle,
    DifferenceLake,
)
from lakeppo.tui.panels.comparison_chart import ComparisonChart
from lakeppo.tui.panels.footer import Footer
from lakeppo.tui.panels.lake import Lake
from lakeppo.tui.panels.message import MessageBar
from lakeppo.tui.panels.question import Question
from lakeppo.tui.panels.timeline import Timeline
from lakeppo.tui.screens.branches import BranchScreen
from lakeppo.tui.screens.compare import CompareScreen
from lakeppo.tui.text.comparison import (
    baseline_state,
    changed_words,
    comparison_summary,
    difference_state,
    different_settings,
    reached_words,
)


async def test_closing_the_comparison_keeps_the_cursor_and_the_view():
    session = FakeSession(alone(compared()))
    app = LakeApp(session)
    async with app.run_test(size=(200, 50)) as pilot:
        await opened(pilot, session)
        await pilot.press("down", "v")
        cursor, view = app.screen.state.cursor, app.screen.state.view
        await pilot.press("escape")
        assert app.screen is app.main_screen
        assert session.sent == [Compare(), EndComparison()]
        assert (app.main_screen.state.cursor, app.main_screen.state.view) == (cursor, view) == (13, "values")


@pytest.mark.parametrize("close", ["c", "q"])
async def test_c_and_q_close_it_too_and_leave_nothing(close):
    session = FakeSession(alone(compared()))
    app = LakeApp(session)
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(pilot, session)
        await pilot.press(close)
        assert app.screen is app.main_screen
    assert session.stops == []


async def test_without_a_second_branch_a_message_names_the_keys():
    session = FakeSession(make_snapshot(status="paused"))
    app = LakeApp(session)
    async with app.run_test() as pilot:
        await settle(pilot)
        await pilot.press("c")
        assert app.screen is app.main_screen
        assert "b makes a branch" in app.main_screen.query_one(MessageBar).message
        await pilot.press("B")
        assert app.screen is app.main_screen
        assert "only one branch" in app.main_screen.query_one(MessageBar).message
    assert session.sent == []


async def test_side_by_side_each_panel_shows_its_own_run():
    session = FakeSession(alone(compared()))
    app = LakeApp(session)
    async with app.run_test(size=(200, 50)) as pilot:
        await opened(pilot, session)
        mine, other = app.screen.query_one("#lake_mine", Lake), app.screen.query_one("#lake_other", Lake)
        assert mine.state.snapshot.run.policy is app.screen.state.snapshot.run.policy
        assert other.state.snapshot.run.policy is app.screen.state.snapshot.comparison.run.policy
        assert all(panel.display for panel in (mine, other))
        assert "the clip is off" in panel_text(app, Question, "ratio_mine")
        assert "stopped: A>0" in panel_text(app, Question, "ratio_other")
        assert panel_text(app, Lake, "lake_other").startswith("main")
        assert "B | main" in panel_text(app, ComparisonTitle)
        assert "exact .412 | .727" in panel_text(app, ComparisonTitle)
        told = panel_text(app, ComparisonSummary)
        assert "same run up to the beginning of update 12; then B has clip ε off." in told
        assert "First difference: update 13, improve, pass 4: the policy, most at tile (2,1)." in told


async def test_below_160_columns_tab_shows_one_side_after_the_other():
    session = FakeSession(alone(compared()))
    app = LakeApp(session)
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(pilot, session)
        seen = []
        for _ in range(4):
            shown = [panel.id for panel in app.screen.query(Lake) if panel.region.area and panel.display]
            seen.append((panel_text(app, ComparisonTitle).split("shows  ")[1].split("   ")[0], shown))
            await pilot.press("tab")
        assert [panels for _, panels in seen] == [["lake_mine"], ["lake_other"], ["lake_against"], ["lake_mine"]]
        assert [title for title, _ in seen] == ["B", "main", "main against B", "B"]
    assert session.sent == [Compare()]


async def test_travel_keys_reach_the_worker_and_a_click_moves_both_cursors():
    session = FakeSession(alone(compared()))
    app = LakeApp(session)
    async with app.run_test(size=(200, 50)) as pilot:
        await opened(pilot, session)
        for key in "space full_stop e u comma U left_square_bracket end o f less_than_sign".split():
            await pilot.press(key)
        assert session.sent == [
            Compare(), TogglePlay(), Step(Unit.NEXT), Step(Unit.PASS), Step(Unit.COPY), Back(Unit.NEXT),
            Back(Unit.COPY), GoBy(-1), GoToEnd(), CompareNext(), GoToDifference(), ChangePace(-1),
        ]  # fmt: skip
        await pilot.click("#lake_other", offset=(15, 6))
        assert {app.screen.query_one(f"#{id}", Lake).state.cursor for id in ("lake_mine", "lake_other")} == {5}


async def test_the_difference_per_tile_is_the_other_against_this_one():
    session = FakeSession(alone(compared()))
    app = LakeApp(session)
    async with app.run_test(size=(200, 50)) as pilot:
        await opened(pilot, session)
        panel = app.screen.query_one("#against_under", DifferenceLake)
        s = app.screen.state.snapshot
        likeliest = int(s.comparison.run.policy[0].argmax())
        gained = s.comparison.run.policy[0, likeliest] - s.run.policy[0, likeliest]
        assert f"{gained:+.2f}".replace("0.", ".") in panel_text(app, DifferenceLake, "against_under")
        await pilot.press("v")
        assert "AGAINST B  V" in panel_text(app, DifferenceLake, "against_under")
        tables = panel._model.tables
        assert tables["value"][5] - tables["true_value"][5] == -s.run.values[5] / 2


async def test_lakes_of_two_sizes_have_no_difference_per_tile():
    small = compared(Difference(Moment(0, Phase.COLLECT, 0), "lake"))
    large = make_snapshot(make_config("8x8"), agent=20)
    beside = replace(small.comparison, run=large.run, position=large.position, related=False, names=("run 2", "run 1"))
    session = FakeSession(alone(small))
    app = LakeApp(session)
    async with app.run_test(size=(200, 50)) as pilot:
        await opened(pilot, session, changed(small, comparison=beside))
        assert "differ in size" in panel_text(app, DifferenceLake, "against_under")
        assert panel_text(app, ComparisonMessageBar).strip().startswith("run 1 and run 2 have different lakes.")
        assert "the size of the lake" in panel_text(app, ComparisonSummary)
        await pilot.press("down", "down", "v", "v", "v", "v", "v")
        assert "differ in size" in panel_text(app, DifferenceLake, "against_under")


async def test_the_curves_are_told_apart_without_colour(monkeypatch):
    monkeypatch.setenv("NO_COLOR", "1")
    level = History(make_row(update)._replace(success_probability=0.25) for update in range(1, 31))
    seen = compared()
    session = FakeSession(alone(seen))
    session.history = [row._replace(success_probability=0.75) for row in level]
    app = LakeApp(session)
    async with app.run_test(size=(200, 50)) as pilot:
        await opened(pilot, session, changed(seen, comparison=replace(seen.comparison, history=level)))
        drawn = panel_text(app, ComparisonChart, "curves_under").splitlines()
        assert all(sign in drawn[0] for sign in ("⠤⠤⠤ B", "▪▪▪ main"))
        mine, other = (next(line for line in drawn if name in line) for name in (" B .750", " main .250"))
        assert "▪" not in mine
        assert other.split("│")[1].count("▪") > 20


@pytest.mark.parametrize("size", [(40, 12), (60, 18), (80, 24), (120, 40), (159, 60), (160, 24), (160, 34), (200, 50)])
async def test_at_every_size_a_lake_and_the_title_are_shown(size):
    session = FakeSession(alone(compared()))
    app = LakeApp(session)
    async with app.run_test(size=size) as pilot:
        await opened(pilot, session)
        for _ in range(3):
            assert any(panel.display and panel.region.area for panel in app.screen.query(Lake))
            assert "COMPARE" in panel_text(app, ComparisonTitle)
            assert "esc" in panel_text(app, Footer)
            assert panel_text(
                app, ComparisonTable, "figures_under" if app.screen.both and size[1] >= 38 else "figures_beside"
            )
            await pilot.press("tab", "v")


async def test_the_list_of_branches_goes_to_one_and_compares_with_one():
    session = FakeSession(alone(compared()))
    app = LakeApp(session)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await pilot.press("B")
        assert isinstance(app.screen, BranchScreen)
        assert app.screen.query_one(OptionList).highlighted == 1
        await pilot.press("down", "enter")
        assert app.screen is app.main_screen
        await pilot.press("B", "up", "c")
        await settle(pilot)
        assert isinstance(app.screen, CompareScreen)
        await pilot.press("escape", "B")
        await pilot.click("#branches_list", offset=(3, 0))
        assert app.screen is app.main_screen
        await pilot.press("B", "enter")
        assert app.screen is app.main_screen
    assert session.sent == [GoToBranch("C"), Compare("main"), EndComparison(), GoToBranch("main")]


async def test_a_branch_is_renamed_in_their_list():
    session = FakeSession(snapshot := alone(compared()))
    app = LakeApp(session)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await pilot.press("B")
        await pilot.press("n", "end", *["backspace"] * 3, "n", "o", "space", "c", "q", "enter")
        await pilot.press("n", "x", "escape")
        assert isinstance(app.screen, BranchScreen)
        assert session.sent == [RenameBranch(1, "no cq")]
        session.queue.append(
            changed(
                snapshot,
                branches=(BRANCHES[0], BRANCHES[1]._replace(name="no cq"), BRANCHES[2]._replace(parent="no cq")),
                branch="no cq",
                notices=(notices.branch_renamed("B", "no cq"),),
                notice_count=1,
            )
        )
        await settle(pilot)
        shown = "\n".join("".join(s.text for s in strip) for strip in app.screen._compositor.render_strips())
        assert "* no cq" in shown
        assert "branch B is now named no cq" in shown
        await pilot.press("down", "enter")
        assert app.screen is app.main_screen
    assert session.sent[1:] == [GoToBranch("C")]


async def test_the_branches_stand_under_the_track_and_a_click_goes_there():
    session = FakeSession(alone(compared()))
    app = LakeApp(session)
    async with app.run_test(size=(120, 46)) as pilot:
        await settle(pilot)
        lines = panel_text(app, Timeline).splitlines()[2:]
        assert [line.split()[0] for line in lines] == ["main", "B", "C"]
        assert "clip ε off  (this branch)" in lines[1]
        assert [line.find("╱") for line in lines[1:]] == sorted(line.find("╱") for line in lines[1:])
        await pilot.click(Timeline, offset=(30, 3))
        await pilot.click(Timeline, offset=(10, 0))
        assert session.sent[0] == GoToBranch("C")
        assert isinstance(session.sent[1], GoToEvent)  # the first goal's flag


@pytest.mark.parametrize("size", [(60, 18), (80, 24)])
async def test_alone_the_timeline_lists_branches_and_explains_its_marks(size):
    snapshot, mark = alone(compared()), Moment(21, Phase.IMPROVE, 2)
    marked = changed(snapshot, events=(*snapshot.position.events, Event(mark, Kind.BOOKMARK, subject="look here")))
    session = FakeSession(marked)
    app = LakeApp(session)
    async with app.run_test(size=size) as pilot:
        await settle(pilot)
        await pilot.press("0")
        await pilot.pause()
        lines = panel_text(app, Timeline).splitlines()[2:]
        assert lines[0].startswith(" B ")
        assert [line.split()[0] for line in lines[1:4]] == ["main", "B", "C"]
        assert [" ".join(line.split()) for line in lines[5:10]] == [
            "⚑ update 8 the first time at the goal",
            "~ update 12 clip ε off",
            "╱ update 12 branch B leaves",
            "╱ update 20, pass 3 branch C leaves",
            "▪ update 21, pass 2 look here",
        ]
        await pilot.click(Timeline, offset=(30, 0))
        await pilot.click(Timeline, offset=(30, 4))
        await pilot.click(Timeline, offset=(10, 1))
        await pilot.click(Timeline, offset=(10, 5))
        assert session.sent[0] == GoToBranch("C")
        assert [type(sent) for sent in session.sent] == [GoToBranch, GoToEvent]


def test_what_is_said_of_a_pair():
    state = state_of(compared(None))
    assert comparison_summary(state)[1].startswith("No difference up to update 22, improve, pass 2:")
    assert different_settings(state) == [("clip ε", "off", "0.2")]
    assert baseline_state(state).snapshot.run is state.snapshot.comparison.run
    assert (difference_state(state).snapshot.run.old_policy == state.snapshot.run.policy).all()
    two = replace(
        state.snapshot.comparison,
        related=False,
        names=("run 2", "run 1"),
        run=replace(state.snapshot.comparison.run, seed=1),
    )
    said = comparison_summary(replace(state, snapshot=replace(state.snapshot, comparison=two)))[0]
    assert "run 2 (seed 7, classic) and run 1 (seed 1, classic) are two runs" in said
    assert changed_words([OFF, OFF._replace(value=0.1), Change(PART, "seed", 4)]) == "clip ε 0.1, seed 4"


@pytest.mark.parametrize(
    ("moment", "said", "short"),
    [
        (Moment(0, Phase.COLLECT, 0), "the beginning", "#0"),
        (Moment(3, Phase.COLLECT, 0), "the beginning of update 3", "#3"),
        (Moment(3, Phase.COLLECT, 7), "update 3, collect, step 7", "#3 collect 7"),
        (Moment(3, Phase.JUDGE, 0), "update 3, collect, the last step", "#3 judge"),
        (Moment(3, Phase.IMPROVE, 0), "update 3, judge", "#3 improve"),
        (Moment(3, Phase.IMPROVE, 2), "update 3, improve, pass 2", "#3 improve 2"),
        (Moment(3, Phase.COPY, 0), "update 3, improve, the last pass", "#3 copy"),
    ],
)
def test_a_moment_is_said_by_the_unit_that_led_there(moment, said, short):
    assert (reached_words(moment), short_moment(moment)) == (said, short)
