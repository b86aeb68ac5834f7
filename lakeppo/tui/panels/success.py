"""Is it better? The running success rate as a sparkline, and where there is room the whole run as a chart."""

from typing import Any

from lakeppo.tui.drawing.chart import Chart
from lakeppo.tui.drawing.lines import Line, fit
from lakeppo.tui.drawing.sparkline import average_words, sparkline
from lakeppo.tui.panels.base import Panel
from lakeppo.tui.state import AppState
from lakeppo.tui.text.formatting import ceiling_words, figure, siblings_words
from lakeppo.tui.theme import DOTTED

ROOM_FOR_CHART = (50, 6)
SHADES = "  shade 5-95, 25-75 %"


class Success(Panel[Any]):
    """A chart whose last line is the sparkline; in little room the sparkline, with the dotted line's name."""

    def looks_at(self, state: AppState) -> tuple[object, ...]:
        s = state.snapshot
        shown = s and (s.success_rate, s.window, s.exact, s.changes, s.fan and s.fan.state)
        return (state.growth, state.moment.update, shown)

    def _charted(self, width: int, height: int) -> bool:
        return width >= ROOM_FOR_CHART[0] and height >= ROOM_FOR_CHART[1]

    def title(self, state: AppState) -> str:
        if self._charted(*self.size):
            if state.fan is not None:
                return self._among_siblings(state)
            of = " of the last 100 episodes" if self.size.width >= 75 else ""
            return f"SUCCESS by update: line exact, dots the average{of}"
        return f"SUCCESS  {average_words(state, short=self.size.width < 38)}"

    def _among_siblings(self, state: AppState) -> str:
        width = self.title_width
        legend = "SUCCESS: line exact, dots average, shade siblings: 5-95 %, 25-75 %, median   "
        if width >= len(legend) + 60:
            return legend + siblings_words(state, width - len(legend))
        head, shades = "SUCCESS  ", "" if state.fan is None or state.fan.left is not None else SHADES
        return head + siblings_words(state, width - len(head) - len(shades)) + shades

    def body(self, state: AppState, width: int, height: int) -> list[Line]:
        if self._charted(*self.size):
            return Chart(state, self.palette).lines(width, height)
        named = self._named(state, width) if height > 1 else []
        return [*sparkline(state, width, min(6, height - len(named)), self.palette), *named]

    def _named(self, state: AppState, width: int) -> list[Line]:
        if state.snapshot is None:
            return [[]]
        exact = state.snapshot.exact
        standing = siblings_words(state, width)
        levels = [ceiling_words(exact), f"optimum {figure(exact.optimum)}"]
        if exact.ceiling is None:  # the optimum is what is dotted
            levels.reverse()
        names = [standing] * bool(standing) + [f"{DOTTED * 2} {levels[0]}", levels[1]]
        return [fit([[(name, self.palette.faint)] for name in names], width, gap="   ")]
