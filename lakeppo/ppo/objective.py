"""PPO's clipped objective (Schulman et al. 2017, arXiv:1707.06347, equations 7 and 9): pure functions, `(T, ...)`.

`clip_coef` None means no clip: the plain ratio times the advantage.
"""

from typing import NamedTuple

from torch import Tensor
from torch.nn.functional import mse_loss


class Groups(NamedTuple):
    """Which samples are where, `(T, ...)` each; every sample is in exactly one."""

    inside: Tensor  # ratio within 1 ± clip_coef
    returning: Tensor  # outside, but the advantage asks it back: the gradient is alive
    stopped: Tensor  # outside, and the advantage asked for more: the gradient is exactly zero


def policy_objective(logratio: Tensor, advantages: Tensor, clip_coef: float | Tensor | None) -> Tensor:
    """min(ratio·A, clip(ratio, 1-ε, 1+ε)·A), `(T, ...)`, to be maximised.

    The second is the smaller only where the ratio has gone past 1±ε as A asked, and there it is (1±ε)·A = A + ε|A|.
    """
    gain = logratio.exp() * advantages
    if clip_coef is None:
        return gain
    return gain.clamp(max=advantages + clip_coef * advantages.abs())


def entropy(log_policy: Tensor) -> Tensor:
    """Entropy of each row of `(..., 4)` log-probabilities, in nats."""
    return -(log_policy.exp() * log_policy).sum(dim=-1)


def value_loss(values: Tensor, returns: Tensor) -> Tensor:
    """Squared error of each sample, `(T, ...)`, to be minimised."""
    return mse_loss(values, returns, reduction="none")


def kl_divergence(log_old: Tensor, log_new: Tensor) -> Tensor:
    """Exact KL(old || new) of each row of `(..., 4)` log-probabilities."""
    return (log_old.exp() * (log_old - log_new)).sum(dim=-1)


def approx_kl(logratio: Tensor) -> Tensor:
    """(ratio - 1) - log ratio: an unbiased, never negative estimate of KL(old || new) (joschu.net, k3)."""
    return logratio.expm1() - logratio


def three_groups(ratio: Tensor, advantages: Tensor, clip_coef: float | Tensor | None) -> Groups:
    """What the clip does to each sample: leave it, let it come back, or stop it.

    A sample with A = 0 has nothing to stop and counts as returning when it is outside.
    """
    if clip_coef is None:
        never = ratio != ratio
        return Groups(~never, never, never)
    low, high = 1 - clip_coef, 1 + clip_coef
    stopped = ((ratio > high) & (advantages > 0)) | ((ratio < low) & (advantages < 0))
    inside = (ratio >= low) & (ratio <= high)
    return Groups(inside, ~(inside | stopped), stopped)
