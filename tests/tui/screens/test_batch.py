"""The batch's table: its rows, how they are sorted and filtered, and that it follows the run."""

import asyncio
from dataclasses import replace
from xml.etree import ElementTree

import numpy as np
import pytest
from support.batch_screen import Watching, at, views
from support.fake_session import FakeSession, changed, make_snapshot, settle
from support.screens import screen_text
from textual.events import MouseScrollDown

from lakeppo.moment import Moment, Phase
from lakeppo.runs.batch_table import batch_table as sheet
from lakeppo.runs.batch_table import to_csv
from lakeppo.runs.timeline import Timeline
from lakeppo.session.commands import Back, Export, Step, TogglePlay, Unit, WatchBatch
from lakeppo.storage.exports import export, export_run
from lakeppo.storage.run_file_writer import to_toml
from lakeppo.tui.app import LakeApp
from lakeppo.tui.key_presses import REPEAT
from lakeppo.tui.screens.batch import BatchScreen
from lakeppo.tui.state import TableFilter
from lakeppo.tui.text.sample import GROUPS, SIGNS, advantage_terms, columns, delta_words, listed_rows, verdict
from lakeppo.tui.theme import to_ascii

LAST = Moment(1, Phase.COPY, 0)
RUN = at(LAST)
SHEET = sheet(RUN.trainer)


@pytest.mark.parametrize("knobs", [{}, {"gae_lambda": 0.0}, {"gamma": 1.0, "gae_lambda": 1.0}])
def test_every_advantage_is_the_sum_of_its_terms(knobs):
    run = at(LAST, **knobs)
    table = sheet(run.trainer)
    for t, advantage in enumerate(table["advantage"]):
        terms = advantage_terms(table, t)
        assert terms[-1].total == pytest.approx(advantage, abs=1e-12)
        assert sum(term.product for term in terms) == pytest.approx(advantage, abs=1e-12)
        ends = np.flatnonzero(table["terminated"][t:] | table["truncated"][t:])
        assert len(terms) == (ends[0] + 1 if len(ends) else len(table["t"]) - t)


def one(**cells: object) -> dict[str, np.ndarray]:
    """Return a batch of one row: the first of `SHEET`, with cells replaced."""
    row = {name: column[:1].copy() for name, column in SHEET.items()}
    plain = {"terminated": False, "truncated": False, **cells}
    return {name: np.array([plain[name]]) if name in plain else column for name, column in row.items()}


@pytest.mark.parametrize(
    ("ratio", "weight", "group", "clip", "words"),
    [
        (1.27, 0.1, "stopped", 0.2, "1.27 > 1.20 and A > 0: stopped"),
        (0.71, -0.1, "stopped", 0.2, "0.71 < 0.80 and A < 0: stopped"),
        (1.31, -0.1, "returning", 0.2, "1.31 > 1.20 but A < 0: pushed back"),
        (0.5, 0.1, "returning", 0.2, "0.50 < 0.80 but A > 0: pushed back"),
        (1.2004, 0.1, "stopped", 0.2, "1.2004 > 1.20 and A > 0: stopped"),
        (1.5, 0.0, "returning", 0.2, "1.50 > 1.20 but A = 0: no push"),
        (1.1, -0.1, "inside", 0.125, "inside 0.875..1.125: pushed down"),
        (3.0, 0.1, "inside", None, "A > 0, no clip: pushed up"),
        (float("nan"), 0.1, "returning", 0.2, "not a finite number any more"),
    ],
)
def test_the_verdict_names_ratio_edge_and_push(ratio, weight, group, clip, words):
    clip_coef = np.nan if clip is None else clip
    row = one(ratio=ratio, weight=weight, advantage=weight, group=group, clip_coef=clip_coef)
    assert verdict(row, 0) == words
    assert verdict({**row, "advantage": row["weight"] + 1}, 0) == words.replace("A ", "A norm ")


def test_the_verdict_distinguishes_a_time_out_from_an_end():
    row = one(ratio=1.27, weight=0.1, group="stopped", truncated=True, next_value=0.12)
    assert verdict(row, 0).endswith("stopped; truncated: bootstraps from V' .12")
    row = one(terminated=True, reward=1.0)
    assert verdict(row, 0).endswith("; goal: nothing after it counts")
    assert "+ 0 -" in delta_words(row, 0)
    assert verdict(sheet(at(Moment(1, Phase.COLLECT, 3)).trainer), 0) == "not judged yet"


