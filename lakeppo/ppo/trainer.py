"""PPO with a clipped objective, an old and a new actor: collect, judge, improve, copy.

`Trainer.unit` does the next unit of work: one environment step, the judgement of the batch, one gradient pass or the
copy. The same seed and config always give the same bits.

Unlike CleanRL's ppo.py: one environment, no minibatches (each pass is over the whole batch), no clipping of the value
loss or of the gradient norm, no factor of 1/2 in the value loss, and a time-out bootstraps from the value of the next
state.
"""

from bisect import bisect_right
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from lakeppo.config import Config
from lakeppo.lake.environment import Lake
from lakeppo.lake.transition import ACTION_COUNT, Transition
from lakeppo.moment import Moment, Phase
from lakeppo.ppo.gae import gae, normalise
from lakeppo.ppo.networks import Adam, log_policy, make_actor, make_critic, state_values
from lakeppo.ppo.objective import entropy, policy_objective, value_loss

SCHEDULED = ("learning_rate", "learning_rate_end", "ent_coef", "ent_coef_end", "anneal_steps")
WINDOW = 100
"""Number of episodes in the running success rate."""


class Batch(NamedTuple):
    """A collected batch as tensors, `(T,)` each."""

    states: Tensor
    actions: Tensor
    rewards: Tensor
    next_states: Tensor
    terminated: Tensor
    truncated: Tensor
    chosen: Tensor  # index of each step's state and action in a flattened table (S, 4)
    visits: Tensor  # (S,): the share of the steps taken in each state


class Judgement(NamedTuple):
    """The values, advantages and returns of a batch, `(T,)` each."""

    values: Tensor
    next_values: Tensor
    advantages: Tensor
    returns: Tensor
    used_advantages: Tensor  # as the objective uses them: normalised if `norm_adv`


class Pass(NamedTuple):
    """One gradient pass: the policy and the losses before its step, and the norms of its gradients."""

    log_policy: Tensor  # (S, 4)
    policy_loss: float
    value_loss: float
    entropy: float
    actor_grad_norm: float
    critic_grad_norm: float
    clip_coef: float | None


@contextmanager
def flush_denormals() -> Iterator[None]:
    """Compute 0 in place of what is below 1e-38 in float32, on which processors are slow.

    Most moments of weights without effect are, after some 70,000 passes.
    """
    torch.set_flush_denormal(True)  # of this thread
    try:
        yield
    finally:
        torch.set_flush_denormal(False)


class Trainer:
    """The whole state of a run at one moment; its size does not grow with the run."""

    def __init__(self, config: Config, seed: int) -> None:
        torch.set_num_threads(1)  # more threads would sum in another order, and small networks gain nothing
        self.config = config
        weights, self.generator, slip_seed = random_sources(seed)
        self.tiles = torch.eye(config.tiles)
        self.actor = make_actor(config, weights)
        self.old_actor = deepcopy(self.actor).requires_grad_(False)
        self.critic = make_critic(config, weights)
        self.adam = Adam(self.actor, self.critic)
        self.env = Lake(*config.lake)
        self.state, _ = self.env.reset(seed=slip_seed)
        self.updates = self.env_steps = self.episodes = 0
        self.outcomes: deque[bool] = deque(maxlen=WINDOW)
        self.first_goal_episode: int | None = None
        self.begin_update()

    def begin_update(self) -> None:
        """Discard the batch, read the schedules, and tabulate the old policy that samples the next batch."""
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
        """1 COLLECT: one environment step of the old actor; nothing is learned."""
        action = bisect_right(self._thresholds[self.state], self.generator.random())
        next_state, reward, terminated, truncated, _ = self.env.step(action)
        truncated = truncated and not terminated
        step = Transition(self.state, action, self.env.went, reward, next_state, terminated, truncated)
        self.transitions.append(step)
        self.env_steps += 1
        self.state = next_state
        if terminated or truncated:
            self.episodes += 1
            success = self.config.tile(next_state) == "G"
            self.outcomes.append(success)
            if success and self.first_goal_episode is None:
                self.first_goal_episode = self.episodes
            self.state, _ = self.env.reset()

    def _judge(self) -> None:
        """2 JUDGE: advantages and returns of the batch from the critic's values (GAE)."""
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

    @flush_denormals()
    def _improve(self) -> None:
        """3 IMPROVE: one gradient pass over the whole batch, for the new actor and the critic (equation 9)."""
        assert self.batch is not None
        assert self.judgement is not None
        table = log_policy(self.actor, self.tiles)
        logratio = (table - self.old_log_policy).take(self.batch.chosen)
        policy_loss = -policy_objective(logratio, self.judgement.used_advantages, self.config.clip_coef).mean()
        values = state_values(self.critic, self.tiles).take(self.batch.states)
        critic_loss = value_loss(values, self.judgement.returns).mean()
        bonus = entropy(table) @ self.batch.visits
        torch.autograd.backward(policy_loss + self.config.vf_coef * critic_loss - self.ent_coef * bonus)
        actor_norm, critic_norm = self.adam.step(self.learning_rate, self.config.critic_rate(self.learning_rate))
        losses = policy_loss.item(), critic_loss.item(), bonus.item()
        self.passes.append(Pass(table.detach(), *losses, actor_norm, critic_norm, self.config.clip_coef))

    def _copy(self) -> None:
        """4 COPY: copy the new actor's weights to the old one and discard the batch."""
        with torch.no_grad():
            for old, new in zip(self.old_actor.parameters(), self.actor.parameters(), strict=True):
                old.copy_(new)
        self.updates += 1
        self.begin_update()

    def policy(self) -> Tensor:
        """Return log π `(S, 4)` of the new actor, which before the first pass equals the old one."""
        with torch.no_grad():
            return log_policy(self.actor, self.tiles)

    def values(self) -> Tensor:
        """Return the critic's values `(S,)`."""
        with torch.no_grad():
            return state_values(self.critic, self.tiles)

    def change(self, config: Config) -> None:
        """Use `config`, which must have a lake of the same shape, from the next unit on; the networks stay.

        On another lake the episode and its time limit continue, unless the agent now stands on a hole or a goal, and
        the success rate starts again. A new batch size or number of epochs waits for the next update if its phase is
        over, so that no moment occurs twice.
        """
        before, self.config = self.config, config
        if config.lake != before.lake:
            self.env.change(*config.lake)
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
        """Draw all following actions and slips from another seed."""
        sources = np.random.SeedSequence([seed, 2]).spawn(2)
        self.generator, self.env.np_random = (np.random.default_rng(source) for source in sources)


class Sources(NamedTuple):
    """The random sources of a run."""

    weights: torch.Generator  # of the initial weights
    actions: np.random.Generator
    slip_seed: int  # of the environment


def random_sources(seed: int) -> Sources:
    """Return the random sources of the run with this seed."""
    weights, actions, slips = (np.random.default_rng(s) for s in np.random.SeedSequence(seed).spawn(3))
    generator = torch.Generator().manual_seed(int(weights.integers(2**63)))
    return Sources(generator, actions, int(slips.integers(2**31)))


def make_batch(transitions: list[Transition], tiles: int) -> Batch:
    """Return the transitions of a full batch as tensors; `tiles` is the number of states."""
    columns = (torch.from_numpy(np.array(column)) for column in zip(*transitions, strict=True))
    states, actions, _, rewards, next_states, terminated, truncated = columns
    visits = states.bincount(minlength=tiles) / states.new_tensor(len(states), dtype=torch.float64)
    chosen = states * ACTION_COUNT + actions
    return Batch(states, actions, rewards, next_states, terminated, truncated, chosen, visits)
