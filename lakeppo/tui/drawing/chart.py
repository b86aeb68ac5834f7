"""The chart of a run: exact success as a line, the running average as dots, optimum and ceiling dotted.

The fan of its siblings, where it has some, lies behind them; the sparkline shows the average alone.
"""

from collections.abc import Container
from functools import cache, partial
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from rich.cells import cell_len
from rich.style import Style

from lakeppo.figures import figure
from lakeppo.i18n import _
from lakeppo.runs.history import Rows
from lakeppo.tui.drawing.extremes import Figures
from lakeppo.tui.drawing.lines import Line
from lakeppo.tui.drawing.plot import Plot
from lakeppo.tui.theme import DOTTED, LEVELS, Palette

MARGIN, NAMES = 4, 16
"""Columns for the scale at the left, and for the names of the dotted lines at the right."""
Bands = NDArray[np.float64]
"""Quantiles of the siblings' success after each update, `(U + 1, 5)`: 5, 25, 50, 75 and 95 %."""
Tones = NDArray[np.uint8]
"""The tone (see `Palette.band`) of the upper and the lower half of every cell of a plot, `(height, width, 2)`."""


class ChartData(NamedTuple):
    """The success of a run by update."""

    rows: Rows  # of every update computed on this branch: those after the present are dimmed
    update: int  # that the figures now belong to: the one being made once it has a pass, else the last one
    success: float  # the exact success now
    rate: float | None  # the running average now
    average: str  # and its text
    levels: tuple[tuple[float | None, str], ...]  # optimum and ceiling, as far as it is known, with their names
    marks: tuple[tuple[int, str], ...]  # updates and their glyphs
    bands: Bands | None  # the fan of the siblings, as far as it is drawn

    def column(self, name: str, now: float | None) -> Figures:
        """Return a statistic after each update, its value `now` in its place; NaN where it has none."""
        values = self.rows.column(name)
        present = np.array([now], np.float64)
        return np.concatenate([values[: max(0, self.update - 1)], present, values[self.update :]])

    @property
    def updates(self) -> Figures:
        """The updates of the figures in a column."""
        return self.column("update", self.update)


class Chart:
    """Success by update; the last line is the sparkline of the running average."""

    def __init__(self, data: ChartData, palette: Palette) -> None:
        self.data, self.palette = data, palette

    def plot(self, size: tuple[int, int]) -> Plot:
        """Return a plot of `size`, columns and lines: exact success as a line, the average as dots."""
        data, palette = self.data, self.palette
        span = max(10, data.update, len(data.rows), 0 if data.bands is None else len(data.bands))
        plot = Plot(size, span, (0.0, 1.0), data.update, palette)
        plot.curve(data.updates, data.column("success_probability", data.success), palette.strong + palette.green)
        plot.dots(data.updates, data.column("success_rate", data.rate), palette.normal)
        for value, _name in data.levels:
            if value is not None:
                plot.level(value, palette.faint)
        return plot

    def lines(self, plot: Plot, width: int) -> list[Line]:
        """Return the lines of the whole chart around its plot."""
        data, palette = self.data, self.palette
        tones = fan_tones(data.bands, plot, palette.shaded and not palette.ascii)
        levels = [(plot.line_of(value), name) for value, name in data.levels if value is not None]
        names = dict[int, str]()
        for y, name in levels:
            names[y + (y in names)] = f" {name}"
        beside, name = median_label(data.bands, plot, names)
        names[beside] = name
        lines: list[Line] = []
        for y, cells in enumerate(plot.rows()):
            drawn = toned(palette, cells, tones[y])
            lines.append([(scale(plot, y), palette.faint), *drawn, (names.get(y, ""), palette.faint)])
        return [*lines, plot.axis(dict(data.marks), indent=3), self._average(width)]

    def _average(self, width: int) -> Line:
        label = f" {self.data.average}"
        spark = sparkline(self.data, max(1, width - MARGIN - cell_len(label)), self.palette)
        return [(" " * MARGIN, self.palette.normal), *spark, (label, self.palette.strong)]


