"""Texts fit: none is cut within a word, no mark covers a number, and small figures are marked as such."""

import pytest
from rich.cells import cell_len
from support.fake_session import FakeSession, changed, make_row, make_snapshot, settle
from support.screens import alone, compared, opened, panel_text, screen_text, tile_texts
from textual.command import CommandPalette

from lakeppo.config import make_config
from lakeppo.moment import Change, Moment, Phase
from lakeppo.tui.app import LakeApp
from lakeppo.tui.drawing.tiles import SIZES, Tile
from lakeppo.tui.panels.batch_table import BatchTable
from lakeppo.tui.panels.comparison import ComparisonMessageBar
from lakeppo.tui.panels.comparison_chart import ComparisonChart
from lakeppo.tui.panels.footer import Footer
from lakeppo.tui.panels.question import Question
from lakeppo.tui.panels.readouts import Readouts
from lakeppo.tui.panels.status import Status
from lakeppo.tui.panels.tile import TilePanel
from lakeppo.tui.panels.timeline import Timeline
from lakeppo.tui.screens.help import HelpScreen

COLLECTING = Moment(22, Phase.COLLECT, 0)


@pytest.mark.parametrize("update", [16, 26, 111, 121])
async def test_no_mark_of_the_timeline_covers_a_digit(update):
    marks = tuple(Moment(at, Phase.COLLECT, 0) for at in range(update, 400, 200))
    changes = tuple(Change(mark, "slip", 0.5) for mark in marks)
    snapshot = make_snapshot(moment=Moment(400, Phase.COLLECT, 0), changes=changes, first_goal_episode=None)
    app = LakeApp(FakeSession(changed(snapshot, bookmarks=marks[::2])))
    async with app.run_test(size=(120, 40)) as pilot:
        await settle(pilot)
        track = panel_text(app, Timeline).split("┥")[0]
    numbers = [part[: len(part) - len(part.lstrip("0123456789"))] for part in track.split("#")[1:]]
    assert len(numbers) > 1
    assert all(number == "400" or int(number) % 50 == 0 for number in numbers)


async def test_a_rewound_run_shows_the_key_to_now():
    past = make_snapshot(status="stepped", rewound=True, end=Moment(40, Phase.COLLECT, 3), updates=40)
    for snapshot, said in ((past, True), (changed(past, rewound=False), False)):
        app = LakeApp(FakeSession(snapshot))
        async with app.run_test(size=(80, 24)) as pilot:
            await settle(pilot)
            assert ("end: now, #40" in panel_text(app, Status)) == said


async def test_the_footer_has_compare_once_there_is_a_second_run():
    for rivals in (0, 1):
        app = LakeApp(FakeSession(make_snapshot(status="paused", choices=rivals)))
        async with app.run_test(size=(120, 40)) as pilot:
            await settle(pilot)
            assert ("c compare" in panel_text(app, Footer)) == bool(rivals)


async def test_headings_and_sentences_of_a_narrow_comparison_are_whole():
    session = FakeSession(alone(compared()))
    session.history = [make_row(update) for update in range(1, 41)]
    app = LakeApp(session)
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(pilot, session)
        assert "EXACT: ⠤⠤⠤ B, ⠤⠤⠤ main" in panel_text(app, ComparisonChart, "curves_beside")
        await pilot.press("tab", "tab")
        await settle(pilot)
        assert panel_text(app, Question, "ratio_mine").split("\n")[1].strip() == "B  IMPROVE"
        assert panel_text(app, ComparisonMessageBar).rstrip().endswith(".")


@pytest.mark.parametrize("size", [(80, 24), (80, 30), (80, 40), (120, 40)])
async def test_a_sentence_of_the_question_is_whole_or_left_out(size):
    app = LakeApp(FakeSession(make_snapshot(moment=COLLECTING)))
    async with app.run_test(size=size) as pilot:
        await settle(pilot)
        said = " ".join(panel_text(app, Question).split())
    whole = "One frozen policy collects the batch, so that its samples can be compared."
    assert ("One frozen" in said) == (whole in said)
    assert "now at" in said


