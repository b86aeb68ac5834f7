"""PPO-clip with an old and a new actor, one unit at a time.

Collect, judge, improve, copy: `Trainer.unit` does whatever comes next, be it one environment step, the judging of
the batch, one gradient pass or the copy. However it is driven, the same seed and config give the same bits.
"""

from bisect import bisect_right
from collections import deque
from copy import deepcopy
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from lakeppo.config import Config
from lakeppo.lake.environment import make_lake
from lakeppo.moment import Moment, Phase, Transition
from lakeppo.ppo.gae import gae, normalise
from lakeppo.ppo.networks import ACTIONS, Adam, log_policy, make_actor, make_critic, state_values
from lakeppo.ppo.objective import entropy, policy_objective, value_loss

SCHEDULED = ("learning_rate", "learning_rate_end", "ent_coef", "ent_coef_end", "anneal_steps")
WINDOW = 100
"""Episodes the running success rate is taken over."""


class Batch(NamedTuple):
    """A collected batch as tensors, `(T,)` each."""

    states: Tensor
    actions: Tensor
    rewards: Tensor
    next_states: Tensor
    terminated: Tensor
    truncated: Tensor
    chosen: Tensor  # state * 4 + action: where each step's action stands in a flat (S, 4)
    visits: Tensor  # (S,), the share of the steps that were taken on each tile


class Judgement(NamedTuple):
    """What judging a batch found, `(T,)` each; `advantages` as GAE gave them, `weights` as the objective uses them."""

    values: Tensor
    next_values: Tensor
    advantages: Tensor
    returns: Tensor
    weights: Tensor


class Pass(NamedTuple):
    """One gradient pass, as its gradient saw it: the whole log policy `(S, 4)`, the losses, the gradients' norms."""

    log_policy: Tensor
    policy_loss: float
    value_loss: float
    entropy: float
    actor_grad_norm: float
    critic_grad_norm: float
    clip_coef: float | None  # the clip it was made with


