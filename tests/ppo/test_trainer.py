"""The trainer: PPO one unit at a time, with the same bits in any way of driving it."""

import io
import itertools
import random
from copy import deepcopy
from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from support.advantages import double_sum
from support.runs import bits, small
from torch import nn
from torch.distributions import Categorical

from lakeppo.config import Config, make_config
from lakeppo.lake.transition import Transition
from lakeppo.moment import Moment, Phase
from lakeppo.ppo.trainer import Trainer
from lakeppo.runs.trainer_state import load_trainer_state, trainer_state, weights_sha256

CONFIGS = [
    small(),
    small(clip_coef=None, norm_adv=True, batch_size=1, slip=0.0),
    small(("SFG", "FHF"), activation="tanh", init="orthogonal", learning_rate_end=0.001, anneal_steps=50),
]


def driven(trainer: Trainer, units: int) -> Trainer:
    for _ in range(units):
        trainer.unit()
    return trainer


def to(trainer: Trainer, phase: Phase) -> Trainer:
    """Do units up to the next moment at which `phase` begins."""
    trainer.unit()
    while trainer.moment.phase != phase or trainer.moment.index:
        trainer.unit()
    return trainer


def stream(trainer: Trainer, steps: int) -> list[Transition]:
    """The next environment steps, over several batches if needed."""
    seen: list[Transition] = []
    while len(seen) < steps:
        if trainer.unit() is Phase.COLLECT:
            seen.append(trainer.transitions[-1])
    return seen


def weights(trainer: Trainer, net: str) -> dict[str, torch.Tensor]:
    return trainer_state(trainer)["weights"][net]


def same(one: dict[str, torch.Tensor], other: dict[str, torch.Tensor]) -> bool:
    return all(torch.equal(one[name], other[name]) for name in one)


def always(trainer: Trainer, action: int) -> None:
    """Make the old actor always take one action."""
    state = trainer_state(trainer)
    for net in ("actor", "old_actor"):
        state["weights"][net]["4.weight"].zero_()
        state["weights"][net]["4.bias"].copy_(torch.eye(4)[action] * 200)
    load_trainer_state(trainer, state)


class PlainPPO:
    """An independent PPO in the usual form: one-hot rows, Categorical, two losses, float64."""

    def __init__(self, trainer: Trainer) -> None:
        self.config = trainer.config
        self.actor, self.critic = deepcopy(trainer.actor).double(), deepcopy(trainer.critic).double()
        self.actor_adam = torch.optim.Adam(self.actor.parameters())
        self.critic_adam = torch.optim.Adam(self.critic.parameters())

    def update(self, steps: list[Transition], learning_rate: float, ent_coef: float) -> None:
        config, rows = self.config, torch.eye(self.config.tiles, dtype=torch.float64)
        states = torch.stack([rows[step.state] for step in steps])
        next_states = torch.stack([rows[step.next_state] for step in steps])
        actions = torch.tensor([step.action for step in steps])
        with torch.no_grad():
            old = Categorical(logits=self.actor(states)).log_prob(actions)
            values, next_values = self.critic(states)[:, 0], self.critic(next_states)[:, 0]
        judged = [
            (step.reward, value, beyond, step.terminated, step.truncated)
            for step, value, beyond in zip(steps, values.tolist(), next_values.tolist(), strict=True)
        ]
        advantages = torch.tensor(double_sum(judged, config.gamma, config.gae_lambda), dtype=torch.float64)
        returns = advantages + values
        if config.norm_adv:
            advantages = (advantages - advantages.mean()) / (advantages.std(correction=0) + 1e-8)
        for _ in range(config.epochs):
            policy = Categorical(logits=self.actor(states))
            ratio = (policy.log_prob(actions) - old).exp()
            gain = ratio * advantages
            if config.clip_coef is not None:
                clipped = torch.clamp(ratio, 1 - config.clip_coef, 1 + config.clip_coef) * advantages
                gain = torch.min(gain, clipped)
            actor_loss = -(gain + ent_coef * policy.entropy()).mean()
            critic_loss = config.vf_coef * nn.functional.mse_loss(self.critic(states)[:, 0], returns)
            for loss, adam in ((actor_loss, self.actor_adam), (critic_loss, self.critic_adam)):
                adam.param_groups[0]["lr"] = learning_rate
                adam.zero_grad()
                loss.backward()
                adam.step()


