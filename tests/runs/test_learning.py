"""Whole runs of every preset. CI runs a few seeds; `LAKEPPO_SEEDS=100 pytest -m slow` runs the measured number."""

import os

import pytest

from lakeppo.config import make_config
from lakeppo.presets import PRESETS
from lakeppo.runs.run import Run

pytestmark = pytest.mark.slow


def seeds(few: int) -> range:
    return range(int(os.environ.get("LAKEPPO_SEEDS", few)))


def whole_run(preset: str, seed: int) -> Run:
    run = Run(make_config(preset), seed)
    while not run.reached(PRESETS[preset].limit):
        run.unit()
    return run


def shares(preset: str, few: int, enough: float) -> tuple[float, float]:
    """The shares of seeds whose best and whose last policy reached `enough`."""
    best, last = [], []
    for seed in seeds(few):
        run = whole_run(preset, seed)
        assert run.best is not None
        best.append(run.best.success_probability >= enough)
        last.append(run.success()[0] >= enough)
    return sum(best) / len(best), sum(last) / len(last)


def test_classic_solves_the_firm_lake_but_may_forget_it():
    best, last = shares("classic", 10, 0.95)
    assert best >= 0.99
    assert last >= 0.9  # 98 of 100; one of ten may have fallen again


def test_steady_ends_at_099_with_every_seed():
    assert shares("steady", 5, 0.99) == (1.0, 1.0)


def test_slippery_reaches_095_of_the_ceiling():
    assert shares("slippery", 2, 0.703)[1] >= 0.95


def test_8x8_crosses_the_large_firm_lake():
    assert shares("8x8", 2, 0.95)[1] >= 0.95


def test_8x8_slippery_reaches_most_of_the_possible_success():
    figures = [whole_run("8x8-slippery", seed).success()[0] for seed in seeds(1)]
    assert sum(figures) / len(figures) >= 0.78  # 0.80 over many seeds
