"""The actor and the critic, their initial weights, and Adam.

Both networks are evaluated on all tiles at once: one forward pass of the one-hot tiles gives a table with a row per
state, from which every other value is read. The tables are float64, the networks float32.
"""

import itertools
import math

import torch
from torch import Tensor, nn
from torch.nn.utils import parameters_to_vector, vector_to_parameters

from lakeppo.config import Config
from lakeppo.lake.transition import ACTION_COUNT


def make_actor(config: Config, generator: torch.Generator) -> nn.Sequential:
    """Return the actor, 16-32-16-4 on a 4x4 lake: from a one-hot tile to the logits of the actions."""
    return _mlp((config.tiles, 32, 16, ACTION_COUNT), config, generator, last_gain=0.01)


def make_critic(config: Config, generator: torch.Generator) -> nn.Sequential:
    """Return the critic, 16-16-1 on a 4x4 lake: from a one-hot tile to its value."""
    return _mlp((config.tiles, 16, 1), config, generator, last_gain=1.0)


def _mlp(sizes: tuple[int, ...], config: Config, generator: torch.Generator, last_gain: float) -> nn.Sequential:
    layers: list[nn.Module] = []
    for fan_in, fan_out in itertools.pairwise(sizes):
        with torch.random.fork_rng(devices=[]):  # nn.Linear draws from the global generator
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
            x = layer.forward(x)  # __call__ looks for hooks first, which takes longer than the layer itself
        return x


def log_policy(actor: nn.Module, tiles: Tensor) -> Tensor:
    """Return log π `(S, 4)`; `tiles` is the identity matrix `(S, S)`."""
    logits: Tensor = actor(tiles)
    return logits.log_softmax(dim=-1, dtype=torch.float64)


def state_values(critic: nn.Module, tiles: Tensor) -> Tensor:
    """Return V `(S,)`; `tiles` is the identity matrix `(S, S)`."""
    values: Tensor = critic(tiles)
    return values.double().squeeze(-1)


class Adam:
    """Adam (Kingma & Ba 2015, arXiv:1412.6980, algorithm 1) for several networks at once, with PyTorch's defaults.

    The parameters of all networks become views of one flat vector, and their gradients views of another, so that a
    step takes few operations. torch.optim.Adam() would import torch._dynamo, which is slow.
    """

    def __init__(self, *networks: nn.Module) -> None:
        self.parameters = [list(net.parameters()) for net in networks]
        parameters = list(itertools.chain(*self.parameters))
        self.weights = parameters_to_vector(parameters).detach()
        vector_to_parameters(self.weights, parameters)
        self.grad, self.first, self.second = (torch.zeros_like(self.weights) for _ in range(3))
        self.steps = 0
        for parameter, grad in zip(parameters, itertools.chain(*self.views(self.grad)), strict=True):
            parameter.grad = grad
        self._sizes = [sum(p.numel() for p in net) for net in self.parameters]
        self._grads = self.grad.split_with_sizes(self._sizes)

    def step(self, *rates: float, beta1: float = 0.9, beta2: float = 0.999, eps: float = 1e-8) -> list[float]:
        """Take one step at each network's rate, zero the gradients, and return the norm of each network's gradient."""
        norms = [torch.linalg.vector_norm(grad).item() for grad in self._grads]
        self.steps += 1
        self.first.lerp_(self.grad, 1 - beta1)
        self.second.mul_(beta2).addcmul_(self.grad, self.grad, value=1 - beta2)
        root = self.second.sqrt().div_(math.sqrt(1 - beta2**self.steps)).add_(eps)
        parts = (flat.split_with_sizes(self._sizes) for flat in (self.weights, self.first, root))
        for rate, weights, first, divisor in zip(rates, *parts, strict=True):
            weights.addcdiv_(first, divisor, value=-rate / (1 - beta1**self.steps))
        self.grad.zero_()
        return norms

    def views(self, flat: Tensor) -> list[list[Tensor]]:
        """Return views of a flat vector in the shapes of the parameters, one list per network."""
        pieces = iter(flat.split_with_sizes([p.numel() for net in self.parameters for p in net]))
        return [[next(pieces).view_as(p) for p in net] for net in self.parameters]
