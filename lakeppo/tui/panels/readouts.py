"""The losses and the ratio: of the newest pass while improving, else of the last update."""

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from rich.style import Style

from lakeppo.cells import cut, padded
from lakeppo.config import Config
from lakeppo.figures import figure, percent, small_figure
from lakeppo.i18n import N_, _
from lakeppo.moment import Moment, Phase
from lakeppo.runs.history import Rows
from lakeppo.runs.statistics import STATS
from lakeppo.tui.drawing.lines import Line, first_fitting, fit
from lakeppo.tui.panels.base import Panel
from lakeppo.tui.panels.histories import Course
from lakeppo.tui.state import AppState
from lakeppo.tui.text.sample import GROUPS
from lakeppo.tui.text.words import named
from lakeppo.tui.theme import GROUPS as GLYPHS

BAR = 66
"""The most columns of a bar; more would only be emptier."""
LINES = {"policy_loss": 4, "value_loss": 4, "entropy": 3, "approx_kl": 4}
"""The statistics besides the ratio, and their decimals."""
PAIRS = ("policy_loss", "value_loss"), ("entropy", "approx_kl")
FIGURE = 8
"""Columns of a figure with its mark."""
UNGROUPED = dict.fromkeys(GROUPS, math.nan)
ONE_PASS = N_("before the only step")
"""The source of figures with epochs 1: they are taken before the step, so that every KL is 0 and every ratio 1."""
UNCLIPPED = N_("the clip is off"), N_("no ratio is inside or outside")
LABELS = {
    "policy_loss": N_("policy loss"), "value_loss": N_("value loss"), "entropy": N_("entropy"),
    "approx_kl": "approx_kl", "ratio_max": N_("ratio max"), "stopped": N_("stopped"),
}  # fmt: skip
"""What some statistics are called where they are read."""


class Readings(NamedTuple):
    """Statistics by their names in `STATS`, shares of all samples (NaN without a clip); none before the first pass."""

    values: Mapping[str, float]
    source: str


class ReadoutsModel(NamedTuple):
    readings: Readings
    hint: str  # the key that lists the samples of a pass
    rows: Rows


