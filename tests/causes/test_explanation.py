"""Every figure of an explanation is what a trainer makes of the changed batch, and the sentences print such figures."""

import re
from dataclasses import replace

import numpy as np
import pytest
import torch
from support.runs import small
from support.updates import advanced, before_copy, copy, judged, relearned, run_to, without

from lakeppo.causes import counterfactuals
from lakeppo.causes.arrows import explain_arrow
from lakeppo.causes.counterfactuals import BLOCK_CELLS, BLOCK_TILES, effects, finished, labels
from lakeppo.causes.explanation import _largest, explain, explain_in_blocks, part_in_blocks
from lakeppo.causes.movement import movement, reachable_tiles
from lakeppo.causes.results import Explanation, Lens, Part, PartEffects
from lakeppo.causes.sentences import why
from lakeppo.causes.update import present_update
from lakeppo.config import MAPS, Config, make_config
from lakeppo.figures import small_figure
from lakeppo.moment import Moment, Phase
from lakeppo.runs.batch_table import batch_of
from lakeppo.runs.run import Run, exact_success
from lakeppo.runs.timeline import Timeline


def explained(run: Run) -> Explanation:
    found = explain(judged(run))
    assert found is not None
    return found


def checked(config: Config, seed: int, number: int) -> Explanation:
    """The explanation of an update, each of its figures compared with a trainer's of its own."""
    run = run_to(config, seed, Moment(number, Phase.JUDGE, 0))
    judging, update = copy(run.trainer), judged(advanced(run))
    e = explained(run)
    moved = e.movement
    figures = [e.movement.before, e.movement.after, e.movement.success_before, e.movement.success_after]
    before, after = run.old_policy(), run.policy()
    truth = [before[moved[:2]], after[moved[:2]], exact_success(config, before)[0], run.success()[0]]
    assert figures == pytest.approx(truth, abs=1e-12)
    for cause in (e.mover, e.decider, e.largest_mover, e.largest_decider):
        if cause is not None:
            rows = labels(update, cause.part) == cause.key
            trainer = without(judging, update, cause.lens, rows)
            policy = trainer.policy().exp().numpy()
            assert cause.probability_without == pytest.approx(policy[moved[:2]], abs=2e-6)
            assert cause.success_without == pytest.approx(exact_success(config, policy)[0], abs=2e-6)
            pushed = without(judging, update, Lens.PUSH, rows).policy().exp().numpy()
            assert cause.success_without_push == pytest.approx(exact_success(config, pushed)[0], abs=2e-6)
            assert cause.delta == pytest.approx(update.deltas[rows].mean().item(), abs=1e-12)
    empty = relearned(judging, torch.zeros(update.rows, dtype=torch.float64)).policy().exp().numpy()
    assert e.probability.empty == pytest.approx(empty[moved[:2]], abs=1e-6)
    assert e.success.empty == pytest.approx(exact_success(config, empty)[0], abs=2e-6)
    batch = batch_of(run)
    taken = (batch["state"] == moved.tile) & (batch["action"] == moved.action)
    assert e.clip.samples == taken.sum()
    assert e.clip.stopped == (taken & (batch["group"] == "stopped")).sum()
    assert e.clip.ratio == pytest.approx(after[moved[:2]] / before[moved[:2]])
    prints_its_figures(e)
    return e


def prints_its_figures(e: Explanation) -> None:
    """Every figure in the sentences is one of the explanation's, and they come in their order."""
    said = [str(sentence) for sentence in e.sentences]
    assert len(said) == 5
    assert [small_figure(e.movement.before) in said[0], small_figure(e.probability.empty) in said[1]] == [True, True]
    assert "empty batch" in said[1]
    assert "clip" in said[3]
    assert small_figure(e.movement.success_before) in said[4]
    assert not re.search(r"%|share|per cent|because", " ".join(said))
    causes = [cause for cause in (e.mover, e.decider, e.largest_mover, e.largest_decider) if cause is not None]
    values = [*e.movement[2:], *e.success, *e.probability, e.clip.ratio]
    for cause in causes:
        values += [
            abs(cause.delta), cause.value, cause.next_value, cause.true_value, cause.true_next_value,
            cause.probability_without, cause.success_without, cause.success_without_push,
        ]  # fmt: skip
        values.append(abs(cause.success_without - e.success.actual) + 5e-4)
    known = {small_figure(value) for value in values}
    printed = set(re.findall(r"(?<![\w(,])-?\d*\.\d+(?:e-\d+)?", " ".join(said)))
    assert printed <= known, printed - known


