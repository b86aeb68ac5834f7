"""Show mode: the lake and one sentence at any size, from caption to caption."""

import pytest
from support.fake_session import FakeSession, changed, make_snapshot, settle
from support.screens import screen_text

from lakeppo.config import make_config
from lakeppo.moment import Moment, Phase
from lakeppo.session.commands import GoTo, TogglePlay
from lakeppo.session.snapshot import Caption
from lakeppo.tui.app import LakeApp
from lakeppo.tui.drawing.arrows import large_arrow
from lakeppo.tui.panels.show import ShowLake
from lakeppo.tui.screens.main import MainScreen
from lakeppo.tui.screens.show import ShowScreen

HERE = Moment(22, Phase.IMPROVE, 2)
LONG = "One update later it falls from 100% to 8%: the arrow of one tile turns into the hole [b]at once[/b]."
CAPTIONS = (
    Caption("main", Moment(0, Phase.COLLECT, 0), "It has never walked."),
    Caption("main", HERE, LONG),
    Caption("B", Moment(30, Phase.COPY, 0), "没有裁剪" * 10),
)
SIZES = [
    ("4x4", (80, 24)), ("4x4", (200, 50)), ("4x4", (20, 8)), ("4x4", (300, 9)), ("8x8", (120, 40)), ("8x8", (20, 8)),
]  # fmt: skip


def session_with(captions=CAPTIONS, **changes) -> FakeSession:
    return FakeSession(changed(make_snapshot(status="paused", moment=HERE, captions=captions, **changes)))


def words_of(app) -> str:
    return " ".join(" ".join(screen_text(app)).split())


@pytest.mark.parametrize(("lake", "size"), SIZES)
async def test_the_lake_and_the_sentence_fill_every_size(lake, size):
    config = make_config("8x8") if lake == "8x8" else None
    session = FakeSession(make_snapshot(config, status="paused", moment=HERE, captions=CAPTIONS))
    app = LakeApp(session)
    async with app.run_test(size=size) as pilot:
        await settle(pilot)
        await pilot.press("S")
        await pilot.pause()
        assert isinstance(app.screen, ShowScreen)
        lines = screen_text(app)
        assert len(lines) == size[1]
        assert "2 of 3" in words_of(app)
        assert "One update" in words_of(app)
        if size[0] * size[1] >= 80 * 24:
            assert LONG in words_of(app)
        shown = app.screen.query_one(ShowLake)
        assert shown.region.height + app.screen.sentence.region.height == size[1]
        if size[1] >= 24:
            assert shown._shown == app.screen.state.config.shape  # the whole lake
    assert session.sent == []  # it is there already


async def test_tiles_are_larger_than_anywhere_else_where_there_is_room():
    app = LakeApp(session_with())
    async with app.run_test(size=(200, 50)) as pilot:
        await settle(pilot)
        await pilot.press("S")
        await pilot.pause()
        assert app.screen.query_one(ShowLake).cell[:2] == (27, 9)


async def test_left_and_right_go_through_the_captions_of_all_branches():
    session = session_with()
    app = LakeApp(session)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await pilot.press("S", "right", "right", "left", "left", "pageup", "pagedown", "space", "escape")
        await pilot.pause()
        assert app.screen is app.main_screen
    there = [GoTo(caption.moment, caption.branch) for caption in CAPTIONS]
    assert session.sent == [there[2], there[0], TogglePlay()]  # the present moment needs no command


async def test_a_run_without_captions_says_how_to_make_one():
    session = session_with(captions=())
    app = LakeApp(session)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await pilot.press("S", "right", "left")
        await pilot.pause()
        assert "No moment of this run has a caption: esc leaves, then M gives one" in words_of(app)
        await pilot.press("q")
        await pilot.pause()
        assert app.screen is app.main_screen
    assert session.sent == []


async def test_it_opens_on_a_run_file_at_its_first_caption():
    session = session_with(captions=CAPTIONS[2:])
    app = LakeApp(session)
    app.opening = MainScreen.action_show
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await pilot.pause()
        assert isinstance(app.screen, ShowScreen)
        assert "1 of 1" in words_of(app)
    assert session.sent == [GoTo(CAPTIONS[2].moment, "B")]


async def test_a_failure_is_shown_in_place_of_the_sentence():
    session = session_with()
    app = LakeApp(session)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await pilot.press("S")
        session.failure = "RuntimeError: no memory"
        await settle(pilot)
        await pilot.press("right", "space")
        assert "RuntimeError: no memory" in words_of(app)
    assert session.sent == []


@pytest.mark.parametrize("height", [3, 5])
def test_a_large_arrow_points_where_it_says(height):
    for action in range(4):
        lines = large_arrow(action, height)
        assert len({len(line) for line in lines}) == 1
        filled = [line.count("█") for line in lines]
        if action in (1, 3):
            assert filled == sorted(filled, reverse=action == 1)
        else:
            assert filled.index(max(filled)) == height // 2
            assert all(line.startswith("█") == (action == 2) for line in lines if " " in line)
