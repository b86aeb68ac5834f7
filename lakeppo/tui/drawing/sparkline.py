"""The running success rate in block characters, always on a scale from 0 to 1."""

from collections.abc import Sequence
from itertools import groupby, pairwise

import numpy as np

from lakeppo.tui.drawing.lines import Line
from lakeppo.tui.state import AppState
from lakeppo.tui.text.formatting import rate_words
from lakeppo.tui.theme import DOTTED, LEVELS, Palette


def average_words(state: AppState, *, short: bool = False) -> str:
    """The running average and what it is of: `.38 ±.05, last 100 episodes`."""
    window = state.snapshot.window if state.snapshot else 0
    if not window:
        return "no episode yet"
    if short:
        return f"{rate_words(state)}, last {window}"
    return f"{rate_words(state)}, last {window} episodes" if window > 1 else f"{rate_words(state)}, one episode"


def sparkline(state: AppState, width: int, height: int, palette: Palette) -> list[Line]:
    """The running success rate over the run, the newest at the right end, the ceiling dotted behind it."""
    rates = [row.success_rate for row in state.rows]
    if state.snapshot is not None:
        rates.append(state.snapshot.success_rate)
    values = gather(rates, width)
    top = _dotted_line(state, height)
    lines: list[Line] = []
    for y in range(height):
        blank = DOTTED if y == top else " "
        text = "".join(_level(value, height, y, blank) for value in values).ljust(width, blank)
        runs = groupby(text, key=lambda glyph: glyph == DOTTED)
        lines.append([("".join(run), palette.faint if dotted else palette.blue) for dotted, run in runs])
    return lines


def _dotted_line(state: AppState, height: int) -> int:
    if state.snapshot is None or height < 2:
        return -1
    exact = state.snapshot.exact
    best = exact.optimum if exact.ceiling is None else exact.ceiling
    return min(height - 1, int((1 - best) * height))


def _level(value: float | None, height: int, y: int, blank: str) -> str:
    """The block of one column in line `y`; the lowest line always shows where there is a value."""
    if value is None:
        return blank
    floor = height - 1 - y
    eighths = min(8, round(8 * height * value) - 8 * floor)
    return LEVELS[max(1, eighths)] if floor == 0 else LEVELS[eighths] if eighths > 0 else blank


def gather(values: Sequence[float | None], width: int) -> list[float | None]:
    """`values` in at most `width` columns: each the mean of its share, None where there is none."""
    if len(values) <= width:
        return list(values)
    edges = np.linspace(0, len(values), width + 1).astype(int)
    columns = [[v for v in values[a:b] if v is not None] for a, b in pairwise(edges)]
    return [sum(column) / len(column) if column else None for column in columns]
