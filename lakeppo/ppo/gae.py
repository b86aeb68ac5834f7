"""Generalised advantage estimation (Schulman et al. 2016, arXiv:1506.02438, equation 16)."""

import torch
from torch import Tensor


def gae(
    rewards: Tensor, values: Tensor, next_values: Tensor, terminated: Tensor, truncated: Tensor,
    gamma: float | Tensor, gae_lambda: float | Tensor,
) -> tuple[Tensor, Tensor]:  # fmt: skip
    """Return the advantages A and returns R of a batch. All tensors are `(T, ...)`, time first.

        δ_t = r_t + γ V(s'_t) (1 - terminated_t) - V(s_t)
        A_t = δ_t + γ λ (1 - terminated_t) (1 - truncated_t) A_{t+1}
        R_t = A_t + V(s_t)

    `next_values` are V(s'_t) of each transition's own next state s'_t, not of the next row, which may belong to another
    episode. Termination ends the trace and the bootstrap, truncation only the trace (Pardo et al. 2018,
    arXiv:1712.00378). The last trace ends with the batch.
    """
    deltas = td_errors(rewards, values, next_values, terminated, gamma)
    decay = gamma * gae_lambda * (~terminated).to(values.dtype) * (~truncated).to(values.dtype)
    single = deltas.dim() == 1  # Python numbers are faster than tensors of one element
    rows = zip(*(column.tolist() if single else column.unbind() for column in (deltas, decay)), strict=True)
    trace = 0.0
    traces = []
    for delta, factor in reversed(list(rows)):
        trace = delta + factor * trace
        traces.append(trace)
    advantages = deltas.new_tensor(traces[::-1]) if single else torch.stack(traces[::-1])
    return advantages, advantages + values


def td_errors(
    rewards: Tensor, values: Tensor, next_values: Tensor, terminated: Tensor, gamma: float | Tensor
) -> Tensor:
    """Return the TD errors δ `(T, ...)`."""
    return rewards + gamma * next_values * (~terminated).to(values.dtype) - values


def normalise(advantages: Tensor) -> Tensor:
    """Return the advantages `(T, ...)` scaled to mean 0 and standard deviation 1 over T."""
    return (advantages - advantages.mean(dim=0)) / (advantages.std(dim=0, correction=0) + 1e-8)
