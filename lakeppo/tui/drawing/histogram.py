"""The ratio of every sample in one pass, new over old probability of its action, against the clip band.

The axis is fixed so that passes can be compared. No column straddles an edge of the clip band: exactly the samples
beyond the dashed line are outside the band.
"""

from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from lakeppo.cells import padded
from lakeppo.i18n import _
from lakeppo.tui.drawing.lines import Line
from lakeppo.tui.theme import LEVELS, NOW, STOPPED_LEVELS, Palette

Floats = NDArray[np.float64]
LOW, HIGH = 0.5, 1.5
FAR = 3.0
"""Once the largest ratio has passed this, the axis is logarithmic."""
EDGE = "┊"
WIDEST = 66
"""The most columns; more would only be emptier."""


class Axis(NamedTuple):
    """The columns of the histogram; the first and the last hold all that lies beyond the axis."""

    bounds: Floats  # of the columns, ascending: one more than there are columns
    edges: tuple[int, ...]  # the columns that begin at an edge of the clip band
    log: bool


def make_axis(ratios: Floats, clip_coef: float | None, columns: int) -> Axis:
    """Return an axis from .5 to 1.5, or from 1/10 (1/100, ...) to 10 (100, ...) once a ratio has passed 3."""
    largest = float(ratios[np.isfinite(ratios)].max(initial=0.0))
    log = largest > FAR
    high = 10.0 ** int(np.clip(np.ceil(np.log10(largest)), 1, 6)) if log else HIGH
    low = 1 / high if log else LOW
    band = () if clip_coef is None else (1 - clip_coef, 1 + clip_coef)
    corners = [low, *(edge for edge in band if low < edge < high), high]
    space = np.geomspace if log else np.linspace
    spans = _spans(np.log(corners) if log else np.array(corners), columns - 2)
    pieces = [space(a, b, n + 1)[:-1] for (a, b), n in zip(pairwise(corners), spans, strict=True)]
    bounds = np.concatenate([[-np.inf], *pieces, [high, np.inf]])
    return Axis(bounds, tuple(int(np.searchsorted(bounds, edge)) for edge in corners[1:-1]), log)


def _spans(places: Floats, columns: int) -> list[int]:
    """Distribute `columns` among the stretches between `places`; the middle one, around 1, gets an odd number."""
    wide = np.diff(places) / (places[-1] - places[0]) * columns
    if len(wide) != 3:
        return [columns] if len(wide) == 1 else [first := max(1, round(float(wide[0]))), columns - first]
    middle = 2 * round((float(wide[1]) - 1) / 2) + 1
    middle = min(max(1, middle), columns - 2)
    left = min(max(1, round((columns - middle) * float(wide[0] / (wide[0] + wide[2])))), columns - middle - 1)
    return [left, middle, columns - middle - left]


def count(ratios: Floats, advantages: Floats, axis: Axis, clip_coef: float | None) -> list[NDArray[np.int64]]:
    """Count the samples of positive and those of negative advantage in each column; a NaN ratio lies in none."""
    columns, real, length = columns_of(ratios, axis, clip_coef), ~np.isnan(ratios), len(axis.bounds) - 1
    return [np.bincount(columns[real & sign], minlength=length) for sign in (advantages > 0, advantages < 0)]


def columns_of(ratios: Floats, axis: Axis, clip_coef: float | None) -> NDArray[np.int64]:
    """Return the column of each ratio."""
    columns = np.clip(np.searchsorted(axis.bounds, ratios, side="right") - 1, 0, len(axis.bounds) - 2)
    if clip_coef is not None:  # the band is closed: exactly 1 + clip_coef is still inside
        columns -= (ratios == 1 + clip_coef) & np.isin(columns, axis.edges)
    return columns


