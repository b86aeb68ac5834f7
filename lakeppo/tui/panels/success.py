"""The running success rate as a sparkline, or where there is room the success of the whole run as a chart."""

from dataclasses import dataclass

from lakeppo.tui.drawing.chart import Chart, ChartData
from lakeppo.tui.drawing.lines import Line, fit, longest
from lakeppo.tui.drawing.sparkline import sparkline
from lakeppo.tui.panels.base import Model, Panel
from lakeppo.tui.state import AppState
from lakeppo.tui.text.formatting import ceiling_words, figure, rate_words, siblings_words
from lakeppo.tui.theme import DOTTED

CHART_SIZE = (50, 6)
"""The least width and height of a chart."""
LEGEND, SHADES = (
    "SUCCESS: line exact, dots average, shade siblings: 5-95 %, 25-75 %, median   ",
    "  shade 5-95, 25-75 %",
)


@dataclass(frozen=True, eq=False)
class SuccessModel(Model):
    chart: ChartData
    average: str  # shorter than the chart's
    siblings: tuple[str, ...] = ()  # how the run compares to them, the longest text first
    left: bool = False  # the run differs by rounding from the sibling it continues


class Success(Panel[SuccessModel]):
    """A chart whose last line is the sparkline; in little room the sparkline, with the dotted line's name."""

    def model(self, state: AppState) -> SuccessModel:
        s, fan = state.snapshot, state.siblings
        if s is None or not s.run.window:
            average = short = "no episode yet"
        else:
            short = f"{rate_words(state)}, last {s.run.window}"
            average = f"{short} episodes" if s.run.window > 1 else f"{rate_words(state)}, one episode"
        if s is None:
            return SuccessModel(ChartData((), 0, None, None, average, (), (), None), short)
        exact = s.run.exact
        chart = ChartData(
            rows=state.rows,
            update=state.moment.update,
            success=s.run.exact.sampling,
            rate=s.run.success_rate,
            average=average,
            levels=((exact.optimum, f"optimum {figure(exact.optimum)}"), (exact.ceiling, ceiling_words(exact))),
            changes=tuple(change.moment.update for change in s.run.changes),
            bands=None if fan is None else fan.bands[: fan.extent + 1],
        )
        return SuccessModel(chart, short, siblings_words(state), fan is not None and fan.diverged_at is not None)

    @property
    def _charted(self) -> bool:
        return self.size.width >= CHART_SIZE[0] and self.size.height >= CHART_SIZE[1]

    def title(self, model: SuccessModel) -> str:
        width = self.size.width
        if not self._charted:
            return f"SUCCESS  {model.average if width < 38 else model.chart.average}"
        if not model.siblings:
            return (
                f"SUCCESS by update: line exact, dots the average{' of the last 100 episodes' if width >= 75 else ''}"
            )
        if self.title_width >= len(LEGEND) + 60:
            return LEGEND + longest(model.siblings, self.title_width - len(LEGEND))
        head, shades = "SUCCESS  ", "" if model.left else SHADES
        return head + longest(model.siblings, self.title_width - len(head) - len(shades)) + shades

    def body(self, model: SuccessModel, width: int, height: int) -> list[Line]:
        if self._charted:
            return Chart(model.chart, self.palette).lines(width, height)
        levels = [*model.chart.levels]
        if all(value is not None for value, _ in levels):
            levels.reverse()  # the ceiling is dotted where it is known
        top, names = levels[0][0] if levels else None, [name for _, name in levels]
        if names:
            names = [longest(model.siblings, width), f"{DOTTED * 2} {names[0]}", *names[1:]]
        named = [fit([[(name, self.palette.faint)] for name in names if name], width, gap="   ")] * (height > 1)
        return [*sparkline(model.chart.rates, width, min(6, height - len(named)), self.palette, top), *named]
