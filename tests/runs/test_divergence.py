"""Diverged runs are named, at every preset; runs that learn are not."""

from dataclasses import replace

import pytest
from support.states import state_of

from lakeppo.config import PRESETS, Config, make_config
from lakeppo.runs.divergence import divergence
from lakeppo.runs.run import Run
from lakeppo.tui.text.explanations import explain


def run_of(config: Config, updates: int) -> Run:
    run = Run(config, 0)
    while run.trainer.updates < updates:
        run.unit()
    return run


@pytest.mark.parametrize("preset", PRESETS)
def test_a_huge_learning_rate_freezes_the_policy(preset):
    run = run_of(replace(make_config(preset, learning_rate=1000.0), batch_size=64), 6)
    message = divergence(run.history)
    assert message is not None
    update = message.arguments["update"]
    assert divergence(run.history[: update - 1]) is None
    assert str(message).startswith("the policy is frozen")
    assert "healthy" not in " ".join(explain(state_of(run)))
    assert f"by update {update}" in explain(state_of(run))[0]


@pytest.mark.parametrize("name", ["ent_coef", "vf_coef"])
@pytest.mark.parametrize("preset", PRESETS)
def test_a_huge_coefficient_is_no_divergence(preset, name):
    run = run_of(replace(make_config(preset, **{name: 1000.0}), batch_size=64), 6)
    assert divergence(run.history) is None


def test_a_solved_run_has_not_diverged():
    assert divergence(run_of(make_config("classic"), 120).history) is None


def test_figures_that_are_not_finite_are_named():
    history = run_of(make_config("classic"), 3).history
    rows = [history[0], *(row._replace(value_loss=float("nan")) for row in history[1:])]
    assert str(divergence(rows)) == "the run has diverged: its figures were not finite by update 2"


def test_train_reports_a_divergence(lakeppo, tmp_path):
    arguments = "train", "--learning-rate", "1000", "--updates", "8", "--quiet", "--saves", str(tmp_path)
    status, out, _ = lakeppo(*arguments)
    assert status == 0
    assert "  diverged    the policy is frozen after too large a step" in out
