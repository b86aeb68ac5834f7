"""Lakes so small that the learnt policy and values are known; each test isolates one part of PPO."""

import pytest
import torch
from support.runs import small

from lakeppo.moment import Phase
from lakeppo.runs.run import Run

RIGHT = 2


def trained(rows: tuple[str, ...], updates: int = 60, **knobs) -> Run:
    run = Run(small(rows, **{"slip": 0.0, "batch_size": 32, "epochs": 5, "max_episode_steps": 20, **knobs}), 0)
    while run.trainer.updates < updates:
        run.unit()
    return run


def test_one_step_from_the_goal_is_worth_1():
    run = trained(("SG",))
    assert run.policy()[0, RIGHT] > 0.95
    assert run.trainer.values()[0].item() == pytest.approx(1.0, abs=0.1)


def test_two_steps_from_the_goal_are_worth_gamma():
    run = trained(("SFG",), gamma=0.5, updates=120)
    values = run.trainer.values()
    assert values[1].item() == pytest.approx(1.0, abs=0.1)
    assert values[0].item() == pytest.approx(0.5, abs=0.1)
    assert (run.policy()[:2, RIGHT] > 0.9).all()


def test_next_to_a_hole_it_moves_to_the_goal():
    run = trained(("HSG",))
    assert run.policy()[1].argmax() == RIGHT
    assert run.success() == (pytest.approx(1, abs=0.05), 1.0)


def test_the_other_way_round_it_goes_left():
    assert trained(("GSH",)).policy()[1].argmax() == 0


def test_up_and_down_are_distinguished():
    assert trained(("H", "S", "G")).policy()[1].argmax() == 1
    assert trained(("G", "S", "H")).policy()[1].argmax() == 3


def test_without_a_choice_the_value_is_the_share_of_goals():
    """At slip 1, up and down lead to the hole or the goal with equal probability; left and right stay."""
    run = trained(("HSG",), updates=80, slip=1.0, gamma=0.9, batch_size=256)
    assert run.trainer.values()[1].item() == pytest.approx(0.5, abs=0.15)


def test_the_goal_has_a_positive_advantage_the_hole_a_negative():
    run = trained(("HSG",), updates=3)
    while run.moment.phase is not Phase.IMPROVE:
        run.unit()
    batch, judged = run.trainer.batch, run.trainer.judgement
    assert batch is not None
    assert judged is not None
    ends = torch.tensor([t.terminated for t in run.trainer.transitions])
    assert (judged.advantages[(batch.next_states == 2) & ends] > 0).all()
    assert (judged.advantages[(batch.next_states == 0) & ends] < 0).all()
    assert {0, 2} <= set(batch.next_states.tolist())


def test_without_reward_only_entropy_shapes_the_policy():
    """No goal can be reached in one step: with a large entropy bonus the policy must become uniform."""
    run = trained(("SFFFFFFG",), updates=20, max_episode_steps=1, ent_coef=1.0)
    assert run.policy()[0] == pytest.approx([0.25] * 4, abs=0.05)