@pytest.mark.parametrize(
    ("preset", "seed", "number"),
    [("classic", 0, 48), ("classic", 3, 30), ("classic", 1, 1), ("steady", 1, 15), ("classic", 2, 0)],
)
def test_an_explanations_figures_are_those_of_a_trainer(preset, seed, number):
    e = checked(make_config(preset), seed, number)
    assert sum(column.part is Part.STEP for column in e.effects) == 2


@pytest.mark.parametrize("knobs", [{"clip_coef": None}, {"ent_coef": 0.0}, {"epochs": 1}, {"batch_size": 3}], ids=str)
def test_an_explanation_honours_the_knobs(knobs):
    e = checked(make_config("classic", **knobs), 1, 8)
    assert e.bonus is bool(e.success.no_bonus != e.success.actual)
    assert ("off" in str(e.sentences[3])) is (e.clip.clip_coef is None)


def test_one_goal_made_the_policy():
    config = make_config("classic")
    e = checked(config, 9, 8)
    assert e.decider is not None
    assert (e.decider.part, e.decider.key, e.decider.end, e.decider.tile, e.decider.action) == (
        "step",
        7,
        "goal",
        14,
        2,
    )
    assert e.decider.success_without < e.movement.success_before < e.movement.success_after
    assert e.decider.delta > 1
    judging = run_to(config, 9, Moment(8, Phase.JUDGE, 0)).trainer
    update = judged(before_copy(9, 8))
    solved = []
    for row in (None, 7, 20):
        rows = torch.tensor([k == row for k in range(update.rows)])
        run = Run(config, 9)
        run.trainer = without(judging, update, Lens.SURPRISE, rows)
        while run.trainer.updates < 100 and exact_success(config, run.policy())[0] < 0.95:
            run.trainer.unit()
        solved.append(run.trainer.updates)
    assert solved[1] > solved[0] + 20
    assert abs(solved[2] - solved[0]) <= 5


def test_one_fall_saved_the_policy():
    e = checked(make_config("classic"), 12, 55)
    assert e.decider is not None
    assert (e.decider.part, e.decider.key, e.decider.end, e.decider.tile) == ("step", 19, "hole", 10)
    assert e.movement.success_before > 0.8
    assert e.movement.success_after > 0.95
    assert max(e.decider.success_without, e.decider.success_without_push) < 0.1
    assert e.success.empty < e.success.momentum_alone < 0.5


def test_right_moves_ruined_the_policy():
    e = checked(make_config("classic"), 12, 69)
    assert e.decider is not None
    assert e.mover is not None
    assert (e.decider.part, e.decider.tile, e.decider.action, e.decider.count) == ("tile", 2, 1, 11)
    assert "nothing else was tried there" in str(e.sentences[2])
    assert e.decider.delta < 0
    assert e.movement.success_before > 0.95 > 0.5 > e.movement.success_after
    assert e.success.actual < e.success.no_bonus < e.success.forgotten < e.success.neither
    assert e.decider.success_without > e.success.actual + 0.2
    steps = next(column for column in e.effects if (column.lens, column.part) == (Lens.PUSH, Part.STEP))
    assert steps.success.max() < e.success.actual + 0.1  # no single step did it


