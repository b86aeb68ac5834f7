"""The actor and the critic, their first weights, and their Adam.

Both are asked for the whole lake at once: one forward of the one-hot tiles gives a table with a row a tile, and
every row anybody needs is read from it. Logits and values leave the networks as float64, and so does all after them.
"""

import itertools
import math
from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim.adam import adam

from lakeppo.config import Config

ACTIONS = 4


def make_actor(config: Config, generator: torch.Generator) -> nn.Sequential:
    """16-32-16-4 on a 4x4 lake: one-hot tile in, four logits out."""
    return _mlp((config.tiles, 32, 16, ACTIONS), config, generator, last_gain=0.01)


def make_critic(config: Config, generator: torch.Generator) -> nn.Sequential:
    """16-16-1 on a 4x4 lake: one-hot tile in, its value out."""
    return _mlp((config.tiles, 16, 1), config, generator, last_gain=1.0)


def _mlp(sizes: tuple[int, ...], config: Config, generator: torch.Generator, last_gain: float) -> nn.Sequential:
    layers: list[nn.Module] = []
    for fan_in, fan_out in itertools.pairwise(sizes):
        # nn.Linear's own init draws from the global generator
        linear: nn.Linear = nn.utils.skip_init(nn.Linear, fan_in, fan_out)  # type: ignore[no-untyped-call]  # torch has not annotated it
        last = len(layers) == 2 * (len(sizes) - 2)
        with torch.no_grad():
            if config.init == "orthogonal":
                nn.init.orthogonal_(linear.weight, last_gain if last else math.sqrt(2), generator=generator)
                nn.init.zeros_(linear.bias)
            else:
                bound = 1 / math.sqrt(fan_in)
                nn.init.uniform_(linear.weight, -bound, bound, generator=generator)
                nn.init.uniform_(linear.bias, -bound, bound, generator=generator)
        layers += [linear, nn.ReLU() if config.activation == "relu" else nn.Tanh()]
    return nn.Sequential(*layers[:-1])


def log_policy(actor: nn.Module, tiles: Tensor) -> Tensor:
    """log π `(S, 4)` in float64; `tiles` is the identity matrix. The policy shown anywhere is its exponential."""
    logits: Tensor = actor(tiles)
    return logits.double().log_softmax(dim=-1)


def state_values(critic: nn.Module, tiles: Tensor) -> Tensor:
    """V `(S,)` in float64."""
    values: Tensor = critic(tiles)
    return values.double().squeeze(-1)


class Adam:
    """Adam with PyTorch's defaults, through its functional form: torch.optim.Adam() first imports torch._dynamo."""

    def __init__(self, parameters: Iterable[Tensor]) -> None:
        self.parameters = list(parameters)
        self.first = [torch.zeros_like(p) for p in self.parameters]
        self.second = [torch.zeros_like(p) for p in self.parameters]
        self.steps = [torch.zeros(()) for _ in self.parameters]

    def step(self, learning_rate: float) -> float:
        """One step along the gradients, which are then dropped; returns their norm."""
        grads = [p.grad for p in self.parameters if p.grad is not None]
        norm = float(torch.linalg.vector_norm(torch.stack(torch._foreach_norm(grads))))
        adam(
            [p.detach() for p in self.parameters], grads, self.first, self.second, [], self.steps,
            fused=True, amsgrad=False, beta1=0.9, beta2=0.999, lr=learning_rate, weight_decay=0.0, eps=1e-8,
            maximize=False,
        )  # fmt: skip
        for parameter in self.parameters:
            parameter.grad = None
        return norm

    def state(self) -> dict[str, list[Tensor]]:
        return {name: [t.clone() for t in getattr(self, name)] for name in ("first", "second", "steps")}

    def load_state(self, state: dict[str, Any]) -> None:
        for name in ("first", "second", "steps"):
            for mine, saved in zip(getattr(self, name), state[name], strict=True):
                mine.copy_(saved)
