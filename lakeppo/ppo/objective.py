"""PPO's objective (Schulman et al. 2017, arXiv:1707.06347, equation 9) as pure functions; `clip_coef` None: no clip."""

from typing import NamedTuple

from torch import Tensor
from torch.nn.functional import mse_loss


class Groups(NamedTuple):
    """Masks `(T, ...)` of three groups of samples; each sample is in exactly one."""

    inside: Tensor  # the ratio is within 1 ± ε
    returning: Tensor  # outside; the gradient points back towards 1 ± ε
    stopped: Tensor  # outside; the gradient would point further away, and the clip makes it exactly zero


def policy_objective(logratio: Tensor, advantages: Tensor, clip_coef: float | Tensor | None) -> Tensor:
    """Return min(ratio·A, clip(ratio, 1-ε, 1+ε)·A) `(T, ...)`, to be maximised (equation 7 before the mean).

    Where the clipped term is the smaller one, the ratio is past 1±ε in the direction of A, and the term is A + ε|A|.
    """
    gain = logratio.exp() * advantages
    if clip_coef is None:
        return gain
    return gain.clamp(max=advantages + clip_coef * advantages.abs())


def entropy(log_policy: Tensor) -> Tensor:
    """Return the entropy `(...)` of each row of log-probabilities `(..., 4)`, in nats."""
    return -(log_policy.exp() * log_policy).sum(dim=-1)


def value_loss(values: Tensor, returns: Tensor) -> Tensor:
    """Return the squared error (V - R)² of each sample `(T, ...)`, to be minimised."""
    return mse_loss(values, returns, reduction="none")


def kl_divergence(log_old: Tensor, log_new: Tensor) -> Tensor:
    """Return the exact KL(old || new) `(...)` of each row of log-probabilities `(..., 4)`."""
    return (log_old.exp() * (log_old - log_new)).sum(dim=-1)


def approx_kl(logratio: Tensor) -> Tensor:
    """Return (ratio - 1) - log ratio: an unbiased estimate of KL(old || new) that is never negative.

    It is k3 in Schulman, "Approximating KL Divergence" (2020), http://joschu.net/blog/kl-approx.html.
    """
    return logratio.expm1() - logratio


def three_groups(ratio: Tensor, advantages: Tensor, clip_coef: float | Tensor | None) -> Groups:
    """Return the groups of samples by ratio and advantage `(T, ...)`; outside with A = 0 counts as returning."""
    if clip_coef is None:
        none = ratio != ratio
        return Groups(~none, none, none)
    low, high = 1 - clip_coef, 1 + clip_coef
    stopped = ((ratio > high) & (advantages > 0)) | ((ratio < low) & (advantages < 0))
    inside = (ratio >= low) & (ratio <= high)
    return Groups(inside, ~(inside | stopped), stopped)
