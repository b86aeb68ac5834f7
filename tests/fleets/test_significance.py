"""Each interval and test against its definition or a published figure."""

import math
from itertools import combinations

import numpy as np
import pytest

from lakeppo.fleets.significance import (
    bootstrap_interval,
    holm,
    interquartile_mean,
    mean_test,
    pairwise_p_values,
    quantiles,
    rank_test,
    student_tails,
)


def test_the_interquartile_mean_drops_a_quarter_on_each_side():
    values = np.array([-1000.0, -900, 2, 3, 4, 5, 60, 1000])
    assert interquartile_mean(values) == 3.5
    assert interquartile_mean(np.array([7.0])) == 7


def test_the_bootstrap_repeats_and_narrows_with_more_runs():
    values = np.random.default_rng(1).normal(size=400)
    few, many = bootstrap_interval(values[:25], interquartile_mean), bootstrap_interval(values, interquartile_mean)
    assert few == bootstrap_interval(values[:25], interquartile_mean)
    assert few[0] < interquartile_mean(values[:25]) < few[1]
    assert many[1] - many[0] < 0.5 * (few[1] - few[0])


def test_the_bootstrap_is_as_wide_as_the_spread_of_new_samples():
    generator = np.random.default_rng(2)
    spread = interquartile_mean(generator.normal(size=(2000, 100))).std()
    ends = [bootstrap_interval(sample, interquartile_mean) for sample in generator.normal(size=(12, 100))]
    widths = [high - low for low, high in ends]
    assert np.mean(widths) == pytest.approx(2 * 1.96 * spread, rel=0.1)


def test_never_is_later_than_any_episode():
    assert quantiles(np.array([30, math.inf, 10, 20]), (0.25, 0.5, 0.75, 1)) == [10, 20, 30, math.inf]


def exact_rank_p(a, b):
    """Count every assignment of the ranks."""
    both = np.concatenate([a, b])

    def above(chosen):
        return sum(
            (both[i] > both[j]) + (both[i] == both[j]) / 2 for i in chosen for j in range(len(both)) if j not in chosen
        )

    middle = len(a) * len(b) / 2
    distances = [abs(above(chosen) - middle) for chosen in combinations(range(len(both)), len(a))]
    return np.mean(np.array(distances) >= distances[0] - 1e-9)


@pytest.mark.parametrize("shift", [0.0, 0.8, 2.0])
def test_the_rank_test_is_near_the_exact_count(shift):
    generator = np.random.default_rng(3)
    a, b = generator.normal(size=7), generator.normal(size=8).round(1) + shift
    assert rank_test(a, b) == pytest.approx(exact_rank_p(a, b), abs=0.03)


def test_the_rank_test_with_ties_equals_scipys():
    shifted, shares = ([1, 1, 2, 2, 3], [2, 3, 3, 3, 4, 4]), ([1, 1, 1, 1, 1, 0], [1, 1, 1, 0, 0, 0, 0])
    for pair, p in ((shifted, 0.037016048456937296), (shares, 0.17629637444051116)):
        assert rank_test(*(np.array(values, np.float64) for values in pair)) == pytest.approx(p, abs=1e-12)


def test_the_rank_test_of_equal_samples_has_p_1():
    assert rank_test(np.ones(9), np.ones(5)) == 1.0


def exact_mean_p(a, b):
    """Count every division of the values, one by one."""
    both, distances = [*a, *b], []
    for chosen in combinations(range(len(both)), len(a)):
        others = [both[k] for k in range(len(both)) if k not in chosen]
        distances.append(abs(np.mean([both[k] for k in chosen]) - np.mean(others)))
    return np.mean(np.array(distances) >= distances[0] - 1e-9)


@pytest.mark.parametrize(("n", "m", "shift"), [(1, 1, 1.0), (1, 6, 2.0), (3, 3, 9.0), (5, 4, 0.0), (7, 7, 0.8)])
def test_the_test_of_means_counts_small_samples_exactly(n, m, shift):
    generator = np.random.default_rng(3)
    a, b = generator.normal(size=n), generator.normal(size=m).round(1) + shift
    assert mean_test(a, b) == pytest.approx(exact_mean_p(a, b), abs=1e-12)
    assert mean_test(b, a) == pytest.approx(mean_test(a, b), abs=1e-12)


