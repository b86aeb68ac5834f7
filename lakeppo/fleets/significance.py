"""How far chance alone goes: intervals for what many runs did, and which differences between settings are larger.

Intervals are 95 % ones. The bootstrap draws from a generator of its own, so the same runs give the same interval.
NumPy only.
"""

import math
from collections.abc import Sequence
from itertools import combinations

import numpy as np

from lakeppo.lake.exact import Floats

Z = 1.959963984540054
"""95 % of a normal distribution lie within so many standard deviations."""
RESAMPLES, DRAWS = 2000, 20_000_000
"""Of the bootstrap: so many, but of very many runs, whose interval is narrow, no more than can be drawn in a second."""


def wilson(hits: int, count: int) -> tuple[float, float]:
    """Wilson's interval of a share (1927): unlike the plain one, it is never empty at 0 or 1."""
    share, spread = hits / count, Z * Z / count
    centre, half = share + spread / 2, Z * math.sqrt(share * (1 - share) / count + spread / (4 * count))
    return max(0.0, (centre - half) / (1 + spread)), min(1.0, (centre + half) / (1 + spread))


def quantiles(values: Floats, shares: Sequence[float]) -> list[float]:
    """The values that so large shares of all reach, each one that occurred; infinite where it is a never."""
    ordered = np.sort(values)
    return [float(ordered[max(0, math.ceil(share * len(ordered)) - 1)]) for share in shares]


def interquartile_mean(values: Floats) -> Floats:
    """The mean of the middle half along the last axis (interquartile mean; Agarwal et al. 2021, arXiv:2108.13264)."""
    cut = values.shape[-1] // 4
    mean: Floats = np.sort(values, axis=-1)[..., cut : values.shape[-1] - cut].mean(axis=-1)
    return mean


def interquartile_mean_interval(values: Floats) -> tuple[float, float]:
    """The bootstrap interval of `middle_mean` (percentiles of its values over resampled runs)."""
    generator, count = np.random.default_rng(0), len(values)
    resamples = max(100, min(RESAMPLES, DRAWS // count))
    means = [interquartile_mean(values[generator.integers(count, size=count)]) for _ in range(resamples)]
    low, high = np.quantile(means, (0.025, 0.975))
    return float(low), float(high)


def rank_test(one: Floats, other: Floats) -> float:
    """Two-sided p of Mann and Whitney's rank test, by its normal limit with the correction for ties."""
    both = np.concatenate([one, other])
    _, inverse, counts = np.unique(both, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[inverse]
    n, m, total = len(one), len(other), len(both)
    above = ranks[:n].sum() - n * (n + 1) / 2
    variance = n * m / 12 * (total + 1 - (counts**3 - counts).sum() / (total * (total - 1)))
    if variance <= 0:
        return 1.0
    away = max(0.0, abs(above - n * m / 2) - 0.5) / math.sqrt(variance)
    return math.erfc(away / math.sqrt(2))


def holm(p_values: Sequence[float]) -> list[float]:
    """p values of many tests at once, raised so that at most 5 % of such families hold any false alarm under 0.05."""
    adjusted, worst = [0.0] * len(p_values), 0.0
    for place, k in enumerate(sorted(range(len(p_values)), key=p_values.__getitem__)):
        worst = max(worst, min(1.0, p_values[k] * (len(p_values) - place)))
        adjusted[k] = worst
    return adjusted


def pairwise(groups: Sequence[Floats]) -> dict[tuple[int, int], float]:
    """Holm's p of the rank test for every pair of groups, so that any of them may be picked out afterwards."""
    pairs = list(combinations(range(len(groups)), 2))
    return dict(zip(pairs, holm([rank_test(groups[i], groups[j]) for i, j in pairs]), strict=True))
