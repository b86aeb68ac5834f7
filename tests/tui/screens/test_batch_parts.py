"""The batch table by episodes, tiles and cells: what it lists, and how one comes to the lake and to the steps."""

import numpy as np
from support.batch_screen import Watching, at, views
from support.fake_session import FakeSession, settle
from support.screens import panel_text, screen_text

from lakeppo.causes.results import Lens, Part
from lakeppo.figures import small_figure
from lakeppo.moment import Moment, Phase
from lakeppo.runs.batch_table import batch_of
from lakeppo.session.commands import WatchBatch
from lakeppo.tui.app import LakeApp
from lakeppo.tui.panels.message import MessageBar
from lakeppo.tui.panels.tile import TilePanel
from lakeppo.tui.screens.batch import BatchScreen
from lakeppo.tui.text.parts import labels, part_table

LAST = Moment(1, Phase.COPY, 0)
RUN = at(LAST)
BATCH = batch_of(RUN)
SEEN = views(RUN, "paused", explained=True)
EXPLANATION = SEEN.explanation
assert EXPLANATION is not None


def table(part: Part):
    return part_table(BATCH, part, EXPLANATION, 0)


async def test_one_key_lists_episodes_tiles_and_cells_in_turn():
    async with Watching(RUN, status="paused", explained=True) as seen:
        for part, head in (
            (Part.EPISODE, "BATCH BY EPISODE"), (Part.TILE, "BATCH BY TILE "), (Part.CELL, "BATCH BY TILE AND ACTION"),
        ):  # fmt: skip
            lines = await seen.press("V")
            assert head in lines[1]
            assert f"exact success now {small_figure(EXPLANATION.success.actual)}" in lines[1]
            assert "largest effect first" in lines[1]
            expected = table(part)
            assert sorted(seen.listed) == expected["key"].tolist()
            biggest = expected["key"][np.abs(expected["did_push"]).argmax()]
            assert seen.listed[0] == seen.screen.selected == biggest
        lines = await seen.press("V")
        assert "BATCH  60 of 60 rows" in lines[1]
    asked = [command for command in seen.session.sent if isinstance(command, WatchBatch) and command.on]
    assert [command.part for command in asked] == [Part.STEP, Part.EPISODE, Part.TILE, Part.CELL, Part.STEP]


async def test_the_selected_step_leads_to_its_parts_and_back():
    async with Watching(RUN, status="paused", explained=True) as seen:
        await seen.press("home", *["down"] * 31)
        for part in (Part.EPISODE, Part.TILE, Part.CELL):
            await seen.press("V")
            assert seen.screen.selected == labels(BATCH, part)[31]
        await seen.press("V")
        assert labels(BATCH, Part.CELL)[seen.screen.selected] == labels(BATCH, Part.CELL)[31]


async def test_a_parts_steps_are_listed_and_escape_goes_back():
    async with Watching(RUN, status="paused", explained=True) as seen:
        for part in (Part.EPISODE, Part.TILE, Part.CELL):
            await seen.press("V", "down")
            key = seen.screen.selected
            lines = await seen.press("c")
            assert seen.listed == np.flatnonzero(labels(BATCH, part) == key).tolist()
            assert {Part.EPISODE: "episode", Part.TILE: "tile", Part.CELL: "tile"}[part] in lines[1]
            await seen.press("escape")
            assert seen.screen.state.table_filter.part is part
            assert seen.screen.selected == key
        await seen.press("escape")
        assert not isinstance(seen.app.screen, BatchScreen)
        await seen.press("i")
        assert seen.screen.state.table_filter.part is Part.CELL


async def test_enter_rings_a_tile_that_says_what_its_steps_did():
    async with Watching(RUN, status="paused", explained=True, size=(120, 40)) as seen:
        await seen.press("V", "V", "down", "enter")
        state = seen.app.main_screen.state
        tiles = table(Part.TILE)
        order = np.abs(tiles["did_push"]).argsort(kind="stable")[::-1]
        assert state.cursor == state.highlighted == tiles["state"][order[1]]
        assert state.sample is None
        text = panel_text(seen.app, TilePanel)
        assert f"exact success {small_figure(EXPLANATION.success.actual)}" in text
        assert f"steps {small_figure(tiles['without_push'][order[1]])}" in text
        await seen.press("i")
        assert seen.listed == np.flatnonzero(BATCH["state"] == state.cursor).tolist()


