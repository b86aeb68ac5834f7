"""Diverged runs are named, at every preset; runs that learn are not."""

import json
from dataclasses import replace

import pytest
from support.session import UPDATE, see, send
from support.states import state_of

from lakeppo.config import Config, make_config
from lakeppo.moment import Moment, Phase
from lakeppo.presets import PRESETS
from lakeppo.runs.divergence import began, divergence, find_divergence, pass_diverged
from lakeppo.runs.run import Run
from lakeppo.runs.timeline import Timeline
from lakeppo.session import notices
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
    update = int(str(message).rpartition("by update ")[2].partition(",")[0])
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


def test_it_begins_at_the_first_update_that_has_diverged():
    rows = run_of(make_config("classic"), 3).history
    bad = [row._replace(value_loss=float("nan")) for row in rows]
    assert began(bad[:1])
    assert began([rows[0], bad[1]])
    assert not began([*bad[:2]])
    assert not began([bad[0], rows[1]])
    assert not began([])


def test_figures_that_are_not_finite_are_named():
    history = run_of(make_config("classic"), 3).history
    rows = [history[0], *(row._replace(value_loss=float("nan")) for row in history[1:])]
    assert str(divergence(rows)) == "the run has diverged: its figures were not finite by update 2"


FROZEN = "the policy is frozen after too large a step: its gradient was 0 from pass 2 of update 0 on"


def test_every_command_names_the_update_and_the_pass(lakeppo, tmp_path):
    saves = str(tmp_path)
    arguments = "train", "--learning-rate", "1000", "--updates", "8", "--quiet", "--saves", saves
    status, out, _ = lakeppo(*arguments)
    assert status == 0
    assert f"  diverged    {FROZEN}" in out
    for command in ("inspect", "replay"):
        assert FROZEN in lakeppo(command, f"{saves}/last.pt")[1]
        assert json.loads(lakeppo(command, f"{saves}/last.pt", "--json")[1])["diverged"].startswith(FROZEN)


def test_the_pass_is_that_of_the_branch_and_of_its_end():
    timeline = Timeline(Run(make_config("classic", learning_rate=0.001), 0))
    while timeline.run.moment < Moment(2, Phase.IMPROVE, 3):
        timeline.unit()
    timeline.change("learning_rate", 1000.0)
    while timeline.run.trainer.updates < 8:
        timeline.unit()
    since = timeline.branch.diverged
    assert since is not None
    assert Moment(2, Phase.IMPROVE, 3) < since
    assert f"from pass {since.index} of update {since.update} on" in str(find_divergence(timeline))
    timeline.go_to(Moment(2, Phase.COLLECT, 0))
    assert find_divergence(timeline) is None
    timeline.change("learning_rate", 0.002)
    while timeline.run.trainer.updates < 8:
        timeline.unit()
    assert (timeline.branch.diverged, find_divergence(timeline)) == (None, None)
    assert timeline.branches[0].diverged == since


def test_the_pass_of_a_run_from_a_file_is_computed_again():
    timeline = Timeline(Run(make_config("classic", learning_rate=1000.0), 0))
    while timeline.run.trainer.updates < 8:
        timeline.unit()
    found = find_divergence(timeline)
    timeline.branch.diverged = None
    assert find_divergence(timeline) == found


def test_the_app_names_a_divergence_once(start_worker):
    worker = start_worker(lambda: Run(make_config("classic", learning_rate=1000.0), 0))
    send(worker, *[UPDATE] * 6)
    seen = see(worker, lambda s: s.run.moment.update == 6)
    named = [notice for notice in seen.notices if str(notice.arguments.get("divergence")).startswith(FROZEN)]
    assert len(named) == 1
    assert seen.position.diverged == Moment(0, Phase.IMPROVE, 2)


def test_the_app_names_the_divergence_of_a_run_that_it_opens(start_worker):
    timeline = Timeline(Run(make_config("classic", learning_rate=1000.0), 0))
    while timeline.run.trainer.updates < 8:
        timeline.unit()
    named = notices.diverged(find_divergence(timeline))
    assert named in see(start_worker(lambda: timeline), lambda s: s.notices).notices


@pytest.mark.parametrize(("norm", "entropy", "frozen"), [(0.0, 1e-7, True), (0.1, 1e-7, False), (0.0, 0.5, False)])
def test_a_pass_is_frozen_without_gradient_and_entropy(norm, entropy, frozen):
    run = run_of(make_config("classic"), 1)
    while not run.trainer.passes:
        run.unit()
    one = run.trainer.passes[0]._replace(actor_grad_norm=norm, entropy=entropy)
    assert pass_diverged(one) == frozen
