"""Things keep their places as figures grow and phases change, wide characters included; legends say what is drawn."""

from dataclasses import replace

import pytest
from rich.cells import cell_len
from rich.style import Style
from support.fake_session import FakeSession, changed, demonstrating, make_fan, make_row, make_snapshot, settle, until
from support.screens import BRANCHES, alone, compared, opened, panel_text
from textual.events import Click, Key
from textual.widgets import OptionList

from lakeppo.cells import wrapped
from lakeppo.config import make_config
from lakeppo.moment import Moment, Phase
from lakeppo.session.snapshot import EndCounts, Exact
from lakeppo.tui.app import LakeApp
from lakeppo.tui.drawing.lines import shorten
from lakeppo.tui.panels.comparison import ComparisonTable
from lakeppo.tui.panels.lake import LastStep
from lakeppo.tui.panels.message import MessageBar, Why
from lakeppo.tui.panels.phases import Phases
from lakeppo.tui.panels.question import Question
from lakeppo.tui.panels.readouts import Readouts
from lakeppo.tui.panels.status import Status, Title
from lakeppo.tui.panels.success import Success
from lakeppo.tui.panels.tile import TilePanel
from lakeppo.tui.panels.timeline import Timeline

OBLONG = ("oblong", ("SFFFFFFFFFFF", *("FFHFFFFFFFFF",) * 5, "FFFFFFFFFFFG"))


async def texts_of(panel, *snapshots, size=(120, 40), id="") -> list[str]:
    """What a panel shows of each snapshot, one after the other in one app."""
    session = FakeSession(snapshots[0])
    session.history = session.history[: snapshots[0].run.moment.update]
    app = LakeApp(session)
    async with app.run_test(size=size) as pilot:
        await settle(pilot)
        said = [panel_text(app, panel, id)]
        for snapshot in snapshots[1:]:
            session.queue.append(snapshot)
            await settle(pilot)
            said.append(panel_text(app, panel, id))
    return said


async def test_the_titles_figures_stay_where_they_are():
    exacts = (Exact(0.014, 0.0, 0.744, 0.740, False), Exact(1.0, 1.0, 0.744, 0.740, False))
    few, many = await texts_of(
        Title,
        make_snapshot(exact=exacts[0], success_rate=None, window=0),
        make_snapshot(exact=exacts[1]),
        size=(160, 40),
    )
    for name in ("exact", "greedy", "best"):
        assert few.index(name) == many.index(name)


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_what_follows_the_moment_stays_where_it_is(size):
    moments = (Moment(22, Phase.COLLECT, 64), Moment(22, Phase.JUDGE, 0), Moment(22, Phase.IMPROVE, 2))
    snapshots = (make_snapshot(moment=moment, episodes=201, status="stepped") for moment in moments)
    said = await texts_of(Status, *snapshots, size=size)
    assert len({text.index("201") for text in said}) == 1


@pytest.mark.parametrize("width", [120, 121, 122, 123])
async def test_the_phases_reach_from_edge_to_edge(width):
    [boxes] = await texts_of(Phases, make_snapshot(), size=(width, 40))
    lines = boxes.split("\n")[1:]
    assert {len(line.rstrip()) for line in lines} == {width}
    assert lines[1][0] in "│┃"


@pytest.mark.parametrize("update", [9, 99, 999, 9999])
async def test_the_kl_between_old_and_new_fits_after_many_updates(update):
    [ribbon] = await texts_of(Phases, make_snapshot(moment=Moment(update, Phase.IMPROVE, 1)), size=(80, 24))
    assert f"new #{update + 1}" in ribbon


async def test_trends_keep_their_columns_from_the_second_update_on():
    snapshots = (make_snapshot(moment=Moment(update, Phase.COLLECT, 0)) for update in (2, 30))
    early, late = await texts_of(Readouts, *snapshots, size=(200, 50))
    for name in ("policy loss ", "approx_kl "):
        places = [next(line for line in text.split("\n")[::-1] if line.startswith(name)) for text in (early, late)]
        assert places[0].index(" to ") == places[1].index(" to ")


async def test_a_title_with_wide_characters_is_not_wider_than_the_screen():
    app = LakeApp(
        FakeSession(make_snapshot(make_config("classic", ("湖面地图三号.txt", ("SFFF", "FHFH", "FFFH", "HFFG")))))
    )
    app.session.config = app.session.queue[0].run.config
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        assert "湖面地图三号.txt" in panel_text(app, Title)
        assert "exact  41.2%" in panel_text(app, Title)
        app.main_screen.message_bar.show_message("kept in " + "存档/" * 30)
        await settle(pilot)
        for panel in (Title, MessageBar):
            assert cell_len(panel_text(app, panel).split("\n")[1]) == 80
        assert panel_text(app, MessageBar).rstrip().endswith("…")


def test_what_is_too_long_is_cut_between_words_and_to_cells():
    assert shorten("the quick brown fox", 19) == "the quick brown fox"
    assert shorten("the quick brown fox", 18) == "the quick brown…"
    assert shorten("a " + "x" * 30, 10) == "a xxxxxxx…"
    assert cell_len(shorten("湖" * 10, 12)) <= 12


def test_no_word_is_left_alone_in_a_last_line_that_could_have_two():
    assert wrapped("They went to one: the clip is no wall.", 34) == ["They went to one: the clip is", "no wall."]
    assert wrapped("one two", 20) == ["one two"]
    assert wrapped("1.27 > 1.20 and A > 0: stopped", 26) == ["1.27 > 1.20 and", "A > 0: stopped"]
    assert wrapped("averylongword another", 14) == ["averylongword", "another"]


