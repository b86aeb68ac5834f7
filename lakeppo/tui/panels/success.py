"""The running success rate as a sparkline, or where there is room the success of the whole run as a chart."""

from typing import NamedTuple

from rich.cells import cell_len
from rich.style import Style

from lakeppo.i18n import N_, _
from lakeppo.moment import Phase
from lakeppo.runs.events import Event
from lakeppo.runs.history import Rows
from lakeppo.session.commands import GoTo, GoToEvent
from lakeppo.tui.drawing.chart import MARGIN, Chart, ChartData, plot_size, sparkline
from lakeppo.tui.drawing.lines import Line, filled, length, longest
from lakeppo.tui.drawing.plot import Plot
from lakeppo.tui.panels.histories import Course, computed_rows
from lakeppo.tui.panels.plotted import Plotted
from lakeppo.tui.state import AppState
from lakeppo.tui.text.events import GLYPHS, RANKS
from lakeppo.tui.text.formatting import ceiling_words, optimum_words, rate_words, siblings_words
from lakeppo.tui.theme import DOTS_SIGN, DOTTED, LINE_SIGN

CHART_SIZE = (50, 6)
"""The least width and height of a chart."""
COURSES = {"kl": "KL", "entropy": N_("entropy"), "explained_variance": N_("expl.var"), "stopped": N_("stopped")}
"""The statistics below the chart, with their labels."""
COURSES_FROM = 8
"""The least height of a chart with these."""
LEGEND = N_("SUCCESS: {line} exact, {dots} average, siblings: {outer} 5-95 %, {inner} 25-75 %, {median} median")


class SuccessModel(NamedTuple):
    chart: ChartData
    rows: Rows  # of every update computed on this branch
    events: tuple[Event, ...]  # the last one is seen where several are marked in one place
    average: str  # shorter than the chart's
    siblings: tuple[str, ...]  # how the run compares to them, the longest text first
    left: bool  # the run differs by rounding from the sibling it continues


class Success(Plotted[SuccessModel]):
    """The exact success by update, and the sparkline of the running average; a click goes to an update."""

    about = N_("success by update: exact as a line, the average of the last 100 episodes as dots and in the last line")

    def model(self, state: AppState) -> SuccessModel:
        run, exact, fan = state.snapshot.run, state.snapshot.run.exact, state.siblings
        rate, window = rate_words(state), run.window
        short = average = _("no episode yet")
        if window:
            average = _("{rate}, last {window} episodes") if window > 1 else _("{rate}, one episode")
            short, average = (text.format(rate=rate, window=window) for text in (_("{rate}, last {window}"), average))
        levels = (exact.optimum, optimum_words(exact)), (exact.ceiling, ceiling_words(exact))
        bands = None if fan is None else fan.bands[: fan.extent + 1]
        now = run.moment.update + (run.last_pass is not None), exact.sampling, run.success_rate
        rows = computed_rows(state)
        events = tuple(sorted(state.snapshot.position.events, key=lambda event: RANKS[event.kind]))
        marks = tuple((shown_at(event), GLYPHS[event.kind]) for event in events)
        chart = ChartData(rows, *now, average, levels, marks, bands)
        return SuccessModel(
            chart, rows, events, short, siblings_words(state), fan is not None and fan.diverged_at is not None
        )

    @property
    def _charted(self) -> bool:
        return self.size.width >= CHART_SIZE[0] and self.size.height >= CHART_SIZE[1]

    def title(self, model: SuccessModel) -> str | Line:
        width = self.size.width
        if not self._charted:
            return _("SUCCESS") + f"  {model.average if width < 46 else model.chart.average}"
        if not model.siblings:
            template = _("SUCCESS by update: {line} exact, {dots} the average of the last 100 episodes")
            if width < 75:
                template = _("SUCCESS by update: {line} exact, {dots} the average")
            return self._legend(template)
        legend, plain = self._legend(f"{_(LEGEND)}   "), self.palette.normal
        if self.title_width >= length(legend) + 60:
            return [*legend, (longest(model.siblings, self.title_width - length(legend)), plain)]
        head, shades = _("SUCCESS") + "  ", list[tuple[str, Style]]()
        if not model.left:
            shades = [("  ", plain), *self._legend(_("{outer} 5-95 %, {inner} 25-75 %"))]
        room = self.title_width - cell_len(head) - length(shades)
        return [(head + longest(model.siblings, room), plain), *shades]

    def _legend(self, template: str) -> Line:
        """Return a legend whose signs have the styles of what they stand for."""
        palette = self.palette
        signs = {"line": (LINE_SIGN, palette.strong + palette.green), "dots": (DOTS_SIGN, palette.normal)}
        return filled(template, palette.normal, **signs, **palette.bands)

    def body(self, model: SuccessModel, width: int, height: int) -> list[Line]:
        chart, self._plot = Chart(model.chart, self.palette), None
        if self._charted:
            courses = [self._courses(model.rows, model.chart.update, width)] * (height >= COURSES_FROM)
            self._left, self._plot = MARGIN, chart.plot(plot_size(width, height - len(courses)))
            return [*chart.lines(self._plot, width), *courses]
        named = [[(longest(model.siblings, width), self.palette.faint)]] * (height > 3 and bool(model.siblings))
        self._left, self._plot = 0, chart.plot((width, max(0, height - 1 - len(named))))
        rows = self._plot.rows()
        for value, name in reversed(model.chart.levels):
            if value is not None and rows:
                _name(rows[self._plot.line_of(value)], f"{DOTTED * 2} {name}", self.palette.faint)
        return [*rows, *named, sparkline(model.chart, width, self.palette)]

    def _courses(self, rows: Rows, update: int, width: int) -> Line:
        """Return the statistics that explain most, each over the whole run."""
        palette, line = self.palette, list[tuple[str, Style]]()
        room = (width - sum(cell_len(_(label)) + 2 for label in COURSES.values())) // len(COURSES)
        for name, label in COURSES.items():
            history = Course(name, rows, min(update, len(rows)))
            past, future = history.blocks(max(0, room))
            style = palette.normal if history.healthy(history.now) else palette.strong + palette.orange
            line += [(f"{_(label)} ", palette.faint), (past, style), (future, palette.faint), (" ", palette.normal)]
        return line

    def target(self, plot: Plot, column: int) -> GoTo | GoToEvent:
        events = self._model.events if self._model is not None and self._charted else ()
        marked = [event for event in events if plot.column_of(shown_at(event)) == column]
        return GoToEvent(marked[-1]) if marked else super().target(plot, column)


def _name(cells: list[tuple[str, Style]], text: str, style: Style) -> None:
    """Write the name of a dotted line over its dots, at the end that has room; where a curve is, it is left out."""
    width = cell_len(text)
    for start in (0, len(cells) - width):
        place = slice(start, start + width)
        if start >= 0 and all(cell[0] in (" ", DOTTED) for cell in cells[place]):
            cells[place] = [(text, style), *[("", style)] * (width - 1)]
            return


def shown_at(event: Event) -> int:
    """Return the update on the axis at which an event is marked: that of the figure it is about."""
    return event.moment.update + (event.moment.phase is Phase.COPY)
