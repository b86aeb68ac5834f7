"""The losses and the ratio: of the newest pass while improving, of the last update otherwise."""

from typing import Any, NamedTuple

from rich.style import Style

from lakeppo.moment import Phase
from lakeppo.runs.statistics import STATS
from lakeppo.session.snapshot import Pass
from lakeppo.tui.drawing.lines import Line, fit
from lakeppo.tui.drawing.sparkline import gather
from lakeppo.tui.panels.base import Panel
from lakeppo.tui.state import AppState
from lakeppo.tui.text.formatting import figure, percent
from lakeppo.tui.theme import GROUPS, LEVELS

BAR = 66
"""Columns of a bar; more would only be emptier."""
TRENDS = ("policy_loss", "value_loss", "entropy", "approx_kl", "stopped")


class Readings(NamedTuple):
    """What the panel shows, named as in `STATS`; shares are of all samples."""

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


class Readouts(Panel[Any]):
    """Losses, entropy, KL, the ratio, and the three groups as one stacked bar."""

    throttled = False

    def looks_at(self, state: AppState) -> tuple[object, ...]:
        learning = state.moment if state.snapshot and state.snapshot.last_pass else None
        return (learning, state.config.epochs, state.growth)

    def title(self, state: AppState) -> str:
        readings = read(state)
        source = readings.source if readings else "before the first pass"
        samples = state.snapshot is not None and state.snapshot.last_pass is not None
        hint = "  i: batch" if samples and not self.gutter.height else ""  # the footer has no room for it there
        return f"{'LOSS AND RATIO' if self.size.width >= 38 else 'RATIO'}  {source}{hint}"

    def body(self, state: AppState, width: int, height: int) -> list[Line]:
        readings = read(state)
        if height >= 8:
            return self._long(state, readings, width, height)
        return self._short(readings, width)[:height]

    def _short(self, r: Readings | None, width: int) -> list[Line]:
        faint = self.palette.faint
        lines: list[list[Line]] = [
            [self._of(r, "policy_loss", "policy loss ", 4), [("(not a score)", faint)]],
            [
                self._of(r, "value_loss", "value loss ", 4),
                [*self._of(r, "entropy", "entropy ", 2), (" of 1.39", faint)],
            ],
            [
                [*self._of(r, "ratio_mean", "ratio ", 2), *self._of(r, "ratio_min", " min ", 2)],
                self._of(r, "ratio_max", "max ", 2),
                self._of(r, "approx_kl", "KL "),
            ],
        ]
        gaps = ("  ", "  ", " ")
        fitted = [fit(pieces, width, gap) for pieces, gap in zip(lines, gaps, strict=True)]
        return [*fitted, self._groups(r, width, keyed=False), self._bar(r, width)]

    def _long(self, state: AppState, r: Readings | None, width: int, height: int) -> list[Line]:
        faint = self.palette.faint
        lines: list[Line] = [
            [*self._of(r, "policy_loss", "policy loss  ", 4, 8), ("  not a score", faint)],
            [*self._of(r, "value_loss", "value loss   ", 4, 8), ("  error of the critic", faint)],
            [*self._of(r, "entropy", "entropy      ", 3, 8), ("  of 1.386 at most", faint)],
            [*self._of(r, "approx_kl", "approx_kl    ", 4, 8), (f"  healthy: {STATS['approx_kl'].healthy}", faint)],
            [
                *self._of(r, "ratio_mean", "ratio   mean ", 3, 8),
                *self._of(r, "ratio_min", "  min "),
                *self._of(r, "ratio_max", "  max "),
            ],
            self._groups(r, width, keyed=True),
            self._bar(r, width),
        ]
        hint: list[Line] = [[("stopped: gradient exactly zero by the clip", faint)]]
        lines = lines[:5] + [[]] * (height > 8) + lines[5:] + hint
        return [*lines, *self._trends(state, width, height - len(lines))]

    def _trends(self, state: AppState, width: int, room: int) -> list[Line]:
        """Where there is room: how the figures went over the updates, each on a scale of its own."""
        rows = state.rows
        if room < len(TRENDS) + 2 or len(rows) < 2:
            return []
        lines: list[Line] = [[], [("over the updates, each on its own scale", self.palette.strong)]]
        for name in TRENDS:
            values = gather([getattr(row, name) for row in rows], min(BAR, max(8, width - 34)))
            known = [value for value in values if value is not None]
            low, high = min(known), max(known)
            span = (high - low) or 1.0
            text = "".join(LEVELS[1 + round(7 * ((v if v is not None else low) - low) / span)] for v in values)
            ends = f"{figure(low):>6} to {figure(high):<6} "
            said = name if name == "approx_kl" else name.replace("_", " ")
            lines.append([(f"{said:<13}{ends}", self.palette.faint), (text, self.palette.blue)])
        return lines

    def _of(self, readings: Readings | None, name: str, label: str, places: int = 3, width: int = 0) -> Line:
        """A figure with its name, marked where it has left its healthy range."""
        value = getattr(readings, name) if readings else None
        stat = STATS[name]
        ill = value is not None and (
            (stat.low is not None and value < stat.low) or (stat.high is not None and value > stat.high)
        )
        places = 4 if value is not None and abs(value) < 0.01 else places
        text = figure(value, places) + ("!" if ill else "")
        style = self.palette.strong + self.palette.orange if ill else self.palette.strong
        return [(label, self.palette.faint), (text.rjust(width), style)]

    def _groups(self, r: Readings | None, width: int, *, keyed: bool) -> Line:
        if r is None:
            return [("inside -  returning -  stopped -", self.palette.faint)]
        names = ("inside", "returning", "stopped")
        line: Line = []
        for name, glyph, style in zip(names, GROUPS, self._colours(), strict=True):
            short = name if width >= 36 else name[:4].removesuffix("i")
            line += [
                (f"{glyph} " * keyed, style),
                (f"{short} {percent(getattr(r, name))}{' ' if keyed else '  '}", style),
            ]
        return line

    def _bar(self, r: Readings | None, width: int) -> Line:
        width = min(width, BAR)
        if r is None:
            return [("┄" * width, self.palette.faint)]
        cells = shares((r.inside, r.returning, r.stopped), width)
        return [(glyph * n, style) for glyph, n, style in zip(GROUPS, cells, self._colours(), strict=True)]

    def _colours(self) -> tuple[Style, Style, Style]:
        return self.palette.blue, self.palette.normal, self.palette.orange