def test_filters_keep_matching_rows_and_sorting_loses_none():
    for group in GROUPS:
        assert (SHEET["group"][listed_rows(SHEET, TableFilter(group=group))] == group).all()
    kept = [len(listed_rows(SHEET, TableFilter(group=group))) for group in GROUPS]
    assert sum(kept) == 60
    assert min(kept) > 0
    assert (SHEET["weight"][listed_rows(SHEET, TableFilter(sign=SIGNS[1]))] < 0).all()
    assert set(listed_rows(SHEET, TableFilter(tile=4)).tolist()) == set(np.flatnonzero(SHEET["state"] == 4).tolist())
    for column in columns(replace(RUN.config, norm_adv=True)):
        rising, falling = (listed_rows(SHEET, TableFilter(sort=column.name, down=down)) for down in (False, True))
        assert sorted(rising.tolist()) == sorted(falling.tolist()) == list(range(60))
        values = SHEET[column.name][rising].tolist()
        assert values == sorted(values)
        assert SHEET[column.name][falling].tolist() == values[::-1]


async def test_the_table_shows_the_batch():
    async with Watching(RUN, size=(200, 50)) as seen:
        lines = await seen.press("end")
        assert seen.session.sent == [WatchBatch(True)]
        assert "60 of 60 rows" in lines[1]
        last = next(line for line in lines if line.startswith("   59 "))
        assert SHEET["group"][59] in last
        assert verdict(SHEET, 59) in last
        assert any("A = " in line and "with the batch" in line for line in lines)
        await seen.press("i")
        assert seen.session.sent[-1] == WatchBatch(False)


async def test_a_rows_verdict_is_whole_at_120_columns():
    long = changed(views(RUN, "paused"), batch={**SHEET, "ratio": SHEET["ratio"].round(2)})
    app = LakeApp(FakeSession(long))
    async with app.run_test(size=(120, 40)) as pilot:
        await settle(pilot)
        await pilot.press("i")
        await settle(pilot)
        lines = [line.rstrip() for line in screen_text(app)[3:20]]
    for t, line in enumerate(lines):
        words = verdict(long.batch, t)
        assert line.startswith(f" {t:>4} ")
        assert line.endswith((words, words.partition("; ")[0])) or (line.endswith("…") and "pushed back" in words)
    assert sum(not line.endswith("…") for line in lines) > len(lines) / 2
    assert any(";" in verdict(long.batch, t) for t in range(len(lines)))


async def test_keys_sort_and_filter_and_escape_first_shows_all_rows():
    async with Watching(RUN) as seen:
        await seen.press("f")
        assert [SHEET["group"][t] for t in seen.listed] == ["stopped"] * len(seen.listed) != []
        lines = await seen.press("o", "O")
        assert "by tile, largest first   group stopped" in lines[1]
        states = [SHEET["state"][t] for t in seen.listed]
        assert states == sorted(states, reverse=True)
        await seen.press("a")
        assert all(SHEET["weight"][t] > 0 for t in seen.listed)
        await seen.press("escape")
        assert len(seen.listed) == 60
        await seen.press("escape")
        assert not isinstance(seen.app.screen, BatchScreen)


async def test_the_lakes_cursor_filters_the_rows_and_follows_them():
    async with Watching(RUN) as seen:
        await seen.press("escape")
        seen.app.main_screen.show(replace(seen.app.main_screen.state, cursor=4))
        lines = await seen.press("i")
        assert "tile (1,0)" in lines[1]
        assert seen.listed == np.flatnonzero(SHEET["state"] == 4).tolist()
        await seen.press("c", "home", *["down"] * 3, "enter")
        assert seen.app.main_screen.state.cursor == SHEET["state"][3]


async def test_clicks_sort_and_select_and_the_wheel_moves_three_rows():
    async with Watching(RUN) as seen:
        lines = await seen.press()
        await seen.pilot.click(offset=(lines[2].index("ratio") + 1, 2))
        assert seen.screen.state.table_filter.sort == "ratio"
        await seen.press("home")
        await seen.pilot.click(offset=(20, 8))
        assert seen.screen.selected == seen.listed[5]
        assert (await seen.press())[8].split()[0] == str(seen.listed[5])
        await seen.pilot._post_mouse_events([MouseScrollDown], offset=(20, 8))
        await seen.press()
        assert seen.screen.selected == seen.listed[8]


async def test_the_selected_row_is_kept_while_the_run_goes_on():
    runs = [at(Moment(1, Phase.COPY, 0)), at(Moment(2, Phase.COLLECT, 7)), at(Moment(2, Phase.IMPROVE, 2))]
    async with Watching(runs[0]) as seen:
        seen.screen.action_rows(20)
        assert seen.screen.selected == 20
        seen.session.queue.append(views(runs[1]))
        await seen.press(wait=0.2)
        assert seen.listed == list(range(7))
        assert seen.screen.selected == 6
        seen.session.queue.append(views(runs[2]))
        lines = await seen.press(wait=0.2)
        assert seen.screen.selected == 20
        assert any(verdict(sheet(runs[2].trainer), 20) in line for line in lines[20:])


