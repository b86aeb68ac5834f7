"""The chart of a run: exact success as a line, the running average as dots, optimum and ceiling dotted.

The fan of its siblings, where it has some, lies behind them; the sparkline shows the average alone.
"""

from collections.abc import Container, Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from rich.style import Style

from lakeppo.runs.statistics import Row
from lakeppo.tui.drawing.braille import BrailleCanvas, braille
from lakeppo.tui.drawing.lines import Line
from lakeppo.tui.text.formatting import figure
from lakeppo.tui.theme import CHANGE, DOTTED, LEVELS, Palette

MARGIN, NAMES = 4, 16
"""Columns for the scale at the left, and for the names of the dotted lines at the right."""
Bands = NDArray[np.float64]
"""Quantiles of the siblings' success after each update, `(U + 1, 5)`: 5, 25, 50, 75 and 95 %."""
Tones = NDArray[np.uint8]
"""The tone (see `Palette.band`) of the upper and the lower half of every cell of a plot, `(height, width, 2)`."""


class ChartData(NamedTuple):
    """The success of a run by update."""

    rows: Sequence[Row]  # of the updates done
    update: int
    success: float  # the exact success now
    rate: float | None  # the running average now
    average: str  # and its text
    levels: tuple[tuple[float | None, str], ...]  # optimum and ceiling, as far as it is known, with their names
    changes: tuple[int, ...]  # the updates in which a knob was changed
    bands: Bands | None  # the fan of the siblings, as far as it is drawn

    @property
    def rates(self) -> list[float | None]:
        return [*(row.success_rate for row in self.rows[:]), self.rate]


