"""Charts made of characters, for terminals and files."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from lakeppo.cells import padded
from lakeppo.i18n import _
from lakeppo.lake.exact import Floats

COLUMNS, CELL = 80, 10
"""The width of a terminal, and of a cell of a heat map."""


class Glyphs(NamedTuple):
    """The characters of a chart, each one cell wide."""

    full_range: str
    middle_half: str
    median: str
    shades: str  # from none to all


UNICODE = Glyphs("░", "▒", "█", " ░▒▓█")
ASCII = Glyphs(".", ":", "#", " .:+#")


def glyphs(encoding: str | None) -> Glyphs:
    """Return the glyphs that `encoding` can represent."""
    return UNICODE if (encoding or "").lower().replace("-", "") == "utf8" else ASCII


def fan_chart(
    columns: Sequence[Floats], steps: int, top: tuple[str, float], glyphs: Glyphs, height: int = 10
) -> list[str]:
    """Draw the distribution of exact success over steps; `columns` are the agents' values `(N,)` at even spaces.

    `top` is the highest reachable success and its name.
    """
    name, most = top
    distributions = [np.quantile(column, (0, 0.25, 0.5, 0.75, 1)) for column in columns]
    lines = []
    for row in range(height):
        low, high = 1 - (row + 1) / height, 1 - row / height
        label = f"{high:.1f}" if row % 5 == 0 else ""
        mark = f" {most:.3f} {name}" if low < most <= high else ""
        cells = "".join(_fan_cell(distribution, low, high, glyphs) for distribution in distributions)
        lines.append(f"  {label:>4} |{cells}{mark}".rstrip())
    width = len(columns)
    legend = _("{median} median  {middle} middle half  {full} worst to best, exact success").format(
        median=glyphs.median, middle=glyphs.middle_half, full=glyphs.full_range
    )
    axis = "0" + padded(_("{count:,} steps").format(count=steps), width - 1, "right")
    return [*lines, f"   0.0 +{'-' * width}", f"        {axis}", f"        {legend}"]


def _fan_cell(distribution: Floats, low: float, high: float, glyphs: Glyphs) -> str:
    worst, lower, median, upper, best = distribution
    bottom = low if low > 1e-9 else -1.0  # the lowest row includes 0
    if bottom < median <= high:
        return glyphs.median
    if lower <= high and upper > bottom:
        return glyphs.middle_half
    return glyphs.full_range if worst <= high and best > bottom else " "


def heat_map(
    names: tuple[str, str], labels: tuple[list[str], list[str]], values: Floats, ceiling: float, glyphs: Glyphs
) -> list[str]:
    """Draw `values` `(rows, columns)` as numbers, shaded by their share of the ceiling; NaN is left empty.

    What is wider than a terminal is drawn as several maps, one below the other.
    """
    width = max(len(names[0]), *map(len, labels[0]))
    most, lines = (COLUMNS - width - 4) // CELL, []
    for start in range(0, len(labels[1]), most):
        part = slice(start, start + most)
        lines.append(f"  {'':>{width}}  {names[1]}")
        lines.append(f"  {names[0]:>{width}}  " + "".join(f"{label:<{CELL}}" for label in labels[1][part]))
        for label, row in zip(labels[0], values, strict=True):
            cells = (_cell(value, ceiling, glyphs) for value in row[part])
            lines.append(f"  {label:>{width}}  {''.join(cells)}")
    return [line.rstrip() for line in lines]


def _cell(value: float, ceiling: float, glyphs: Glyphs) -> str:
    return f"{_shade(value, ceiling, glyphs)}{value:<{CELL - 2}.3f}" if value == value else " " * CELL


def _shade(value: float, ceiling: float, glyphs: Glyphs) -> str:
    share = min(1.0, value / ceiling) if ceiling > 0 else 0.0
    return 2 * glyphs.shades[min(len(glyphs.shades) - 1, int(share * len(glyphs.shades)))]
