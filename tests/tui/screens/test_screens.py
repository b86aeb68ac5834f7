"""What stands on the screen, at which size, and what is drawn again."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from rich.cells import cell_len
from support.fake_session import FakeSession, changed, demonstrating, make_snapshot, settle
from support.screens import places, screen_text
from textual.command import CommandPalette

from lakeppo.config import MAPS, make_config
from lakeppo.errors import Message
from lakeppo.moment import Moment, Phase
from lakeppo.session.snapshot import Walk
from lakeppo.tui.app import LakeApp
from lakeppo.tui.panels.base import Panel
from lakeppo.tui.panels.knobs import Knobs
from lakeppo.tui.panels.lake import Lake
from lakeppo.tui.panels.question import Question
from lakeppo.tui.panels.readouts import Readouts
from lakeppo.tui.panels.success import Success
from lakeppo.tui.panels.tile import TilePanel

PHASES = [
    Moment(22, Phase.COLLECT, 37),
    Moment(22, Phase.JUDGE, 0),
    Moment(22, Phase.IMPROVE, 3),
    Moment(22, Phase.COPY, 0),
]


async def shown(app: LakeApp, size: tuple[int, int], *keys: str) -> list[str]:
    async with app.run_test(size=size) as pilot:
        await settle(pilot)
        for key in keys:
            await pilot.press(key)
        await settle(pilot)
        return screen_text(app)


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 50), (60, 20), (40, 12)])
async def test_no_panel_moves_between_phases(size: tuple[int, int]):
    session = FakeSession(make_snapshot(moment=PHASES[0]))
    app = LakeApp(session)
    async with app.run_test(size=size) as pilot:
        await settle(pilot)
        first = places(app)
        for snapshot in [
            *(make_snapshot(moment=moment) for moment in PHASES),
            demonstrating(make_snapshot(status="finished")),
        ]:
            session.queue.append(snapshot)
            await settle(pilot)
            assert places(app) == first


@pytest.mark.parametrize("size", [(80, 24), (100, 30), (120, 40), (160, 45), (200, 50), (60, 20), (79, 23), (40, 12)])
@pytest.mark.parametrize("name", ["4x4", "8x8"])
async def test_lake_sparkline_and_readouts_stand_on_every_size(size: tuple[int, int], name: str):
    config = make_config("classic", (name, MAPS[name]))
    app = LakeApp(FakeSession(make_snapshot(config), config=config))
    async with app.run_test(size=size) as pilot:
        await settle(pilot)
        for kind in (Lake, Readouts):
            region = app.screen.query_one(kind).region
            assert region.height >= 4
            assert region.right <= size[0]
            assert region.bottom <= size[1]
        assert any(panel.display and panel.region.height >= 2 for panel in app.screen.query(Success))
        text = "\n".join(screen_text(app))
        assert any(level in text for level in "▂▃▄▅▆▇")
        assert "policy loss" in text


@pytest.mark.parametrize(
    ("size", "at"), [((80, 24), (0, 3)), ((100, 30), (0, 3)), ((120, 40), (0, 6)), ((200, 50), (0, 6))]
)
async def test_the_lake_has_one_place_whatever_the_map(size: tuple[int, int], at: tuple[int, int]):
    maps = (MAPS["4x4"], MAPS["8x8"], ("S" + "F" * 31, *["F" * 32] * 30, "F" * 31 + "G"))
    configs = [make_config("classic", ("map", rows)) for rows in maps]
    session = FakeSession(config=configs[0])
    app = LakeApp(session)
    async with app.run_test(size=size) as pilot:
        for config in configs:
            session.queue.append(make_snapshot(config))
            await settle(pilot)
            assert app.main_screen.state.config.shape == config.shape
            region = app.screen.query_one(Lake).region
            assert region.offset == at
            assert region.width >= 41
            assert region.height >= 17


@pytest.mark.parametrize("size", [(39, 24), (80, 11), (10, 3)])
async def test_a_terminal_too_small_says_so_and_q_still_quits(size: tuple[int, int]):
    session = FakeSession(make_snapshot())
    app = LakeApp(session)
    async with app.run_test(size=size) as pilot:
        await settle(pilot)
        assert screen_text(app)[0].startswith("lakeppo needs 40 x 12"[: 21 if size[0] > 21 else 7])
        await pilot.press("q")
        await settle(pilot)
    assert app.return_code == 0


async def test_resizing_at_any_moment_keeps_every_panel_inside():
    app = LakeApp(FakeSession(make_snapshot()))
    async with app.run_test(size=(120, 40)) as pilot:
        await settle(pilot)
        for size in [(80, 24), (30, 10), (200, 50), (45, 13), (80, 24)]:
            await pilot.resize_terminal(*size)
            await settle(pilot)
            for panel in app.screen.query(Panel[Any]):
                assert not panel.display or panel.region.right <= size[0]
        assert "LOSS AND RATIO" in "\n".join(screen_text(app))


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (40, 12)])
async def test_ascii_mode_shows_no_other_character(size: tuple[int, int]):
    config = make_config("classic", slip=2 / 3)
    app = LakeApp(FakeSession(make_snapshot(config)), ascii=True)
    async with app.run_test(size=size) as pilot:
        for keys in ([], ["v"], ["v"], ["question_mark"], ["escape", "ctrl+p"]):
            await settle(pilot)
            await pilot.press(*keys)
            await settle(pilot)
            lines = screen_text(app)
            assert "".join(lines).isascii()
            assert all(len(line) == size[0] for line in lines)
        assert isinstance(app.screen, CommandPalette)


async def test_every_line_is_as_wide_as_the_terminal_in_any_font():
    lines = await shown(LakeApp(FakeSession(make_snapshot())), (120, 40))
    assert {cell_len(line) for line in lines} == {120}
    assert not set("".join(lines)) & set("▲▶▼◀←→↑↓\u2800")


async def test_without_colour_the_value_is_a_digit(monkeypatch: pytest.MonkeyPatch):
    coloured = await shown(LakeApp(FakeSession(make_snapshot())), (80, 24))
    monkeypatch.setenv("NO_COLOR", "1")
    plain = await shown(LakeApp(FakeSession(make_snapshot())), (80, 24))
    assert coloured[12][:10] == "│   ▴06   "
    assert plain[12][:10] == "│4  ▴06   "


async def test_first_paint_has_the_lake_and_says_that_torch_is_loading():
    lines = await shown(LakeApp(FakeSession(config=make_config("classic", slip=2 / 3))), (80, 24))
    text = "\n".join(lines)
    assert "loading torch" in text
    assert "GOAL" in text
    assert "the ice obeys one time in three" in text
    assert "q quit" in lines[-1]


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 50), (60, 20), (40, 12), (50, 14), (30, 8)])
@pytest.mark.parametrize("name", ["4x4", "8x8", "large"])
async def test_the_lake_stays_in_place_when_the_main_screen_comes(size: tuple[int, int], name: str):
    rows = MAPS.get(name, (*["F" * 32] * 30, "S" + "F" * 31, "F" * 31 + "G"))
    config = make_config("classic", (name, rows))
    walk = Walk(config.start, (config.start,), None, 0)
    session = FakeSession(config=config)
    app = LakeApp(session)
    async with app.run_test(size=size) as pilot:
        await settle(pilot)
        loading = screen_text(app)
        assert {len(line) for line in loading} == {size[0]}
        session.queue.append(make_snapshot(config, walk=walk))
        await settle(pilot)
        main = screen_text(app)
    places = [[(y, line.find("@")) for y, line in enumerate(lines[:-1]) if "@" in line] for lines in (loading, main)]
    assert places[0] == places[1] != [] or size == (30, 8)


async def test_a_failure_is_shown_in_words():
    session = FakeSession(make_snapshot())
    app = LakeApp(session)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        session.failure = "ValueError: no good"
        await settle(pilot)
        text = "\n".join(screen_text(app))
    assert "FAILED" in text
    assert text.count("ValueError: no good") == 2


async def test_only_panels_whose_figures_changed_are_drawn_again():
    snapshot = demonstrating(make_snapshot(status="paused", moment=PHASES[0]))
    session = FakeSession(snapshot)
    app = LakeApp(session)
    async with app.run_test(size=(120, 40)) as pilot:
        await settle(pilot)
        drawn = {panel: panel.drawn for panel in app.screen.query(Panel[Any])}
        walk = replace(snapshot.demo.walk, agent=8, trail=(*snapshot.demo.walk.trail, 8))
        session.queue.append(replace(snapshot, demo=replace(snapshot.demo, walk=walk)))
        await settle(pilot)
        again = {type(panel) for panel, count in drawn.items() if panel.drawn != count}
        assert again == {Lake, TilePanel}
        session.queue.append(replace(snapshot, demo=replace(snapshot.demo, walk=walk)))
        await settle(pilot)
        assert not again & {Knobs, Readouts, Success}


async def test_the_newest_message_is_shown_even_at_80_by_24():
    session = FakeSession(
        make_snapshot(), make_snapshot(notices=(Message("an old one"), Message("kept the best")), notice_count=2)
    )
    lines = await shown(LakeApp(session), (80, 24))
    assert any("kept the best" in line for line in lines)


async def test_the_inspector_moves_by_keys_and_mouse_and_stays_on_the_lake():
    app = LakeApp(FakeSession(make_snapshot(agent=0, walk=Walk(0, (0,), None, 0))))
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await pilot.press("up", "left")
        assert app.main_screen.state.cursor == 0
        await pilot.press("down", "right")
        assert app.main_screen.state.cursor == 5
        await pilot.click(Lake, offset=(35, 14))
        assert app.main_screen.state.cursor == 15
        await pilot.press("escape")
        assert app.main_screen.state.cursor is None


async def test_the_question_follows_the_phase():
    for moment, word in zip(PHASES, ["how does the old actor fare", "expected", "how far", "better"], strict=True):
        app = LakeApp(FakeSession(make_snapshot(moment=moment)))
        async with app.run_test(size=(80, 24)) as pilot:
            await settle(pilot)
            question = app.screen.query_one(Question)
            assert word in question.title(question.model(app.main_screen.state))


async def test_readouts_show_the_pass_while_improving_else_the_update():
    for moment, said in zip(PHASES, ["over update 21", "over update 21", "pass 3 of 5", "pass 5 of 5"], strict=True):
        lines = await shown(LakeApp(FakeSession(make_snapshot(moment=moment))), (80, 24))
        assert any(f"LOSS AND RATIO  {said}" in line for line in lines)


async def test_the_end_of_a_run_offers_what_to_do_next():
    snapshot = demonstrating(make_snapshot(status="finished", moment=Moment(60, Phase.COLLECT, 0)))
    text = "\n".join(await shown(LakeApp(FakeSession(snapshot)), (120, 40)))
    for offer in ("FINISHED", "r another seed", "s firm ice", "goes on past the limit", "p other knobs, and presets"):
        assert offer in text


async def test_a_lake_too_large_scrolls_with_the_agent_in_view():
    rows = ("S" + "F" * 31, *["F" * 32] * 30, "F" * 31 + "G")
    config = make_config("classic", ("32x32", rows))
    walk = Walk(30 * 32 + 5, (30 * 32 + 5,), None, 0)
    lines = await shown(LakeApp(FakeSession(make_snapshot(config, walk=walk), config=config)), (80, 24))
    assert sum("@" in line[:41] for line in lines) == 1


async def test_an_old_measurement_on_other_ice_is_not_compared_with_the_new():
    moment = Moment(22, Phase.COPY, 0)
    snapshot = make_snapshot(moment=moment)
    app = LakeApp(FakeSession(snapshot))
    async with app.run_test() as pilot:
        await settle(pilot)
        assert app.main_screen.state.previous_row is not None
        later = changed(snapshot, changes=(replace_moment(snapshot, moment),))
        assert replace(app.main_screen.state, snapshot=later).previous_row is None


def replace_moment(snapshot, moment):
    return snapshot.run.changes[0]._replace(moment=moment)


def test_tables_of_the_fake_are_policies():
    snapshot = make_snapshot()
    assert np.allclose(snapshot.run.policy.sum(axis=1), 1)
