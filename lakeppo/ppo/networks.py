"""The actor and the critic, their first weights, and their Adam.

Both are asked for the whole lake at once: one forward of the one-hot tiles gives a table with a row a tile, and
every row anybody needs is read from it. Logits and values leave the networks as float64, and so does all after them.
"""

import itertools
import math
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.utils import parameters_to_vector, vector_to_parameters

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
        with torch.random.fork_rng(devices=[]):  # nn.Linear's own init draws from the global generator
            linear = nn.Linear(fan_in, fan_out)  # nn.utils.skip_init would import sympy
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
    return _MLP(*layers[:-1])


class _MLP(nn.Sequential):
    def forward(self, x: Tensor) -> Tensor:
        for layer in self:
            x = layer.forward(x)  # a call would first look for hooks, which takes longer than the layer itself
        return x


def log_policy(actor: nn.Module, tiles: Tensor) -> Tensor:
    """log π `(S, 4)` in float64; `tiles` is the identity matrix. The policy shown anywhere is its exponential."""
    logits: Tensor = actor(tiles)
    return logits.log_softmax(dim=-1, dtype=torch.float64)


def state_values(critic: nn.Module, tiles: Tensor) -> Tensor:
    """V `(S,)` in float64."""
    values: Tensor = critic(tiles)
    return values.double().squeeze(-1)


class Adam:
    """Adam (Kingma & Ba 2015) with PyTorch's defaults, stepping several networks at once.

    Their parameters become views of one flat vector, and the gradients of another, so that a step is a few operations
    in all. torch.optim.Adam() would first import torch._dynamo.
    """

    def __init__(self, *networks: nn.Module) -> None:
        self.parameters = [list(net.parameters()) for net in networks]
        together = list(itertools.chain(*self.parameters))
        self.weights = parameters_to_vector(together).detach()
        vector_to_parameters(self.weights, together)
        self.grad, self.first, self.second = (torch.zeros_like(self.weights) for _ in range(3))
        self.steps = 0
        for parameter, grad in zip(together, itertools.chain(*self._pieces(self.grad)), strict=True):
            parameter.grad = grad
        self._grads = self.grad.split_with_sizes([sum(p.numel() for p in mine) for mine in self.parameters])

    def step(self, learning_rate: float, beta1: float = 0.9, beta2: float = 0.999, eps: float = 1e-8) -> list[float]:
        """One step along the gradients, which are then zero again; returns their norm for each network."""
        norms = [torch.linalg.vector_norm(grad).item() for grad in self._grads]
        self.steps += 1
        self.first.lerp_(self.grad, 1 - beta1)
        self.second.mul_(beta2).addcmul_(self.grad, self.grad, value=1 - beta2)
        root = self.second.sqrt().div_(math.sqrt(1 - beta2**self.steps)).add_(eps)
        self.weights.addcdiv_(self.first, root, value=-learning_rate / (1 - beta1**self.steps))
        self.grad.zero_()
        return norms

    def _pieces(self, flat: Tensor) -> list[list[Tensor]]:
        """A flat vector as views shaped as the parameters, network by network."""
        pieces = iter(flat.split_with_sizes([p.numel() for mine in self.parameters for p in mine]))
        return [[next(pieces).view_as(p) for p in mine] for mine in self.parameters]

    def state(self) -> list[dict[str, Any]]:
        """One for each network."""
        moments = zip(self._pieces(self.first.clone()), self._pieces(self.second.clone()), strict=True)
        return [{"first": first, "second": second, "steps": [self.steps]} for first, second in moments]

    def load_state(self, states: list[dict[str, Any]]) -> None:
        for name in ("first", "second"):
            for mine, state in zip(self._pieces(getattr(self, name)), states, strict=True):
                for piece, saved in zip(mine, state[name], strict=True):
                    piece.copy_(saved)
        self.steps = int(states[0]["steps"][0])
