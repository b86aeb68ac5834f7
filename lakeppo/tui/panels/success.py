"""Is it better? The running success rate as a sparkline, and where there is room the whole run as a chart."""

from lakeppo.tui.drawing.chart import Chart
from lakeppo.tui.drawing.sparkline import average_words, sparkline
from lakeppo.tui.panels.panel import Line, Panel, fit
from lakeppo.tui.state import Scene
from lakeppo.tui.text.formatting import ceiling_words, figure, siblings_words
from lakeppo.tui.theme import DOTTED

ROOM_FOR_CHART = (50, 6)
SHADES = "  shade 5-95, 25-75 %"


class Success(Panel):
    """A chart whose last line is the sparkline; in little room the sparkline, with the dotted line's name."""

    def looks_at(self, scene: Scene) -> tuple[object, ...]:
        s = scene.snapshot
        shown = s and (s.success_rate, s.window, s.exact, s.changes, s.fan and s.fan.state)
        return (scene.growth, scene.moment.update, shown)

    def _charted(self, width: int, height: int) -> bool:
        return width >= ROOM_FOR_CHART[0] and height >= ROOM_FOR_CHART[1]

    def heading(self, scene: Scene) -> str:
        if self._charted(*self.size):
            if scene.fan is not None:
                return self._among_siblings(scene)
            of = " of the last 100 episodes" if self.size.width >= 75 else ""
            return f"SUCCESS by update: line exact, dots the average{of}"
        return f"SUCCESS  {average_words(scene, short=self.size.width < 38)}"

    def _among_siblings(self, scene: Scene) -> str:
        width = self.heading_room
        legend = "SUCCESS: line exact, dots average, shade siblings: 5-95 %, 25-75 %, median   "
        if width >= len(legend) + 60:
            return legend + siblings_words(scene, width - len(legend))
        head, shades = "SUCCESS  ", "" if scene.fan is None or scene.fan.left is not None else SHADES
        return head + siblings_words(scene, width - len(head) - len(shades)) + shades

    def body(self, scene: Scene, width: int, height: int) -> list[Line]:
        if self._charted(*self.size):
            return Chart(scene, self.ink).lines(width, height)
        named = self._named(scene, width) if height > 1 else []
        return [*sparkline(scene, width, min(6, height - len(named)), self.ink), *named]

    def _named(self, scene: Scene, width: int) -> list[Line]:
        if scene.snapshot is None:
            return [[]]
        exact = scene.snapshot.exact
        standing = siblings_words(scene, width)
        levels = [ceiling_words(exact), f"optimum {figure(exact.optimum)}"]
        if exact.ceiling is None:  # the optimum is what is dotted
            levels.reverse()
        names = [standing] * bool(standing) + [f"{DOTTED * 2} {levels[0]}", levels[1]]
        return [fit([[(name, self.ink.faint)] for name in names], width, gap="   ")]
