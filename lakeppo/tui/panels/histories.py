"""Every statistic of an update over the whole run: a list of all of them, and the selected one as a chart."""

import math
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from lakeppo.cells import padded
from lakeppo.figures import small_figure
from lakeppo.i18n import _, ngettext
from lakeppo.runs.history import Rows
from lakeppo.runs.statistics import STATS, Stat
from lakeppo.tui.drawing.chart import Bands, fan_tones, toned
from lakeppo.tui.drawing.extremes import Figures, extremes, middle
from lakeppo.tui.drawing.lines import Line, filled
from lakeppo.tui.drawing.plot import Plot
from lakeppo.tui.panels.plotted import Plotted
from lakeppo.tui.panels.scroll_list import ListModel, ScrollList
from lakeppo.tui.state import AppState
from lakeppo.tui.theme import LEVELS

NAMES = tuple(STATS)
MARGIN = 9
"""Columns for the scale at the left of the chart."""
SHARES = ("inside", "returning", "stopped", "success_rate", "success_probability", "greedy_success_probability")
"""The statistics on a scale from 0 to 1."""
WIDE = 30.0
"""A positive statistic whose largest value is this many times its median has a logarithmic scale."""


class Course(NamedTuple):
    """One statistic over all computed updates; `rows` are compared by their generation and length."""

    name: str
    rows: Rows
    update: int  # the present

    @property
    def stat(self) -> Stat:
        return STATS[self.name]

    @property
    def now(self) -> float | None:
        """Its value after the last update before the present."""
        return getattr(self.rows[self.update - 1], self.name) if self.update else None

    def values(self) -> tuple[Figures, Figures]:
        """Return the updates and the values."""
        return self.rows.column("update"), self.rows.column(self.name)

    def blocks(self, width: int) -> tuple[str, str]:
        """Return the statistic as blocks, up to the present and after it.

        A column shows the value of its updates that is farthest from the median: none that stands out is lost.
        """
        _, values = self.values()
        finite = np.isfinite(values)
        known = values[finite]
        if not len(known) or not width:
            return "", ""
        low, span, median = known.min(), (known.max() - known.min()) or 1.0, middle(known)
        edges, least, largest = extremes(np.where(finite, values, np.nan), width)
        farthest = np.where(median - least > largest - median, least, largest)
        levels = 1 + np.rint(7 * ((farthest - low) / span))  # no product overflows
        blocks = "".join(LEVELS[int(level)] if level == level else " " for level in levels.tolist())
        past = int(np.searchsorted(edges[1:], self.update, side="right"))
        return blocks[:past], blocks[past:]

    def healthy(self, value: float | None) -> bool:
        low, high = self.stat.low, self.stat.high
        return value is None or not ((low is not None and value < low) or (high is not None and value > high))


@dataclass(frozen=True)
class HistoriesModel(ListModel):
    """The statistics by their place in `NAMES`."""

    rows: Rows  # of every update computed on this branch
    update: int

    @property
    def ids(self) -> range:
        return range(len(NAMES))


class HistoryList(ScrollList[HistoriesModel]):
    """A row for each statistic: its value at the present, and its course on a scale of its own."""

    place = NAMES.index("success_probability")
    """The selected statistic's place in `NAMES`."""

    def model(self, state: AppState) -> HistoriesModel:
        return HistoriesModel(self.place, computed_rows(state), state.moment.update)

    def choose(self, position: int) -> None:
        """Select the row at `position`, or nearest to it."""
        self.place = max(0, min(position, len(NAMES) - 1))
        if self._model is not None:
            self._model = replace(self._model, selected=self.place)
            self.redraw()

    def title(self, model: HistoriesModel) -> str:
        count = len(model.rows)
        title = ngettext(
            "HISTORIES  {count} update; each course on a scale of its own",
            "HISTORIES  {count} updates; each course on a scale of its own",
            count,
        )
        return " " + title.format(count=count)

    def body(self, model: HistoriesModel, width: int, height: int) -> list[Line]:
        palette, at = self.palette, self.position
        after = padded(_("after this update"), 36, "right")
        lines: list[Line] = [[(f" {after}   " + _("course"), palette.faint)]]
        for place in self.in_view(height - 1):
            history = Course(NAMES[place], model.rows, model.update)
            mark = " " if history.healthy(history.now) else "!"
            text = f" {history.name:<27}{small_figure(history.now):>9}{mark}  "
            past, future = history.blocks(max(0, width - len(text)))
            if place == at:
                lines.append([(padded(text + past + future, width), palette.inverse)])
            else:
                style = palette.normal if mark == " " else palette.strong + palette.orange
                lines.append([(text, style), (past, palette.normal), (future, palette.faint)])
        return lines


