"""The map edited and the seed changed by keys."""

import pytest
from support.fake_session import FakeSession, make_snapshot, settle
from support.screens import screen_text
from textual.widgets import Input, OptionList

from lakeppo.config import make_config
from lakeppo.runs.run import Run
from lakeppo.session.commands import EditTile, SetSeed, StartSeed
from lakeppo.tui.app import LakeApp
from lakeppo.tui.text.formatting import map_words


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_t_chooses_what_the_tile_under_the_cursor_is(size):
    session = FakeSession(make_snapshot(status="paused"))
    app = LakeApp(session)
    async with app.run_test(size=size) as pilot:
        await settle(pilot)
        await pilot.press("up", "t")
        await settle(pilot)
        assert "TILE (1,1) hole: make it" in "\n".join(screen_text(app))
        await pilot.press("i")
        await pilot.press("t", "escape", "t")
        await settle(pilot)
        await pilot.click("#tile_G")
        assert app.screen is app.main_screen
    assert session.sent == [EditTile(5, "F"), EditTile(5, "G")]


async def test_the_title_shows_an_edited_map_and_the_seed_in_force():
    config = make_config("classic")
    moment = make_snapshot().run.moment
    run = Run(config, 7)
    run.change("map_rows", ("SFFF", "FFFH", "FFFH", "HFFG"))
    run.change("seed", 5)
    session = FakeSession(make_snapshot(run.config, moment, changes=tuple(run.changes)), config=config)
    app = LakeApp(session)
    async with app.run_test(size=(120, 40)) as pilot:
        await settle(pilot)
        assert map_words(app.main_screen.state) == "4x4, edited"
        assert "4x4, edited  slip 0  seed 7, now 5" in screen_text(app)[0]


@pytest.mark.parametrize(("key", "sent"), [("enter", SetSeed(12)), ("ctrl+o", StartSeed(12))])
async def test_the_seed_stands_among_the_knobs(key, sent):
    session = FakeSession(make_snapshot(status="paused"))
    async with LakeApp(session).run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await pilot.press("p")
        options = pilot.app.screen.query_one(OptionList)
        options.highlighted = options.get_option_index("seed")
        await settle(pilot)
        await pilot.press("enter")
        pilot.app.screen.query_one(Input).value = "12"
        await pilot.press(key)
        await settle(pilot)
    assert session.sent == [sent]