class Readouts(Panel[ReadoutsModel]):
    """Losses, entropy, KL, the ratio, and the three groups as one stacked bar."""

    throttled = False
    about = N_("the losses and the ratio of the newest pass, before its step; else over the last update")

    def model(self, state: AppState) -> ReadoutsModel:
        hint = "  " + _("{key}: batch").format(key=state.key("batch")) if state.snapshot.run.last_pass else ""
        return ReadoutsModel(read(state), hint, state.rows)

    def title(self, model: ReadoutsModel) -> str:
        hint = "" if self.gutter.height else model.hint  # with a border the footer has it
        name = _("LOSS AND RATIO") if self.size.width >= 38 else _("RATIO")
        source = model.readings.source or _("before the first pass")
        return f"{name}  {source}{hint}"

    def body(self, model: ReadoutsModel, width: int, height: int) -> list[Line]:
        if height >= 8:
            return self._long(model, width, height)
        return self._short(model.readings.values, width)[:height]

    def _short(self, values: Mapping[str, float], width: int) -> list[Line]:
        pairs = (tuple(self._reading(values, name, f"{stat_name(name)} ") for name in pair) for pair in PAIRS)
        return [
            *(first_fitting((fit([*pair], width, gap) for gap in ("  ", " ")), width) for pair in pairs),
            self._ratios(values, width),
            self._groups(values, width, keyed=False),
            self._bar(values, width),
        ]

    def _long(self, model: ReadoutsModel, width: int, height: int) -> list[Line]:
        values = model.readings.values
        lines = [self._reading(values, name, padded(stat_name(name), 12), FIGURE) for name in LINES]
        if width >= 2 * (12 + FIGURE) + 2:
            lines = [fit([left, right], width) for left, right in zip(lines[::2], lines[1::2], strict=True)]
        lines.append(self._ratios(values, width))
        lines += [[]] if height > 8 else []
        lines += [self._groups(values, width, keyed=True), self._bar(values, width)]
        return [*lines, *self._trends(model.rows, width, height - len(lines))]

    def _ratios(self, values: Mapping[str, float], width: int) -> Line:
        """Return the mean, the smallest and the largest ratio; where room is short labels are left out, not digits."""
        ratio, mean, low, high = _("ratio"), _("mean"), _("min"), _("max")
        forms = (
            (f"{ratio}   {mean} ", f"  {low} ", f"  {high} "),
            (f"{ratio} {mean} ", f" {low} ", f" {high} "),
            (f"{mean} ", f" {low} ", f" {high} "),
        )
        names = ("ratio_mean", "ratio_min", "ratio_max")
        lines = [
            [piece for name, label in zip(names, labels, strict=True) for piece in self._reading(values, name, label)]
            for labels in forms
        ]
        return first_fitting([*lines, self._reading(values, "ratio_max", f"{ratio} {high} ")], width)

    def _trends(self, rows: Rows, width: int, height: int) -> list[Line]:
        """Return, where there is room, the statistics over the updates, each on its own scale."""
        names = (*LINES, "stopped")
        if height < len(names) + 2 or len(rows) < 2:
            return []
        lines: list[Line] = [[], [(_("over the updates, each on its own scale"), self.palette.strong)]]
        for name in names:
            values = rows.column(name)
            values = values[np.isfinite(values)]
            span = _("{low:>6} to {high:<6}")
            ends = span.format(low=figure(values.min()), high=figure(values.max())) + " " if len(values) else ""
            past = Course(name, rows, len(rows)).blocks(min(BAR, max(8, width - 34)))[0]
            lines.append([(padded(stat_name(name), 13) + ends, self.palette.faint), (past, self.palette.normal)])
        return lines

    def _reading(self, values: Mapping[str, float], name: str, label: str, width: int = 0) -> Line:
        """Return a statistic with its label, marked if it is outside its healthy range."""
        value, stat, style = values.get(name), STATS[name], self.palette.strong
        text = small_figure(value, LINES.get(name, 3))
        if value is not None and (
            (stat.low is not None and value < stat.low) or (stat.high is not None and value > stat.high)
        ):
            text, style = text + "!", self.palette.strong + self.palette.red
        return [(label, self.palette.faint + named(name)), (f"{text:>{width}}", style + named(name))]

    def _groups(self, values: Mapping[str, float], width: int, *, keyed: bool) -> Line:
        """Return the shares of the three groups; `keyed`: each with its glyph in the bar."""
        if not values:
            return [("  ".join(f"{_(name)} -" for name in GROUPS), self.palette.faint)]
        if math.isnan(values["inside"]):
            return fit([[(_(words), self.palette.faint)] for words in UNCLIPPED], width, ": ")
        line: Line = []
        for name, glyph, style in zip(GROUPS, GLYPHS, self._colours, strict=True):
            key, gap = (f"{glyph} ", " ") if keyed else ("", "  ")
            line.append((f"{gap * bool(line)}{key}{_(name)} {percent(values[name])}", style + named(name)))
        shorts = [f"{cut(_(name), 2)} {percent(values[name])}" for name in GROUPS]
        short = [(" " * (k > 0) + text, line[k][1]) for k, text in enumerate(shorts)]
        plain = [(text.replace(f"{glyph} ", ""), style) for (text, style), glyph in zip(line, GLYPHS, strict=True)]
        return first_fitting((line, plain, short), width)

    def _bar(self, values: Mapping[str, float], width: int) -> Line:
        width = min(width, BAR)
        if not values or math.isnan(values["inside"]):
            return [("┄" * width, self.palette.faint)]
        cells = shares([values[name] for name in GROUPS], width)
        return [(glyph * n, style) for glyph, n, style in zip(GLYPHS, cells, self._colours, strict=True)]

    @property
    def _colours(self) -> tuple[Style, Style, Style]:
        return self.palette.normal, self.palette.faint, self.palette.orange


def stat_name(name: str) -> str:
    """Return what a statistic is called where it is read."""
    return _(LABELS.get(name, name.replace("_", " ")))


def read(state: AppState) -> Readings:
    """Return the readings of the newest pass of this update, else the means of the last update's passes."""
    if (newest := state.snapshot.run.last_pass) is None:
        row = state.last_row
        if row is None:
            return Readings({}, "")
        values, config = row._asdict(), config_at(state, row.update - 1)
        source = _(ONE_PASS) if config.epochs == 1 else _("over update {update}").format(update=row.update - 1)
        return Readings(values if config.clip_coef is not None else values | UNGROUPED, source)
    done = state.config.epochs if state.moment.phase is Phase.COPY else state.moment.index
    values = {name: getattr(newest, name) for name in (*LINES, *GROUPS)}
    samples = max(1, sum(values[name] for name in GROUPS))
    values |= {name: values[name] / samples for name in GROUPS} if newest.clip_coef is not None else UNGROUPED
    values |= {f"ratio_{name}": float(getattr(newest.ratios, name)()) for name in ("mean", "min", "max")}
    source = _("pass {number} of {epochs}").format(number=done, epochs=state.config.epochs)
    return Readings(values, _(ONE_PASS) if state.config.epochs == 1 else source)


def config_at(state: AppState, update: int) -> Config:
    """Return the config that was in force at the end of an update."""
    end = Moment(update, Phase.COPY, 0)
    return state.origin.changed(change for change in state.snapshot.run.changes if change.moment < end)


def shares(parts: Sequence[float], width: int) -> list[int]:
    """Divide `width` cells as `parts` are; every part above 0 gets at least one."""
    total = sum(parts) or 1.0
    cells = [max(int(part > 0), round(width * part / total)) for part in parts]
    cells[cells.index(max(cells))] += width - sum(cells)
    return cells
