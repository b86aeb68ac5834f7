"""A run: a seed, a config and a list of changes; its history, its best policy and its hashes."""

import hashlib
import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.runs import advance, hashes, ran, small

from lakeppo.errors import InvalidValue
from lakeppo.lake.environment import transition_table
from lakeppo.lake.exact import greedy, success_probability
from lakeppo.moment import Change, Moment, Phase, moment_words
from lakeppo.presets import Limit
from lakeppo.runs.run import Run
from lakeppo.runs.trainer_state import state_sha256, trainer_state, weights_sha256

LAKE = ("SFG", "FHF")


def exact(run: Run) -> tuple[float, float]:
    table, policy = transition_table(run.config.map_rows, run.config.slip), run.policy()
    limit = run.config.max_episode_steps
    return tuple(float(success_probability(table, p, limit)) for p in (policy, greedy(policy)))


def replayed(origin, seed: int, changes: list[Change], end: Moment) -> Run:
    """The same run, computed again from its seed, config and changes."""
    run, waiting = Run(origin, seed), list(changes)
    while run.moment != end or waiting:
        while waiting and waiting[0].moment == run.moment:
            run.change(waiting[0].name, waiting.pop(0).value)
        if run.moment != end:
            run.unit()
    return run


@settings(max_examples=15)
@given(st.integers(0, 100), st.lists(st.tuples(st.integers(0, 20), st.sampled_from([0.0, 0.4, 1.0])), max_size=5))
def test_seed_config_and_changes_are_the_whole_run(seed, legs):
    run = Run(small(LAKE), seed)
    for units, slip in legs:
        for _ in range(units):
            run.unit()
        run.change("slip", slip)
    run.unit()
    again = replayed(run.origin, seed, run.changes, run.moment)
    assert hashes(again) == hashes(run)
    assert again.history == run.history
    assert again.changes == run.changes
    assert again.config == run.origin.changed(run.changes)


def test_a_change_of_slip_in_the_middle_of_a_batch():
    run = ran(small(slip=0.0, batch_size=40, max_episode_steps=30), 4, 33)
    trainer = run.trainer
    assert run.moment == Moment(0, Phase.COLLECT, 33)
    assert trainer.outcomes
    assert trainer.env.elapsed > 0
    old, table, before = trainer.transitions[:], trainer.old_log_policy.clone(), trainer_state(trainer)
    run.change("slip", 1.0)
    after = trainer_state(trainer)
    assert run.changes == [Change(Moment(0, Phase.COLLECT, 33), "slip", 1.0)]
    assert run.config.slip == 1.0
    assert run.origin.slip == 0.0
    assert after["outcomes"] == []
    for kept in ("env", "state", "generator", "counts", "in_force", "first_goal_episode"):
        assert after[kept] == before[kept]
    while run.moment.phase is Phase.COLLECT:
        run.unit()
    assert trainer.transitions[:33] == old
    assert all(step.went == step.action for step in trainer.transitions[:33])
    assert all(step.went != step.action for step in trainer.transitions[33:])
    assert (trainer.old_log_policy == table).all()


@pytest.mark.parametrize("units", [10, 11, 12, 13])
def test_a_change_after_the_batch_is_full_does_not_touch_its_update(units):
    """Between judge and copy no slip is drawn."""
    plain, changed = ran(small(), 0, units), ran(small(), 0, units)
    changed.change("slip", 0.9)
    for run in (plain, changed):
        advance(run, 1)
    assert hashes(plain)[1] == hashes(changed)[1]
    for run in (plain, changed):
        advance(run, 4)
    assert hashes(plain)[1] != hashes(changed)[1]


def test_the_same_slip_again_is_no_change():
    run = ran(small(slip=0.5), 0, 40)
    before = hashes(run), list(run.trainer.outcomes), run.best
    run.change("slip", 0.5)
    assert (hashes(run), list(run.trainer.outcomes), run.best) == before
    assert run.changes == []


@pytest.mark.parametrize("value", [-0.1, 1.1, float("nan"), float("inf")])
def test_a_change_out_of_range_is_refused_and_changes_nothing(value):
    run = ran(small(), 0, 5)
    before = hashes(run)
    with pytest.raises(InvalidValue, match="slip"):
        run.change("slip", value)
    assert hashes(run) == before
    assert run.changes == []


def test_exact_success_is_of_the_current_policy_and_lake():
    run, chooser = Run(small(LAKE), 0), random.Random(0)
    seen = set()
    for _ in range(120):
        if chooser.random() < 0.05:
            run.change("slip", chooser.choice([0.0, 0.5, 1.0]))
        run.unit()
        assert run.success() == exact(run)
        seen.add(run.success())
    assert len(seen) > 20


