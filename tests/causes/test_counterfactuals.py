"""An update redone as it was is the actual one; with something removed, it is what a trainer makes of that batch."""

import pytest
import torch
from support.updates import advanced, before_copy, copy, judged, largest, relearned, run_to, without

from lakeppo.causes.counterfactuals import advantages_without, effects, labels, reach, worlds
from lakeppo.causes.redo import Versions, redo
from lakeppo.causes.results import Lens, Part
from lakeppo.causes.update import judged_update, update_at
from lakeppo.config import make_config
from lakeppo.moment import Moment, Phase
from lakeppo.runs.batch_table import batch_of
from lakeppo.runs.run import Run
from lakeppo.runs.timeline import Timeline

KNOBS = [
    {"clip_coef": None}, {"norm_adv": True}, {"epochs": 1}, {"vf_coef": 3.0}, {"clip_coef": 0.05, "epochs": 12},
    {"ent_coef": 0.1, "ent_coef_end": 0.0, "anneal_steps": 500}, {"learning_rate": 0.02, "activation": "tanh"},
    {"learning_rate_end": 0.001, "anneal_steps": 500, "init": "orthogonal"}, {"ent_coef": 0.0, "gae_lambda": 1.0},
    {"gamma": 1.0, "slip": 0.5, "max_episode_steps": 7}, {"batch_size": 1}, {"max_episode_steps": 3000},
]  # fmt: skip


@pytest.mark.parametrize(("preset", "updates"), [("classic", 12), ("steady", 6), ("8x8", 2), ("slippery", 1)])
@pytest.mark.parametrize("seed", range(2))
def test_a_redone_update_is_the_actual_one(preset, updates, seed):
    run = Run(make_config(preset), seed)
    while run.trainer.updates < updates:
        run.unit()
        if run.trainer.phase is Phase.COPY:
            agrees(run)


def agrees(run: Run) -> None:
    update = judged(run)
    again = redo(update, Versions(update.judgement.used_advantages[:, None]), update.made)
    assert largest(again.policies[0] - run.trainer.policy().exp()) < 1e-6
    assert again.success.item() == pytest.approx(run.success()[0], abs=1e-6)


@pytest.mark.parametrize("knobs", KNOBS, ids=str)
def test_an_update_redone_honours_every_knob(knobs):
    agrees(before_copy(3, 5, **knobs))


def test_an_update_redone_honours_changes_between_its_passes():
    timeline = Timeline(run_to(make_config("classic"), 4, Moment(6, Phase.IMPROVE, 2)))
    for name, value in [("clip_coef", None), ("ent_coef", 0.5), ("gamma", 0.1), ("norm_adv", True), ("slip", 0.3)]:
        timeline.change(name, value)
    timeline.unit()
    timeline.change("learning_rate", 0.05)
    timeline.change("epochs", 7)
    while timeline.run.trainer.phase is not Phase.COPY:
        timeline.unit()
        agrees(timeline.run)
        assert largest(judged(timeline.run).deltas - torch.from_numpy(batch_of(timeline.run)["delta"])) == 0.0
    knobs = judged(timeline.run).knobs
    assert [pass_knobs.clip_coef for pass_knobs in knobs] == [0.2, 0.2] + [None] * 5
    assert [pass_knobs.learning_rate for pass_knobs in knobs] == [0.01] * 3 + [0.05] * 4


def test_an_update_restored_between_passes_is_computed_again():
    timeline = Timeline(run_to(make_config("classic"), 4, Moment(6, Phase.IMPROVE, 2)))
    moment, tables = timeline.run.moment, judged(timeline.run).log_policies
    timeline.go_to(Moment(2, Phase.IMPROVE, 3))
    timeline.go_to(moment)
    assert judged_update(timeline.run) is None  # a keyframe knows no weights before the first pass
    again = update_at(timeline, moment)
    assert torch.equal(torch.stack(again.log_policies), torch.stack(tables))
    assert timeline.run.moment == moment
    with pytest.raises(LookupError):
        update_at(timeline, Moment(7, Phase.COPY, 0))
    with pytest.raises(LookupError):
        update_at(timeline, Moment(3, Phase.COLLECT, 5))


def test_redoing_changes_nothing_of_the_run():
    run = before_copy(0, 5)
    before = run.trainer.adam.weights.clone(), run.trainer.adam.first.clone(), run.trainer.policy()
    worlds(judged(run), 5)
    after = run.trainer.adam.weights, run.trainer.adam.first, run.trainer.policy()
    assert all(torch.equal(*pair) for pair in zip(before, after, strict=True))


