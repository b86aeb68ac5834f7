"""Many redone versions of one update at once, each with something changed: the fleets' passes, without critics.

The critic of an update changes no policy within it: the networks are separate, and so are their moments.
"""

from typing import NamedTuple

import torch
from torch import Tensor

from lakeppo.causes.update import JudgedUpdate
from lakeppo.fleets.batched_ppo import BETAS, BatchSums, Coefficients, NetworkStack, adam, log_policies, policy_terms
from lakeppo.fleets.exact import ExactSuccess
from lakeppo.fleets.fleet import NO_CLIP
from lakeppo.lake.environment import transition_table
from lakeppo.lake.exact import DENSE, success_probability
from lakeppo.lake.transition import ACTION_COUNT

STEP_BY_STEP = 2000
"""The longest time limit that is followed step by step; beyond it, success is a power of the policy's chain."""
ON_LARGE_LAKES = 10_000
"""The same on a lake of more than `DENSE` tiles, where such a power takes a second for each policy."""


class Versions(NamedTuple):
    """What K versions of an update have in place of the actual one."""

    advantages: Tensor  # (T, K), as the objective uses them
    bonus: Tensor | None = None  # (K,): factors of the entropy bonus; None: 1
    momentum: Tensor | None = None  # (K,): factors of the first moment before the first pass; None: 1
    clip: Tensor | None = None  # (K,): whether the clip is in force, as it was; None: yes


class Redone(NamedTuple):
    """K versions of an update."""

    log_policies: Tensor  # (K, S, 4) after the passes, in float64
    success: Tensor  # (K,): exact success of each

    @property
    def policies(self) -> Tensor:
        """The probabilities `(K, S, 4)`."""
        return self.log_policies.exp()


def redo(update: JudgedUpdate, versions: Versions, passes: int, measured: bool = True) -> Redone:
    """Make the first `passes` passes of an update again in K versions; unless `measured`, their success is NaN."""
    count = versions.advantages.shape[1]
    if count == 1:  # torch multiplies a batch of one matrix in another order
        advantages, *factors = (None if part is None else part.repeat_interleave(2, dim=-1) for part in versions)
        assert advantages is not None
        versions = Versions(advantages, *factors)
    actor = _actors(update, versions)
    sums = _sums(update, versions.advantages)
    ones = torch.ones(versions.advantages.shape[1], dtype=torch.float64)
    bonus = ones if versions.bonus is None else versions.bonus
    clipped = ones.bool() if versions.clip is None else versions.clip
    for step, knobs in enumerate(update.knobs[:passes], start=update.steps + 1):
        clip = ones * NO_CLIP
        if knobs.clip_coef is not None:
            clip[clipped] = knobs.clip_coef
        coefficients = Coefficients(clip[:, None, None], bonus * knobs.ent_coef, ones)
        _pass(update, actor, sums, coefficients, knobs.learning_rate, step)
    tables = log_policies(actor.parameters, update.activation)[:count].contiguous()
    return Redone(tables, exact_success(update, tables.exp()) if measured else torch.full((count,), torch.nan))


def exact_success(update: JudgedUpdate, policies: Tensor) -> Tensor:
    """Return the exact success `(K,)` of policies `(K, S, 4)` on the lake of the update."""
    rows, slip, limit = update.lake
    if limit > (STEP_BY_STEP if policies.shape[1] <= DENSE else ON_LARGE_LAKES):
        return torch.from_numpy(success_probability(transition_table(rows, slip), policies.numpy(), limit))
    return ExactSuccess(rows, torch.full((len(policies),), slip, dtype=torch.float64), limit).success(policies)


def _actors(update: JudgedUpdate, versions: Versions) -> NetworkStack:
    """Return the actor before its first pass, copied for each version."""
    count = versions.advantages.shape[1]
    stack = NetworkStack(*([t.repeat(count, 1, 1) for t in tensors] for tensors in update.actor))
    if versions.momentum is not None:
        for moment in stack.first_moments:
            moment.mul_(versions.momentum[:, None, None].to(moment.dtype))
    return stack


def _sums(update: JudgedUpdate, advantages: Tensor) -> BatchSums:
    """Return the batch summed over its rows, with the advantages of each version."""
    tiles, count = len(update.batch.visits), advantages.shape[1]

    def summed(part: Tensor) -> Tensor:
        flat = part.new_zeros(tiles * ACTION_COUNT, count).index_add_(0, update.batch.chosen, part)
        return (flat / update.rows).T.reshape(count, tiles, ACTION_COUNT).contiguous()

    visits = update.batch.visits.expand(count, tiles).contiguous()
    signs = summed(advantages.clamp(min=0)), summed(advantages.clamp(max=0))
    return BatchSums(update.old_log_policy.expand(count, -1, -1).contiguous(), *signs, visits, visits)


def _pass(
    update: JudgedUpdate, actor: NetworkStack, sums: BatchSums, coefficients: Coefficients, rate: float, step: int
) -> None:
    """Make one pass of all versions, in place; `step` counts Adam's steps from 1."""
    parameters = [p.detach().requires_grad_() for p in actor.parameters]
    objective, bonus = policy_terms(parameters, update.activation, sums, coefficients.clip_coef)
    gradients = torch.autograd.grad((-coefficients.ent_coef * bonus - objective).sum(), parameters)
    dtype = parameters[0].dtype
    with torch.no_grad():
        correction = torch.tensor((1 - BETAS[1] ** step) ** 0.5, dtype=dtype)
        adam(actor, gradients, torch.tensor(rate / (1 - BETAS[0] ** step), dtype=dtype), correction)
