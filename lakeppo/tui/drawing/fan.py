"""The fan of a run's siblings: shades behind its curve."""

from collections.abc import Container

import numpy as np
from numpy.typing import NDArray
from rich.style import Style

from lakeppo.tui.drawing.braille import BrailleCanvas
from lakeppo.tui.text.formatting import figure
from lakeppo.tui.theme import Palette

Bands = NDArray[np.float64]
"""Quantiles of the siblings' success after each update, `(U + 1, 5)`: 5, 25, 50, 75 and 95 %."""
Tones = NDArray[np.uint8]
"""The tone (see `Palette.band`) of the upper and the lower half of every cell of a plot, `(height, width, 2)`."""


def fan_tones(bands: Bands | None, plot: BrailleCanvas, span: int, halves: bool) -> Tones:
    """Return the tones of a fan over `span` updates; without `halves` both halves of a cell are the same."""
    lines = plot.height * (2 if halves else 1)
    cells = np.zeros((lines, plot.width), np.uint8)
    if bands is not None:
        updates = (2 * np.arange(plot.width) + 0.5) / max(1, 2 * plot.width - 1) * span
        done, dots = np.arange(len(bands)), 4 * plot.height
        for column in np.flatnonzero(updates <= done[-1]).tolist():
            quantiles = [float(np.interp(updates[column], done, band)) for band in bands.T]
            low, lower, median, upper, high = (round((1 - q) * (dots - 1)) * lines // dots for q in quantiles)
            cells[high : low + 1, column] = 1
            cells[upper : lower + 1, column] = 2
            cells[median, column] = 3
    return np.stack([cells[::2], cells[1::2]] if halves else [cells, cells], axis=-1)


def fan_cell(palette: Palette, tones: list[int], blank: str) -> tuple[str, Style]:
    """Return a cell without dots; `blank` is its text outside the fan."""
    upper, lower = tones
    if not upper and not lower:
        return blank, palette.faint
    if upper == lower:
        glyph, style = palette.band(upper)
        return (blank, style + palette.faint) if glyph == " " else (glyph, style)
    above, below = (palette.band(tone)[1].bgcolor for tone in tones)
    return "▀", Style(color=above, bgcolor=below)


def dot_background(palette: Palette, tones: list[int]) -> Style:
    """Return the background of a cell with dots, in which the median is not drawn."""
    tone = min(2, max(tones))
    return Style(bgcolor=palette.band(tone)[1].bgcolor) if tone else Style.null()


def median_label(bands: Bands | None, plot: BrailleCanvas, taken: Container[int]) -> tuple[int, str]:
    """Return the last median's name and the line it stands beside: the nearest that is not taken, -1 for none."""
    if bands is None:
        return -1, ""
    median = float(bands[-1, 2])
    free = [y for y in range(plot.height) if y not in taken]
    return min(free, key=lambda y: abs(y - plot.level(median)), default=-1), f" siblings {figure(median)}"
