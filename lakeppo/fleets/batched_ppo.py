"""One gradient pass of N agents at once, as pure functions: networks stacked `(N, ...)`, one batched product for N.

A sample counts only by its tile, its action and its advantage. So a batch is first added up to tables, advantages above
and below 0 apart, for `policy_objective` is linear in each; a pass then costs the same whatever the batch size.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple, Protocol

import torch
from torch import Tensor, nn

from lakeppo.ppo.objective import entropy, policy_objective, value_loss

Activation = Callable[[Tensor], Tensor]
BETAS, EPS = (0.9, 0.999), 1e-8
TINY = 1e-30
"""Added under Adam's root, where it is nothing beside `EPS`: torch takes eight times as long over the root of a 0."""


class BatchSums(NamedTuple):
    """A judged batch, added up over its samples and divided by their number: tables `(N, S, 4)` and `(N, S)`."""

    old_log_policy: Tensor
    gains: Tensor  # of the advantages above 0
    losses: Tensor  # and of those below
    visits: Tensor
    returns: Tensor  # mean return of each tile


class Coefficients(NamedTuple):
    """What the passes of an update are made with, `(N,)` in float64; `clip_coef` `(N, 1, 1)`."""

    clip_coef: Tensor
    ent_coef: Tensor
    vf_coef: Tensor


class NetworkStack(NamedTuple):
    """Parameters, weights `(N, in, out)` and biases `(N, 1, out)` by turns, and Adam's two moments of each."""

    parameters: list[Tensor]
    first: list[Tensor]
    second: list[Tensor]

    def of(self, some: Tensor | slice) -> "NetworkStack":
        """Some of the agents; those of a slice go on sharing their memory with all."""
        return NetworkStack(*([tensor[some] for tensor in tensors] for tensors in self))


def stack_networks(networks: Iterable[nn.Sequential], device: torch.device) -> NetworkStack:
    """The networks of N agents, stacked."""
    parameters: list[Tensor] = []
    for layer in zip(*([part for part in net if isinstance(part, nn.Linear)] for net in networks), strict=True):
        for stack in (torch.stack([one.weight.mT for one in layer]), torch.stack([one.bias[None] for one in layer])):
            parameters.append(stack.detach().contiguous().to(device))
    return NetworkStack(parameters, *([torch.zeros_like(p) for p in parameters] for _ in range(2)))


def tables(parameters: Sequence[Tensor], activation: Activation) -> Tensor:
    """What every network says of every tile, `(N, S, out)` in float64: a one-hot tile picks a row of coefficients."""
    out = parameters[0] + parameters[1]
    for weight, bias in zip(parameters[2::2], parameters[3::2], strict=True):
        out = torch.baddbmm(bias, activation(out), weight)
    return out.double()


def log_policies(actors: Sequence[Tensor], activation: Activation) -> Tensor:
    """log π `(N, S, 4)` in float64."""
    logits = tables(actors, activation).movedim(-1, 0).contiguous()  # four long rows are faster than many short ones
    return logits.log_softmax(dim=0).movedim(0, -1)


def loss(
    actors: Sequence[Tensor],
    critics: Sequence[Tensor],
    activation: Activation,
    sums: BatchSums,
    coefficients: Coefficients,
) -> Tensor:
    """The sum of all agents' losses: no parameter of one is in another's."""
    table = log_policies(actors, activation)
    logratio = table - sums.old_log_policy
    gained, lost = (policy_objective(logratio, a, coefficients.clip_coef) for a in (sums.gains, sums.losses))
    bonus = (entropy(table) * sums.visits).sum(dim=-1)
    values = tables(critics, activation).squeeze(-1)
    critic_loss = (value_loss(values, sums.returns) * sums.visits).sum(dim=-1)
    return (coefficients.vf_coef * critic_loss - coefficients.ent_coef * bonus - (gained + lost).sum(dim=(1, 2))).sum()


def adam(one: NetworkStack, gradients: Sequence[Tensor], rate: Tensor, spread: Tensor) -> None:
    """A step of Adam; `rate` `(N, 1, 1)` and `spread` are the learning rates and sqrt(second moment)'s corrections."""
    for p, gradient, first, second in zip(one.parameters, gradients, one.first, one.second, strict=True):
        first.lerp_(gradient, 1 - BETAS[0])
        second.mul_(BETAS[1]).addcmul_(gradient, gradient, value=1 - BETAS[1])
        p.addcdiv_(first * rate, (second + TINY).sqrt_().div_(spread).add_(EPS), value=-1)


class Improve(Protocol):
    """One pass of every agent over its whole batch, in place."""

    def __call__(
        self, actor: NetworkStack, critic: NetworkStack, activation: Activation, sums: BatchSums,
        coefficients: Coefficients, rate: Tensor, spread: Tensor,
    ) -> None: ...  # fmt: skip


def improve(
    actor: NetworkStack, critic: NetworkStack, activation: Activation, sums: BatchSums, coefficients: Coefficients,
    rate: Tensor, spread: Tensor,
) -> None:  # fmt: skip
    """The pass as torch runs it, operation by operation."""
    actors, critics = ([p.detach().requires_grad_() for p in one.parameters] for one in (actor, critic))
    gradients = torch.autograd.grad(loss(actors, critics, activation, sums, coefficients), [*actors, *critics])
    _step(actor, critic, gradients, rate, spread)


def improve_traced(
    actor: NetworkStack, critic: NetworkStack, activation: Activation, sums: BatchSums, coefficients: Coefficients,
    rate: Tensor, spread: Tensor,
) -> None:  # fmt: skip
    """The pass as torch's compiler can follow it; run as it is, it is the slower one."""
    derive = torch.func.grad(loss, argnums=(0, 1))
    actors, critics = derive(actor.parameters, critic.parameters, activation, sums, coefficients)
    _step(actor, critic, [*actors, *critics], rate, spread)


def _step(actor: NetworkStack, critic: NetworkStack, gradients: Sequence[Tensor], rate: Tensor, spread: Tensor) -> None:
    with torch.no_grad():
        adam(actor, gradients[: len(actor.parameters)], rate, spread)
        adam(critic, gradients[len(actor.parameters) :], rate, spread)
