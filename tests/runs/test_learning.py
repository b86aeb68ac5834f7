"""Runs of every preset. CI runs a few seeds, on the slower presets until they are good enough.

`LAKEPPO_SEEDS=100 pytest -m slow` makes the measured number of whole runs.
"""

import os

import pytest

from lakeppo.config import make_config
from lakeppo.presets import PRESETS
from lakeppo.runs.run import Run

pytestmark = pytest.mark.slow
WHOLE = "LAKEPPO_SEEDS" in os.environ


def seeds(few: int) -> range:
    return range(int(os.environ.get("LAKEPPO_SEEDS", few)))


def run_of(preset: str, seed: int, enough: float = 2.0) -> Run:
    """The run to its limit, or in CI to the first policy whose exact success is `enough`."""
    run, enough = Run(make_config(preset), seed), 2.0 if WHOLE else enough
    while not run.reached(PRESETS[preset].limit) and (run.best is None or run.best.success_probability < enough):
        run.unit()
    return run


def shares(preset: str, few: int, enough: float, whole: bool = True) -> tuple[float, float]:
    """The shares of seeds whose best and whose last policy reached `enough`."""
    best, last = [], []
    for seed in seeds(few):
        run = run_of(preset, seed) if whole else run_of(preset, seed, enough)
        assert run.best is not None
        best.append(run.best.success_probability >= enough)
        last.append(run.success()[0] >= enough)
    return sum(best) / len(best), sum(last) / len(last)


def test_classic_solves_the_firm_lake_but_may_forget_it():
    best, last = shares("classic", 2, 0.95)
    assert best >= 0.99
    assert last >= 0.8  # 98 of 100


def test_steady_ends_at_099_with_every_seed():
    assert shares("steady", 1, 0.99) == (1.0, 1.0)


def test_slippery_reaches_095_of_the_ceiling():
    assert shares("slippery", 1, 0.703, whole=False)[1] >= 0.95


def test_8x8_crosses_the_large_firm_lake():
    assert shares("8x8", 1, 0.95, whole=False)[1] >= 0.95


def test_8x8_slippery_reaches_most_of_the_possible_success():
    figures = [run_of("8x8-slippery", seed, 0.5).success()[0] for seed in seeds(1)]
    assert sum(figures) / len(figures) >= (0.78 if WHOLE else 0.5)  # 0.80 over many seeds
