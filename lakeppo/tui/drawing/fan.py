"""The fan of a run's siblings, as tones behind its curve."""

from collections.abc import Container

import numpy as np
from numpy.typing import NDArray
from rich.style import Style

from lakeppo.session.fan import SiblingResults
from lakeppo.tui.drawing.braille import BrailleCanvas
from lakeppo.tui.text.formatting import figure
from lakeppo.tui.theme import Palette

Tones = NDArray[np.uint8]
"""The upper and the lower half of every cell of a plot, `(height, width, 2)`: which part of the fan it is in, or 0."""


def tones(fan: SiblingResults | None, plot: BrailleCanvas, span: int, halves: bool) -> Tones:
    """The fan over `span` updates, its parts as `Ink.band` counts them; without `halves` both halves are the same."""
    lines = plot.height * (2 if halves else 1)
    cells = np.zeros((lines, plot.width), np.uint8)
    if fan is not None:
        updates = (2 * np.arange(plot.width) + 0.5) / max(1, 2 * plot.width - 1) * span
        lived, dots = np.arange(len(fan.bands)), 4 * plot.height
        for column in np.flatnonzero(updates <= fan.extent).tolist():
            quantiles = [float(np.interp(updates[column], lived, band)) for band in fan.bands.T]
            low, lower, median, upper, high = (round((1 - q) * (dots - 1)) * lines // dots for q in quantiles)
            cells[high : low + 1, column] = 1
            cells[upper : lower + 1, column] = 2
            cells[median, column] = 3
    return np.stack([cells[::2], cells[1::2]] if halves else [cells, cells], axis=-1)


def draw(palette: Palette, halves: list[int], blank: str) -> tuple[str, Style]:
    """A cell with nothing else in it; `blank` is what it shows outside the fan."""
    upper, lower = halves
    if not upper and not lower:
        return blank, palette.faint
    if upper == lower:
        glyph, style = palette.band(upper)
        return (blank, style + palette.faint) if glyph == " " else (glyph, style)
    above, below = (palette.band(tone)[1].bgcolor for tone in halves)
    return "▀", Style(color=above, bgcolor=below)


def behind(palette: Palette, halves: list[int]) -> Style:
    """What lies behind a dot; the median makes way."""
    tone = min(2, max(halves))
    return Style(bgcolor=palette.band(tone)[1].bgcolor) if tone else Style.null()


def median_name(fan: SiblingResults | None, plot: BrailleCanvas, taken: Container[int]) -> tuple[int, str]:
    """What is written beside the plot, and in which line: the one nearest to the median that is not taken."""
    if fan is None:
        return -1, ""
    median = float(fan.bands[fan.extent, 2])
    free = [y for y in range(plot.height) if y not in taken]
    return min(free, key=lambda y: abs(y - plot.level(median)), default=-1), f" siblings {figure(median)}"
