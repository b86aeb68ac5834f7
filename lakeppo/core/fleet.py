"""Many agents trained at once as one batched program: agent k is the single run of its own seed and config.

Parameters are stacked, `(N, ...)`, and one batched matrix product stands for the products of N networks. A batch is
judged by the trainer's own `gae` and improved by its own objective. Both depend on a sample only through its tile and
action, so the samples are first added up to a table: `policy_objective` is linear in advantages of one sign, and the
passes cost the same whatever the batch size. Nothing of an agent depends on who else is in the fleet.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from lakeppo.config import Config
from lakeppo.core.chains import Chains
from lakeppo.core.gae import gae, normalise
from lakeppo.core.networks import ACTIONS, make_actor, make_critic
from lakeppo.core.objective import entropy, policy_objective, value_loss
from lakeppo.core.trainer import random_sources
from lakeppo.core.walkers import Integers, Walked, Walkers

SHARED = ("map_rows", "max_episode_steps", "batch_size", "epochs", "norm_adv", "activation")
"""What all agents of one fleet have in common; every other knob is each agent's own."""
UNCLIPPED = 1e300
"""A clip that stops nothing, as a number: infinity times an advantage of 0 would be none."""
BETAS, EPS = (0.9, 0.999), 1e-8


class Agent(NamedTuple):
    """One agent of a fleet: what `train` would be given."""

    seed: int
    config: Config


def alike(config: Config) -> tuple[object, ...]:
    """Agents for whom this is equal can be in one fleet."""
    return tuple(getattr(config, name) for name in SHARED)


class Network:
    """N multilayer perceptrons, weights `(N, in, out)` and biases `(N, 1, out)`, and their Adam."""

    def __init__(self, networks: Iterable[nn.Sequential], activation: str, device: torch.device) -> None:
        layers = list(zip(*([layer for layer in net if isinstance(layer, nn.Linear)] for net in networks), strict=True))
        stacks = [
            [torch.stack([k.weight.mT for k in layer]), torch.stack([k.bias[None] for k in layer])] for layer in layers
        ]
        self.parameters = [p.detach().contiguous().to(device).requires_grad_() for stack in stacks for p in stack]
        self.activation = torch.relu if activation == "relu" else torch.tanh
        self.first, self.second = ([torch.zeros_like(p) for p in self.parameters] for _ in range(2))
        self.steps = 0

    def table(self) -> Tensor:
        """What every network says of every tile, `(N, S, out)` in float64: one-hot rows pick rows of weights."""
        weight, bias = self.parameters[:2]
        out = weight + bias
        for weight, bias in zip(self.parameters[2::2], self.parameters[3::2], strict=True):
            out = torch.baddbmm(bias, self.activation(out), weight)
        return out.double()

    def step(self, gradients: Sequence[Tensor], learning_rate: Tensor) -> None:
        """One step of Adam; `learning_rate` is `(N,)`."""
        self.steps += 1
        rate = (learning_rate / (1 - BETAS[0] ** self.steps)).to(self.parameters[0].dtype)[:, None, None]
        spread = (1 - BETAS[1] ** self.steps) ** 0.5
        with torch.no_grad():
            for p, gradient, first, second in zip(self.parameters, gradients, self.first, self.second, strict=True):
                first.lerp_(gradient, 1 - BETAS[0])
                second.mul_(BETAS[1]).addcmul_(gradient, gradient, value=1 - BETAS[1])
                p.addcdiv_(first * rate, second.sqrt().div_(spread).add_(EPS), value=-1)

    def keep(self, kept: Tensor) -> None:
        """Go on with these agents alone."""
        self.parameters = [p.detach()[kept].requires_grad_() for p in self.parameters]
        self.first, self.second = [m[kept] for m in self.first], [m[kept] for m in self.second]


class Lesson(NamedTuple):
    """A judged batch, added up over its samples and divided by their number: tables `(N, S, 4)` and `(N, S)`."""

    old_log_policy: Tensor
    gains: Tensor  # of the advantages above 0
    losses: Tensor  # and of those below
    visits: Tensor
    returns: Tensor  # mean return of each tile


