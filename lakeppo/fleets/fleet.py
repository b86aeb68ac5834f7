"""Many agents trained at once as one batched program: agent k is the single run of its own seed and config.

A batch is judged by the trainer's own `gae` and improved by its own objective (`batched.py`). Nothing of an agent
depends on who else is in the fleet, to the bit. Against the single run sums are in another order: nothing in float64,
but in float32 the last digits differ, Adam magnifies them, and after some dozens of updates the two part ways.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import cycle, islice, pairwise
from typing import Any, Literal, NamedTuple

import numpy as np
import torch
from torch import Tensor

from lakeppo.config import Config
from lakeppo.fleets.batched_ppo import BETAS, BatchSums, Coefficients, Improve, log_policies, stack_networks, tables
from lakeppo.fleets.batched_ppo import improve as eager
from lakeppo.fleets.exact import ExactSuccess
from lakeppo.fleets.walkers import Integers, WalkedBatch, Walkers
from lakeppo.lake.actions import ACTION_COUNT
from lakeppo.lake.exact import Floats
from lakeppo.ppo.gae import gae, normalise
from lakeppo.ppo.networks import make_actor, make_critic
from lakeppo.ppo.trainer import random_sources

SHARED = ("map_rows", "max_episode_steps", "batch_size", "epochs", "norm_adv", "activation")
"""What all agents of one fleet have in common; every other knob is each agent's own."""
LAKE = ("map_rows", "slip", "max_episode_steps")
BLOCK = 512
"""Agents that make their passes together."""
NO_CLIP = 1e300
"""Stands for no clip among those of others: as far off, and finite."""


class Agent(NamedTuple):
    """One agent of a fleet: what `train` would be given."""

    seed: int
    config: Config


def fleet_key(config: Config) -> tuple[object, ...]:
    """Agents for whom this is equal can be in one fleet."""
    return tuple(getattr(config, name) for name in SHARED)


def block_size(agents: int) -> int:
    """The size of the blocks a compiled pass of so many agents is made for."""
    return min(BLOCK, max(2, 1 << (agents - 1).bit_length()))