@pytest.mark.parametrize("size", [(80, 24), (90, 30), (120, 40)])
async def test_the_key_to_the_samples_is_shown_at_every_size(size):
    app = LakeApp(FakeSession(make_snapshot(status="paused")))
    async with app.run_test(size=size) as pilot:
        await settle(pilot)
        title = panel_text(app, Readouts).split("policy")[0]
        assert "i: batch" in title or "i batch" in panel_text(app, Footer)


async def test_a_batch_without_rows_says_so():
    sheet = {"t": make_snapshot().run.visits[:0], "state": make_snapshot().run.visits[:0]}
    app = LakeApp(FakeSession(make_snapshot(moment=COLLECTING, status="paused", batch=sheet)))
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await pilot.press("i")
        await settle(pilot)
        assert "no step has been taken yet" in panel_text(app, BatchTable)


def test_an_unchanged_probability_has_no_sign():
    same = Tile("F", (0.4, 0.3, 0.2, 0.1), old=(0.4, 0.3, 0.2, 0.1), value=0.1)
    for size in SIZES[2:]:
        assert "+" not in tile_texts(same, size, "old and new")[0]
    assert "+" in tile_texts(same._replace(old=(0.2, 0.3, 0.2, 0.3)), SIZES[2], "old and new")[0]


async def test_an_advantage_too_small_to_be_shown_has_no_colour():
    advantages = make_snapshot().run.true_advantages.copy()
    advantages[9] = (-0.0002, 0.0002, -0.2, 0.2)
    app = LakeApp(FakeSession(make_snapshot(true_advantages=advantages)))
    async with app.run_test(size=(120, 40)) as pilot:
        await settle(pilot)
        panel = app.screen.query_one(TilePanel)
        shown = [segment for y in range(panel.size.height) for segment in panel.render_line(y)]
        palette = app.palette
        ends = [(s.text.split()[-1], s.style.color) for s in shown if s.style and s.text.strip()]
        colours = {text: colour for text, colour in ends if text[1:] in (".000", ".200")}
    assert colours == {
        "+.000": palette.faint.color,
        "-.200": palette.foreground.rich_color,
        "+.200": palette.blue.color,
    }


async def test_palette_glyphs_take_one_cell_and_help_cuts_no_name():
    app = LakeApp(FakeSession(make_snapshot(status="paused")))
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await pilot.press("ctrl+p")
        await settle(pilot)
        assert isinstance(app.screen, CommandPalette)
        assert all(cell_len(line) == len(line) for line in screen_text(app))
        await pilot.press("escape", "question_mark")
        await settle(pilot)
        assert isinstance(app.screen, HelpScreen)
        app.screen.query_one("#help_scroll").scroll_end(animate=False)
        seen = []
        for _ in range(6):
            await settle(pilot)
            seen += screen_text(app)
            await pilot.press("pageup")
    assert any("explained_variance " in line for line in seen)


async def test_the_present_moments_number_covers_none_of_the_track():
    apart, session = set(), FakeSession(config=make_config("classic", slip=2 / 3))
    session.history = session.history[:60]
    app = LakeApp(session)
    async with app.run_test(size=(120, 40)) as pilot:
        for behind in range(12):
            moment = Moment(60 - behind, Phase.COLLECT, 0)
            session.queue.append(make_snapshot(moment=moment, status="stepped", rewound=behind > 0))
            await settle(pilot)
            track = app.screen.query_one(Timeline)
            model = track.model(app.main_screen.state)
            covered = track._column(model, model.end) - track._column(model, model.done)
            apart.add(covered)
            assert (f"◆#{moment.update}" in panel_text(app, Timeline)) == (covered <= 0)
    assert {0, 1, 2} <= apart
