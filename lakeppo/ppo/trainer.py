"""PPO-clip with an old and a new actor, one unit at a time: collect, judge, improve, copy.

`Trainer.unit` does the next unit: one environment step, the judging of the batch, one gradient pass or the copy. The
same seed and config give the same bits, however the units are driven.
"""

from bisect import bisect_right
from collections import deque
from copy import deepcopy
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from lakeppo.config import Config
from lakeppo.lake.actions import ACTION_COUNT
from lakeppo.lake.environment import make_lake
from lakeppo.lake.transition import Transition
from lakeppo.moment import Moment, Phase
from lakeppo.ppo.gae import gae, normalise
from lakeppo.ppo.networks import Adam, log_policy, make_actor, make_critic, state_values
from lakeppo.ppo.objective import entropy, policy_objective, value_loss

SCHEDULED = ("learning_rate", "learning_rate_end", "ent_coef", "ent_coef_end", "anneal_steps")
WINDOW = 100
"""Episodes of the running success rate."""


class Batch(NamedTuple):
    """A collected batch as tensors, `(T,)` each."""

    states: Tensor
    actions: Tensor
    rewards: Tensor
    next_states: Tensor
    terminated: Tensor
    truncated: Tensor
    chosen: Tensor  # the index of each step's state and action in a flat table (S, 4)
    visits: Tensor  # (S,) the share of the steps taken on each tile


class Judgement(NamedTuple):
    """The judged batch, `(T,)` each."""

    values: Tensor
    next_values: Tensor
    advantages: Tensor  # from GAE
    returns: Tensor
    used_advantages: Tensor  # as the objective uses them: normalised if `norm_adv` is on


class Pass(NamedTuple):
    """One gradient pass; all but the gradients' norms are from before its step."""

    log_policy: Tensor  # (S, 4)
    policy_loss: float
    value_loss: float
    entropy: float
    actor_grad_norm: float
    critic_grad_norm: float
    clip_coef: float | None


class Trainer:
    """The whole state of a run at one moment, in memory that does not grow with the run."""

    def __init__(self, config: Config, seed: int) -> None:
        torch.set_num_threads(1)  # more would sum in another order, and gain nothing on networks so small
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
        self.begin_update()

    def begin_update(self) -> None:
        """Discard the batch, read the schedules, and compute the table from which the next batch is sampled."""
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
        """The phase of the next unit."""
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
        """Do the next unit and return its phase."""
        phase = self.phase
        (self._collect, self._judge, self._improve, self._copy)[phase]()
        return phase

    def _collect(self) -> None:
        """1 COLLECT: the old actor takes one step; nothing is learned."""
        action = bisect_right(self._thresholds[self.state], self.generator.random())
        next_state, reward, terminated, truncated, _ = self.env.step(action)
        truncated = truncated and not terminated
        self.transitions.append(
            Transition(self.state, action, self.env.went, reward, next_state, terminated, truncated)
        )
        self.env_steps += 1
        self.state = next_state
        if terminated or truncated:
            self._end_episode(success=self.config.tile(next_state) == "G")

    def _end_episode(self, success: bool) -> None:
        self.episodes += 1
        self.outcomes.append(success)
        if success and self.first_goal_episode is None:
            self.first_goal_episode = self.episodes
        self.state, _ = self.env.reset()

    def _judge(self) -> None:
        """2 JUDGE: compare each step with the critic's expectation."""
        self.batch = make_batch(self.transitions, self.config.tiles)
        with torch.no_grad():
            table = state_values(self.critic, self.tiles)
        values, next_values = table[self.batch.states], table[self.batch.next_states]
        advantages, returns = gae(
            self.batch.rewards, values, next_values, self.batch.terminated, self.batch.truncated,
            self.config.gamma, self.config.gae_lambda,
        )  # fmt: skip
        used = normalise(advantages) if self.config.norm_adv else advantages
        self.judgement = Judgement(values, next_values, advantages, returns, used)

    def _improve(self) -> None:
        """3 IMPROVE: one gradient pass of the new actor and the critic over the whole batch."""
        assert self.batch is not None
        assert self.judgement is not None
        table = log_policy(self.actor, self.tiles)
        logratio = (table - self.old_log_policy).take(self.batch.chosen)
        policy_loss = -policy_objective(logratio, self.judgement.used_advantages, self.config.clip_coef).mean()
        values = state_values(self.critic, self.tiles).take(self.batch.states)
        critic_loss = value_loss(values, self.judgement.returns).mean()
        bonus = entropy(table) @ self.batch.visits
        torch.autograd.backward(policy_loss + self.config.vf_coef * critic_loss - self.ent_coef * bonus)
        actor_norm, critic_norm = self.adam.step(self.learning_rate)
        losses = policy_loss.item(), critic_loss.item(), bonus.item()
        self.passes.append(Pass(table.detach(), *losses, actor_norm, critic_norm, self.config.clip_coef))

    def _copy(self) -> None:
        """4 COPY: the new actor becomes the old one, and the batch is discarded."""
        with torch.no_grad():
            for old, new in zip(self.old_actor.parameters(), self.actor.parameters(), strict=True):
                old.copy_(new)
        self.updates += 1
        self.begin_update()

    def policy(self) -> Tensor:
        """Return the new actor's log policy `(S, 4)`; before the first pass it equals the old one's."""
        if not self.passes:
            return self.old_log_policy
        with torch.no_grad():
            return log_policy(self.actor, self.tiles)

    def values(self) -> Tensor:
        """Return the critic's values `(S,)`."""
        with torch.no_grad():
            return state_values(self.critic, self.tiles)

    def change(self, config: Config) -> None:
        """Use `config`, which has a lake of the same shape, from the next unit on; the networks stay as they are.

        On another lake the episode and its clock continue, unless the agent now stands in a hole or at a goal, and
        the success rate is reset. A new batch size or number of epochs waits for the next update if its phase is over,
        so that no moment occurs twice.
        """
        before, self.config = self.config, config
        if config.lake != before.lake:
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
        """Draw all following actions and ice from another seed."""
        actions, ice = (np.random.default_rng(s) for s in np.random.SeedSequence([seed, 2]).spawn(2))
        self.generator = actions
        self.env.np_random = ice


class Sources(NamedTuple):
    """The random sources of a run: initial weights, actions, and the seed of the ice."""

    init: torch.Generator
    dice: np.random.Generator
    ice: int


def random_sources(seed: int) -> Sources:
    """Return the random sources of the run with this seed."""
    weights, dice, ice = (np.random.default_rng(s) for s in np.random.SeedSequence(seed).spawn(3))
    init = torch.Generator().manual_seed(int(weights.integers(2**63)))
    return Sources(init, dice, int(ice.integers(2**31)))


def make_batch(transitions: list[Transition], tiles: int) -> Batch:
    """Return the transitions of a full batch as tensors."""
    columns = (torch.from_numpy(np.array(column)) for column in zip(*transitions, strict=True))
    states, actions, _, rewards, next_states, terminated, truncated = columns
    visits = states.bincount(minlength=tiles) / states.new_tensor(len(states), dtype=torch.float64)
    chosen = states * ACTION_COUNT + actions
    return Batch(states, actions, rewards, next_states, terminated, truncated, chosen, visits)
