"""Figures over the updates in block characters."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from lakeppo.tui.drawing.lines import Line
from lakeppo.tui.theme import DOTTED, LEVELS, Palette


def sparkline(
    rates: Sequence[float | None], width: int, height: int, palette: Palette, top: float | None = None
) -> list[Line]:
    """Return success rates as blocks on a scale from 0 to 1; in several lines, a dotted one marks the rate `top`."""
    values = gather(rates, width)
    values += [None] * (width - len(values))
    dotted = -1 if top is None or height < 2 else min(height - 1, int((1 - top) * height))
    lines: list[Line] = []
    for y in range(height):
        blank = (DOTTED, palette.faint) if y == dotted else (" ", palette.blue)
        blocks = [_block(value, height - 1 - y, height) for value in values]
        lines.append([(block, palette.blue) if block else blank for block in blocks])
    return lines


def _block(value: float | None, floor: int, height: int) -> str:
    """Return the block of one value `floor` lines above the lowest, which always shows it; empty for none."""
    if value is None:
        return ""
    eighths = min(8, round(8 * height * value) - 8 * floor)
    return LEVELS[max(eighths, 1 if floor == 0 else 0)].strip()


def gather(values: Sequence[float | None], width: int) -> list[float | None]:
    """Return `values` in at most `width` columns, each the mean of its share; None where that has no value."""
    if len(values) <= width:
        return list(values)
    edges = np.linspace(0, len(values), width + 1).astype(int)
    columns = [[v for v in values[a:b] if v is not None] for a, b in pairwise(edges)]
    return [sum(column) / len(column) if column else None for column in columns]
