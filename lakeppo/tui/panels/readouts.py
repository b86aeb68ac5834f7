"""The losses and the ratio: of the newest pass while improving, else of the last update."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from rich.style import Style

from lakeppo.moment import Phase
from lakeppo.runs.history import Rows
from lakeppo.runs.statistics import STATS
from lakeppo.tui.drawing.lines import Line, fit
from lakeppo.tui.panels.base import Panel
from lakeppo.tui.panels.histories import Course
from lakeppo.tui.state import AppState
from lakeppo.tui.text.formatting import figure, percent, small_figure
from lakeppo.tui.text.sample import GROUPS
from lakeppo.tui.theme import GROUPS as GLYPHS

BAR = 66
"""The most columns of a bar; more would only be emptier."""
LINES = {
    "policy_loss": (4, "not a score"),
    "value_loss": (4, "error of the critic"),
    "entropy": (3, "of 1.386 at most"),
    "approx_kl": (4, f"healthy: {STATS['approx_kl'].healthy}"),
}
"""The statistics with a line of their own: their decimals and a note."""


class Readings(NamedTuple):
    """Statistics by their names in `STATS`, shares of all samples; none before the first pass."""

    values: Mapping[str, float]
    source: str


class ReadoutsModel(NamedTuple):
    readings: Readings
    hint: str  # the key that lists the samples of a pass
    rows: Rows


class Readouts(Panel[ReadoutsModel]):
    """Losses, entropy, KL, the ratio, and the three groups as one stacked bar."""

    throttled = False

    def model(self, state: AppState) -> ReadoutsModel:
        hint = f"  {state.key('batch')}: batch" if state.snapshot.run.last_pass else ""
        return ReadoutsModel(read(state), hint, state.rows)

    def title(self, model: ReadoutsModel) -> str:
        hint = "" if self.gutter.height else model.hint  # with a border the footer has it
        name = "LOSS AND RATIO" if self.size.width >= 38 else "RATIO"
        return f"{name}  {model.readings.source or 'before the first pass'}{hint}"

    def body(self, model: ReadoutsModel, width: int, height: int) -> list[Line]:
        if height >= 8:
            return self._long(model, width, height)
        return self._short(model.readings.values, width)[:height]

    def _short(self, values: Mapping[str, float], width: int) -> list[Line]:
        faint = self.palette.faint
        entropy = [*self._reading(values, "entropy", "entropy ", 2), (" of 1.39", faint)]
        ratio = [*self._reading(values, "ratio_mean", "ratio ", 2), *self._reading(values, "ratio_min", " min ", 2)]
        largest, divergence = self._reading(values, "ratio_max", "max ", 2), self._reading(values, "approx_kl", "KL ")
        return [
            fit([self._reading(values, "policy_loss", "policy loss ", 4), [("(not a score)", faint)]], width),
            fit([self._reading(values, "value_loss", "value loss ", 4), entropy], width),
            fit([ratio, largest, divergence], width, " "),
            self._groups(values, width, keyed=False),
            self._bar(values, width),
        ]

    def _long(self, model: ReadoutsModel, width: int, height: int) -> list[Line]:
        values, faint = model.readings.values, self.palette.faint
        lines: list[Line] = [
            [*self._reading(values, name, f"{stat_name(name):<13}", places, 8), (f"  {note}", faint)]
            for name, (places, note) in LINES.items()
        ]
        ratio = self._reading(values, "ratio_mean", "ratio   mean ", 3, 8)
        least, most = self._reading(values, "ratio_min", "  min "), self._reading(values, "ratio_max", "  max ")
        lines.append([*ratio, *least, *most])
        lines += [[]] if height > 8 else []
        lines += [self._groups(values, width, keyed=True), self._bar(values, width)]
        meanings = ("stopped: gradient exactly zero by the clip", "clipfrac: returning + stopped")
        lines.append(fit([[(meaning, faint)] for meaning in meanings], width, "   "))
        return [*lines, *self._trends(model.rows, width, height - len(lines))]

    def _trends(self, rows: Rows, width: int, height: int) -> list[Line]:
        """Return, where there is room, the statistics over the updates, each on its own scale."""
        names = (*LINES, "stopped")
        if height < len(names) + 2 or len(rows) < 2:
            return []
        lines: list[Line] = [[], [("over the updates, each on its own scale", self.palette.strong)]]
        for name in names:
            values = rows.column(name)
            values = values[np.isfinite(values)]
            ends = f"{figure(values.min()):>6} to {figure(values.max()):<6} " if len(values) else ""
            past, _ = Course(name, rows, len(rows)).blocks(min(BAR, max(8, width - 34)))
            lines.append([(f"{stat_name(name):<13}{ends}", self.palette.faint), (past, self.palette.blue)])
        return lines

    def _reading(self, values: Mapping[str, float], name: str, label: str, places: int = 3, width: int = 0) -> Line:
        """Return a statistic with its label, marked if it is outside its healthy range."""
        value, stat, style = values.get(name), STATS[name], self.palette.strong
        text = small_figure(value, places)
        if value is not None and (
            (stat.low is not None and value < stat.low) or (stat.high is not None and value > stat.high)
        ):
            text, style = text + "!", self.palette.strong + self.palette.orange
        return [(label, self.palette.faint), (text.rjust(width), style)]

    def _groups(self, values: Mapping[str, float], width: int, *, keyed: bool) -> Line:
        """Return the shares of the three groups; `keyed`: each with its glyph in the bar."""
        if not values:
            return [("inside -  returning -  stopped -", self.palette.faint)]
        line: Line = []
        for name, glyph, style in zip(GROUPS, GLYPHS, self._colours, strict=True):
            label = name if width >= 36 else name[:4].removesuffix("i")
            key, gap = (f"{glyph} ", " ") if keyed else ("", "  ")
            line.append((f"{key}{label} {percent(values[name])}{gap}", style))
        return line

    def _bar(self, values: Mapping[str, float], width: int) -> Line:
        width = min(width, BAR)
        if not values:
            return [("┄" * width, self.palette.faint)]
        cells = shares([values[name] for name in GROUPS], width)
        return [(glyph * n, style) for glyph, n, style in zip(GLYPHS, cells, self._colours, strict=True)]

    @property
    def _colours(self) -> tuple[Style, Style, Style]:
        return self.palette.blue, self.palette.normal, self.palette.orange


def stat_name(name: str) -> str:
    return name if name == "approx_kl" else name.replace("_", " ")


def read(state: AppState) -> Readings:
    """Return the readings of the newest pass of this update, else the means of the last update's passes."""
    if (newest := state.snapshot.run.last_pass) is None:
        row = state.last_row
        return Readings(row._asdict(), f"mean of update {row.update - 1}") if row else Readings({}, "")
    done = state.config.epochs if state.moment.phase is Phase.COPY else state.moment.index
    values = {name: getattr(newest, name) for name in (*LINES, *GROUPS)}
    samples = max(1, sum(values[name] for name in GROUPS))
    values |= {name: values[name] / samples for name in GROUPS}
    values |= {f"ratio_{name}": float(getattr(newest.ratios, name)()) for name in ("mean", "min", "max")}
    return Readings(values, f"pass {done} of {state.config.epochs}")


def shares(parts: Sequence[float], width: int) -> list[int]:
    """Divide `width` cells as `parts` are; every part above 0 gets at least one."""
    total = sum(parts) or 1.0
    cells = [max(int(part > 0), round(width * part / total)) for part in parts]
    cells[cells.index(max(cells))] += width - sum(cells)
    return cells