@pytest.mark.parametrize(
    ("freedom", "t"), [(1, 12.7062047), (2, 4.30265273), (10, 2.22813885), (30, 2.04227245), (1e6, 1.95996636)]
)
def test_students_tails_are_those_of_the_tables(freedom, t):
    assert student_tails(t, freedom) == pytest.approx(0.05, abs=1e-8)
    assert student_tails(0.0, freedom) == pytest.approx(1.0, abs=1e-9)
    assert student_tails(1.0, 1) == pytest.approx(0.5, abs=1e-12)


def test_welchs_test_is_near_the_permutations_of_larger_samples():
    generator = np.random.default_rng(8)
    for shift in (0.2, 0.5):
        a, b = generator.normal(size=40), generator.normal(size=40) + shift
        both = np.concatenate([a, b])
        drawn = [generator.permutation(both) for _ in range(4000)]
        counted = np.mean([abs(d[:40].mean() - d[40:].mean()) >= abs(a.mean() - b.mean()) for d in drawn])
        assert mean_test(a, b) == pytest.approx(counted, abs=0.025)


def test_welchs_test_equals_a_worked_example():
    a = np.array([27.5, 21.0, 19.0, 23.6, 17.0, 17.9, 16.9, 20.1, 21.9, 22.6, 23.1, 19.6, 19.0, 21.7, 21.4])
    b = np.array([27.1, 22.0, 20.8, 23.4, 23.4, 23.5, 25.8, 22.0, 24.8, 20.2, 21.9, 22.1, 22.9, 30.0, 23.9])
    assert mean_test(a, b) == pytest.approx(0.0087, abs=5e-4)
    wide = np.concatenate([b, b + 9, b - 9, b + 30])  # the degrees of freedom weigh both variances
    errors = a.var(ddof=1) / 15, wide.var(ddof=1) / 60
    freedom = sum(errors) ** 2 / (errors[0] ** 2 / 14 + errors[1] ** 2 / 59)
    t = (wide.mean() - a.mean()) / sum(errors) ** 0.5
    assert mean_test(a, wide) == pytest.approx(student_tails(t, freedom), rel=1e-12)
    assert mean_test(a, wide) == pytest.approx(mean_test(wide, a), rel=1e-12)


def test_the_test_of_means_of_equal_values_has_p_1():
    for count in (5, 50):
        assert mean_test(np.ones(count), np.ones(count)) == 1.0
        assert mean_test(np.ones(count), np.zeros(count)) < 0.01
    assert mean_test(np.ones(1), np.zeros(9000)) == 1.0  # a single value of many has no variance


def test_failing_in_a_quarter_of_all_runs_is_significant():
    """Its other runs are better in every rank."""
    generator = np.random.default_rng(4)
    sound = 0.98 + 0.01 * generator.random(64)
    failing = np.where(np.arange(64) < 16, 0.0, 0.999)
    assert failing.mean() < sound.mean()
    assert interquartile_mean(failing) > interquartile_mean(sound)
    assert mean_test(sound, failing) < 1e-3
    assert bootstrap_interval(failing)[1] < bootstrap_interval(sound)[0]


def test_equal_settings_that_sometimes_fail_seldom_differ():
    generator = np.random.default_rng(6)
    groups = ((generator.random((2, 64)) > 0.1) * 0.99 for _ in range(300))
    assert sum(mean_test(*pair) < 0.05 for pair in groups) <= 25


def test_holms_adjustment_equals_a_worked_example():
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])


def test_equal_settings_seldom_differ_significantly():
    """Of 60 families of five equal settings, about one in twenty may have a false alarm."""
    generator = np.random.default_rng(5)
    alarms = sum(min(pairwise_p_values(list(generator.random((5, 30)))).values()) < 0.05 for _ in range(60))
    assert alarms <= 8
    p_values = pairwise_p_values([generator.random(30), generator.random(30), generator.random(30) + 1])
    assert [p < 0.05 for p in p_values.values()] == [False, True, True]
