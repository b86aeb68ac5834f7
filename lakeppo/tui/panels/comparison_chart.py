"""The chart of a comparison: the exact success of both runs by update."""

from typing import NamedTuple

from rich.cells import cell_len
from rich.style import Style

from lakeppo.figures import figure
from lakeppo.i18n import N_, _
from lakeppo.runs.history import Rows
from lakeppo.session.snapshot import Exact
from lakeppo.tui.drawing.chart import scale
from lakeppo.tui.drawing.lines import Line, filled, first_fitting, shorten
from lakeppo.tui.drawing.plot import Plot
from lakeppo.tui.panels.base import Panel
from lakeppo.tui.state import AppState
from lakeppo.tui.text.formatting import optimum_words
from lakeppo.tui.theme import BRANCH, DONE, LINE_SIGN

MARGIN, NAMES = 4, 14
"""Columns of the chart for the scale at the left and for the names at the right."""


class ComparisonChartModel(NamedTuple):
    update: int
    names: tuple[str, str]
    histories: tuple[Rows, ...]  # of the whole branches
    exact: Exact
    common: int  # the update in which they separate


class ComparisonChart(Panel[ComparisonChartModel]):
    """Two curves; marks on the axis show where the runs separate and where they are now."""

    about = N_("exact success of both runs by update; marks on the axis: where they separate, and now")

    def model(self, state: AppState) -> ComparisonChartModel | None:
        run, comparison = state.snapshot.run, state.snapshot.comparison
        if comparison is None:
            return None
        both = (state.history, run.history_generation), (comparison.history, comparison.run.history_generation)
        histories = tuple(Rows(history, len(history), generation) for history, generation in both)
        common = comparison.common.update
        return ComparisonChartModel(run.moment.update, comparison.names, histories, run.exact, common)

    def title(self, model: ComparisonChartModel) -> Line:
        long, short, plain = (
            _("EXACT SUCCESS by update: {run}, {baseline}"),
            _("EXACT: {run}, {baseline}"),
            self.palette.normal,
        )
        signs = LINE_SIGN, 3 * (LINE_SIGN[0] if self.palette.blue else DONE)
        room = max(8, (self.size.width - cell_len(short)) // 2 - len(LINE_SIGN))
        run, baseline = (
            (f"{sign} {shorten(name, room)}", style)
            for sign, name, style in zip(signs, model.names, self._styles, strict=True)
        )
        lines = (filled(template, plain, run=run, baseline=baseline) for template in (long, short))
        return first_fitting(lines, self.size.width)

    def body(self, model: ComparisonChartModel, width: int, height: int) -> list[Line]:
        if height < 3 or width < MARGIN + NAMES + 8:
            return []
        span, faint = max(10, *map(len, model.histories)), self.palette.faint
        plot = Plot((width - MARGIN - NAMES, height - 1), span, (0.0, 1.0), model.update, self.palette)
        glyphs = "", "" if self.palette.blue else DONE
        for rows, style, glyph in zip(model.histories, self._styles, glyphs, strict=True):
            plot.curve(rows.column("update"), rows.column("success_probability"), style, glyph)
        plot.level(model.exact.optimum, faint)
        names = self._names(model, plot)
        lines: list[Line] = [
            [(scale(plot, y), faint), *cells, names.get(y, ("", faint))] for y, cells in enumerate(plot.rows())
        ]
        return [*lines, plot.axis({model.common: BRANCH}, indent=3)]

    @property
    def _styles(self) -> tuple[Style, Style]:
        return self.palette.strong + self.palette.green, self.palette.blue

    def _names(self, model: ComparisonChartModel, plot: Plot) -> dict[int, tuple[str, Style]]:
        """Return the name at the right of each line: a curve's at the level of its end, or as near as there is room."""
        ends = [
            (_beside(name, figure(rows[-1].success_probability)), plot.line_of(rows[-1].success_probability), style)
            for name, rows, style in zip(model.names, model.histories, self._styles, strict=True)
            if rows
        ]
        ends.append((optimum_words(model.exact), plot.line_of(model.exact.optimum), self.palette.faint))
        ends = sorted(ends[: plot.height], key=lambda end: end[1])
        placed: dict[int, tuple[str, Style]] = {}
        for below, (text, level, style) in zip(range(len(ends), 0, -1), ends, strict=True):
            free = max(placed, default=-1) + 1
            placed[min(max(level, free), plot.height - below)] = (f" {text}", style)
        return placed


def _beside(name: str, figure: str) -> str:
    """Return a name and a figure at the right of the chart; the name gives way."""
    return f"{shorten(name, NAMES - 2 - cell_len(figure))} {figure}"
