"""The siblings' results: quantiles as NumPy computes them, groups that have come equally far, rows of the list."""

import numpy as np
import pytest
from support.runs import advance, small
from support.siblings import results_of, train_siblings

from lakeppo.fleets.siblings import SiblingRequest
from lakeppo.presets import Limit
from lakeppo.runs.run import Run
from lakeppo.session.sibling_results import BANDS, SiblingReports, sibling_rows


def curves(seed: int, *shape: int) -> np.ndarray:
    return np.random.default_rng(seed).random(shape)


def quantiles(success: np.ndarray) -> np.ndarray:
    return np.quantile(success, BANDS, axis=-1).T


def test_there_are_no_results_before_the_first_report():
    reports = SiblingReports()
    assert reports.results() is None
    reports.begin((1, 2))
    assert reports.results() is None


def test_the_bands_are_the_quantiles_of_single_runs():
    request = SiblingRequest(small(), tuple(range(5)), (), Limit("updates", 6))
    reports = SiblingReports()
    reports.begin(request.seeds)
    reports.add(0, *train_siblings(request))
    results = reports.results()
    runs = [advance(Run(request.config, seed), 6) for seed in request.seeds]
    success = np.array([[row.success_probability for row in run.history] for run in runs])
    assert len(np.unique(np.round(success, 6))) > 20
    np.testing.assert_allclose(results.bands[1:], quantiles(success.T), atol=1e-4)
    assert (results.training, results.reached, results.extent) == (0, 6, 6)


def test_siblings_that_are_behind_count_up_to_their_last_update():
    first, second = curves(1, 2, 9, 4)
    results = results_of(first, second[:3])
    assert results.known.tolist() == [8, 8, 8, 4, 4, 4, 4, 4, 4]
    np.testing.assert_allclose(results.bands[2], quantiles(np.concatenate([first[2], second[2]])), atol=1e-6)
    np.testing.assert_allclose(results.bands[5], quantiles(first[5]), atol=1e-6)
    assert np.isnan(results.success[3:, 4:]).all()


def test_beaten_counts_the_siblings_with_less_success():
    first, second = curves(1, 2, 9, 4)
    results = results_of(first, second[:3])
    assert results.beaten(2, 2.0, seed=-1) == (8, 8)
    assert results.beaten(50, 2.0, seed=-1) == (4, 4)
    assert results.beaten(50, 2.0, seed=3) == (3, 3)
    assert results.beaten(5, float(np.sort(first[5])[2]) - 1e-6, seed=-1) == (2, 4)


def test_a_sibling_with_equal_success_is_not_beaten():
    reports = SiblingReports()
    reports.begin((5, 6, 7))
    reports.add(0, np.array([[0.25, 0.5, 0.75]], np.float32), np.zeros((1, 3), np.int32), np.full(3, -1))
    assert reports.results().beaten(0, 0.5, 0) == (1, 3)
    assert reports.results().beaten(0, 0.5, 5) == (0, 2)


def test_the_group_that_is_furthest_comes_first():
    first, second = curves(2, 2, 9, 4)
    results = results_of(first[:6], second)
    assert results.seeds == (100, 101, 102, 103, 0, 1, 2, 3)
    assert results.known.tolist() == [8] * 6 + [4] * 3
    np.testing.assert_allclose(results.bands[6:], quantiles(second[6:]), atol=1e-6)
    np.testing.assert_allclose(results.success[:6, 4:], first[:6], atol=1e-6)


def test_the_bands_are_computed_again_when_a_group_catches_up():
    values, reports = curves(2, 2, 5, 6), SiblingReports()
    for number in (0, 1):
        reports.begin(tuple(range(6 * number, 6 * number + 6)))
    for rows in (slice(0, 2), slice(2, 5)):
        for number in (0, 1):
            success = values[number, rows]
            reports.add(number, success, np.ones(success.shape, np.int32), np.full(6, -1))
            results = reports.results()
    np.testing.assert_allclose(results.bands, quantiles(np.concatenate([*values], axis=1)), atol=1e-6)


def test_a_diverged_policy_has_no_success():
    results = results_of(np.array([[0.5, np.nan, 0.5]]))
    assert results.known.tolist() == [3]
    assert results.bands[0, 0] == pytest.approx(0.05)


def test_the_extent_is_the_last_update_of_half_of_the_siblings():
    results = results_of(curves(3, 61, 8), ended=[-1, 21, 22, 23, -1, 25, 26, 27])
    assert (results.extent, results.training, results.reached) == (26, 2, 60)


def test_a_group_at_its_limit_keeps_its_last_values():
    reports = SiblingReports()
    for number, updates in enumerate((2, 5)):
        reports.begin((10 * number, 10 * number + 1))
        reports.add(number, curves(number, updates, 2), np.ones((updates, 2), np.int32), np.full(2, updates - 1))
    results = reports.results()
    assert results.known.tolist() == [4] * 5
    column = results.seeds.index(0)
    assert (results.success[1:, column] == results.success[1, column]).all()


def test_solved_is_the_first_update_with_enough_success():
    results = results_of(np.array([[0.99, 0.0], [0.5, 0.1], [0.9, 0.2], [0.8, 0.3]]))
    assert results.solved(0.85).tolist() == [2, -1]
    solved, unsolved = sibling_rows(results, 3, 0.85)
    assert (solved.seed, solved.solved, solved.episode, solved.ended) == (0, 2, 1, None)
    assert solved.success == pytest.approx(0.8)
    assert (unsolved.solved, unsolved.episode) == (None, None)


def test_no_sibling_is_solved_before_its_first_update():
    results = results_of(np.ones((1, 4)))
    assert results.solved(0.5).tolist() == [-1] * 4
    assert [(row.success, row.solved) for row in sibling_rows(results, 3, 0.5)] == [(1.0, None)] * 4


def test_a_row_shows_a_siblings_newest_success_too():
    first, second = curves(4, 2, 9, 2)
    rows = sibling_rows(results_of(first, second[:3]), 1, 2.0)
    assert [row.seed for row in rows] == [0, 1, 100, 101]
    np.testing.assert_allclose([row.success for row in rows], [*first[1], *second[1]], atol=1e-6)
    np.testing.assert_allclose([row.last for row in rows], [*first[8], *second[2]], atol=1e-6)
