"""The chart of a run: exact success as a line, the running average as dots, optimum and ceiling dotted.

The fan of its siblings, where it has some, lies behind them.
"""

from collections.abc import Sequence
from typing import NamedTuple

from rich.style import Style

from lakeppo.runs.statistics import Row
from lakeppo.tui.drawing.braille import BrailleCanvas, braille
from lakeppo.tui.drawing.fan import Bands, dot_background, fan_cell, fan_tones, median_label
from lakeppo.tui.drawing.lines import Line
from lakeppo.tui.drawing.sparkline import sparkline
from lakeppo.tui.theme import CHANGE, DOTTED, Palette

MARGIN, NAMES = 4, 16
"""Columns for the scale at the left, and for the names of the dotted lines at the right."""


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
        names: dict[int, str] = {}
        for value, name in data.levels:
            if value is not None:
                y = plot.level(value)
                names[y + (y in names)] = f" {name}"
        dotted = {plot.level(value) for value, _ in data.levels if value is not None}
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
        exact = [(row.update / span, row.success_probability) for row in rows]
        rates = [(row.update / span, row.success_rate) for row in rows]
        here = (data.update + 1) / span
        exact.append((here, data.success))
        rates.append((here, data.rate))
        plot.line(exact)
        dots.dots([(x, rate) for x, rate in rates if rate is not None])

    def _cell(self, line: int, dots: int, tones: list[int], blank: str) -> tuple[str, Style]:
        """Return a cell of the plot: the bits of its line and of its dots on the fan's tones."""
        palette = self.palette
        if not line and not dots:
            return fan_cell(palette, tones, blank)
        style = palette.strong + palette.blue if line else palette.orange
        return braille(line | dots), dot_background(palette, tones) + style

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
