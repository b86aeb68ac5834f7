"""The exact success of two runs on one axis, one solid and one dashed, each with its name at its end."""

from dataclasses import dataclass

from rich.style import Style

from lakeppo.tui.drawing.braille import BrailleCanvas, braille
from lakeppo.tui.drawing.chart import scale
from lakeppo.tui.drawing.lines import Line
from lakeppo.tui.panels.base import Model, Panel
from lakeppo.tui.state import AppState, Rows
from lakeppo.tui.text.formatting import figure
from lakeppo.tui.theme import BRANCH, DOTTED, NOW

MARGIN, NAMES = 4, 14
"""Columns for the scale at the left and for the names at the right."""


@dataclass(frozen=True, eq=False)
class ComparisonChartModel(Model):
    update: int
    names: tuple[str, ...] = ()  # empty while there is nothing to compare
    histories: tuple[Rows, ...] = ()  # of the whole branches
    optimum: float = 0.0
    common: int = 0  # the update in which they separate


class ComparisonChart(Panel[ComparisonChartModel]):
    """Two curves; marks on the axis show where the runs separate and where they are now."""

    def model(self, state: AppState) -> ComparisonChartModel:
        run, comparison = state.snapshot.run, state.snapshot.comparison
        if comparison is None:
            return ComparisonChartModel(run.moment.update)
        both = (state.history, run.history_generation), (comparison.history, comparison.run.history_generation)
        histories = tuple(Rows(history, len(history), generation) for history, generation in both)
        common = comparison.common.update
        return ComparisonChartModel(run.moment.update, comparison.names, histories, run.exact.optimum, common)

    def title(self, model: ComparisonChartModel) -> str:
        names = ": {} solid, {} dashed".format(*model.names) if model.names else ""
        title = f"EXACT SUCCESS by update{names}"
        return title if len(title) <= self.size.width else f"EXACT{names}"

    def body(self, model: ComparisonChartModel, width: int, height: int) -> list[Line]:
        if not model.names or height < 3 or width < MARGIN + NAMES + 8:
            return []
        span = max(10, *(rows[-1].update if rows else 0 for rows in model.histories))
        plots = [BrailleCanvas(width - MARGIN - NAMES, height - 1) for _ in model.names]
        for plot, rows in zip(plots, model.histories, strict=True):
            plot.line([(row.update / span, row.success_probability) for row in rows[:]])
        plots[1].dash()
        optimum, names = plots[0].level(model.optimum), self._names(model, plots[0])
        bits = [plot.bits.tolist() for plot in plots]
        lines: list[Line] = []
        for y in range(height - 1):
            blank = (DOTTED if y == optimum else " ", self.palette.faint)
            styles = self.palette.strong + self.palette.blue, self.palette.orange
            cells = [
                (braille(a | b), styles[0] if a else styles[1]) if a or b else blank
                for a, b in zip(bits[0][y], bits[1][y], strict=True)
            ]
            lines.append([(scale(plots[0], y), self.palette.faint), *cells, names.get(y, ("", self.palette.faint))])
        return [*lines, self._axis(model, plots[0].width, span)]

    def _names(self, model: ComparisonChartModel, plot: BrailleCanvas) -> dict[int, tuple[str, Style]]:
        """Return the name at the right of each line: a curve's at the level of its end, or as near as there is room."""
        styles = self.palette.strong + self.palette.blue, self.palette.orange
        ends = [
            (f"{name} {figure(rows[-1].success_probability)}", plot.level(rows[-1].success_probability), style)
            for name, rows, style in zip(model.names, model.histories, styles, strict=True)
            if rows
        ]
        ends.append((f"optimum {figure(model.optimum)}", plot.level(model.optimum), self.palette.faint))
        ends = sorted(ends[: plot.height], key=lambda end: end[1])
        placed: dict[int, tuple[str, Style]] = {}
        for below, (text, level, style) in zip(range(len(ends), 0, -1), ends, strict=True):
            free = max(placed, default=-1) + 1
            placed[min(max(level, free), plot.height - below)] = (f" {text}"[:NAMES], style)
        return placed

    def _axis(self, model: ComparisonChartModel, width: int, span: int) -> Line:
        axis = list("─" * width)
        here = min(width - 1, round(model.update / span * (width - 1)))
        axis[min(width - 1, round(model.common / span * (width - 1)))] = BRANCH
        palette = self.palette
        return [
            ("   └" + "".join(axis[:here]), palette.faint),
            (NOW, palette.strong + palette.orange),
            ("".join(axis[here + 1 :]) + f" update {span}", palette.faint),
        ]