def read(state: AppState) -> Readings | None:
    """The newest pass while this update is being improved, else the means of the last update's passes."""
    snapshot, row = state.snapshot, state.last_row
    if snapshot is None:
        return None
    moment, epochs = snapshot.moment, state.config.epochs
    if snapshot.last_pass is not None:
        done = epochs if moment.phase is Phase.COPY else moment.index
        return _of_pass(snapshot.last_pass, f"pass {done} of {epochs}")
    if row is None:
        return None
    values = {name: getattr(row, name) for name in Readings._fields if name != "source"}
    return Readings(**values, source=f"mean of update {row.update - 1}")


def _of_pass(p: Pass, source: str) -> Readings:
    samples = max(1, p.inside + p.returning + p.stopped)
    return Readings(
        p.policy_loss, p.value_loss, p.entropy, p.approx_kl,
        float(p.ratios.mean()), float(p.ratios.min()), float(p.ratios.max()),
        p.inside / samples, p.returning / samples, p.stopped / samples, source,
    )  # fmt: skip


def shares(parts: tuple[float, ...], width: int) -> list[int]:
    """`width` cells divided as `parts` are; a part that is there at all gets a cell."""
    total = sum(parts) or 1.0
    cells = [max(int(part > 0), round(width * part / total)) for part in parts]
    cells[cells.index(max(cells))] += width - sum(cells)
    return cells