async def test_commands_go_to_the_worker():
    async with Watching(RUN) as seen:
        await seen.press("space", "e", "full_stop")
        assert seen.session.sent == [WatchBatch(True), TogglePlay(), Step(Unit.PASS), Step(Unit.NEXT)]


async def test_a_step_beyond_the_last_listed_row_is_a_unit():
    async with Watching(RUN, status="paused") as seen:
        await seen.press("f", "f", "f", "full_stop", "full_stop", "comma")
        assert seen.screen.selected == seen.listed[1]
        await seen.press("end", "full_stop")
        assert seen.session.sent == [WatchBatch(True), Step(Unit.NEXT)]
        assert seen.screen.selected == seen.listed[0]
        await seen.press("comma")
        assert seen.session.sent == [WatchBatch(True), Step(Unit.NEXT), Back(Unit.NEXT)]


async def test_knobs_and_help_open_over_the_table_and_close_to_it():
    async with Watching(RUN) as seen:
        for key, screen in (("p", "KnobScreen"), ("question_mark", "HelpScreen")):
            await seen.press(key)
            assert type(seen.app.screen).__name__ == screen
            await seen.press("escape")
            assert isinstance(seen.app.screen, BatchScreen)


async def test_the_selected_row_is_the_main_screens_sample():
    async with Watching(RUN, status="paused") as seen:
        await seen.press("home", *["down"] * 7, "enter")
        assert seen.app.main_screen.state.sample == 7
        assert "SAMPLE 8 of 60" in "\n".join(screen_text(seen.app))
        await seen.press("escape", "escape", "full_stop", "i")
        assert seen.screen.selected == 0


async def test_columns_scroll_sideways_in_ascii_too():
    async with Watching(at(LAST, norm_adv=True), size=(80, 24), ascii=True) as seen:
        lines = await seen.press()
        assert lines[2].split()[-1] == "old"
        assert "left, right: more columns" in lines[1]
        assert "why" not in lines[2]
        lines = await seen.press(*["right"] * 14)
        assert "group" in lines[2]
        assert "why" in lines[2]
        assert "tile" in lines[2]
        lines = await seen.press(*["left"] * 13)
        assert "meant" in lines[2]
        assert [line for line in lines[:-1] if "?" in to_ascii(line)] == []  # the last names the help


async def test_a_batch_that_is_not_there_yet_is_announced():
    session = FakeSession(make_snapshot())
    app = LakeApp(session)
    async with app.run_test(size=(40, 12)) as pilot:
        await settle(pilot)
        await pilot.press("i", "down", "end", "o", "c", "f", "enter")
        await settle(pilot)
        assert not isinstance(app.screen, BatchScreen)
        await pilot.press("i")
        await settle(pilot)
        assert "it is being read" in screen_text(app)[1]


async def test_export_writes_the_screen_and_requests_the_batch(tmp_path):
    async with Watching(RUN, saves=tmp_path) as seen:
        await seen.press("x")
        await asyncio.sleep(REPEAT)  # sooner it would be the same key, held down
        lines = await seen.press("x")
        names = sorted(path.name for path in (tmp_path / "exports").iterdir())
        assert names == ["seed5-update1-copy-2.svg", "seed5-update1-copy.svg"]
        assert seen.session.sent.count(Export()) == 2
        assert any("the screen is in" in line for line in lines)
        assert ElementTree.parse(tmp_path / "exports" / names[1]).getroot().tag.endswith("svg")


async def test_a_failed_export_shows_its_reason(tmp_path):
    (tmp_path / "file").touch()
    async with Watching(RUN, saves=tmp_path / "file") as seen:
        lines = await seen.press("x")
        assert any("cannot export into" in line for line in lines)
        assert Export() not in seen.session.sent
    with pytest.raises(OSError, match="file"):
        export_run(tmp_path / "file", Timeline(RUN))


def test_an_export_has_its_moments_name_and_overwrites_none(tmp_path):
    moment = Moment(12, Phase.IMPROVE, 3)
    paths = [export(tmp_path, 7, moment, "csv", str(n)) for n in range(3)]
    assert [path.name for path in paths] == [f"seed7-update12-improve-pass3{end}.csv" for end in ("", "-2", "-3")]
    assert [path.read_text() for path in paths] == ["0", "1", "2"]
    timeline = Timeline(at(Moment(0, Phase.COLLECT, 5)))
    written = tmp_path / "exports" / "seed5-update0-collect-step5.csv"
    assert export_run(tmp_path, timeline) == written.with_suffix(".toml")
    assert written.with_suffix(".toml").read_text() == to_toml(timeline)
    assert written.read_text() == to_csv(sheet(at(Moment(0, Phase.COLLECT, 5)).trainer))
