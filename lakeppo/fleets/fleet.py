"""Many agents trained as one batched program; agent k equals the single run of its own seed and config.

Batches are judged by `gae` and improved by PPO's objective, as a trainer's are. No bit of an agent depends on the
others. Sums are in another order than in the single run: in float32 the two part after some dozens of updates.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import cycle, islice, pairwise
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from lakeppo.config import Config
from lakeppo.fleets.batched_ppo import (
    BETAS,
    BatchSums,
    Coefficients,
    Improve,
    NetworkStack,
    Rates,
    log_policies,
    outputs,
    stack_networks,
)
from lakeppo.fleets.batched_ppo import improve as eager
from lakeppo.fleets.exact import ExactSuccess
from lakeppo.fleets.interruption import Check, never
from lakeppo.fleets.shard import FleetState
from lakeppo.fleets.walkers import Integers, Transitions, Walkers
from lakeppo.lake.exact import Floats
from lakeppo.lake.transition import ACTION_COUNT
from lakeppo.ppo.gae import gae, normalise
from lakeppo.ppo.networks import make_actor, make_critic
from lakeppo.ppo.trainer import random_sources

SHARED = ("map_rows", "max_episode_steps", "batch_size", "epochs", "norm_adv", "activation")
"""The knobs that all agents of a fleet share; every other knob may differ between agents."""
LAKE = ("map_rows", "slip", "max_episode_steps")
BLOCK = 512
"""Agents of one block: a block makes all its passes before the next, within the processor's cache."""
NO_CLIP = 1e300
"""A finite `clip_coef` that clips nothing."""


class Agent(NamedTuple):
    """One agent of a fleet: the seed and config of its single run."""

    seed: int
    config: Config


class Judged(NamedTuple):
    """A judged batch of N agents, `(T, N)` each; a row is `k * S + s` for tile s of agent k."""

    rows: Tensor
    chosen: Tensor  # index of each step's row and action in a flattened table (N, S, 4)
    values: Tensor
    used_advantages: Tensor  # as the objective uses them: normalised if `norm_adv`
    returns: Tensor


def fleet_key(config: Config) -> tuple[object, ...]:
    """Return the values of `SHARED`: agents with equal keys can share a fleet."""
    return tuple(getattr(config, name) for name in SHARED)


def block_size(agents: int) -> int:
    """Return the block size for which a compiled pass of `agents` agents is made."""
    return min(BLOCK, max(2, 1 << (agents - 1).bit_length()))


