"""The losses and the ratio: of the newest pass while improving, else of the last update."""

from dataclasses import dataclass

from rich.style import Style

from lakeppo.moment import Phase
from lakeppo.runs.statistics import STATS
from lakeppo.tui.drawing.lines import Line, fit
from lakeppo.tui.drawing.sparkline import gather
from lakeppo.tui.panels.base import Model, Panel
from lakeppo.tui.state import AppState, Rows
from lakeppo.tui.text.formatting import figure, percent
from lakeppo.tui.theme import GROUPS, LEVELS

BAR = 66
"""The most columns of a bar; more would only be emptier."""
TRENDS = ("policy_loss", "value_loss", "entropy", "approx_kl", "stopped")


@dataclass(frozen=True, eq=False)
class Readings(Model):
    """Statistics named as in `STATS`; shares are of all samples."""

    policy_loss: float
    value_loss: float
    entropy: float
    approx_kl: float
    ratio_mean: float
    ratio_min: float
    ratio_max: float
    inside: float
    returning: float
    stopped: float
    source: str


@dataclass(frozen=True, eq=False)
class ReadoutsModel(Model):
    readings: Readings | None
    improving: bool  # the readings are of a pass, whose samples can be listed
    key: str  # that lists them
    rows: Rows


class Readouts(Panel[ReadoutsModel]):
    """Losses, entropy, KL, the ratio, and the three groups as one stacked bar."""

    throttled = False

    def model(self, state: AppState) -> ReadoutsModel:
        return ReadoutsModel(read(state), state.snapshot.run.last_pass is not None, state.key("batch"), state.rows)

    def title(self, model: ReadoutsModel) -> str:
        source = model.readings.source if model.readings else "before the first pass"
        hint = (
            f"  {model.key}: batch" if model.improving and not self.gutter.height else ""
        )  # with a border the footer has it
        return f"{'LOSS AND RATIO' if self.size.width >= 38 else 'RATIO'}  {source}{hint}"

    def body(self, model: ReadoutsModel, width: int, height: int) -> list[Line]:
        if height >= 8:
            return self._long(model, width, height)
        return self._short(model.readings, width)[:height]

    def _short(self, r: Readings | None, width: int) -> list[Line]:
        faint = self.palette.faint
        entropy = [*self._reading(r, "entropy", "entropy ", 2), (" of 1.39", faint)]
        ratio = [*self._reading(r, "ratio_mean", "ratio ", 2), *self._reading(r, "ratio_min", " min ", 2)]
        largest, divergence = self._reading(r, "ratio_max", "max ", 2), self._reading(r, "approx_kl", "KL ")
        return [
            fit([self._reading(r, "policy_loss", "policy loss ", 4), [("(not a score)", faint)]], width),
            fit([self._reading(r, "value_loss", "value loss ", 4), entropy], width),
            fit([ratio, largest, divergence], width, " "),
            self._groups(r, width, keyed=False),
            self._bar(r, width),
        ]

    def _long(self, model: ReadoutsModel, width: int, height: int) -> list[Line]:
        r, faint = model.readings, self.palette.faint
        lines: list[Line] = [
            [*self._reading(r, "policy_loss", "policy loss  ", 4, 8), ("  not a score", faint)],
            [*self._reading(r, "value_loss", "value loss   ", 4, 8), ("  error of the critic", faint)],
            [*self._reading(r, "entropy", "entropy      ", 3, 8), ("  of 1.386 at most", faint)],
            [
                *self._reading(r, "approx_kl", "approx_kl    ", 4, 8),
                (f"  healthy: {STATS['approx_kl'].healthy}", faint),
            ],
            [
                *self._reading(r, "ratio_mean", "ratio   mean ", 3, 8),
                *self._reading(r, "ratio_min", "  min "),
                *self._reading(r, "ratio_max", "  max "),
            ],
            *([[]] if height > 8 else []),
            self._groups(r, width, keyed=True),
            self._bar(r, width),
            [("stopped: gradient exactly zero by the clip", faint)],
        ]
        return [*lines, *self._trends(model.rows, width, height - len(lines))]

    def _trends(self, rows: Rows, width: int, height: int) -> list[Line]:
        """Return, where there is room, the statistics over the updates, each on its own scale."""
        if height < len(TRENDS) + 2 or len(rows) < 2:
            return []
        lines: list[Line] = [[], [("over the updates, each on its own scale", self.palette.strong)]]
        every = rows[:]
        for name in TRENDS:
            values = gather([getattr(row, name) for row in every], min(BAR, max(8, width - 34)))
            known = [value for value in values if value is not None]
            low, high = min(known), max(known)
            span = (high - low) or 1.0
            text = "".join(LEVELS[1 + round(7 * ((v if v is not None else low) - low) / span)] for v in values)
            label = name if name == "approx_kl" else name.replace("_", " ")
            ends = f"{figure(low):>6} to {figure(high):<6} "
            lines.append([(f"{label:<13}{ends}", self.palette.faint), (text, self.palette.blue)])
        return lines

    def _reading(self, readings: Readings | None, name: str, label: str, places: int = 3, width: int = 0) -> Line:
        """Return a statistic with its label, marked if it is outside its healthy range."""
        value = getattr(readings, name) if readings else None
        stat = STATS[name]
        unhealthy = value is not None and (
            (stat.low is not None and value < stat.low) or (stat.high is not None and value > stat.high)
        )
        places = 4 if value is not None and abs(value) < 0.01 else places
        text = figure(value, places) + ("!" if unhealthy else "")
        style = self.palette.strong + self.palette.orange if unhealthy else self.palette.strong
        return [(label, self.palette.faint), (text.rjust(width), style)]

    def _groups(self, r: Readings | None, width: int, *, keyed: bool) -> Line:
        """Return the shares of the three groups; `keyed`: each with its glyph in the bar."""
        if r is None:
            return [("inside -  returning -  stopped -", self.palette.faint)]
        names = ("inside", "returning", "stopped")
        line: Line = []
        for name, glyph, style in zip(names, GROUPS, self._colours, strict=True):
            label = name if width >= 36 else name[:4].removesuffix("i")
            key, gap = (f"{glyph} ", " ") if keyed else ("", "  ")
            line.append((f"{key}{label} {percent(getattr(r, name))}{gap}", style))
        return line

    def _bar(self, r: Readings | None, width: int) -> Line:
        width = min(width, BAR)
        if r is None:
            return [("┄" * width, self.palette.faint)]
        cells = shares((r.inside, r.returning, r.stopped), width)
        return [(glyph * n, style) for glyph, n, style in zip(GROUPS, cells, self._colours, strict=True)]

    @property
    def _colours(self) -> tuple[Style, Style, Style]:
        return self.palette.blue, self.palette.normal, self.palette.orange


def read(state: AppState) -> Readings | None:
    """Return the readings of the newest pass of this update, else the means of the last update's passes."""
    if (newest := state.snapshot.run.last_pass) is not None:
        done = state.config.epochs if state.moment.phase is Phase.COPY else state.moment.index
        samples, ratios = max(1, newest.inside + newest.returning + newest.stopped), newest.ratios
        return Readings(
            newest.policy_loss, newest.value_loss, newest.entropy, newest.approx_kl,
            float(ratios.mean()), float(ratios.min()), float(ratios.max()),
            newest.inside / samples, newest.returning / samples, newest.stopped / samples,
            f"pass {done} of {state.config.epochs}",
        )  # fmt: skip
    if (row := state.last_row) is None:
        return None
    values = {name: getattr(row, name) for name in Readings.__dataclass_fields__ if name != "source"}
    return Readings(**values, source=f"mean of update {row.update - 1}")


def shares(parts: tuple[float, ...], width: int) -> list[int]:
    """Divide `width` cells as `parts` are; every part above 0 gets at least one."""
    total = sum(parts) or 1.0
    cells = [max(int(part > 0), round(width * part / total)) for part in parts]
    cells[cells.index(max(cells))] += width - sum(cells)
    return cells
