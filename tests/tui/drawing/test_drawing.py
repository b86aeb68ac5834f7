"""Tiles, curves and glyphs, drawn without an app."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from support.fake_session import make_row
from support.screens import tile_texts

from lakeppo.lake.transition import ARROWS
from lakeppo.runs.history import History, Rows
from lakeppo.tui import theme
from lakeppo.tui.drawing.braille import BrailleCanvas, braille
from lakeppo.tui.drawing.chart import ChartData, gather, sparkline
from lakeppo.tui.drawing.lines import stretches
from lakeppo.tui.drawing.tiles import SIZES, Size, Tile, choose_size, draw_tile
from lakeppo.tui.state import VIEWS
from lakeppo.tui.theme import Palette, to_ascii

PALETTE = Palette()
POLICY = (0.91, 0.005, 0.04, 0.045)


def test_a_tile_has_four_triangles_and_no_figure_below_one_percent():
    tile = Tile("F", POLICY, value=0.3, true_value=0.2, visits=4, mark="o")
    assert tile_texts(tile, SIZES[1]) == ["   ▴04   ", "91◂ o ▸04", "         "]


def test_the_last_step_shows_what_was_meant_and_where_it_went():
    tile = Tile("F", POLICY, value=0.3, true_value=0.2, visits=4, mark="", slipped=True, meant=0, went=1)
    assert tile_texts(tile, SIZES[1]) == ["   ▴04   ", "91◂ x ▸04", "   ▾00   "]
    styles = {text: style for line in draw_tile(tile, SIZES[1], "arrows", PALETTE) for text, style in line}
    assert styles["▾00"].reverse
    assert styles["91◂"].underline


def test_an_agent_that_slipped_into_the_wall_has_both_marks():
    assert tile_texts(Tile("F", POLICY, mark="@", slipped=True, meant=0, went=1), SIZES[1])[1] == "91◂x@ ▸04"


def test_holes_are_hatched_and_goals_named_in_every_size():
    assert tile_texts(Tile("H"), SIZES[1]) == ["░░░░░░░░░", "░░ hole ░", "░░░░░░░░░"]
    assert tile_texts(Tile("H", fell=True), SIZES[1])[1] == "░░ fell ░"
    for size in SIZES:
        assert any("G" in line for line in tile_texts(Tile("G"), size))
        assert all("░" in line for line in tile_texts(Tile("H"), size))


@pytest.mark.parametrize("view", VIEWS)
def test_every_tile_fills_its_cell_exactly(view: str):
    tiles = [
        Tile(kind, policy, *tables, value, truth, visits, mark=mark, slipped=slipped, meant=meant, went=went)
        for tables in (((), ()), (POLICY[::-1], (True, False, True, False)))
        for kind in "SFHG"
        for policy in (POLICY, (1.0, 0.0, 0.0, 0.0), ())
        for value, truth, visits in ((0.3, 0.2, 4), (-12.25, 1.0, 65536), (1e9, -3.0, 0), (None, None, 0))
        for mark in ("", "@", "o")
        for slipped, meant, went in ((False, None, None), (True, 2, 1))
    ]
    for size in SIZES:
        for tile in tiles:
            lines = tile_texts(tile, size, view)
            assert len(lines) == size.height
            assert {cell_len(line) for line in lines} == {size.width}, (tile, size, lines)


def test_sizes_follow_the_room():
    assert choose_size(4, 4, 41, 17) == Size(9, 3, True)
    assert choose_size(8, 8, 41, 17) == Size(4, 1, True)
    assert choose_size(8, 8, 81, 33) == Size(9, 3, True)
    assert choose_size(7, 12, 41, 17) == Size(2, 1, True)
    assert choose_size(32, 32, 41, 17) == Size(1, 1, False)
    assert Size(9, 3, True).footprint(4, 4) == (41, 17) == Size(4, 1, True).footprint(8, 8)


def chart_data(rates, update=None):
    rows = History(make_row(k + 1)._replace(success_rate=rate) for k, rate in enumerate(rates))
    return ChartData(
        Rows(rows, len(rows), 0), len(rates) if update is None else update, 0.5, rates[-1], "", (), (), None
    )


def test_the_sparkline_keeps_its_scale_from_zero_to_one():
    assert "".join(block for block, _ in sparkline(chart_data([0.25]), 10, PALETTE)) == "▂         "
    assert "".join(block for block, _ in sparkline(chart_data([None, 0.0, 1.0]), 4, PALETTE)) == " ▁█ "


@pytest.mark.parametrize("update", [0, 1, 7, 20])
def test_the_sparkline_is_dimmed_after_the_present(update):
    (past, style), (future, dimmed) = sparkline(chart_data([1.0] * 20, update), 20, PALETTE)
    assert len(past) == max(1, update)
    assert len(past + future) == 20
    assert (style, dimmed) == (PALETTE.green, PALETTE.faint)


def test_gathering_keeps_the_mean_and_the_width():
    nothing = np.nan
    for values, width, expected in (
        ([1.0, nothing], 5, [1.0, nothing]),
        ([0.0, 1.0, 0.0, 1.0], 2, [0.5, 0.5]),
        ([nothing, nothing, 1.0, 1.0], 2, [nothing, 1.0]),
        ([0.25, nothing, 0.75, 1.0, nothing], 2, [0.25, 0.875]),
    ):
        np.testing.assert_array_equal(gather(np.array(values), width), expected)


def set_dots(canvas):
    """Return the dots of a canvas as `(column, row)`, read from its braille."""
    bits = [(0x01, 0x08), (0x02, 0x10), (0x04, 0x20), (0x40, 0x80)]
    return {
        (2 * x + right, 4 * y + down)
        for y, x in np.ndindex(canvas.bits.shape)
        for down, pair in enumerate(bits)
        for right, bit in enumerate(pair)
        if canvas.bits[y, x] & bit
    }


@given(st.data(), st.integers(1, 20), st.integers(1, 5))
def test_a_line_touches_each_point_and_is_connected(data, width, height):
    share = st.floats(0, 1)
    points = data.draw(st.lists(st.tuples(share, share), min_size=1, max_size=30).map(sorted))
    canvas, spots = BrailleCanvas(width, height), BrailleCanvas(width, height)
    canvas.line(points)
    spots.dots(points)
    drawn, touched = set_dots(canvas), set_dots(spots)
    assert touched == {(round(x * (2 * width - 1)), round((1 - y) * (4 * height - 1))) for x, y in points}
    assert touched <= drawn
    columns = {across: sorted(y for x, y in drawn if x == across) for across, _ in drawn}
    assert sorted(columns) == list(range(min(columns), max(columns) + 1))
    for across, rows in columns.items():
        assert rows == list(range(rows[0], rows[-1] + 1))
        after = columns.get(across + 1, rows)
        assert after[0] <= rows[-1] + 1
        assert rows[0] <= after[-1] + 1


def test_a_line_goes_straight_from_point_to_point_and_no_further():
    canvas = BrailleCanvas(10, 5)
    canvas.line([(0, 0), (1, 1)])
    assert set_dots(canvas) == {(x, y) for x in range(20) for y in (19 - x, 20 - x) if y < 20}
    canvas = BrailleCanvas(10, 5)
    canvas.line([(0, 0.5), (0.5, 0.5), (0.5, 1), (1, 1)])
    assert set_dots(canvas) == {(x, 10) for x in range(11)} | {(10, y) for y in range(10)} | {
        (x, 0) for x in range(10, 20)
    }


def test_a_value_has_a_line_of_cells_and_no_cell_is_a_blank_braille():
    canvas = BrailleCanvas(10, 3)
    assert (canvas.level(1.0), canvas.level(0.5), canvas.level(0.0)) == (0, 1, 2)
    assert braille(0) == " "


def test_lines_that_touch_are_painted_as_one():
    assert stretches([0, 1, 2, 5, 7, 8]) == [(0, 3), (5, 1), (7, 2)]
    assert stretches([]) == []


def test_every_glyph_has_an_ascii_form_of_its_width():
    glyphs = "".join(value for value in vars(theme).values() if isinstance(value, str) and len(value) < 12)
    for glyph in glyphs + "┌┬┐├┼┤└┴┘─│┏┳┓┣╋┫┗┻┛━┃▁▂▃▄▅▆▇█⣿π±≥·":
        assert to_ascii(glyph).isascii()
        assert len(to_ascii(glyph)) == cell_len(glyph) == 1
    assert "?" not in to_ascii(ARROWS + theme.LEVELS + theme.GROUPS)
    assert to_ascii("🔎x") == "? x"