@pytest.mark.parametrize(
    ("view", "size", "said"),
    [
        (0, (80, 24), "likeliest action, tens of %   shade: V"),
        (0, (200, 50), "numbers: percent   shade: value V"),
        (1, (80, 24), "V in tenths, the critic's; + from 1 on"),
        (3, (80, 24), "+ is 10 or more"),
    ],
)
async def test_the_legend_is_of_tiles_as_large_as_they_are_drawn(view, size, said):
    app = LakeApp(FakeSession(make_snapshot(make_config("classic", OBLONG))))
    app.session.config = app.session.queue[0].run.config
    async with app.run_test(size=size) as pilot:
        await settle(pilot)
        await pilot.press(*"v" * view)
        await settle(pilot)
        assert said in panel_text(app, LastStep)


async def test_the_dotted_line_has_the_name_of_what_it_is():
    for ceiling, name in ((0.74, "┄┄ ceiling .740"), (None, "┄┄ optimum .744")):
        [said] = await texts_of(
            Success, make_snapshot(exact=Exact(0.4, 0.5, 0.744, ceiling, False)), size=(80, 24), id="beside"
        )
        assert name in said


async def test_a_tile_in_little_room_says_which_figure_is_old():
    [said] = await texts_of(TilePanel, make_snapshot(), size=(80, 24))
    assert "old ▸ new" in said
    assert "right" in said


async def test_a_broad_table_of_figures_goes_on_beside():
    session = FakeSession(alone(compared()))
    session.history = [make_row(update) for update in range(1, 41)]
    app = LakeApp(session)
    async with app.run_test(size=(120, 40)) as pilot:
        await opened(pilot, session)
        said = panel_text(app, ComparisonTable, "figures_beside")
        assert all(name in said for name in ("exact", "ratio max", "policy loss"))
        assert said.count("main-B") == 2


async def test_branches_are_drawn_only_where_the_chart_keeps_its_room():
    config = make_config("classic", OBLONG)
    for lake, drawn in ((None, True), (config, False)):
        branched = alone(compared())
        snapshot = (
            branched if lake is None else changed(make_snapshot(lake), branches=branched.position.branches, branch="B")
        )
        app = LakeApp(FakeSession(snapshot))
        app.session.config = snapshot.run.config
        async with app.run_test(size=(200, 50)) as pilot:
            await settle(pilot)
            assert (app.screen.query_one(Timeline).size.height > 1) == drawn


@pytest.mark.parametrize("siblings", [64, 256])
@pytest.mark.parametrize("width", [120, 123, 130, 160])
async def test_the_title_above_the_fan_is_whole_and_names_its_shades(siblings, width):
    snapshot = make_snapshot(siblings=make_fan(siblings))
    app = LakeApp(FakeSession(snapshot))
    async with app.run_test(size=(width, 40)) as pilot:
        await settle(pilot)
        drawn = "\n".join("".join(piece.text for piece in strip) for strip in app.screen._compositor.render_strips())
    title = next(line for line in drawn.split("\n") if "SUCCESS" in line)
    assert "25-75 %" in title
    assert "…" not in title
    assert "siblings" in title or "beats" in title


async def test_a_finished_run_says_that_its_policy_walks_only_while_it_does():
    finished = make_snapshot(status="finished", moment=Moment(22, Phase.COLLECT, 0))
    still, walking = await texts_of(MessageBar, finished, demonstrating(finished), size=(120, 40))
    assert "d shows what was learned" in still
    assert "the learned policy walks" in walking
    assert "the learned policy walks" not in still


async def test_large_counts_are_in_thousands_wherever_they_are_said():
    walk = demonstrating(make_snapshot())
    demo = replace(walk.demo, end_counts=EndCounts(229126, 208503, 20623, 0))
    for panel in (Question, Why):
        [said] = await texts_of(panel, changed(walk, demo=demo))
        assert "208,503" in said
        assert "208503" not in said


@pytest.mark.parametrize("size", [(80, 24), (80, 4), (3, 3), (1, 1)])
@pytest.mark.parametrize("opener", ["p", "B", "ctrl+p"])
async def test_no_key_falls_over_a_list_that_is_not_seen(size, opener):
    app = LakeApp(FakeSession(make_snapshot(status="paused", branches=BRANCHES)))
    async with app.run_test(size=size) as pilot:
        await settle(pilot)
        await pilot.press(opener)
        for _ in range(3):
            for key in ("pagedown", "pageup", "end", "up", "home", "down"):
                pilot.app.post_message(Key(key, None))
            await settle(pilot)
        assert len(app.screen_stack) == 2


@pytest.mark.parametrize("opener", ["p", "B", "ctrl+p"])
async def test_a_click_on_a_line_that_has_gone_does_nothing(opener):
    app = LakeApp(FakeSession(make_snapshot(status="paused", branches=BRANCHES)))
    async with app.run_test() as pilot:
        await settle(pilot)
        await pilot.press(opener)
        await until(pilot, lambda: app.screen.query(OptionList) and app.screen.query_one(OptionList).option_count)
        options = app.screen.query_one(OptionList)
        style = Style.from_meta({"option": options.option_count})  # of the line when it was drawn
        options.post_message(Click(options, 0, 0, 0, 0, 1, False, False, False, *options.region.offset, style))
        await settle(pilot)
        assert app.is_running
        assert len(app.screen_stack) == 2
