"""What a drawing needs of a long series: a few passes of NumPy over it, and no more points than it has dots."""

import numpy as np
from numpy.typing import NDArray

Figures = NDArray[np.float64]
"""A figure after each update, `(U,)`; NaN where it has no value."""
SAMPLE = 1024
"""The most values of which a median is taken."""


def extremes(values: Figures, stretches: int) -> tuple[NDArray[np.int64], Figures, Figures]:
    """Divide `values` into equal stretches, no more than there are values.

    Return their edges, one more than stretches, and the least and the largest value of each; NaN where it has none.
    """
    edges = np.linspace(0, len(values), min(stretches, len(values)) + 1).astype(np.int64)
    return edges, np.fmin.reduceat(values, edges[:-1]), np.fmax.reduceat(values, edges[:-1])


def middle(known: Figures) -> float:
    """Return about the median of values, of which one at least is known and all are finite."""
    return float(np.median(known[:: 1 + len(known) // SAMPLE]))
