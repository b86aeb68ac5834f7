"""The running success rate as a sparkline, or where there is room the success of the whole run as a chart."""

from typing import NamedTuple

from lakeppo.tui.drawing.chart import Chart, ChartData, sparkline
from lakeppo.tui.drawing.lines import Line, fit, longest
from lakeppo.tui.panels.base import Panel
from lakeppo.tui.state import AppState
from lakeppo.tui.text.formatting import ceiling_words, figure, rate_words, siblings_words
from lakeppo.tui.theme import DOTTED

CHART_SIZE = (50, 6)
"""The least width and height of a chart."""
LEGEND, SHADES = (
    "SUCCESS: line exact, dots average, shade siblings: 5-95 %, 25-75 %, median   ",
    "  shade 5-95, 25-75 %",
)


class SuccessModel(NamedTuple):
    chart: ChartData
    average: str  # shorter than the chart's
    siblings: tuple[str, ...]  # how the run compares to them, the longest text first
    left: bool  # the run differs by rounding from the sibling it continues


class Success(Panel[SuccessModel]):
    """A chart whose last line is the sparkline; in little room the sparkline, with the dotted line's name."""

    about = "success by update: exact as a line, the average of the last 100 episodes as dots and in the last line"

    def model(self, state: AppState) -> SuccessModel:
        run, exact, fan = state.snapshot.run, state.snapshot.run.exact, state.siblings
        rate, window = rate_words(state), run.window
        short = f"{rate}, last {window}" if window else "no episode yet"
        average = short if not window else f"{rate}, one episode" if window == 1 else f"{short} episodes"
        levels = (exact.optimum, f"optimum {figure(exact.optimum)}"), (exact.ceiling, ceiling_words(exact))
        changes = tuple(change.moment.update for change in run.changes)
        bands = None if fan is None else fan.bands[: fan.extent + 1]
        now = run.moment.update, exact.sampling, run.success_rate
        chart = ChartData(state.rows, *now, average, levels, changes, bands)
        return SuccessModel(chart, short, siblings_words(state), fan is not None and fan.diverged_at is not None)

    @property
    def _charted(self) -> bool:
        return self.size.width >= CHART_SIZE[0] and self.size.height >= CHART_SIZE[1]

    def title(self, model: SuccessModel) -> str:
        width = self.size.width
        if not self._charted:
            return f"SUCCESS  {model.average if width < 46 else model.chart.average}"
        if not model.siblings:
            episodes = " of the last 100 episodes" if width >= 75 else ""
            return f"SUCCESS by update: line exact, dots the average{episodes}"
        if self.title_width >= len(LEGEND) + 60:
            return LEGEND + longest(model.siblings, self.title_width - len(LEGEND))
        head, shades = "SUCCESS  ", "" if model.left else SHADES
        return head + longest(model.siblings, self.title_width - len(head) - len(shades)) + shades

    def body(self, model: SuccessModel, width: int, height: int) -> list[Line]:
        if self._charted:
            return Chart(model.chart, self.palette).lines(width, height)
        dotted, other = model.chart.levels
        if other[0] is not None:
            dotted, other = other, dotted  # the ceiling is dotted where it is known
        names = [longest(model.siblings, width), f"{DOTTED * 2} {dotted[1]}", other[1]]
        named = [fit([[(name, self.palette.faint)] for name in names if name], width, gap="   ")] * (height > 1)
        return [*sparkline(model.chart.rates, width, min(6, height - len(named)), self.palette, dotted[0]), *named]