class Chart:
    """Success by update; the last line is the sparkline of the running average."""

    def __init__(self, data: ChartData, palette: Palette) -> None:
        self.data, self.palette = data, palette

    def lines(self, width: int, height: int) -> list[Line]:
        data, palette = self.data, self.palette
        plot, dots = (BrailleCanvas(width - MARGIN - NAMES, height - 2) for _ in range(2))
        span = max(10, data.update + 1, 0 if data.bands is None else len(data.bands))
        self._plot(plot, dots, span)
        tones = fan_tones(data.bands, plot, span, palette.shaded and not palette.ascii)
        levels = [(plot.level(value), name) for value, name in data.levels if value is not None]
        dotted, names = dict(levels), dict[int, str]()
        for y, name in levels:
            names[y + (y in names)] = f" {name}"
        beside, name = median_label(data.bands, plot, names)
        names[beside] = name
        cells = list(zip(plot.bits.tolist(), dots.bits.tolist(), tones.tolist(), strict=True))
        lines: list[Line] = []
        for y in range(plot.height):
            blank = DOTTED if y in dotted else " "
            drawn = [self._cell(*cell, blank) for cell in zip(*cells[y], strict=True)]
            lines.append([(scale(plot, y), palette.faint), *drawn, (names.get(y, ""), palette.faint)])
        return [*lines, self._axis(plot.width, span), self._average(width)]

    def _plot(self, plot: BrailleCanvas, dots: BrailleCanvas, span: int) -> None:
        data = self.data
        rows = data.rows[:: max(1, len(data.rows) // (4 * plot.width))]  # more would fall on the same dots
        here = (data.update + 1) / span
        rates = [*((row.update / span, row.success_rate) for row in rows), (here, data.rate)]
        plot.line([*((row.update / span, row.success_probability) for row in rows), (here, data.success)])
        dots.dots([(x, rate) for x, rate in rates if rate is not None])

    def _cell(self, line: int, dots: int, tones: list[int], blank: str) -> tuple[str, Style]:
        """Return a cell: the bits of its line and dots on the fan's tones, or `blank` outside the fan."""
        palette, (upper, lower) = self.palette, tones
        if line or dots:
            tone = min(2, max(tones))  # the median is not drawn behind dots
            background = Style(bgcolor=palette.band(tone)[1].bgcolor) if tone else Style.null()
            return braille(line | dots), background + (palette.strong + palette.green if line else palette.normal)
        if not upper and not lower:
            return blank, palette.faint
        glyph, style = palette.band(upper)
        if upper == lower:
            return (blank, style + palette.faint) if glyph == " " else (glyph, style)
        return "▀", Style(color=style.bgcolor, bgcolor=palette.band(lower)[1].bgcolor)

    def _axis(self, width: int, span: int) -> Line:
        axis = list("└" + "─" * width)
        for update in self.data.changes:
            axis[1 + min(width - 1, round(update / span * (width - 1)))] = CHANGE
        return [("   " + "".join(axis), self.palette.faint), (f" update {span}", self.palette.faint)]

    def _average(self, width: int) -> Line:
        label = f" {self.data.average}"
        [spark] = sparkline(self.data.rates, max(1, width - MARGIN - len(label)), 1, self.palette)
        return [(" " * MARGIN, self.palette.normal), *spark, (label, self.palette.strong)]


def scale(plot: BrailleCanvas, y: int) -> str:
    """Return the scale at the left of line `y` of a plot from 0 to 1."""
    label = {0: "1.0", plot.height - 1: "0", plot.level(0.5): ".5"}.get(y, "")
    return f"{label:<3}│"


def fan_tones(bands: Bands | None, plot: BrailleCanvas, span: int, halves: bool) -> Tones:
    """Return the tones of a fan over `span` updates; without `halves` both halves of a cell are the same."""
    lines = plot.height * (2 if halves else 1)
    cells = np.zeros((lines, plot.width), np.uint8)
    if bands is not None:
        updates = (2 * np.arange(plot.width) + 0.5) / max(1, 2 * plot.width - 1) * span
        done, dots = np.arange(len(bands)), 4 * plot.height
        for column in np.flatnonzero(updates <= done[-1]).tolist():
            quantiles = [float(np.interp(updates[column], done, band)) for band in bands.T]
            low, lower, median, upper, high = (round((1 - q) * (dots - 1)) * lines // dots for q in quantiles)
            cells[high : low + 1, column] = 1
            cells[upper : lower + 1, column] = 2
            cells[median, column] = 3
    return np.stack([cells[::2], cells[1::2]] if halves else [cells, cells], axis=-1)


def median_label(bands: Bands | None, plot: BrailleCanvas, taken: Container[int]) -> tuple[int, str]:
    """Return the last median's name and the line it stands beside: the nearest that is not taken, -1 for none."""
    if bands is None:
        return -1, ""
    median = float(bands[-1, 2])
    free = [y for y in range(plot.height) if y not in taken]
    return min(free, key=lambda y: abs(y - plot.level(median)), default=-1), f" siblings {figure(median)}"


def sparkline(
    rates: Sequence[float | None], width: int, height: int, palette: Palette, top: float | None = None
) -> list[Line]:
    """Return success rates as blocks on a scale from 0 to 1; in several lines, a dotted one marks the rate `top`."""
    values = gather(rates, width)
    values += [None] * (width - len(values))
    dotted = -1 if top is None or height < 2 else min(height - 1, int((1 - top) * height))
    lines: list[Line] = []
    for y in range(height):
        blank = (DOTTED, palette.faint) if y == dotted else (" ", palette.normal)
        blocks = [_block(value, height - 1 - y, height) for value in values]
        lines.append([(block, palette.green) if block else blank for block in blocks])
    return lines


def _block(value: float | None, floor: int, height: int) -> str:
    """Return the block of one value `floor` lines above the lowest, which always shows it; empty for none."""
    if value is None:
        return ""
    eighths = min(8, round(8 * height * value) - 8 * floor)
    return LEVELS[max(eighths, 1 if floor == 0 else 0)].strip()


def gather(values: Sequence[float | None], width: int) -> list[float | None]:
    """Return `values` in at most `width` columns, each the mean of its share; None where that has no value."""
    if len(values) <= width:
        return list(values)
    edges = np.linspace(0, len(values), width + 1).astype(int)
    columns = [[v for v in values[a:b] if v is not None] for a, b in pairwise(edges)]
    return [sum(column) / len(column) if column else None for column in columns]
