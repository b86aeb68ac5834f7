"""The symptom of each fault shows; a bounded form, and with `LAKEPPO_SEEDS` the whole check."""

import os

import numpy as np
import pytest

from lakeppo.faults.fault import Symptom
from lakeppo.faults.symptoms import check_symptoms, number
from lakeppo.faults.table import FAULTS

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