@pytest.mark.parametrize(
    "config",
    [
        small(batch_size=40, epochs=5),
        small(batch_size=40, epochs=5, norm_adv=True, init="orthogonal", activation="tanh", ent_coef=0.1),
        small(("SFG",), batch_size=30, epochs=8, clip_coef=0.05, gamma=0.99, gae_lambda=0.5),
        small(("HSFG",), batch_size=30, epochs=4, clip_coef=None, ent_coef_end=0.5, anneal_steps=90),
    ],
    ids=["classic", "normalised", "clipped", "unclipped"],
)
def test_every_update_is_plain_ppo(config):
    trainer = Trainer(config, 3)
    plain = PlainPPO(trainer)
    for update in range(4):
        share = min(1.0, update * config.batch_size / config.anneal_steps) if config.anneal_steps else 0.0
        end = config.ent_coef if config.ent_coef_end is None else config.ent_coef_end
        to(trainer, Phase.JUDGE)
        plain.update(trainer.transitions, config.learning_rate, config.ent_coef + share * (end - config.ent_coef))
        to(trainer, Phase.COLLECT)
        rows = torch.eye(config.tiles)
        policy = plain.actor(rows.double()).softmax(dim=1)
        torch.testing.assert_close(trainer.policy().exp(), policy.detach(), rtol=0, atol=2e-4)
        torch.testing.assert_close(trainer.values(), plain.critic(rows.double())[:, 0].detach(), rtol=0, atol=2e-4)
    assert max(abs(a - 0.25) for a in policy.flatten().tolist()) > 0.05, "it has learnt something to compare"


def test_an_update_passes_these_moments():
    trainer = Trainer(small(batch_size=3, epochs=2), 0)
    moments = []
    for _ in range(8):
        moments.append(trainer.moment)
        trainer.unit()
    collect, improve = Phase.COLLECT, Phase.IMPROVE
    assert moments == [
        Moment(0, collect, 0), Moment(0, collect, 1), Moment(0, collect, 2), Moment(0, Phase.JUDGE, 0),
        Moment(0, improve, 0), Moment(0, improve, 1), Moment(0, Phase.COPY, 0), Moment(1, collect, 0),
    ]  # fmt: skip


@pytest.mark.parametrize("config", CONFIGS)
def test_moments_increase_and_name_the_next_unit(config):
    trainer = Trainer(config, 1)
    for _ in range(100):
        before = trainer.moment
        assert trainer.unit() is before.phase
        assert trainer.moment > before


def test_each_phase_changes_its_own_state_only():
    trainer = Trainer(small(), 0)
    for _ in range(60):
        before = {net: weights(trainer, net) for net in ("actor", "old_actor", "critic")}
        phase = trainer.unit()
        changed = {net for net in before if not same(before[net], weights(trainer, net))}
        assert changed == {Phase.IMPROVE: {"actor", "critic"}, Phase.COPY: {"old_actor"}}.get(phase, set())
        if phase is Phase.COPY:
            assert same(weights(trainer, "old_actor"), weights(trainer, "actor"))
            assert trainer.transitions == trainer.passes == []


@settings(max_examples=25)
@given(
    st.sampled_from(CONFIGS),
    st.integers(0, 1000),
    st.lists(st.tuples(st.integers(0, 25), st.sampled_from(["on", "fresh", "bytes"])), min_size=1, max_size=6),
)
def test_driving_and_saving_do_not_change_the_bits(config, seed, legs):
    trainer = Trainer(config, seed)
    for units, then in legs:
        driven(trainer, units)
        if then == "on":
            continue
        state = trainer_state(trainer)
        if then == "bytes":
            buffer = io.BytesIO()
            torch.save(state, buffer)
            state = torch.load(io.BytesIO(buffer.getvalue()), weights_only=True)
        trainer, put_away = Trainer(config, seed + 1), trainer
        load_trainer_state(trainer, state)
        assert trainer.moment == put_away.moment
        assert bits(trainer) == bits(put_away)
        driven(put_away, 3)  # another trainer must not affect this one
    straight = driven(Trainer(config, seed), sum(units for units, _ in legs))
    assert bits(trainer) == bits(straight)
    assert bits(driven(trainer, 20)) == bits(driven(straight, 20))