class Fleet:
    """N agents after the same number of updates. One alone gets company: itself, or any other.

    A batch of one matrix is multiplied in another order than a larger one: alone, the last bits would differ.
    """

    def __init__(self, agents: Sequence[Agent], device: str = "cpu") -> None:
        torch.set_num_threads(1)
        self.agents, self.device = list(agents) * (2 if len(agents) == 1 else 1), torch.device(device)
        self.config = config = self.agents[0].config
        if any(alike(agent.config) != alike(config) for agent in self.agents):
            raise ValueError(f"the agents of a fleet all have the same {', '.join(SHARED)}")
        sources = [random_sources(agent.seed) for agent in self.agents]
        born = list(zip(self.agents, sources, strict=True))
        actors = [make_actor(agent.config, source.init) for agent, source in born]
        critics = [make_critic(agent.config, source.init) for agent, source in born]
        self.actor = Network(actors, config.activation, self.device)
        self.critic = Network(critics, config.activation, self.device)
        slips = np.array([agent.config.slip for agent in self.agents])
        self.walkers = Walkers(
            config.map_rows, slips, config.max_episode_steps, [source.dice for source in sources],
            [np.random.default_rng(source.ice) for source in sources], config.batch_size,
        )  # fmt: skip
        self.chains = Chains(config.map_rows, torch.from_numpy(slips).to(self.device), config.max_episode_steps)
        self.updates = 0
        self._read_knobs()

    def _read_knobs(self) -> None:
        configs = [agent.config for agent in self.agents]
        self.gamma = self._each(config.gamma for config in configs)
        self.gae_lambda = self._each(config.gae_lambda for config in configs)
        self.vf_coef = self._each(config.vf_coef for config in configs)
        clips = [config.clip_coef for config in configs]
        self.clip_coef = self._each(UNCLIPPED if clip is None else clip for clip in clips)[:, None, None]

    def _each(self, values: Iterable[float]) -> Tensor:
        return torch.tensor(list(values), dtype=torch.float64, device=self.device)

    @property
    def env_steps(self) -> int:
        """Steps each agent has walked."""
        return self.updates * self.config.batch_size

    @property
    def episodes(self) -> Integers:
        """Episodes each agent has ended, `(N,)`."""
        return self.walkers.episodes

    def update(self) -> None:
        """Every agent collects, judges, improves and copies once."""
        learning_rate = self._each(a.config.annealed("learning_rate", self.env_steps) for a in self.agents)
        ent_coef = self._each(a.config.annealed("ent_coef", self.env_steps) for a in self.agents)
        with torch.no_grad():
            old = self.log_policy()
            thresholds = old.exp().cumsum(dim=-1)[..., :-1].movedim(-1, 0).contiguous()
        walked = self.walkers.walk(thresholds.cpu().numpy(), self.config.batch_size)
        lesson = self._judge(walked, old)
        for _ in range(self.config.epochs):
            self._improve(lesson, learning_rate, ent_coef)
        self.updates += 1

    def _judge(self, walked: Walked, old: Tensor) -> Lesson:
        rows, actions, next_rows, reached, terminated, truncated = (
            torch.from_numpy(column).to(self.device) for column in walked
        )
        with torch.no_grad():
            table = self.critic.table().flatten()
        advantages, returns = gae(
            reached.double(), table[rows], table[next_rows], terminated, truncated, self.gamma, self.gae_lambda
        )
        weights = normalise(advantages) if self.config.norm_adv else advantages
        cells = rows * ACTIONS + actions
        gains, losses = (_summed(cells, w, old) for w in (weights.clamp(min=0), weights.clamp(max=0)))
        visits = _summed(rows, torch.ones_like(returns), old[..., 0])
        mean = _summed(rows, returns, visits) / visits.clamp(min=1)
        steps = len(rows)
        return Lesson(old, gains / steps, losses / steps, visits / steps, mean)

    def _improve(self, lesson: Lesson, learning_rate: Tensor, ent_coef: Tensor) -> None:
        loss = self._loss(lesson, ent_coef)
        parameters = [*self.actor.parameters, *self.critic.parameters]
        gradients = torch.autograd.grad(loss, parameters)
        actors = len(self.actor.parameters)
        self.actor.step(gradients[:actors], learning_rate)
        self.critic.step(gradients[actors:], learning_rate)

    def _loss(self, lesson: Lesson, ent_coef: Tensor) -> Tensor:
        """The sum of all agents' losses: no gradient of one reaches another."""
        table = self.log_policy()
        logratio = table - lesson.old_log_policy
        gained, lost = (policy_objective(logratio, w, self.clip_coef) for w in (lesson.gains, lesson.losses))
        bonus = (entropy(table) * lesson.visits).sum(dim=-1)
        values = self.critic.table().squeeze(-1)
        critic_loss = (value_loss(values, lesson.returns) * lesson.visits).sum(dim=-1)
        losses = -(gained + lost).sum(dim=(1, 2)) - ent_coef * bonus + self.vf_coef * critic_loss
        return losses.sum()

    def log_policy(self) -> Tensor:
        """log π `(N, S, 4)` in float64."""
        logits = self.actor.table().movedim(-1, 0).contiguous()  # four long rows are much faster than many short ones
        return logits.log_softmax(dim=0).movedim(0, -1)

    def success(self) -> Tensor:
        """Exact success within the time limit of every policy, sampling, `(N,)`."""
        with torch.no_grad():
            return self.chains.success(self.log_policy().exp())

    def keep(self, kept: Integers) -> None:
        """Go on with these agents alone."""
        kept = np.append(kept, kept - 1) if len(kept) == 1 else kept
        self.agents = [self.agents[k] for k in kept]
        self.walkers.keep(kept)
        index = torch.from_numpy(kept).to(self.device)
        for part in (self.actor, self.critic, self.chains):
            part.keep(index)
        self._read_knobs()


def _summed(index: Tensor, values: Tensor, like: Tensor) -> Tensor:
    """`values` added up where `index` says, in the shape of `like`."""
    return values.new_zeros(like.shape).view(-1).index_add_(0, index.flatten(), values.flatten()).view(like.shape)
