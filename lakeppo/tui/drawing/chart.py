"""The whole run as a chart: exact success as a line, the running average as dots, the best there is dotted.

Behind them, where there are siblings, their fan.
"""

from itertools import groupby

from rich.style import Style

from lakeppo.tui.drawing.braille import BrailleCanvas, braille
from lakeppo.tui.drawing.fan import behind, draw, median_name, tones
from lakeppo.tui.drawing.lines import Line
from lakeppo.tui.drawing.sparkline import average_words, sparkline
from lakeppo.tui.state import AppState
from lakeppo.tui.text.formatting import ceiling_words, figure
from lakeppo.tui.theme import CHANGE, DOTTED, Palette

MARGIN, NAMES = 4, 16
"""Columns for the scale at the left, and for the names of the dotted lines at the right."""

Layers = tuple[list[int], list[int], list[list[int]]]
"""One line of a plot: the line's dots, the averages' dots, and the tones behind them."""


class Chart:
    """Success by update, drawn into lines; the last one is the sparkline of the running average."""

    def __init__(self, state: AppState, palette: Palette) -> None:
        self.state, self.palette = state, palette

    def lines(self, width: int, height: int) -> list[Line]:
        state = self.state
        plot = BrailleCanvas(width - MARGIN - NAMES, height - 2)
        dots = BrailleCanvas(plot.width, plot.height)
        fan = state.fan
        span = max(10, state.moment.update + 1, fan.extent + 1 if fan else 0)
        self._plot(plot, dots, span)
        levels, shade = self._levels(plot), tones(fan, plot, span, self.palette.shaded and not self.palette.ascii)
        names = {y: name for y in range(plot.height) if (name := _name(levels, y, plot.height))}
        beside, name = median_name(fan, plot, names)
        names[beside] = name
        layers = list(zip(plot.bits.tolist(), dots.bits.tolist(), shade.tolist(), strict=True))
        lines = [self._line(plot, y, layers[y], y in levels, names.get(y, "")) for y in range(plot.height)]
        return [*lines, self._axis(plot.width, span), self._average(width)]

    def _plot(self, plot: BrailleCanvas, dots: BrailleCanvas, span: int) -> None:
        state, s = self.state, self.state.snapshot
        rows = state.rows[:: max(1, len(state.rows) // (4 * plot.width))]  # more would fall on the same dots
        exact = [(row.update / span, row.success_probability) for row in rows]
        rates = [(row.update / span, row.success_rate) for row in rows]
        if s is not None:
            here = (s.moment.update + 1) / span
            exact.append((here, s.exact.sampling))
            rates.append((here, s.success_rate))
        plot.line(exact)
        dots.dots([(x, rate) for x, rate in rates if rate is not None])

    def _levels(self, plot: BrailleCanvas) -> dict[int, list[str]]:
        """The lines of cells with something dotted in them, and its names."""
        if self.state.snapshot is None:
            return {}
        exact = self.state.snapshot.exact
        levels = {plot.level(exact.optimum): [f"optimum {figure(exact.optimum)}"]}
        if exact.ceiling is not None:
            levels.setdefault(plot.level(exact.ceiling), []).append(ceiling_words(exact))
        return levels

    def _line(self, plot: BrailleCanvas, y: int, layers: Layers, dotted: bool, name: str) -> Line:
        palette = self.palette
        scale = {0: "1.0", plot.height - 1: "0", plot.level(0.5): ".5"}.get(y, "")
        cells = []
        for a, b, halves in zip(*layers, strict=True):
            if a or b:
                style = palette.strong + palette.blue if a else palette.orange
                cells.append((braille(a | b), behind(palette, halves) + style))
            else:
                cells.append(draw(palette, halves, DOTTED if dotted else " "))
        line: Line = [(f"{scale:<3}│", palette.faint)]
        line += [("".join(text for text, _ in run), style) for style, run in runs_of(cells)]
        return [*line, (name, palette.faint)]

    def _axis(self, width: int, span: int) -> Line:
        palette, s = self.palette, self.state.snapshot
        axis = list("└" + "─" * width)
        for change in s.changes if s else ():
            axis[1 + min(width - 1, round(change.moment.update / span * (width - 1)))] = CHANGE
        return [("   " + "".join(axis), palette.faint), (f" update {span}", palette.faint)]

    def _average(self, width: int) -> Line:
        label = f" {average_words(self.state)}"
        [spark] = sparkline(self.state, max(1, width - MARGIN - len(label)), 1, self.palette)
        return [(" " * MARGIN, self.palette.normal), *spark, (label, self.palette.strong)]


def runs_of(cells: list[tuple[str, Style]]) -> list[tuple[Style, list[tuple[str, Style]]]]:
    return [(style, list(run)) for style, run in groupby(cells, key=lambda cell: cell[1])]


def _name(levels: dict[int, list[str]], y: int, height: int) -> str:
    """The name beside a line: its own, or the second one of the line above."""
    if y in levels:
        return f" {levels[y][0]}"
    above = levels.get(y - 1, [])
    return f" {above[1]}" if len(above) > 1 and y < height else ""