@pytest.mark.parametrize("part", Part)
@pytest.mark.parametrize("lens", Lens)
def test_the_parts_of_a_batch_sum_to_the_whole(lens, part):
    for run in (before_copy(1, 4), before_copy(1, 0, "slippery", batch_size=200)):
        update = judged(run)
        whole = update.judgement.used_advantages
        label = labels(update, part)
        removed = label[:, None] == label.unique()
        taken = whole[:, None] - advantages_without(update, lens, removed)
        assert largest(taken.sum(dim=1) - whole) < 1e-12
        everything = torch.ones(update.rows, 1, dtype=torch.bool)
        assert largest(advantages_without(update, lens, everything)) == 0.0
        if part is Part.EPISODE:
            assert largest(taken.masked_fill(removed, 0.0)) < 1e-12


@pytest.mark.parametrize("norm_adv", [False, True])
def test_one_step_removed_is_the_same_as_a_part_removed(norm_adv):
    update = judged(before_copy(2, 9, norm_adv=norm_adv))
    single = torch.eye(update.rows, dtype=torch.bool)
    for lens in Lens:
        found = effects(update, lens, Part.STEP, 3)
        expected = redo(update, Versions(advantages_without(update, lens, single)), 3)
        assert largest(found.redone.policies - expected.policies) < 1e-6


def test_an_advantage_is_the_sum_of_the_surprises_that_reach_it():
    update = judged(before_copy(0, 3, "slippery", batch_size=200, max_episode_steps=9))
    matrix = reach(update, torch.arange(update.rows))
    assert largest(matrix @ update.deltas - update.judgement.advantages) < 1e-12
    assert largest(matrix.tril(-1)) == 0.0
    assert matrix.diagonal().tolist() == [1.0] * update.rows


@pytest.mark.parametrize("preset", ["classic", "slippery", "8x8"])
@pytest.mark.parametrize("seed", range(5))
def test_a_removed_step_is_what_a_trainer_makes_of_the_batch(preset, seed):
    norm_adv = seed > 2
    knobs = {"norm_adv": norm_adv, "batch_size": min(64, make_config(preset).batch_size)}
    run = run_to(make_config(preset, **knobs), seed, Moment(3 + seed, Phase.JUDGE, 0))
    judging, update = copy(run.trainer), judged(advanced(run))
    rows = [int(update.judgement.advantages.abs().argmax()), update.rows - 2]
    surprise, push = (effects(update, lens, Part.STEP, update.made) for lens in (Lens.SURPRISE, Lens.PUSH))
    for row in rows:
        expected = without(judging, update, Lens.SURPRISE, torch.arange(update.rows) == row)
        assert largest(surprise.redone.policies[row] - expected.policy().exp()) < 1e-6

        kept = torch.arange(update.rows) != row
        advantages = update.judgement.advantages.clone()
        if norm_adv:
            rest = advantages[kept]
            advantages = (advantages - rest.mean()) / (rest.std(correction=0) + 1e-8)
        expected = relearned(judging, advantages * kept)
        assert largest(push.redone.policies[row] - expected.policy().exp()) < 1e-6


def test_worlds_are_what_a_trainer_makes_of_them():
    run = run_to(make_config("classic"), 3, Moment(12, Phase.JUDGE, 0))
    judging, found = copy(run.trainer), worlds(judged(advanced(run)), 5)
    nothing = torch.zeros(64, dtype=torch.float64)
    expected = {
        "actual": relearned(judging), "empty": relearned(judging, nothing),
        "momentum_alone": relearned(judging, nothing, ent_coef=0.0), "no_bonus": relearned(judging, ent_coef=0.0),
        "no_clip": relearned(judging, config=make_config("classic", clip_coef=None)),
    }  # fmt: skip
    judging.adam.first.zero_()
    expected |= {"forgotten": relearned(judging), "neither": relearned(judging, ent_coef=0.0)}
    for name, trainer in expected.items():
        assert largest(getattr(found, name).policies - trainer.policy().exp()) < 1e-6, name


def test_many_versions_in_blocks_are_those_of_one_block(monkeypatch):
    update = judged(before_copy(0, 8))
    together = effects(update, Lens.PUSH, Part.STEP, 5)
    monkeypatch.setattr("lakeppo.causes.counterfactuals.BLOCK", 9)
    apart = effects(update, Lens.PUSH, Part.STEP, 5)
    assert largest(together.redone.log_policies - apart.redone.log_policies) < 1e-6
    assert together.keys.tolist() == apart.keys.tolist()