async def test_enter_shows_the_path_of_an_episode():
    async with Watching(RUN, status="paused", explained=True, size=(120, 40)) as seen:
        await seen.press("V")
        key = seen.screen.selected
        await seen.press("enter")
        state = seen.app.main_screen.state
        rows = np.flatnonzero(labels(BATCH, Part.EPISODE) == key)
        assert state.sample == rows[-1]
        assert state.walk.trail[0] == BATCH["state"][rows[0]]
        without = EXPLANATION.success_without(Lens.PUSH, Part.EPISODE, key)
        assert f"episode {small_figure(without)}" in " ".join(panel_text(seen.app, TilePanel).split())


async def test_the_parts_are_sorted_by_keys_and_clicks():
    async with Watching(RUN, status="paused", explained=True) as seen:
        lines = await seen.press("V", "V", "O")
        assert "smallest effect first" in lines[1]
        await seen.press("o", "o")
        assert seen.screen.state.table_filter.sort == "steps"
        steps = dict(zip(table(Part.TILE)["key"].tolist(), table(Part.TILE)["steps"].tolist(), strict=True))
        assert [steps[key] for key in seen.listed] == sorted(steps.values(), reverse=True)
        lines = await seen.press("V")
        assert seen.screen.state.table_filter.sort == "steps"
        await seen.pilot.click(offset=(lines[2].index("no A") + 1, 2))
        values = dict(zip(table(Part.CELL)["key"].tolist(), table(Part.CELL)["without_push"].tolist(), strict=True))
        assert [values[key] for key in seen.listed] == sorted(values.values())
        await seen.press("f")
        assert {BATCH["group"][t] for t in seen.listed} == {"stopped"}


async def test_tiles_come_first_in_a_large_batch():
    run = at(Moment(0, Phase.COPY, 0), batch_size=300)
    async with Watching(run, status="paused", explained=True, size=(80, 24)) as seen:
        assert seen.session.sent == [WatchBatch(True, Part.TILE)]
        assert "BATCH BY TILE " in screen_text(seen.app)[1]
        for part in (Part.CELL, Part.EPISODE, Part.STEP, Part.TILE):
            await seen.press("V")
            assert seen.screen.state.table_filter.part is part
        await seen.press("escape", "full_stop", "i")
        assert seen.screen.state.table_filter.part is Part.STEP


async def test_what_is_not_known_yet_is_said():
    async with Watching(RUN, status="paused", size=(80, 24)) as seen:
        lines = await seen.press("V")
        assert any("computed after the first pass" in line for line in lines)
        assert "exact success now" not in lines[1]
        await seen.press("end", "o", "c", "escape", "enter")
    running = at(Moment(2, Phase.COLLECT, 0))
    async with Watching(running) as seen:
        lines = await seen.press("V", "V", "down", "enter")
        assert not isinstance(seen.app.screen, BatchScreen)


async def test_the_inspector_shows_the_effects_of_a_sample():
    app = LakeApp(FakeSession(SEEN, config=RUN.config))
    async with app.run_test(size=(120, 40)) as pilot:
        await settle(pilot)
        await pilot.press("full_stop")
        await settle(pilot)
        text = " ".join(panel_text(app, TilePanel).split())
        for lens, words in ((Lens.SURPRISE, "surprise"), (Lens.PUSH, "push")):
            assert f"{words} {small_figure(EXPLANATION.success_without(lens, Part.STEP, 0))}" in text


async def test_at_80_columns_the_message_bar_says_what_is_selected_did():
    app = LakeApp(FakeSession(SEEN, config=RUN.config))
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await pilot.press("up")
        await settle(pilot)
        tile = app.main_screen.state.cursor
        text = panel_text(app, MessageBar)
        assert f"Without its {SEEN.run.visits[tile]} step" in text
        assert small_figure(EXPLANATION.success_without(Lens.PUSH, Part.TILE, tile)) in text
        await pilot.press("full_stop")
        await settle(pilot)
        assert panel_text(app, MessageBar).strip().startswith("Exact success ")