def test_a_copied_state_does_not_change_afterwards():
    trainer = driven(Trainer(small(), 0), 12)
    state = trainer_state(trainer)
    before = weights_sha256(state), repr(state["transitions"]), repr(state["adams"]), repr(state["outcomes"])
    driven(trainer, 50)
    assert before == (weights_sha256(state), repr(state["transitions"]), repr(state["adams"]), repr(state["outcomes"]))


def test_seeds_differ_and_repeat():
    one, again, other = (driven(Trainer(small(), seed), 40) for seed in (1, 1, 2))
    assert bits(one) == bits(again)
    assert weights(one, "actor")["0.weight"].tolist() != weights(other, "actor")["0.weight"].tolist()
    assert [t.action for t in stream(one, 30)] != [t.action for t in stream(other, 30)]


def test_hundreds_of_seeds_begin_with_weights_of_their_own():
    first = {weights(Trainer(small(), seed), "actor")["0.weight"][0, 0].item() for seed in range(200)}
    assert len(first) == 200


def test_a_batch_that_shrinks_below_its_steps_is_complete():
    trainer = driven(Trainer(small(batch_size=10), 1), 7)
    trainer.change(replace(trainer.config, batch_size=5))
    assert trainer.moment == Moment(0, Phase.JUDGE, 0)
    driven(trainer, 1)
    assert trainer.batch is not None
    assert len(trainer.batch.states) == 7


def test_another_seed_draws_other_actions_and_slips_and_repeats():
    def steps(*reseeds: int) -> list[tuple[int, int]]:
        trainer = Trainer(small(batch_size=30, max_episode_steps=40), 1)
        for seed in reseeds:
            trainer.reseed(seed)
        return [(t.action, t.went) for t in driven(trainer, 30).transitions]

    assert steps(5) == steps(9, 5) != steps(9)
    assert steps(5) != steps()


def test_global_random_state_is_neither_read_nor_changed():
    found = []
    for seed in (1, 2):
        random.seed(seed)
        np.random.seed(seed)  # noqa: NPY002  # the global state is the point
        torch.manual_seed(seed)
        before = random.getstate(), np.random.get_state()[1].tolist(), torch.get_rng_state().tolist()  # noqa: NPY002
        found.append(bits(driven(Trainer(small(init="orthogonal"), 7), 60)))
        after = random.getstate(), np.random.get_state()[1].tolist(), torch.get_rng_state().tolist()  # noqa: NPY002
        assert after == before
    assert found[0] == found[1]


@pytest.mark.parametrize("config", [*CONFIGS, make_config("classic")])
def test_the_first_pass_sees_every_ratio_at_exactly_1(config):
    trainer = Trainer(config, 0)
    for _ in range(4):
        to(trainer, Phase.COPY)
        assert torch.equal(trainer.passes[0].log_policy, trainer.old_log_policy)
    if config.epochs > 1:
        assert not torch.equal(trainer.passes[1].log_policy, trainer.old_log_policy)


def learnt(config: Config) -> str:
    trainer = Trainer(config, 0)
    for _ in range(6):
        to(trainer, Phase.COLLECT)
    return weights_sha256(trainer_state(trainer))


def test_with_one_pass_the_clip_changes_no_bit():
    assert learnt(small(epochs=1, batch_size=64)) == learnt(small(epochs=1, batch_size=64, clip_coef=None))


def test_with_more_passes_the_clip_changes_bits():
    assert learnt(small(epochs=8, batch_size=64)) != learnt(small(epochs=8, batch_size=64, clip_coef=None))


def test_actions_have_the_frequencies_of_the_old_policy():
    trainer = Trainer(small(batch_size=6000, max_episode_steps=100), 0)
    policy = trainer.old_log_policy.exp().numpy()
    counts = np.zeros((16, 4))
    for step in stream(trainer, 6000):
        counts[step.state, step.action] += 1
    visits = counts.sum(axis=1, keepdims=True)
    spread = np.sqrt(visits * policy * (1 - policy))
    assert (abs(counts - visits * policy) <= 4.5 * spread).all()
    assert (visits > 500).sum() >= 3