def test_one_tile_held_a_slippery_policy_against_the_bonus():
    e = explained(before_copy(0, 22, "slippery"))
    prints_its_figures(e)
    assert e.decider is not None
    assert (e.decider.part, e.decider.tile) == ("tile", 4)
    assert e.success.empty < e.movement.success_before < e.success.actual < e.success.no_bonus
    assert e.decider.success_without < e.movement.success_before
    assert all(column.part is not Part.STEP for column in e.effects)


def test_movement_is_the_largest_change_among_reachable_tiles():
    config = make_config("classic", ("cut", ("SFHF", "FFHF", "HHFF", "FFFG")))
    for seed, moment in (
        (0, Moment(5, Phase.COPY, 0)),
        (2, Moment(3, Phase.COPY, 0)),
        (1, Moment(9, Phase.IMPROVE, 2)),
    ):
        run = run_to(config, seed, moment)
        found = movement(judged(run))
        assert found is not None
        change = np.abs(run.policy() - run.old_policy())
        reached = [0, 1, 4, 5]
        assert (int(change.max(axis=1).argmax()) in reached) is (seed == 1)
        assert found.tile in reached
        assert change[found.tile, found.action] == change[reached].max()
        assert found.success_after == pytest.approx(run.success()[0], abs=1e-12)
    assert np.flatnonzero(~reachable_tiles(MAPS["4x4"])).tolist() == [5, 7, 11, 12, 15]


def test_an_update_without_a_pass_has_no_explanation():
    run = run_to(make_config("classic"), 0, Moment(2, Phase.IMPROVE, 0))
    assert explain(judged(run)) is None
    assert movement(judged(run)) is None
    assert finished(part_in_blocks(judged(run), Part.STEP)) == ()
    assert present_update(Timeline(run_to(make_config("classic"), 0, Moment(2, Phase.COLLECT, 9)))) is None


def test_a_part_of_an_update_is_explained_by_its_passes_so_far():
    run = run_to(make_config("classic"), 0, Moment(48, Phase.IMPROVE, 2))
    e = explained(run)
    assert (e.passes, e.epochs) == (2, 5)
    assert e.success.actual == pytest.approx(run.success()[0], abs=1e-6)
    assert "up to pass 2 of 5" in str(e.sentences[0])


def test_many_updates_are_explained_in_at_most_five_sentences():
    for config in (small(), small(batch_size=40, norm_adv=True), small(rows=("SG",)), small(rows=("SF", "FF"))):
        run = Run(config, 0)
        while run.trainer.updates < 3:
            run.unit()
            if run.trainer.passes:
                prints_its_figures(explained(run))


def test_a_diverged_policy_does_not_stop_the_explanation():
    run = Run(make_config("classic", learning_rate=900.0, clip_coef=None), 0)
    while run.trainer.updates < 3:
        run.unit()
        if run.trainer.passes:
            assert len(explained(run).sentences) == 5
    assert len(explain_arrow(Timeline(run), 0).sentences) <= 5
    run.trainer.adam.weights.fill_(torch.nan)
    while run.trainer.phase is not Phase.COPY:
        run.unit()
    assert len(explained(run).sentences) == 5


def test_explaining_yields_between_blocks_and_leaves_the_run_alone():
    run = before_copy(0, 3)
    before = run.trainer.adam.weights.clone()
    assert len(list(explain_in_blocks(judged(run)))) >= 1
    assert torch.equal(before, run.trainer.adam.weights)
    columns = finished(part_in_blocks(judged(run), Part.STEP))
    assert [(column.lens, len(column.keys)) for column in columns] == [(Lens.SURPRISE, 64), (Lens.PUSH, 64)]


@pytest.mark.parametrize("preset", ["classic", "slippery", "8x8"])
def test_a_key_waits_for_one_small_block(preset, monkeypatch):
    """Versions of an update on a large lake, of many passes or of many rows, come a few at a time."""
    sizes: list[int] = []
    remade = counterfactuals.redo
    monkeypatch.setattr(counterfactuals, "redo", lambda *a: sizes.append(a[1].advantages.shape[1] * a[2]) or remade(*a))
    run = Run(make_config(preset), 0)
    while run.moment < Moment(1, Phase.COPY, 0):
        run.unit()
    update = present_update(Timeline(run))
    assert finished(explain_in_blocks(update)) is not None
    assert max(sizes) * len(update.batch.visits) <= BLOCK_TILES
    assert max(sizes) * update.rows <= BLOCK_CELLS * update.made


