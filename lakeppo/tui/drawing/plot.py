"""A plot of figures by update: curves in braille dots, with a scale at the left and an axis below.

No curve hides a fall: where several updates fall on one column of dots, all of their range is drawn. A cell has the
colour of one curve only, the one that was added first.
"""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from rich.style import Style

from lakeppo.i18n import _
from lakeppo.tui.drawing.braille import BrailleCanvas, braille
from lakeppo.tui.drawing.extremes import Figures, extremes
from lakeppo.tui.drawing.lines import Line
from lakeppo.tui.theme import DOTTED, NOW, PRESENT, Palette

FINE = 16
"""Stretches in a column of dots: where there are more updates, the least and the largest value of each are drawn."""


class Layer(NamedTuple):
    """The dots of one curve, `(height, width)`, their style, and the glyph of its cells instead of the dots."""

    bits: NDArray[np.uint8]
    style: Style
    glyph: str


class Plot:
    """Curves over `span` updates on one scale from `low` to `high`.

    `present` is the update on screen: what is after it was computed before, and is dimmed.
    """

    def __init__(
        self, size: tuple[int, int], span: int, scale: tuple[float, float], present: float, palette: Palette
    ) -> None:
        self.width, self.height = size
        self.span, self.present, self.palette = max(1, span), present, palette
        self._low, self._high = scale
        self._layers: list[Layer] = []
        self._dotted: dict[int, Style] = {}

    def height_of(self, value: float) -> float:
        """Return the height of a value from 0 to 1, as far as the scale reaches."""
        return min(1.0, max(0.0, (value - self._low) / ((self._high - self._low) or 1.0)))

    def line_of(self, value: float) -> int:
        """Return the line in which a value lies, 0 at the top."""
        return BrailleCanvas(1, self.height).level(self.height_of(value))

    def column_of(self, update: float) -> int:
        """Return the column in which an update lies."""
        return min(self.width - 1, max(0, round(update / self.span * (self.width - 1))))

    def update_at(self, column: int) -> int:
        """Return the update that lies in a column."""
        return round(column / max(1, self.width - 1) * self.span)

    def curve(self, updates: Figures, values: Figures, style: Style, glyph: str = "") -> None:
        """Add a line through the values that are known: in `style` up to the present, dim after it.

        `glyph` stands in its cells in place of the dots, where two curves cannot be told apart by colour.
        """
        known = int(np.searchsorted(updates, self.present, side="right"))
        self._add(updates[:known], values[:known], style, joined=True, glyph=glyph)
        after = slice(max(0, known - 1), None)  # joined to the last point before
        self._add(updates[after], values[after], self.palette.faint, joined=True, glyph=glyph)

    def dots(self, updates: Figures, values: Figures, style: Style) -> None:
        """Add a dot for each known value up to the present, or for the extremes of many."""
        known = int(np.searchsorted(updates, self.present, side="right"))
        self._add(updates[:known], values[:known], style, joined=False)

    def _add(self, updates: Figures, values: Figures, style: Style, *, joined: bool, glyph: str = "") -> None:
        if not self.width * self.height:
            return
        most = 2 * self.width * FINE
        if len(values) > 2 * most:
            edges, least, largest = extremes(values, most)
            updates, values = np.repeat(updates[edges[:-1]], 2), np.stack([least, largest], axis=1).ravel()
        known = ~np.isnan(values)
        heights = np.clip((values[known] - self._low) / ((self._high - self._low) or 1.0), 0, 1)
        canvas = BrailleCanvas(self.width, self.height)
        (canvas.line if joined else canvas.dots)(np.stack([updates[known] / self.span, heights], axis=1))
        self._layers.append(Layer(canvas.bits, style, glyph))

    def level(self, value: float, style: Style) -> None:
        """Add a dotted line at a value, behind the curves."""
        self._dotted.setdefault(self.line_of(value), style)

    def rows(self) -> list[list[tuple[str, Style]]]:
        """Return the cells of the plot."""
        here = self.column_of(self.present)
        drawn: list[list[tuple[str, Style]]] = []
        for y in range(self.height):
            blank = (DOTTED, self._dotted[y]) if y in self._dotted else (" ", self.palette.normal)
            line = [blank] * self.width
            line[here] = (PRESENT, self.palette.orange)
            for bits, style, glyph in reversed(self._layers):
                for x in np.flatnonzero(bits[y]).tolist():
                    line[x] = (glyph or braille(int(bits[y, x])), style)
            drawn.append(line)
        return drawn

    def axis(self, marks: Mapping[int, str], indent: int) -> Line:
        """Return the axis: `marks` by their updates, in the styles of events, and the present above them."""
        faint = self.palette.faint
        cells: Line = [("─", faint)] * self.width
        for update, glyph in marks.items():
            cells[self.column_of(update)] = (glyph, self.palette.mark(glyph))
        cells[self.column_of(self.present)] = (NOW, self.palette.strong + self.palette.orange)
        scale = _("update {update}").format(update=self.span)
        return [(" " * indent + "└", faint), *cells, (f" {scale}", faint)]