class Fleet:
    """N agents after the same number of updates.

    Results have N rows, then those of padding agents: torch multiplies a batch of one matrix in another order
    than a larger batch, and a compiled pass needs whole blocks. Raise `ValueError` if the agents differ in `SHARED`.
    `check` may give an update up.
    """

    def __init__(
        self, agents: Sequence[Agent], device: str = "cpu", improve: Improve | None = None, check: Check = never
    ) -> None:
        torch.set_num_threads(1)
        self.improve, self.device, self.check = improve or eager, torch.device(device), check
        self._block = None if improve is None else block_size(len(agents))
        self.agents = list(islice(cycle(agents), self._padded_size(len(agents))))
        self.config = config = self.agents[0].config
        if any(fleet_key(agent.config) != fleet_key(config) for agent in self.agents):
            raise ValueError(f"the agents of a fleet must have the same {', '.join(SHARED)}")
        self.activation = torch.relu if config.activation == "relu" else torch.tanh
        sources = [random_sources(agent.seed) for agent in self.agents]
        pairs = list(zip(self.agents, sources, strict=True))
        self.actor = stack_networks([make_actor(agent.config, source.weights) for agent, source in pairs], self.device)
        self.critic = stack_networks(
            [make_critic(agent.config, source.weights) for agent, source in pairs], self.device
        )
        slips = np.array([agent.config.slip for agent in self.agents])
        self.walkers = Walkers(
            config.map_rows, slips, config.max_episode_steps, [source.actions for source in sources],
            [np.random.default_rng(source.slip_seed) for source in sources], config.batch_size,
        )  # fmt: skip
        self.exact = self._exact_success(slips)
        self._log_policy: Tensor | None = None  # cached until the actors change
        self.updates = self.passes = 0
        self.env_steps = 0  # of each agent
        self._read_knobs()

    def _exact_success(self, slips: Floats) -> ExactSuccess:
        tensor = torch.from_numpy(slips).to(self.device)
        return ExactSuccess(self.config.map_rows, tensor, self.config.max_episode_steps)

    def _padded_size(self, count: int) -> int:
        return max(2, count) if self._block is None else -(-count // self._block) * self._block

    def _read_knobs(self) -> None:
        numbers: dict[Config, int] = {}
        config_of_agent = [numbers.setdefault(agent.config, len(numbers)) for agent in self.agents]
        self._configs, self._config_of_agent = list(numbers), torch.tensor(config_of_agent, device=self.device)
        self.gamma = self._per_agent(config.gamma for config in numbers)
        self.gae_lambda = self._per_agent(config.gae_lambda for config in numbers)
        self.vf_coef = self._per_agent(config.vf_coef for config in numbers)
        clips = (config.clip_coef for config in numbers)
        self.clip_coef = self._per_agent(NO_CLIP if clip is None else clip for clip in clips)[:, None, None]

    def _per_agent(self, values: Iterable[float]) -> Tensor:
        """Return one value for each agent, `(N,)`, from one for each distinct config."""
        return torch.tensor(list(values), dtype=torch.float64, device=self.device)[self._config_of_agent]

    def _rates(self) -> Rates:
        """Return the learning rates of this update's passes, `(N, 1, 1)`."""
        actor = [config.annealed("learning_rate", self.env_steps) for config in self._configs]
        critic = (config.critic_rate(rate) for config, rate in zip(self._configs, actor, strict=True))
        return Rates(*(self._per_agent(rates)[:, None, None] for rates in (actor, critic)))

    @property
    def episodes(self) -> Integers:
        """The number of episodes each agent has ended, `(N,)`."""
        return self.walkers.episodes

    def log_policy(self) -> Tensor:
        """Return log π `(N, S, 4)` in float64."""
        if self._log_policy is None:
            self._log_policy = log_policies(self.actor.parameters, self.activation)
        return self._log_policy

    def values(self) -> Tensor:
        """Return V `(N, S)` in float64."""
        return outputs(self.critic.parameters, self.activation).squeeze(-1)

    def success(self) -> Tensor:
        """Return the exact success of every policy within the time limit, `(N,)`, actions being sampled."""
        return self.exact.success(self.log_policy().exp(), self.check)

    def finite(self) -> Tensor:
        """Return whether all weights of each agent are finite, `(N,)`: once they are not, it has diverged for good."""
        parameters = [*self.actor.parameters, *self.critic.parameters]
        return torch.stack([p.flatten(start_dim=1).isfinite().all(dim=1) for p in parameters]).all(dim=0)

    def update(self) -> Transitions:
        """Collect, judge, improve and copy once, for every agent; return the batch."""
        old = self.log_policy()
        thresholds = old.exp().cumsum(dim=-1)[..., :-1].movedim(-1, 0).contiguous()
        batch = self.walkers.collect(thresholds.cpu().numpy(), self.config.batch_size, self.check)
        self._improve(self._judge(batch, old))
        self._log_policy = None
        self.updates += 1
        self.passes += self.config.epochs
        self.env_steps += self.config.batch_size
        return batch

    def _judge(self, batch: Transitions, old: Tensor) -> BatchSums:
        judged = self._judged(batch)
        parts = judged.used_advantages.clamp(min=0), judged.used_advantages.clamp(max=0)
        positive, negative = (sum_by(judged.chosen, part, old) for part in parts)
        visits = sum_by(judged.rows, torch.ones_like(judged.returns), old[..., 0])
        mean_returns = sum_by(judged.rows, judged.returns, visits) / visits.clamp(min=1)
        steps = len(judged.rows)
        return BatchSums(old, positive / steps, negative / steps, visits / steps, mean_returns)

    def _judged(self, batch: Transitions) -> Judged:
        columns = (torch.from_numpy(column).to(self.device) for column in batch)
        rows, actions, next_rows, reached, terminated, truncated = columns
        table = self.values().flatten()
        values = table[rows]
        advantages, returns = gae(
            reached.double(), values, table[next_rows], terminated, truncated, self.gamma, self.gae_lambda
        )
        if self.config.norm_adv:
            advantages = normalise(advantages)
        return Judged(rows, rows * ACTION_COUNT + actions, values, advantages, returns)

    def _improve(self, sums: BatchSums) -> None:
        ent_coef = self._per_agent(config.annealed("ent_coef", self.env_steps) for config in self._configs)
        coefficients = Coefficients(self.clip_coef, ent_coef, self.vf_coef)
        rates, dtype = self._rates(), self.actor.parameters[0].dtype
        steps = range(self.passes + 1, self.passes + self.config.epochs + 1)
        corrections = [torch.tensor((1 - BETAS[1] ** step) ** 0.5, dtype=dtype, device=self.device) for step in steps]
        blocks = -(-len(self.agents) // BLOCK)
        edges = [len(self.agents) * k // blocks for k in range(blocks + 1)]  # even, so that no block is a single agent
        for block in (slice(*pair) for pair in pairwise(edges)):
            actor, critic = self.actor.select(block), self.critic.select(block)
            block_sums = BatchSums(*(tensor[block].contiguous() for tensor in sums))
            block_coefficients = Coefficients(*(tensor[block] for tensor in coefficients))
            for step, correction in zip(steps, corrections, strict=True):
                self.check()
                rate = Rates(*((each[block] / (1 - BETAS[0] ** step)).to(dtype) for each in rates))
                self._pass(block, actor, critic, block_sums, block_coefficients, rate, correction)

    def _pass(
        self, block: slice, actor: NetworkStack, critic: NetworkStack, sums: BatchSums, coefficients: Coefficients,
        rates: Rates, correction: Tensor,
    ) -> None:  # fmt: skip
        """Make one pass of the agents of a block."""
        self.improve(actor, critic, self.activation, sums, coefficients, rates, correction)

    def change(self, name: str, value: object) -> None:
        """Set a knob of all agents from here on, as `Trainer.change` does at the start of an update."""
        values: dict[str, Any] = {name: value}
        configs = {config: replace(config, **values) for config in self._configs}
        self.agents = [Agent(agent.seed, configs[agent.config]) for agent in self.agents]
        self.config = config = self.agents[0].config
        if name in LAKE:
            slips = np.array([agent.config.slip for agent in self.agents])
            self.walkers.change(config.map_rows, slips, config.max_episode_steps)
            self.exact = self._exact_success(slips)
        self._read_knobs()

    def select(self, index: Integers) -> None:
        """Keep only the agents at `index`, and others as padding where it is needed."""
        others = np.setdiff1d(np.arange(len(self.agents)), index)
        self._keep(np.append(index, others[: self._padded_size(len(index)) - len(index)]))

    def _keep(self, index: Integers) -> None:
        self.agents = [self.agents[k] for k in index]
        self.walkers.select(index)
        on_device = torch.from_numpy(index).to(self.device)
        self.actor, self.critic = self.actor.select(on_device), self.critic.select(on_device)
        self.exact.select(on_device)
        self._log_policy = None
        self._read_knobs()

    def _tensors(self) -> list[Tensor]:
        return [tensor for stack in (self.actor, self.critic) for tensors in stack for tensor in tensors]

    def state(self, count: int) -> FleetState:
        """Return the state of the first `count` agents."""
        walkers, networks = self.walkers, [tensor[:count].cpu().clone() for tensor in self._tensors()]
        figures = (array[:count].copy() for array in (walkers.state, walkers.elapsed, walkers.episodes))
        return FleetState(self.updates, networks, *figures)

    def restore(self, state: FleetState) -> None:
        """Give the first agents of a new fleet this state; it goes on with the same bits as the one it is from."""
        for tensor, saved in zip(self._tensors(), state.networks, strict=True):
            tensor[: len(saved)] = saved.to(self.device)
        self.updates, self.passes = state.updates, state.updates * self.config.epochs
        self.env_steps = state.updates * self.config.batch_size
        self.walkers.restore(state.tiles, state.elapsed, state.episodes, self.env_steps)
        self._log_policy = None


def sum_by(index: Tensor, values: Tensor, like: Tensor) -> Tensor:
    """Sum the `values` with equal `index` into a tensor of the shape of `like`."""
    return values.new_zeros(like.shape).view(-1).index_add_(0, index.flatten(), values.flatten()).view(like.shape)