@pytest.mark.parametrize("config", CONFIGS)
def test_steps_follow_each_other_over_batches_and_episodes(config):
    trainer = Trainer(config, 2)
    steps = stream(trainer, 150)
    start = "".join(config.map_rows).index("S")
    assert steps[0].state == start
    length = 0
    for step, after in itertools.pairwise(steps):
        length += 1
        assert step.terminated == (config.tile(step.next_state) in "GH")
        assert step.truncated == (length == config.max_episode_steps and not step.terminated)
        assert step.reward == (config.tile(step.next_state) == "G")
        over = step.terminated or step.truncated
        assert after.state == (start if over else step.next_state)
        length = 0 if over else length


def test_episodes_and_goals_are_counted_as_they_end():
    trainer = Trainer(small(("SFG", "FHF"), slip=0.0), 1)
    first, outcomes = None, []
    for _ in range(900):
        if trainer.unit() is Phase.COLLECT:
            step = trainer.transitions[-1]
            if step.terminated or step.truncated:
                outcomes.append(trainer.config.tile(step.next_state) == "G")
                first = len(outcomes) if outcomes[-1] and first is None else first
        assert trainer.episodes == len(outcomes)
        assert list(trainer.outcomes) == outcomes[-100:]
        assert trainer.first_goal_episode == first
    assert len(outcomes) > 150
    assert True in outcomes
    assert False in outcomes


def test_a_truncated_step_bootstraps_from_its_own_next_state():
    trainer = Trainer(small(slip=0.0, batch_size=30, max_episode_steps=7), 0)
    always(trainer, 0)  # left, into the wall
    to(trainer, Phase.JUDGE)
    assert [i for i, step in enumerate(trainer.transitions) if step.truncated] == [6, 13, 20, 27]
    assert not any(step.terminated for step in trainer.transitions)
    assert trainer.episodes == 4
    assert not any(trainer.outcomes)
    trainer.unit()
    judged = trainer.judgement
    assert judged is not None
    value, gamma = trainer.values()[0], trainer.config.gamma
    for end in (6, 13, 20, 27, 29):  # the last row too bootstraps, and ends its trace
        assert judged.advantages[end].item() == pytest.approx((gamma * value - value).item(), abs=1e-12)
    assert judged.advantages[5] != judged.advantages[6]


def test_the_bootstrap_value_is_of_the_transitions_next_state():
    """After truncation the next row is the start of another episode, not the next state."""
    trainer = Trainer(small(("SFFFFG",), slip=0.0, batch_size=9, max_episode_steps=3, gae_lambda=0.0), 0)
    always(trainer, 2)
    to(trainer, Phase.JUDGE)
    trainer.unit()
    values, judged = trainer.values(), trainer.judgement
    assert judged is not None
    for step, advantage in zip(trainer.transitions, judged.advantages, strict=True):
        assert advantage.item() == pytest.approx((0.9 * values[step.next_state] - values[step.state]).item(), abs=1e-12)
    assert trainer.transitions[2].next_state == 3
    assert trainer.transitions[3].state == 0


def leaves(value: object) -> int:
    if isinstance(value, dict):
        return sum(leaves(item) for item in value.values())
    if isinstance(value, list | tuple):
        return sum(leaves(item) for item in value)
    return value.numel() if isinstance(value, torch.Tensor) else 1


def test_the_state_does_not_grow_with_the_run():
    trainer = Trainer(small(("SG",), batch_size=32), 0)
    sizes = []
    for _ in range(60):
        to(trainer, Phase.COPY)
        if trainer.episodes > 100:
            sizes.append(leaves(trainer_state(trainer)))
            load_trainer_state(trainer, trainer_state(trainer))
    assert len(sizes) > 20
    assert len(set(sizes)) == 1