class ChartModel(NamedTuple):
    course: Course
    bands: Bands | None  # the fan of the siblings, as far as it is drawn, behind the exact success alone


class HistoryChart(Plotted[ChartModel]):
    """One statistic by update, with its scale, its healthy range and the present; a click goes to an update."""

    _left = MARGIN

    def __init__(self, selected: HistoryList) -> None:
        super().__init__(id="history")
        self._list = selected

    def model(self, state: AppState) -> ChartModel:
        course, fan = Course(NAMES[self._list.place], computed_rows(state), state.moment.update), state.siblings
        drawn = fan is not None and course.name == "success_probability"
        return ChartModel(course, fan.bands[: fan.extent + 1] if drawn and fan is not None else None)

    def title(self, model: ChartModel) -> Line:
        course, plain = model.course, self.palette.normal
        healthy = _("healthy: {range}").format(range=_(course.stat.healthy))
        shades: Line = []
        if model.bands is not None:
            template = _("siblings: {outer} 5-95 %, {inner} 25-75 %, {median} median")
            shades = [*filled(template, plain, **self.palette.bands), ("  ", plain)]
        name = f" {course.name}  {small_figure(course.now)}  "
        return [(name, plain), *shades, (f"{healthy}  {_(course.stat.meaning)}", plain)]

    def body(self, model: ChartModel, width: int, height: int) -> list[Line]:
        course, bands = model
        updates, values = course.values()
        logarithmic = course.name not in SHARES and is_wide(values)
        low, high = scale_of(course, values)
        shown = np.log10(np.maximum(values, low)) if logarithmic else values
        ends = (math.log10(low), math.log10(high)) if logarithmic else (low, high)
        span = max(10, len(values), 0 if bands is None else len(bands))
        self._plot = Plot((max(1, width - MARGIN), max(1, height - 1)), span, ends, course.update, self.palette)
        self._plot.curve(updates, shown, self.palette.strong)
        labels = {0: small_figure(high), self._plot.height - 1: small_figure(low)}
        for limit in (course.stat.low, course.stat.high):
            if limit is not None and low <= limit <= high:
                y = self._plot.line_of(math.log10(limit) if logarithmic else limit)
                self._plot.level(math.log10(limit) if logarithmic else limit, self.palette.faint)
                labels.setdefault(y, small_figure(limit))
        if logarithmic:
            labels.setdefault(1, _("log"))
        faint = self.palette.faint
        tones = fan_tones(bands, self._plot, self.palette.shaded and not self.palette.ascii)
        rows = [toned(self.palette, *line) for line in zip(self._plot.rows(), tones, strict=True)]
        scale = [f"{padded(labels.get(y, ''), MARGIN - 2, 'right')} │" for y in range(len(rows))]
        lines: list[Line] = [[(label, faint), *cells] for label, cells in zip(scale, rows, strict=True)]
        return [*lines, self._plot.axis({}, MARGIN - 1)]


def computed_rows(state: AppState) -> Rows:
    """Return the rows of every update computed on this branch."""
    return Rows(state.history, len(state.history), state.snapshot.run.history_generation)


def is_wide(values: Figures) -> bool:
    """Return whether the values need a logarithmic scale."""
    known = values[np.isfinite(values)]
    return bool(len(known) and known.min() > 0 and known.max() > WIDE * middle(known))


def scale_of(history: Course, values: Figures) -> tuple[float, float]:
    """Return the ends of the scale: 0 and 1 for shares, else the least and the largest value that is finite."""
    known = values[np.isfinite(values)]
    if history.name in SHARES or not len(known):
        return 0.0, 1.0
    low, high = float(known.min()), float(known.max())
    return (low, high) if high > low else (low, low + 1.0)