def test_policies_are_probabilities_and_the_old_one_is_sampled():
    run = ran(small(), 0, 12)
    for table in (run.policy(), run.old_policy()):
        assert table.dtype == np.float64
        assert table.sum(axis=1) == pytest.approx(np.ones(16), abs=1e-14)
    assert not np.array_equal(run.policy(), run.old_policy())
    advance(run, 1)
    assert np.array_equal(run.policy(), run.old_policy())


def test_the_history_has_a_row_per_update_and_best_is_its_maximum():
    run = advance(Run(small(LAKE, slip=0.2), 1), 25)
    assert [row.update for row in run.history] == list(range(1, 26))
    figures = [row.success_probability for row in run.history]
    assert run.best is not None
    assert run.best.success_probability == max(figures)
    assert run.best.update == figures.index(max(figures)) + 1
    there = advance(Run(small(LAKE, slip=0.2), 1), run.best.update)
    assert weights_sha256(run.best.state) == hashes(there)[1]
    assert there.success()[0] == run.best.success_probability


def test_the_best_is_reset_when_the_lake_changes():
    run = advance(Run(small(LAKE, slip=0.0), 1), 20)
    assert run.best is not None
    top = run.best.success_probability
    run.change("slip", 1.0)
    assert run.best is None
    advance(run, 24)
    assert run.best is not None
    assert run.best.update > 20
    assert run.best.config.slip == 1.0
    assert run.best.changes == tuple(run.changes)
    assert run.best.success_probability == max(row.success_probability for row in run.history[20:]) < top


@pytest.mark.parametrize("unit", ["episodes", "updates", "steps"])
def test_a_limit_only_stops_and_changes_no_bit_before_it(unit):
    run, count = Run(small(LAKE), 0), 12
    steps = 0
    while not run.reached(Limit(unit, count)):
        run.unit()
        steps += 1
    done = {"episodes": run.trainer.episodes, "updates": run.trainer.updates, "steps": run.trainer.env_steps}
    assert done[unit] == count
    if unit != "updates":
        assert run.moment.phase in (Phase.COLLECT, Phase.JUDGE)
    farther = ran(small(LAKE), 0, steps)
    assert hashes(farther) == hashes(run)


def test_the_weights_hash_covers_all_networks_as_float32():
    trainer = ran(small(), 0, 13).trainer
    digest = hashlib.sha256()
    for net in (trainer.actor, trainer.old_actor, trainer.critic):
        for parameter in net.state_dict().values():
            digest.update(np.array(parameter.flatten().tolist(), dtype="<f4").tobytes())
    assert weights_sha256(trainer_state(trainer)) == digest.hexdigest()


def test_the_state_hash_covers_everything_but_the_weights():
    run = ran(small(), 0, 13)
    state = trainer_state(run.trainer)

    def digest(seed=0, config=run.config, **changed):
        return state_sha256(seed, config, {**state, **changed})

    whole = digest()
    assert digest(weights={}) == whole
    assert digest(seed=1) != whole
    assert digest(config=small(gamma=0.5)) != whole
    for key, value in state.items():
        if key != "weights":
            assert digest(**{key: [value]}) != whole, key
    elsewhere = {**state["env"], "elapsed": state["env"]["elapsed"] + 1}
    assert digest(env=elsewhere) != whole
    adams = trainer_state(ran(small(), 0, 13).trainer)["adams"]
    assert digest(adams=adams) == whole
    adams["critic"]["second"][0][0, 0] += 1e-9
    assert digest(adams=adams) != whole


@pytest.mark.parametrize("norm_adv", [False, True])
def test_a_diverging_run_raises_no_error(norm_adv):
    run = ran(small(learning_rate=1e3, vf_coef=1e3, clip_coef=None, norm_adv=norm_adv), 0, 600)
    figures = [row.success_probability for row in run.history]
    assert all(0 <= figure <= 1 for figure in figures)
    assert len(set(figures)) < len(figures)
    assert run.best is not None
    assert run.best.update == figures.index(max(figures)) + 1, "the first of equals is the best"
    run.change("slip", 0.1)
    assert ran(run.config, 0, 30).moment.update == 2


def test_moments_are_ordered_and_printed():
    run = Run(small(), 0)
    words = []
    for _ in range(15):
        words.append(moment_words(run.moment, 10, 3))
        run.unit()
    assert words[0] == "update 0 · collect · step 0 of 10"
    assert words[10:] == [
        "update 0 · judge", "update 0 · improve · pass 0 of 3", "update 0 · improve · pass 1 of 3",
        "update 0 · improve · pass 2 of 3", "update 0 · copy",
    ]  # fmt: skip
    assert Moment(1, Phase.COLLECT, 0) > Moment(0, Phase.COPY, 0) > Moment(0, Phase.IMPROVE, 9)
    change = Change(Moment(2, Phase.IMPROVE, 1), "slip", 0.5)
    assert change.as_json() == {"moment": change.moment.as_json(), "name": "slip", "value": 0.5}
    assert Moment(2, Phase.IMPROVE, 1).as_json() == {"update": 2, "phase": "improve", "index": 1}