def test_schedules_are_read_at_the_start_of_each_update_and_stay():
    config = small(batch_size=10, learning_rate=0.02, learning_rate_end=0.01, ent_coef_end=0.0, anneal_steps=25)
    trainer = Trainer(config, 0)
    for expected in (0.02, 0.016, 0.012, 0.01, 0.01):
        for _ in range(10 + 1 + 3 + 1):
            assert trainer.learning_rate == pytest.approx(expected)
            assert trainer.ent_coef == pytest.approx(expected - 0.01)
            trainer.unit()


def test_at_learning_rate_0_no_weight_changes():
    trainer = Trainer(small(learning_rate_end=0.0, anneal_steps=10), 0)
    to(trainer, Phase.COLLECT)
    before = weights(trainer, "actor"), weights(trainer, "critic")
    for _ in range(3):
        to(trainer, Phase.COLLECT)
    assert same(before[0], weights(trainer, "actor"))
    assert same(before[1], weights(trainer, "critic"))


def test_a_pass_flushes_denormal_moments_in_itself_alone():
    if not torch.set_flush_denormal(False):
        pytest.skip("this processor cannot flush denormals")
    tiny, one, other = torch.finfo(torch.float32).tiny, *(to(Trainer(small(), 0), Phase.IMPROVE) for _ in range(2))
    for moments in (one.adam.first, one.adam.second):
        moments.fill_(tiny / 1000)
    one.unit()
    other.unit()
    assert torch.equal(one.adam.weights, other.adam.weights)
    assert all(bool(((m == 0) | (m.abs() >= tiny)).all()) for m in (one.adam.first, one.adam.second))
    assert torch.tensor([tiny / 1000]).mul(0.5).item() > 0


def test_a_rate_of_its_own_moves_the_critic_from_the_next_pass_on():
    config = make_config("classic")
    usual, slower = (driven(Trainer(config, 0), 64 + 1 + 2) for _ in range(2))
    assert slower.moment == Moment(0, Phase.IMPROVE, 2)
    slower.change(replace(config, critic_learning_rate=1e-6))
    before = nn.utils.parameters_to_vector(slower.critic.parameters()).detach().clone()
    moved = []
    for trainer in (usual, slower):
        trainer.unit()
        moved.append((nn.utils.parameters_to_vector(trainer.critic.parameters()) - before).abs().max().item())
    assert same(weights(usual, "actor"), weights(slower, "actor"))
    assert moved[0] > 1e-3
    assert 0 < moved[1] < 1e-5


def test_without_a_schedule_the_values_stay():
    trainer = Trainer(small(learning_rate_end=0.0, anneal_steps=0), 0)
    for _ in range(3):
        to(trainer, Phase.COLLECT)
    assert trainer.learning_rate == 0.01


def test_the_entropy_bonus_raises_the_entropy():
    ends = []
    for weight in (0.0, 100.0):
        trainer = Trainer(small(ent_coef=weight, batch_size=64, epochs=20), 0)
        to(trainer, Phase.COPY)
        ends.append((trainer.passes[0].entropy, trainer.passes[-1].entropy))
    assert ends[0][0] == ends[1][0]
    assert ends[1][1] > ends[1][0]
    assert ends[1][1] > ends[0][1]


def test_with_value_coefficient_0_the_critic_stays():
    trainer = Trainer(small(vf_coef=0.0), 0)
    before = weights(trainer, "critic")
    to(trainer, Phase.COLLECT)
    assert same(before, weights(trainer, "critic"))


@pytest.mark.parametrize("norm_adv", [False, True])
@pytest.mark.parametrize("batch_size", [1, 16])
def test_a_diverging_learning_rate_raises_no_error(norm_adv, batch_size):
    config = small(
        learning_rate=1e3, ent_coef=1e3, vf_coef=1e3, clip_coef=None, norm_adv=norm_adv, batch_size=batch_size
    )
    trainer = driven(Trainer(config, 0), 400)
    assert trainer.updates > 0
    assert all(step.action in range(4) for step in stream(trainer, 5))


def test_weights_that_are_nan_raise_no_error():
    trainer = Trainer(small(), 0)
    state = trainer_state(trainer)
    for net in state["weights"].values():
        for tensor in net.values():
            tensor.fill_(float("nan"))
    load_trainer_state(trainer, state)
    driven(trainer, 100)
    assert trainer.updates == 6