class Trainer:
    """The whole state of a run at one moment. Nothing in it grows with the run."""

    def __init__(self, config: Config, seed: int) -> None:
        torch.set_num_threads(1)  # more would sum in another order, and the nets are far too small to gain
        self.config = config
        init, self.generator, ice = random_sources(seed)
        self.tiles = torch.eye(config.tiles)
        self.actor = make_actor(config, init)
        self.old_actor = deepcopy(self.actor).requires_grad_(False)
        self.critic = make_critic(config, init)
        self.adam = Adam(self.actor, self.critic)
        self.env = make_lake(config)
        self.state, _ = self.env.reset(seed=ice)
        self.updates = self.env_steps = self.episodes = 0
        self.outcomes: deque[bool] = deque(maxlen=WINDOW)
        self.first_goal_episode: int | None = None
        self._begin_update()

    def _begin_update(self) -> None:
        """Throw the batch away, read the schedules, and compute the one table the next batch is sampled from."""
        self.transitions: list[Transition] = []
        self.batch: Batch | None = None
        self.judgement: Judgement | None = None
        self.passes: list[Pass] = []
        self._read_schedules()
        self.batch_size, self.epochs = self.config.batch_size, self.config.epochs
        with torch.no_grad():
            self.old_log_policy = log_policy(self.old_actor, self.tiles)
        self._thresholds = self.old_log_policy.exp().cumsum(dim=-1)[:, :-1].tolist()

    def _read_schedules(self) -> None:
        self.learning_rate = self.config.annealed("learning_rate", self.env_steps)
        self.ent_coef = self.config.annealed("ent_coef", self.env_steps)

    @property
    def phase(self) -> Phase:
        """The phase of the unit that comes next."""
        if len(self.transitions) < self.batch_size:
            return Phase.COLLECT
        if self.judgement is None:
            return Phase.JUDGE
        return Phase.IMPROVE if len(self.passes) < self.epochs else Phase.COPY

    @property
    def moment(self) -> Moment:
        phase = self.phase
        done = len(self.transitions) if phase is Phase.COLLECT else len(self.passes) if phase is Phase.IMPROVE else 0
        return Moment(self.updates, phase, done)

    def unit(self) -> Phase:
        """Do the next unit of the run, and say of which phase it was."""
        phase = self.phase
        (self._collect, self._judge, self._improve, self._copy)[phase]()
        return phase

    def _collect(self) -> None:
        """1 COLLECT: the old actor takes one step; nobody learns."""
        action = bisect_right(self._thresholds[self.state], self.generator.random())
        next_state, reward, terminated, truncated, _ = self.env.step(action)
        truncated = truncated and not terminated
        self.transitions.append(
            Transition(self.state, action, self.env.went, reward, next_state, terminated, truncated)
        )
        self.env_steps += 1
        self.state = next_state
        if terminated or truncated:
            self._end_episode(reached=self.config.tile(next_state) == "G")

    def _end_episode(self, reached: bool) -> None:
        self.episodes += 1
        self.outcomes.append(reached)
        if reached and self.first_goal_episode is None:
            self.first_goal_episode = self.episodes
        self.state, _ = self.env.reset()

    def _judge(self) -> None:
        """2 JUDGE: was each step better than the critic expected?"""
        self.batch = collected(self.transitions, self.config.tiles)
        with torch.no_grad():
            table = state_values(self.critic, self.tiles)
        values, next_values = table[self.batch.states], table[self.batch.next_states]
        advantages, returns = gae(
            self.batch.rewards, values, next_values, self.batch.terminated, self.batch.truncated,
            self.config.gamma, self.config.gae_lambda,
        )  # fmt: skip
        weights = normalise(advantages) if self.config.norm_adv else advantages
        self.judgement = Judgement(values, next_values, advantages, returns, weights)

    def _improve(self) -> None:
        """3 IMPROVE: one gradient pass of the new actor and the critic over the whole batch."""
        assert self.batch is not None
        assert self.judgement is not None
        table = log_policy(self.actor, self.tiles)
        logratio = (table - self.old_log_policy).take(self.batch.chosen)
        policy_loss = -policy_objective(logratio, self.judgement.weights, self.config.clip_coef).mean()
        values = state_values(self.critic, self.tiles).take(self.batch.states)
        critic_loss = value_loss(values, self.judgement.returns).mean()
        bonus = entropy(table) @ self.batch.visits
        torch.autograd.backward(policy_loss + self.config.vf_coef * critic_loss - self.ent_coef * bonus)
        actor_norm, critic_norm = self.adam.step(self.learning_rate)
        losses = policy_loss.item(), critic_loss.item(), bonus.item()
        self.passes.append(Pass(table.detach(), *losses, actor_norm, critic_norm, self.config.clip_coef))

    def _copy(self) -> None:
        """4 COPY: new becomes old, and the batch is thrown away."""
        with torch.no_grad():
            for old, new in zip(self.old_actor.parameters(), self.actor.parameters(), strict=True):
                old.copy_(new)
        self.updates += 1
        self._begin_update()

    def policy(self) -> Tensor:
        """The new actor's log policy `(S, 4)`; until the first pass it is the old one's."""
        if not self.passes:
            return self.old_log_policy
        with torch.no_grad():
            return log_policy(self.actor, self.tiles)

    def values(self) -> Tensor:
        """The critic's values `(S,)`."""
        with torch.no_grad():
            return state_values(self.critic, self.tiles)

    def change(self, config: Config) -> None:
        """Go on under `config` from the next unit; the networks, and the lake's size, stay as they are.

        On another lake the episode and its clock go on, or begin anew where the agent now stands in a hole or at a
        goal; the success rate starts afresh. The batch size and the number of passes of a phase already left stay as
        they were, so that no moment comes twice.
        """
        before, self.config = self.config, config
        if lake_of(config) != lake_of(before):
            state = self.env.state()
            self.env = make_lake(config)
            self.env.load_state(state)
            if config.tile(self.state) in "HG":
                self.state, _ = self.env.reset()
            self.outcomes.clear()
        if any(getattr(config, name) != getattr(before, name) for name in SCHEDULED):
            self._read_schedules()
        if self.moment.phase is Phase.COLLECT:
            self.batch_size = config.batch_size
        if self.moment.phase is not Phase.COPY:
            self.epochs = config.epochs

    def reseed(self, seed: int) -> None:
        """Draw all that follows, the dice and the ice, from another seed."""
        dice, ice = (np.random.default_rng(s) for s in np.random.SeedSequence([seed, 2]).spawn(2))
        self.generator = dice
        self.env.np_random = ice

    def state_dict(self) -> dict[str, Any]:
        """Everything, copied, in plain values and tensors that a safe load accepts."""
        return {
            "weights": {name: _copied(net.state_dict()) for name, net in self._networks().items()},
            "adams": dict(zip(("actor", "critic"), self.adam.state(), strict=True)),
            "generator": self.generator.bit_generator.state,
            "env": self.env.state(),
            "state": self.state,
            "counts": [self.updates, self.env_steps, self.episodes],
            "outcomes": list(self.outcomes),
            "first_goal_episode": self.first_goal_episode,
            "in_force": [self.learning_rate, self.ent_coef, self.batch_size, self.epochs],
            "transitions": [tuple(t) for t in self.transitions],
            "judgement": None if self.judgement is None else list(self.judgement),
            "passes": [tuple(p) for p in self.passes],
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Become the trainer `state_dict` was taken from, which had this config and lake."""
        for name, net in self._networks().items():
            net.load_state_dict(state["weights"][name])
        self.adam.load_state([state["adams"]["actor"], state["adams"]["critic"]])
        self.generator.bit_generator.state = state["generator"]
        self.env.load_state(state["env"])
        self.state = state["state"]
        self.updates, self.env_steps, self.episodes = state["counts"]
        self.outcomes = deque(state["outcomes"], maxlen=WINDOW)
        self.first_goal_episode = state["first_goal_episode"]
        self._begin_update()
        self.learning_rate, self.ent_coef, self.batch_size, self.epochs = state["in_force"]
        self.transitions = [Transition(*t) for t in state["transitions"]]
        self.passes = [Pass(*p) for p in state["passes"]]
        if state["judgement"] is not None:
            self._judge()
            self.judgement = Judgement(*state["judgement"])

    def _networks(self) -> dict[str, torch.nn.Module]:
        return {"actor": self.actor, "old_actor": self.old_actor, "critic": self.critic}


class Sources(NamedTuple):
    """Where all chance of a run comes from: its first weights, its dice, and the seed of its ice."""

    init: torch.Generator
    dice: np.random.Generator
    ice: int


def random_sources(seed: int) -> Sources:
    """The sources of chance of the run with this seed."""
    weights, dice, ice = (np.random.default_rng(s) for s in np.random.SeedSequence(seed).spawn(3))
    init = torch.Generator().manual_seed(int(weights.integers(2**63)))
    return Sources(init, dice, int(ice.integers(2**31)))


def collected(transitions: list[Transition], tiles: int) -> Batch:
    """The steps of a full batch as tensors."""
    columns = (torch.from_numpy(np.array(column)) for column in zip(*transitions, strict=True))
    states, actions, _, rewards, next_states, terminated, truncated = columns
    visits = states.bincount(minlength=tiles) / states.new_tensor(len(states), dtype=torch.float64)
    chosen = states * ACTIONS + actions
    return Batch(states, actions, rewards, next_states, terminated, truncated, chosen, visits)


def lake_of(config: Config) -> tuple[object, ...]:
    """What of a config is the lake."""
    return config.map_rows, config.slip, config.max_episode_steps


def _copied(tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    return {name: tensor.clone() for name, tensor in tensors.items()}
