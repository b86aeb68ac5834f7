"""A small drawing in braille dots, two across and four down in every cell."""

import numpy as np
from numpy.typing import NDArray

DOTS = np.array([[0x01, 0x08], [0x02, 0x10], [0x04, 0x20], [0x40, 0x80]], dtype=np.uint8)
"""The bit of each dot in a braille character, row by row."""


class Canvas:
    """Dots on `width` by `height` cells; a point is given by its share of the width, and by its value from 0 to 1."""

    def __init__(self, width: int, height: int) -> None:
        self.width, self.height = width, height
        self.bits: NDArray[np.uint8] = np.zeros((height, width), dtype=np.uint8)

    def _place(self, x: float, y: float) -> tuple[int, int]:
        across, down = 2 * self.width - 1, 4 * self.height - 1
        return round(min(1.0, max(0.0, x)) * across), round((1 - min(1.0, max(0.0, y))) * down)

    def _set(self, across: int, down: int) -> None:
        self.bits[down // 4, across // 2] |= DOTS[down % 4, across % 2]

    def dot(self, x: float, y: float) -> None:
        """One dot."""
        self._set(*self._place(x, y))

    def line(self, points: list[tuple[float, float]]) -> None:
        """A line through `points`, from left to right."""
        before: tuple[int, int] | None = None
        for x, y in points:
            across, down = self._place(x, y)
            start, level = before or (across, down)
            for step in range(start, across + 1):
                share = (step - start) / max(1, across - start)
                here = round(level + share * (down - level))
                previous = round(level + max(0.0, (step - 1 - start) / max(1, across - start)) * (down - level))
                for dot in range(min(here, previous), max(here, previous) + 1):
                    self._set(step, dot)
            if start == across:
                for dot in range(min(level, down), max(level, down) + 1):
                    self._set(across, dot)
            before = across, down

    def level(self, y: float) -> int:
        """The line of cells a value lies in."""
        return self._place(0, y)[1] // 4


def braille(bits: int) -> str:
    """The character of one cell; never the blank U+2800, which some fonts print as a box."""
    return chr(0x2800 + bits) if bits else " "
