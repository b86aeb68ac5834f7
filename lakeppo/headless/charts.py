"""Charts made of characters, for any terminal and for none."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from lakeppo.lake.exact import Floats


class Glyphs(NamedTuple):
    """What charts are drawn with; all one cell wide."""

    whole: str  # from the worst to the best
    half: str  # the middle half
    median: str
    shades: str  # from none to all


UNICODE = Glyphs("░", "▒", "█", " ░▒▓█")
ASCII = Glyphs(".", ":", "#", " .:+#")


def glyphs(encoding: str | None) -> Glyphs:
    """Those that can be written in `encoding`."""
    return UNICODE if (encoding or "").lower().replace("-", "") == "utf8" else ASCII


def fan(columns: Sequence[Floats], steps: int, ceiling: float, drawn: Glyphs, height: int = 10) -> list[str]:
    """Exact success 0 to 1 upwards, steps to the right: where all agents of a column are, its middle half, its median.

    `columns` are the agents' values at evenly spaced steps, `(N,)` each.
    """
    spreads = [np.quantile(column, (0, 0.25, 0.5, 0.75, 1)) for column in columns]
    lines = []
    for row in range(height):
        low, high = 1 - (row + 1) / height, 1 - row / height
        label = f"{high:.1f}" if row % 5 == 0 else ""
        mark = f" {ceiling:.3f} ceiling" if low < ceiling <= high else ""
        lines.append(f"  {label:>4} |" + "".join(_fan_cell(spread, low, high, drawn) for spread in spreads) + mark)
    lines = [line.rstrip() for line in lines]
    width = len(columns)
    end = f"{steps:,} steps"
    lines.append("   0.0 +" + "-" * width)
    lines.append(" " * 8 + "0" + end.rjust(width - 1))
    lines.append(f"        {drawn.median} median  {drawn.half} middle half  {drawn.whole} worst to best, exact success")
    return lines


def _fan_cell(spread: Floats, low: float, high: float, drawn: Glyphs) -> str:
    worst, quarter, median, upper, best = spread
    bottom = low if low > 1e-9 else -1.0  # what is exactly 0 is in the lowest row
    if bottom < median <= high:
        return drawn.median
    if quarter <= high and upper > bottom:
        return drawn.half
    return drawn.whole if worst <= high and best > bottom else " "


def heat_map(
    names: tuple[str, str], labels: tuple[list[str], list[str]], values: Floats, ceiling: float, drawn: Glyphs
) -> list[str]:
    """`values` `(rows, columns)` as figures, shaded by their share of the ceiling; NaN is left empty."""
    rows, columns = labels
    wide = max(len(names[0]), *map(len, rows))
    lines = [f"  {'':>{wide}}  {names[1]}", f"  {names[0]:>{wide}}  " + "".join(f"{c:<10}" for c in columns)]
    for label, line in zip(rows, values, strict=True):
        cells = (f"{_shade(value, ceiling, drawn)}{value:<8.3f}" if value == value else " " * 10 for value in line)
        lines.append(f"  {label:>{wide}}  {''.join(cells)}")
    return [line.rstrip() for line in lines]


def _shade(value: float, ceiling: float, drawn: Glyphs) -> str:
    share = min(1.0, value / ceiling) if ceiling > 0 else 0.0
    return 2 * drawn.shades[min(len(drawn.shades) - 1, int(share * len(drawn.shades)))]
