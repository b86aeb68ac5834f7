"""One gradient pass of N agents as pure functions on stacked networks `(N, ...)`.

The loss depends on a sample only through its tile, its action and its advantage. Batches are therefore summed first,
positive and negative advantages apart because `policy_objective` is linear in each: the batch size costs nothing.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn

from lakeppo.ppo.objective import entropy, policy_objective, value_loss

Activation = Callable[[Tensor], Tensor]
BETAS, EPS = (0.9, 0.999), 1e-8
TINY = 1e-30
"""Added under Adam's square root, where it is negligible beside `EPS`: torch is eight times slower on the root of 0."""


class BatchSums(NamedTuple):
    """A judged batch summed over its samples and divided by their number: tables `(N, S, 4)` and `(N, S)`."""

    old_log_policy: Tensor
    positive_advantages: Tensor
    negative_advantages: Tensor
    visits: Tensor
    returns: Tensor  # mean return of each tile


class Coefficients(NamedTuple):
    """The coefficients of an update's passes in float64: `(N,)`, `clip_coef` `(N, 1, 1)`."""

    clip_coef: Tensor
    ent_coef: Tensor
    vf_coef: Tensor


class Rates(NamedTuple):
    """The learning rates of a pass over the first moment's bias correction, `(N, 1, 1)` each."""

    actor: Tensor
    critic: Tensor


class NetworkStack(NamedTuple):
    """The parameters of N networks, weights `(N, in, out)` and biases `(N, 1, out)` in turn, and Adam's moments."""

    parameters: list[Tensor]
    first_moments: list[Tensor]
    second_moments: list[Tensor]

    def select(self, index: Tensor | slice) -> "NetworkStack":
        """Return the networks at `index`; those of a slice share their memory with this stack."""
        return NetworkStack(*([tensor[index] for tensor in tensors] for tensors in self))


def stack_networks(networks: Iterable[nn.Sequential], device: torch.device) -> NetworkStack:
    """Return the networks of N agents as one stack, with zero moments."""
    parameters: list[Tensor] = []
    for layers in zip(*([layer for layer in net if isinstance(layer, nn.Linear)] for net in networks), strict=True):
        weights, biases = torch.stack([k.weight.mT for k in layers]), torch.stack([k.bias[None] for k in layers])
        parameters += [stack.detach().contiguous().to(device) for stack in (weights, biases)]
    return NetworkStack(parameters, *([torch.zeros_like(p) for p in parameters] for _ in range(2)))


def outputs(parameters: Sequence[Tensor], activation: Activation) -> Tensor:
    """Return each network's outputs for every tile, `(N, S, out)` in float64; a one-hot tile selects a weight row."""
    out = parameters[0] + parameters[1]
    for weight, bias in zip(parameters[2::2], parameters[3::2], strict=True):
        out = torch.baddbmm(bias, activation(out), weight)
    return out.double()


def log_policies(actors: Sequence[Tensor], activation: Activation) -> Tensor:
    """Return log π `(N, S, 4)` in float64."""
    logits = outputs(actors, activation).movedim(-1, 0).contiguous()  # four long rows are faster than many short ones
    return logits.log_softmax(dim=0).movedim(0, -1)


def loss(
    actors: Sequence[Tensor], critics: Sequence[Tensor], activation: Activation, sums: BatchSums,
    coefficients: Coefficients,
) -> Tensor:  # fmt: skip
    """Return the sum of all agents' losses; each agent's parameters occur in its own loss only."""
    objective, bonus = policy_terms(actors, activation, sums, coefficients.clip_coef)
    values = outputs(critics, activation).squeeze(-1)
    critic_loss = (value_loss(values, sums.returns) * sums.visits).sum(dim=-1)
    return (coefficients.vf_coef * critic_loss - coefficients.ent_coef * bonus - objective).sum()


def policy_terms(
    actors: Sequence[Tensor], activation: Activation, sums: BatchSums, clip_coef: Tensor
) -> tuple[Tensor, Tensor]:
    """Return each agent's clipped objective and its policy's entropy `(N,)`, both means over the batch."""
    return table_terms(log_policies(actors, activation), sums, clip_coef)


def table_terms(table: Tensor, sums: BatchSums, clip_coef: Tensor) -> tuple[Tensor, Tensor]:
    """Return `policy_terms` of the policies log π `(N, S, 4)`."""
    advantages = sums.positive_advantages, sums.negative_advantages
    counted = (advantages[0] != 0) | (advantages[1] != 0)  # the ratio of an action that was not taken may overflow
    logratio = torch.where(counted, table - sums.old_log_policy, 0.0)
    positive, negative = (policy_objective(logratio, a, clip_coef) for a in advantages)
    return (positive + negative).sum(dim=(1, 2)), (entropy(table) * sums.visits).sum(dim=-1)


def adam(stack: NetworkStack, gradients: Sequence[Tensor], rate: Tensor, correction: Tensor) -> None:
    """Take one step of Adam (Kingma and Ba 2015, arXiv:1412.6980) in place.

    `rate` `(N, 1, 1)`: the learning rates over the first moment's bias correction; `correction`: the second's root.
    """
    parameters, firsts, seconds = stack
    for p, gradient, first, second in zip(parameters, gradients, firsts, seconds, strict=True):
        first.lerp_(gradient, 1 - BETAS[0])
        second.mul_(BETAS[1]).addcmul_(gradient, gradient, value=1 - BETAS[1])
        p.addcdiv_(first * rate, (second + TINY).sqrt_().div_(correction).add_(EPS), value=-1)


Improve = Callable[[NetworkStack, NetworkStack, Activation, BatchSums, Coefficients, Rates, Tensor], None]
"""One pass of every agent over its whole batch, in place; the last argument is that of `adam`."""


def improve(
    actor: NetworkStack, critic: NetworkStack, activation: Activation, sums: BatchSums, coefficients: Coefficients,
    rates: Rates, correction: Tensor,
) -> None:  # fmt: skip
    """Make the pass in torch's eager mode."""
    actors, critics = ([p.detach().requires_grad_() for p in stack.parameters] for stack in (actor, critic))
    gradients = torch.autograd.grad(loss(actors, critics, activation, sums, coefficients), [*actors, *critics])
    _step(actor, critic, gradients, rates, correction)


def improve_traced(
    actor: NetworkStack, critic: NetworkStack, activation: Activation, sums: BatchSums, coefficients: Coefficients,
    rates: Rates, correction: Tensor,
) -> None:  # fmt: skip
    """Make the pass in a form torch's compiler can trace; uncompiled it is slower than `improve`."""
    gradient = torch.func.grad(loss, argnums=(0, 1))
    actors, critics = gradient(actor.parameters, critic.parameters, activation, sums, coefficients)
    _step(actor, critic, [*actors, *critics], rates, correction)


def _step(
    actor: NetworkStack, critic: NetworkStack, gradients: Sequence[Tensor], rates: Rates, correction: Tensor
) -> None:
    with torch.no_grad():
        adam(actor, gradients[: len(actor.parameters)], rates.actor, correction)
        adam(critic, gradients[len(actor.parameters) :], rates.critic, correction)