def test_an_episode_that_does_not_surprise_does_not_push():
    """Unless the advantages are normalised: then the others share what is left of them."""
    for norm_adv in (False, True):
        run = before_copy(2, 9, norm_adv=norm_adv)
        update, e = judged(run), explained(run)
        for lens in Lens:
            found, column = effects(update, lens, Part.EPISODE, update.made), e.effects_of(lens, Part.EPISODE)
            assert column is not None
            assert column.keys.tolist() == found.keys.tolist() == list(range(int(update.episodes[-1]) + 1))
            assert column.success == pytest.approx(found.redone.success.numpy(), abs=1e-6)
        surprise, push = (e.effects_of(lens, Part.EPISODE).success for lens in Lens)
        assert bool(np.abs(surprise - push).max() > 1e-5) is norm_adv


@pytest.mark.parametrize("part", Part)
def test_a_large_batch_is_looked_at_by_pushes_alone(monkeypatch, part):
    monkeypatch.setattr("lakeppo.causes.explanation.MOST_ROWS", 32)
    run = before_copy(1, 4)
    update, e = judged(run), explained(run)
    if part in (Part.STEP, Part.TILE):
        assert e.effects_of(Lens.PUSH, part) is not None
        return
    assert e.effects_of(Lens.PUSH, part) is None
    columns = finished(part_in_blocks(update, part))
    assert {column.lens for column in columns} == ({*Lens} if part is Part.EPISODE else {Lens.PUSH})
    for column in columns:
        assert column.success == pytest.approx(effects(update, Lens.PUSH, part, 5).redone.success.numpy(), abs=1e-6)
    assert finished(part_in_blocks(update, part, {(Lens.PUSH, part)})) == ()


def test_the_clip_of_an_explanation_is_that_of_the_last_pass():
    timeline = Timeline(run_to(small(epochs=4, learning_rate=0.05), 1, Moment(3, Phase.IMPROVE, 2)))
    timeline.change("clip_coef", 0.01)
    for clip_coef in (0.01, None):
        timeline.unit()
        explanation = explained(timeline.run)
        assert explanation.clip.clip_coef == 0.01 if clip_coef else explanation.clip.clip_coef is None
        timeline.change("clip_coef", None)


@pytest.mark.parametrize(
    ("step", "tile", "named"), [(0.3, 0.5, Part.STEP), (0.3, 0.8, Part.TILE), (0.2, 0.3, Part.TILE)]
)
def test_a_step_is_named_if_it_did_half_of_what_a_tile_did(monkeypatch, step, tile, named):
    monkeypatch.setattr("lakeppo.causes.explanation.describe_cause", lambda update, lens, part, key, without: part)
    nothing = np.zeros(2)
    effects = {(Lens.SURPRISE, Part.STEP): step, (Lens.PUSH, Part.STEP): 0.0, (Lens.PUSH, Part.TILE): tile}
    columns = [
        PartEffects(lens, part, np.arange(2), nothing, np.array([0.9, 0.9 - effect]))
        for (lens, part), effect in effects.items()
    ]
    assert _largest(None, columns, 0.9, 0.9, "probability") == (named, Part.TILE)


@pytest.mark.parametrize("by", [-0.3, 0.3])
def test_what_did_most_did_it_for_the_movement_or_against_it(by):
    explanation = explained(before_copy(0, 3))
    moved, actual = explanation.movement, explanation.probability.actual
    cause = replace(explanation.mover or explanation.largest_mover, probability_without=actual + by)
    rose = moved.after > moved.before
    sentence = str(why(replace(explanation, mover=cause))[2])
    assert ("did most for it" if rose == (by < 0) else "did most against it") in sentence
