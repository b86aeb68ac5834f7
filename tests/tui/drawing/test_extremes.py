"""Extremes of a long series: those of every stretch, against a walk through its values."""

import numpy as np
import pytest

from lakeppo.tui.drawing.extremes import SAMPLE, extremes, middle


@pytest.mark.parametrize("stretches", [1, 7, 60, 5000])
@pytest.mark.parametrize("count", [0, 1, 59, 1000])
def test_every_stretch_has_its_least_and_its_largest_value(count, stretches):
    values = np.random.default_rng(0).normal(size=count)
    values[count // 4 : count // 2] = np.nan
    edges, least, largest = extremes(values, stretches)
    assert (edges[0], edges[-1], len(edges)) == (0, count, min(stretches, count) + 1)
    assert all(np.diff(edges) > 0)
    for a, b, low, high in zip(edges[:-1], edges[1:], least, largest, strict=True):
        known = [value for value in values[a:b].tolist() if value == value] or [np.nan]
        np.testing.assert_equal((low, high), (min(known), max(known)))


def test_the_median_of_a_long_series_is_taken_of_a_sample(monkeypatch):
    taken, median = [], np.median
    monkeypatch.setattr(np, "median", lambda values: (taken.append(len(values)), median(values))[1])
    assert middle(np.array([3.0, 1.0, 2.0])) == 2
    assert middle(np.linspace(0, 1, 100_001)) == pytest.approx(0.5, abs=1e-3)
    assert max(taken) <= SAMPLE
