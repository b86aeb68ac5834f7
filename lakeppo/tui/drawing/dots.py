"""Figures from 0 to 1 as dots on a line: one dot for each, piled up where several fall on one place."""

from collections.abc import Sequence

from lakeppo.tui.drawing.braille import BrailleCanvas, braille

ACROSS, DOWN = 2, 4
"""Dots of a cell."""


def dot_lines(values: Sequence[float], width: int, height: int) -> list[str]:
    """Return `height` lines of `width` cells with a dot for each value, the lowest dots in the last line.

    Where a pile is full, the next dot goes beside it; values that are not numbers have no dot.
    """
    columns, rows = ACROSS * width, DOWN * height
    piles = [0] * columns
    for value in sorted(value for value in values if value == value):
        wanted = round(min(1.0, max(0.0, value)) * (columns - 1))
        free = [column for column in range(columns) if piles[column] < rows]
        if not free:
            break
        piles[min(free, key=lambda column: abs(column - wanted))] += 1
    canvas = BrailleCanvas(width, height)
    canvas.dots([(x / max(1, columns - 1), y / (rows - 1)) for x, pile in enumerate(piles) for y in range(pile)])
    return ["".join(map(braille, line)) for line in canvas.bits.tolist()]
