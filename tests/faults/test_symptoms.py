"""The symptom of each fault shows; a bounded form, and with `LAKEPPO_SEEDS` the whole check."""

import os
from dataclasses import replace

import numpy as np
import pytest

from lakeppo.faults.fault import Symptom
from lakeppo.faults.symptoms import check_symptoms, figures, number
from lakeppo.faults.table import FAULTS
from lakeppo.lake.environment import transition_table
from lakeppo.lake.exact import success_probability
from lakeppo.runs.run import Run

CERTAIN = ("old_not_copied", "gradient_kept", "critic_follows_itself", "advantages_shifted")
"""Faults that show in every run."""


def test_what_shows_in_every_run_shows_in_two():
    checks = list(check_symptoms([FAULTS[name] for name in CERTAIN], seeds=2))
    assert [(check.fault.name, check.holds) for check in checks] == [(name, True) for name in CERTAIN]


def test_values_beyond_the_end_grow_past_the_reward():
    (check,) = check_symptoms([FAULTS["beyond_the_end"]], seeds=24)
    assert check.holds
    assert check.faulty_number > 1.4 > 1.15 > check.right_number
    assert len(check.right) == len(check.faulty) == 24


@pytest.mark.slow
@pytest.mark.skipif("LAKEPPO_SEEDS" not in os.environ, reason="a minute of one core")
def test_every_symptom_shows():
    assert [check.fault.name for check in check_symptoms() if not check.holds] == []


def test_the_number_is_a_median_or_a_share():
    values = np.array([0.0, 0.01, 0.5, 1.0, np.nan])
    median = Symptom("success", 1, 5, right=(0, 1), faulty=(0, 1))
    assert number(median, values) == 0.255
    assert number(Symptom("success", 1, 5, (0, 1), (0, 1), below=0.05), values[:4]) == 0.5


@pytest.mark.parametrize(
    ("right", "faulty"), [((1.1, 2), (0, 2)), ((0, 0.1), (0, 2)), ((0, 2), (1.1, 2)), ((0, 2), (-1, 0))]
)
def test_a_number_outside_its_bounds_is_no_symptom(right, faulty):
    fault = FAULTS["critic_follows_itself"]
    wide = replace(fault, symptom=replace(fault.symptom, updates=2, right=(-9, 9), faulty=(-9, 9), below=2.0))
    assert next(check_symptoms([wide], seeds=2)).holds
    narrow = replace(wide, symptom=replace(wide.symptom, right=right, faulty=faulty))
    assert not next(check_symptoms([narrow], seeds=2)).holds


def test_success_in_100_steps_is_not_that_of_the_time_limit():
    symptom = replace(next(f.symptom for f in FAULTS.values() if f.symptom.figure == "success_in_100"), updates=2)
    config, found = symptom.config(), figures(symptom, None, range(2))
    for seed, value in enumerate(found):
        run = Run(config, seed)
        while run.trainer.updates < 2:
            run.unit()
        table = transition_table(config.map_rows, config.slip)
        assert value == pytest.approx(success_probability(table, run.policy(), 100), abs=1e-4)
        assert config.max_episode_steps != 100
