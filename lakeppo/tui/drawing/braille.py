"""A small drawing in braille dots, two across and four down in every cell."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

DOTS = np.array([[0x01, 0x08], [0x02, 0x10], [0x04, 0x20], [0x40, 0x80]], dtype=np.uint8)
"""The bit of each dot in a braille character, row by row."""
Points = Sequence[tuple[float, float]] | NDArray[np.float64]
"""Points as `(x, y)`, each from 0 to 1: x from the left, y from the bottom."""


class BrailleCanvas:
    """A canvas of `width` by `height` cells: `(4 * height, 2 * width)` dots, set or not."""

    def __init__(self, width: int, height: int) -> None:
        self.width, self.height = width, height
        self._set = np.zeros((4 * height, 2 * width), dtype=np.bool_)

    def _place(self, points: Points) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return the column and the row of each point's dot, row 0 at the top."""
        x, y = np.clip(np.array(points, dtype=np.float64).reshape(-1, 2), 0, 1).T
        rows, columns = self._set.shape
        return np.rint(x * (columns - 1)).astype(np.int64), np.rint((1 - y) * (rows - 1)).astype(np.int64)

    def dots(self, points: Points) -> None:
        """Set one dot for each point."""
        columns, rows = self._place(points)
        self._set[rows, columns] = True

    def line(self, points: Points) -> None:
        """Draw a line through the points, which go from left to right."""
        if not len(points):
            return
        columns, rows = self._place(points)
        at, begin = np.unique(columns, return_index=True)
        first, last = rows[begin], rows[np.append(begin[1:], len(rows)) - 1]
        across = np.arange(at[0], at[-1] + 1)
        to = np.maximum(1, np.searchsorted(at, across)) if len(at) > 1 else np.zeros_like(across)
        slope = (first[to] - last[to - 1]) / np.maximum(1, at[to] - at[to - 1])
        here = np.rint(first[to] + slope * (across - at[to])).astype(np.int64)
        left = np.rint(first[to] + slope * (across - 1 - at[to])).astype(np.int64)
        here[0] = left[0] = first[0]
        top, bottom = np.minimum(here, left), np.maximum(here, left)
        top[at - at[0]] = np.minimum(top[at - at[0]], np.minimum.reduceat(rows, begin))
        bottom[at - at[0]] = np.maximum(bottom[at - at[0]], np.maximum.reduceat(rows, begin))
        down = np.arange(len(self._set))[:, None]
        self._set[:, across] |= (top <= down) & (down <= bottom)

    @property
    def bits(self) -> NDArray[np.uint8]:
        """The dots of every cell, `(height, width)`, as `braille` takes them."""
        cells = self._set.reshape(self.height, 4, self.width, 2)
        bits: NDArray[np.uint8] = (cells * DOTS[:, None]).sum(axis=(1, 3), dtype=np.uint8)
        return bits

    def level(self, y: float) -> int:
        """Return the line of cells in which the height `y` lies, line 0 at the top."""
        return int(self._place([(0, y)])[1][0]) // 4


def braille(bits: int) -> str:
    """Return the character of one cell; never the blank U+2800, which some fonts print as a box."""
    return chr(0x2800 + bits) if bits else " "
