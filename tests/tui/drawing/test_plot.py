"""Plots: no fall is hidden at any width, a cell has one curve's colour, and what is after the present is dimmed."""

import numpy as np
import pytest

from lakeppo.tui.drawing import plot as plots
from lakeppo.tui.drawing.braille import BrailleCanvas
from lakeppo.tui.drawing.plot import Plot
from lakeppo.tui.theme import PRESENT, Palette

PALETTE = Palette()
EXACT, OTHER = PALETTE.strong + PALETTE.blue, PALETTE.orange


def plot_of(values, size=(40, 8), present=None, style=EXACT):
    values = np.array(values, np.float64)
    plot = Plot(size, len(values), (0.0, 1.0), len(values) if present is None else present, PALETTE)
    plot.curve(np.arange(1.0, len(values) + 1), values, style)
    return plot


def lowest(plot, styles, columns=slice(None)):
    """The lowest line that a curve reaches."""
    return max(y for y, line in enumerate(plot.rows()) if any(style in styles for _, style in line[columns]))


@pytest.mark.parametrize("width", [*range(4, 40, 3), 57, 200])
@pytest.mark.parametrize("updates", [12, 100, 3000])
def test_a_fall_of_one_update_is_drawn_at_every_width(width, updates):
    for dip in np.linspace(2, updates - 2, 7).astype(int):
        values = np.full(updates, 0.9)
        values[dip] = 0.1
        plot = plot_of(values, (width, 8))
        assert lowest(plot, {EXACT}) == plot.line_of(0.1)
        assert lowest(plot_of(np.full(updates, 0.9), (width, 8)), {EXACT}) == plot.line_of(0.9)


@pytest.mark.parametrize("width", [*range(4, 40, 3), 57, 200])
def test_a_second_curve_hides_no_fall_of_either(width):
    first, second = np.full(100, 0.95), np.full(100, 0.9)
    first[40], second[70] = 0.05, 0.05
    plot = plot_of(first, (width, 8))
    plot.curve(np.arange(1.0, 101), second, OTHER)
    assert lowest(plot, {EXACT}) == lowest(plot, {OTHER}) == plot.line_of(0.05)


@pytest.mark.parametrize("updates", [5_000, 200_000])
def test_a_long_curve_is_drawn_of_few_points_and_looks_the_same(updates, monkeypatch):
    generator, points, place = np.random.default_rng(0), [], BrailleCanvas._place
    walk = np.clip(0.5 + np.cumsum(generator.normal(0, 0.003, updates)), 0, 1)
    walk[updates // 3], walk[updates // 2 :: 7] = 0.02, np.nan

    def counted(canvas, given):
        points.append(len(given))
        return place(canvas, given)

    monkeypatch.setattr(BrailleCanvas, "_place", counted)
    drawn = [np.unpackbits(plot_of(walk, (60, 20))._layers[0].bits)]
    assert points[0] <= 2 * 120 * plots.FINE
    monkeypatch.setattr(plots, "FINE", updates)
    drawn.append(np.unpackbits(plot_of(walk, (60, 20))._layers[0].bits))
    assert (drawn[0] != drawn[1]).sum() < 0.05 * drawn[1].sum()


def test_a_cell_has_the_colour_of_the_first_curve_only():
    plot = plot_of(np.full(40, 0.5))
    alone = plot_of(np.full(40, 0.5)).rows()
    plot.dots(np.arange(1.0, 41), np.full(40, 0.52), OTHER)
    for line, drawn in zip(alone, plot.rows(), strict=True):
        assert all(new == old for old, new in zip(line, drawn, strict=True) if old[1] == EXACT)


@pytest.mark.parametrize("present", [1, 20, 39, 40])
def test_what_is_after_the_present_is_dimmed(present):
    plot = plot_of(np.full(40, 0.5), present=present)
    drawn = plot.rows()[plot.line_of(0.5)]
    here = plot.column_of(present)
    assert all(style == EXACT for _, style in drawn[plot.column_of(1) : here])
    assert all(style == PALETTE.faint for _, style in drawn[here + 2 :])
    assert all(line[here][0] == PRESENT for y, line in enumerate(plot.rows()) if y != plot.line_of(0.5))


def test_a_figure_without_a_value_is_left_out():
    known = plot_of([np.nan, 0.5, np.nan, 0.5])
    assert known.rows()[known.line_of(0.5)][-1][1] == EXACT
    assert all(glyph in (" ", PRESENT) for line in plot_of([np.nan] * 4).rows() for glyph, _ in line)


@pytest.mark.parametrize("span", [10, 57, 400])
@pytest.mark.parametrize("width", [10, 57, 400])
def test_a_column_leads_back_to_its_update(width, span):
    plot = Plot((width, 4), span, (0.0, 1.0), 0, PALETTE)
    for update in range(span + 1):
        assert plot.column_of(plot.update_at(plot.column_of(update))) == plot.column_of(update)
    assert {plot.update_at(column) for column in (0, width - 1)} == {0, span}


def test_marks_and_the_present_stand_on_the_axis():
    plot = Plot((21, 4), 20, (0.0, 1.0), 5, PALETTE)
    text = "".join(piece for piece, _ in plot.axis({3: "~", 5: "!", 20: "⚑"}, indent=2))
    assert text == "  └───~─◆──────────────⚑ update 20"