class Fleet:
    """N agents after the same number of updates; results are of them and, behind them, of some they have as company.

    A batch of one matrix is multiplied in another order than a larger one, so that nobody is ever alone; and a
    compiled pass (`compiled_pass`) is one for whole blocks of agents.
    """

    def __init__(self, agents: Sequence[Agent], device: str = "cpu", improve: Improve | None = None) -> None:
        torch.set_num_threads(1)
        self.improve, self.device = improve or eager, torch.device(device)
        self.whole = None if improve is None else block_size(len(agents))
        self.agents = list(islice(cycle(agents), self._room(len(agents))))
        self.config = config = self.agents[0].config
        if any(fleet_key(agent.config) != fleet_key(config) for agent in self.agents):
            raise ValueError(f"the agents of a fleet all have the same {', '.join(SHARED)}")
        self.activation = torch.relu if config.activation == "relu" else torch.tanh
        sources = [random_sources(agent.seed) for agent in self.agents]
        born = list(zip(self.agents, sources, strict=True))
        self.actor = stack_networks([make_actor(agent.config, source.init) for agent, source in born], self.device)
        self.critic = stack_networks([make_critic(agent.config, source.init) for agent, source in born], self.device)
        slips = np.array([agent.config.slip for agent in self.agents])
        self.walkers = Walkers(
            config.map_rows, slips, config.max_episode_steps, [source.dice for source in sources],
            [np.random.default_rng(source.ice) for source in sources], config.batch_size,
        )  # fmt: skip
        self.exact = self._exact_success(slips)
        self._log_policy: Tensor | None = None  # of the actors as they are
        self.updates = self.passes = 0
        self.env_steps = 0  # walked by each agent
        self._read_knobs()

    def _exact_success(self, slips: Floats) -> ExactSuccess:
        ice = torch.from_numpy(slips).to(self.device)
        return ExactSuccess(self.config.map_rows, ice, self.config.max_episode_steps)

    def _room(self, count: int) -> int:
        return max(2, count) if self.whole is None else -(-count // self.whole) * self.whole

    def _read_knobs(self) -> None:
        places: dict[Config, int] = {}
        which = [places.setdefault(agent.config, len(places)) for agent in self.agents]
        self._configs, self._which = list(places), torch.tensor(which, device=self.device)
        self.gamma = self._each(config.gamma for config in places)
        self.gae_lambda = self._each(config.gae_lambda for config in places)
        self.vf_coef = self._each(config.vf_coef for config in places)
        clips = (config.clip_coef for config in places)
        self.clip_coef = self._each(NO_CLIP if clip is None else clip for clip in clips)[:, None, None]

    def _each(self, values: Iterable[float]) -> Tensor:
        """A value of each config as each agent's, `(N,)`."""
        return torch.tensor(list(values), dtype=torch.float64, device=self.device)[self._which]

    def _annealed(self, name: Literal["learning_rate", "ent_coef"]) -> Tensor:
        return self._each(config.annealed(name, self.env_steps) for config in self._configs)

    @property
    def episodes(self) -> Integers:
        """Episodes each agent has ended, `(N,)`."""
        return self.walkers.episodes

    def log_policy(self) -> Tensor:
        """log π `(N, S, 4)` in float64."""
        if self._log_policy is None:
            self._log_policy = log_policies(self.actor.parameters, self.activation)
        return self._log_policy

    def values(self) -> Tensor:
        """V `(N, S)` in float64."""
        return tables(self.critic.parameters, self.activation).squeeze(-1)

    def success(self) -> Tensor:
        """Exact success within the time limit of every policy, sampling, `(N,)`."""
        return self.exact.success(self.log_policy().exp())

    def update(self) -> None:
        """Every agent collects, judges, improves and copies once."""
        old = self.log_policy()
        thresholds = old.exp().cumsum(dim=-1)[..., :-1].movedim(-1, 0).contiguous()
        walked = self.walkers.walk(thresholds.cpu().numpy(), self.config.batch_size)
        self._improve(self._judge(walked, old))
        self._log_policy = None
        self.updates += 1
        self.passes += self.config.epochs
        self.env_steps += self.config.batch_size

    def _judge(self, walked: WalkedBatch, old: Tensor) -> BatchSums:
        rows, actions, next_rows, reached, terminated, truncated = (
            torch.from_numpy(column).to(self.device) for column in walked
        )
        values = self.values().flatten()
        advantages, returns = gae(
            reached.double(), values[rows], values[next_rows], terminated, truncated, self.gamma, self.gae_lambda
        )
        if self.config.norm_adv:
            advantages = normalise(advantages)
        cells = rows * ACTION_COUNT + actions
        gains, losses = (_summed(cells, some, old) for some in (advantages.clamp(min=0), advantages.clamp(max=0)))
        visits = _summed(rows, torch.ones_like(returns), old[..., 0])
        mean = _summed(rows, returns, visits) / visits.clamp(min=1)
        steps = len(rows)
        return BatchSums(old, gains / steps, losses / steps, visits / steps, mean)

    def _improve(self, sums: BatchSums) -> None:
        """All passes of some agents, then of the next, so many at a time as the processor's cache holds."""
        coefficients = Coefficients(self.clip_coef, self._annealed("ent_coef"), self.vf_coef)
        rates, kind = self._annealed("learning_rate")[:, None, None], self.actor.parameters[0].dtype
        steps = range(self.passes + 1, self.passes + self.config.epochs + 1)
        spreads = [torch.tensor((1 - BETAS[1] ** step) ** 0.5, dtype=kind, device=self.device) for step in steps]
        blocks = -(-len(self.agents) // BLOCK)
        edges = [len(self.agents) * k // blocks for k in range(blocks + 1)]  # even: nobody is alone in a block
        for some in (slice(*pair) for pair in pairwise(edges)):
            actor, critic = self.actor.of(some), self.critic.of(some)
            theirs = BatchSums(*(t[some].contiguous() for t in sums)), Coefficients(*(c[some] for c in coefficients))
            for step, spread in zip(steps, spreads, strict=True):
                rate = (rates[some] / (1 - BETAS[0] ** step)).to(kind)
                self.improve(actor, critic, self.activation, *theirs, rate, spread)

    def change(self, name: str, value: object) -> None:
        """All go on with another value from here, as `Trainer.change` does where an update begins."""
        changed: dict[str, Any] = {name: value}
        configs = {config: replace(config, **changed) for config in self._configs}
        self.agents = [Agent(agent.seed, configs[agent.config]) for agent in self.agents]
        self.config = config = self.agents[0].config
        if name in LAKE:
            slips = np.array([agent.config.slip for agent in self.agents])
            self.walkers.change(config.map_rows, slips, config.max_episode_steps)
            self.exact = self._exact_success(slips)
        self._read_knobs()

    def keep(self, kept: Integers) -> None:
        """Go on with these agents alone, and with any others as company where they need it."""
        others = np.setdiff1d(np.arange(len(self.agents)), kept)
        kept = np.append(kept, others[: self._room(len(kept)) - len(kept)])
        self.agents = [self.agents[k] for k in kept]
        self.walkers.keep(kept)
        index = torch.from_numpy(kept).to(self.device)
        self.actor, self.critic = self.actor.of(index), self.critic.of(index)
        self.exact.keep(index)
        self._log_policy = None
        self._read_knobs()


def _summed(index: Tensor, values: Tensor, like: Tensor) -> Tensor:
    """`values` added up where `index` says, in the shape of `like`."""
    return values.new_zeros(like.shape).view(-1).index_add_(0, index.flatten(), values.flatten()).view(like.shape)