def plot_size(width: int, height: int) -> tuple[int, int]:
    """Return the size of the plot in a chart of `width` by `height`."""
    return width - MARGIN - NAMES, height - 2


def scale(plot: Plot, y: int) -> str:
    """Return the scale at the left of line `y` of a plot from 0 to 1."""
    label = {0: "1.0", plot.height - 1: "0", plot.line_of(0.5): ".5"}.get(y, "")
    return f"{label:<3}│"


def fan_tones(bands: Bands | None, plot: Plot, halves: bool) -> Tones:
    """Return the tones of a fan; without `halves` both halves of a cell are the same."""
    lines = plot.height * (2 if halves else 1)
    cells = np.zeros((lines, plot.width), np.uint8)
    if bands is not None:
        updates = (2 * np.arange(plot.width) + 0.5) / max(1, 2 * plot.width - 1) * plot.span
        done, dots = np.arange(len(bands)), 4 * plot.height
        for column in np.flatnonzero(updates <= done[-1]).tolist():
            quantiles = [float(np.interp(updates[column], done, band)) for band in bands.T]
            low, lower, median, upper, high = (round((1 - q) * (dots - 1)) * lines // dots for q in quantiles)
            cells[high : low + 1, column] = 1
            cells[upper : lower + 1, column] = 2
            cells[median, column] = 3
    return np.stack([cells[::2], cells[1::2]] if halves else [cells, cells], axis=-1)


def toned(palette: Palette, cells: Line, tones: Tones) -> Line:
    """Return a line of a plot on the fan's tones of its cells, `(width, 2)`."""
    if not tones.any():
        return cells
    on_tones = cache(partial(_on_tones, palette))  # most cells are alike
    return [on_tones(*cell, *tone) for cell, tone in zip(cells, tones.tolist(), strict=True)]


def _on_tones(palette: Palette, glyph: str, style: Style, upper: int, lower: int) -> tuple[str, Style]:
    if glyph in (" ", DOTTED) and (upper or lower):
        shade, band = palette.band(upper)
        if upper == lower:
            return (glyph, band + palette.faint) if shade == " " else (shade, band)
        return "▀", Style(color=band.bgcolor, bgcolor=palette.band(lower)[1].bgcolor)
    tone = min(2, max(upper, lower))  # the median is not drawn behind dots
    return glyph, Style(bgcolor=palette.band(tone)[1].bgcolor) + style if tone else style


def median_label(bands: Bands | None, plot: Plot, taken: Container[int]) -> tuple[int, str]:
    """Return the last median's name and the line it stands beside: the nearest that is not taken, -1 for none."""
    if bands is None:
        return -1, ""
    median = float(bands[-1, 2])
    free = [y for y in range(plot.height) if y not in taken]
    name = " " + _("siblings {value}").format(value=figure(median))
    return min(free, key=lambda y: abs(y - plot.line_of(median)), default=-1), name


def sparkline(data: ChartData, width: int, palette: Palette) -> Line:
    """Return the running average by update as blocks on a scale from 0 to 1, what is after the present dimmed."""
    rates = data.column("success_rate", data.rate)
    values = gather(rates, width).tolist()
    known = round(len(values) * max(1, data.update) / max(1, len(rates)))
    blocks = [LEVELS[max(1, round(8 * value))] if value == value else " " for value in values]
    return [("".join(blocks[:known]), palette.green), ("".join(blocks[known:]).ljust(width - known), palette.faint)]


def gather(values: Figures, width: int) -> Figures:
    """Return `values` in at most `width` columns, each the mean of what is known of its share; NaN: nothing is."""
    if len(values) <= width:
        return values
    starts = np.linspace(0, len(values), width + 1).astype(int)[:-1]
    known = ~np.isnan(values)
    counts = np.add.reduceat(known.astype(int), starts)
    sums = np.add.reduceat(np.where(known, values, 0.0), starts)
    return np.where(counts > 0, sums / np.maximum(counts, 1), np.nan)