@dataclass(frozen=True)
class Histogram:
    """Two rows of columns on one axis, A > 0 above A < 0; the column of one sample may be marked."""

    ratios: Floats  # (T,)
    advantages: Floats  # (T,)
    clip_coef: float | None
    palette: Palette
    sample: int | None = None
    name: str = "A"  # of the advantages

    def lines(self, width: int, height: int) -> list[Line]:
        """Return at most `height` lines; from four on, the last tells which samples are stopped."""
        signs, label, axis = self._laid_out(width)
        counts = count(self.ratios, self.advantages, axis, self.clip_coef)
        explained = height >= 4
        rows = max(1, (height - 1 - explained) // 2)
        tallest = max(1, *(int(heights.max()) for heights in counts))
        lines: list[Line] = []
        normal = self.palette.normal
        for (name, samples), heights, sign in zip(signs.items(), counts, (1, -1), strict=True):
            drawn = [self._row(heights, y, rows, tallest, axis, sign) for y in range(rows)]
            lines += [[(" " * label, normal), *row] for row in drawn[:-1]]
            lines.append([(f"{name} {samples} ".ljust(label), normal), *self._marked(drawn[-1], axis, sign)])
        scale = padded(_("log") if axis.log else _("ratio"), label)
        lines.append([(scale, self.palette.faint), *self._scale(axis)])
        return [*lines, self._explanation()] if explained else lines[:height]

    def _laid_out(self, width: int) -> tuple[dict[str, int], int, Axis]:
        """Return the samples of each sign, the columns of their label, and the axis."""
        signs = {"A>0": int((self.advantages > 0).sum()), "A<0": int((self.advantages < 0).sum())}
        label = 5 + len(str(max(signs.values())))
        room = min(WIDEST, width - label - 2 * (self.clip_coef is not None))
        return signs, label, make_axis(self.ratios, self.clip_coef, max(8, room))

    def picked(self, x: int, y: int, width: int, height: int) -> tuple[tuple[float, float], int] | None:
        """Return the ratios and the sign of the column drawn at a place, None beside the columns."""
        _, label, axis = self._laid_out(width)
        rows = max(1, (height - 1 - (height >= 4)) // 2)
        edges = [edge + before for before, edge in enumerate(axis.edges)]
        column = x - label - sum(edge < x - label for edge in edges)
        if not 0 <= y < 2 * rows or not 0 <= column < len(axis.bounds) - 1 or x - label in edges:
            return None
        low, high = axis.bounds[column : column + 2].tolist()
        return (low, high), 1 if y < rows else -1

    def _row(self, heights: NDArray[np.int64], y: int, rows: int, tallest: int, axis: Axis, sign: int) -> Line:
        """Return line `y`, from the top, of one sign's columns; a column with any sample shows at least one eighth."""
        top = len(LEVELS) - 1
        eighths = np.where(heights > 0, np.maximum(1, np.rint(heights / tallest * top * rows)), 0)
        filled = np.clip(eighths - top * (rows - 1 - y), 0, top).astype(int)
        kinds = (LEVELS, self.palette.normal), (STOPPED_LEVELS, self.palette.orange)
        line: Line = []
        for column, (level, stopped) in enumerate(zip(filled.tolist(), self._stopped(axis, sign), strict=True)):
            if column in axis.edges:
                line.append((EDGE, self.palette.faint))
            levels, style = kinds[stopped]
            line.append((levels[level], style))
        return line

    def _stopped(self, axis: Axis, sign: int) -> list[bool]:
        """Return which columns hold only samples of this sign that the clip stops."""
        if self.clip_coef is None:
            return [False] * (len(axis.bounds) - 1)
        past = axis.bounds[:-1] >= 1 + self.clip_coef if sign > 0 else axis.bounds[1:] <= 1 - self.clip_coef
        stopped: list[bool] = past.tolist()
        return stopped

    def _marked(self, line: Line, axis: Axis, sign: int) -> Line:
        """Return the lowest line of a sign's columns with the sample's own column marked."""
        t = self.sample
        if t is None or t >= len(self.ratios) or np.isnan(self.ratios[t]) or np.sign(self.advantages[t]) != sign:
            return line
        column = int(columns_of(self.ratios[t : t + 1], axis, self.clip_coef)[0])
        at = column + sum(edge <= column for edge in axis.edges)
        return [*line[:at], (NOW, self.palette.strong), *line[at + 1 :]]

    def _scale(self, axis: Axis) -> Line:
        """Return the axis with its figures; its two ends stand for all that lies beyond."""
        track = list("<" + "─" * (len(axis.bounds) - 3 + len(axis.edges)) + ">")
        one = int(np.searchsorted(axis.bounds, 1.0, side="right")) - 1
        marks = [(edge + before, axis.bounds[edge]) for before, edge in enumerate(axis.edges)]
        marks += [(one + sum(edge <= one for edge in axis.edges), 1.0)]
        marks += [(0, axis.bounds[1]), (len(track), axis.bounds[-2])]
        for at, value in marks:
            text = f"{value:.4g}".removeprefix("0") if value < 1 else f"{value:.4g}"
            start = min(max(1, at - len(text) // 2), len(track) - 1 - len(text))
            around = track[max(1, start - 1) : start + len(text) + 1]
            if not set("".join(around)) - set("─>"):
                track[start : start + len(text)] = text
        return [("".join(track), self.palette.faint)]

    def _explanation(self) -> Line:
        zero, none = int((self.advantages == 0).sum()), int(np.isnan(self.ratios).sum())
        parts = ((zero, _("{count} of A=0")), (none, _("{count} of ratio NaN")))
        left_out = ", ".join(text.format(count=count) for count, text in parts if count)
        if left_out:
            return [(_("not drawn: {what}").format(what=left_out), self.palette.strong)]
        if self.clip_coef is None:
            return [(_("the clip is off: every sample pushes"), self.palette.faint)]
        a = _(self.name)
        if self.sample is not None:
            words = _("{now} sample  {level} stopped: {a}>0 right, {a}<0 left")
            return [(words.format(now=NOW, level=STOPPED_LEVELS[-1], a=a), self.palette.faint)]
        low, high = (f"{edge:.4g}".removeprefix("0") for edge in (1 - self.clip_coef, 1 + self.clip_coef))
        words = _("stopped: {a}>0 past {high}, {a}<0 below {low}").format(a=a, high=high, low=low)
        return [(f"{STOPPED_LEVELS[-1]} ", self.palette.orange), (words, self.palette.faint)]
