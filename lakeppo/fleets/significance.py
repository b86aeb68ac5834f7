"""Confidence intervals for the results of many runs, and tests of the differences between settings. NumPy only.

Intervals are at 95 %. The bootstrap uses a generator of its own: equal values give equal intervals.
"""

import math
from collections.abc import Callable, Sequence
from functools import lru_cache
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from lakeppo.lake.exact import Floats

RESAMPLES, DRAWS = 2000, 20_000_000
"""The bootstrap's resamples, and its limit of draws, about a second: many runs have a narrow interval anyway."""

MOST_PERMUTATIONS = 4000
"""Up to so many ways of dividing two samples, a test of means counts them all: two of seven have 3,432."""
Integers = NDArray[np.intp]


def quantiles(values: Floats, shares: Sequence[float]) -> list[float]:
    """Return the smallest values that at least `shares` of all do not exceed; infinite where that is one."""
    ordered = np.sort(values)
    return [float(ordered[max(0, math.ceil(share * len(ordered)) - 1)]) for share in shares]


def interquartile_mean(values: Floats) -> Floats:
    """Return the mean of the middle half along the last axis (Agarwal et al. 2021, arXiv:2108.13264)."""
    cut = values.shape[-1] // 4
    mean: Floats = np.sort(values, axis=-1)[..., cut : values.shape[-1] - cut].mean(axis=-1)
    return mean


def bootstrap_interval(values: Floats, statistic: Callable[[Floats], Floats] = np.mean) -> tuple[float, float]:
    """Return the percentile bootstrap interval of a statistic, by default the mean, of `values` `(N,)`."""
    generator, count = np.random.default_rng(0), len(values)
    resamples = max(100, min(RESAMPLES, DRAWS // count))
    samples = [statistic(values[generator.integers(count, size=count)]) for _ in range(resamples)]
    low, high = np.quantile(samples, (0.025, 0.975))
    return float(low), float(high)


def rank_test(a: Floats, b: Floats) -> float:
    """Return the two-sided p of the rank test (Mann and Whitney 1947) in its normal limit, corrected for ties."""
    both = np.concatenate([a, b])
    _, inverse, counts = np.unique(both, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[inverse]
    n, m, total = len(a), len(b), len(both)
    u = ranks[:n].sum() - n * (n + 1) / 2
    variance = n * m / 12 * (total + 1 - (counts**3 - counts).sum() / (total * (total - 1)))
    if variance <= 0:
        return 1.0
    z = max(0.0, abs(u - n * m / 2) - 0.5) / math.sqrt(variance)
    return math.erfc(z / math.sqrt(2))


def mean_test(a: Floats, b: Floats) -> float:
    """Return the two-sided p of a test of the means.

    Small samples: the exact permutation test (Fisher 1935) of their difference. Others: Welch's test (1947), which
    allows for unequal variances, as those of a setting that sometimes fails and one that never does.
    """
    n, m = len(a), len(b)
    if math.comb(n + m, n) <= MOST_PERMUTATIONS:
        both = np.concatenate([a, b])
        sums = both[_choices(n + m, n)].sum(axis=1)
        differences = np.abs(sums / n - (both.sum() - sums) / m)
        return float((differences >= differences[0] - 1e-12).mean())  # the first choice is `a`
    if min(n, m) < 2:
        return 1.0
    errors = a.var(ddof=1) / n, b.var(ddof=1) / m
    distance, error = abs(float(a.mean() - b.mean())), float(sum(errors))
    if error < 1e-30:  # all values of each sample are equal
        return 0.0 if distance > 1e-12 else 1.0
    freedom = error**2 / (errors[0] ** 2 / (n - 1) + errors[1] ** 2 / (m - 1))
    return student_tails(distance / math.sqrt(error), float(freedom))


@lru_cache(maxsize=8)
def _choices(count: int, size: int) -> Integers:
    return np.array(list(combinations(range(count), size)), np.intp)


def student_tails(t: float, freedom: float) -> float:
    """Return the probability that Student's t exceeds `t` on either side.

    With t = sqrt(freedom) tan(angle) the density is a power of the cosine. It is integrated numerically.
    """
    start = math.atan(t / math.sqrt(freedom))
    half = (min(math.pi / 2, start + 12 / math.sqrt(freedom)) - start) / 2  # beyond 12 deviations nothing is left
    nodes, weights = np.polynomial.legendre.leggauss(64)
    tail = half * float(weights @ np.cos(start + half * (nodes + 1)) ** (freedom - 1))
    whole = math.sqrt(math.pi) / 2 * math.exp(math.lgamma(freedom / 2) - math.lgamma((freedom + 1) / 2))
    return min(1.0, tail / whole)


def holm(p_values: Sequence[float]) -> list[float]:
    """Return the adjusted p values of several tests (Holm 1979): under 0.05, a family has a false alarm in 5 %."""
    adjusted, largest = [0.0] * len(p_values), 0.0
    for rank, k in enumerate(sorted(range(len(p_values)), key=p_values.__getitem__)):
        largest = max(largest, min(1.0, p_values[k] * (len(p_values) - rank)))
        adjusted[k] = largest
    return adjusted


def pairwise_p_values(
    groups: Sequence[Floats], test: Callable[[Floats, Floats], float] = mean_test
) -> dict[tuple[int, int], float]:
    """Return the test's p for every pair of groups, adjusted so that any pair may be picked afterwards."""
    pairs = list(combinations(range(len(groups)), 2))
    return dict(zip(pairs, holm([test(groups[i], groups[j]) for i, j in pairs]), strict=True))
