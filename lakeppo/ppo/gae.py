"""Generalised advantage estimation (Schulman et al. 2016, arXiv:1506.02438, equation 16)."""

import torch
from torch import Tensor


def gae(
    rewards: Tensor,
    values: Tensor,
    next_values: Tensor,
    terminated: Tensor,
    truncated: Tensor,
    gamma: float | Tensor,
    gae_lambda: float | Tensor,
) -> tuple[Tensor, Tensor]:
    """Advantages and returns of a batch, all `(T, ...)`, time first.

        δ_t = r_t + γ V(s'_t) (1 - terminated_t) - V(s_t)
        A_t = δ_t + γ λ (1 - terminated_t) (1 - truncated_t) A_{t+1}
        R_t = A_t + V(s_t)

    `next_values` are the critic's values of each transition's own next state, not of the next row: after a
    time-out the next row is another episode. Being cut off ends the trace but not the bootstrap; a terminated
    episode has neither. The last row's trace ends with the batch.
    """
    deltas = td_errors(rewards, values, next_values, terminated, gamma)
    decay = gamma * gae_lambda * (~terminated).to(values.dtype) * (~truncated).to(values.dtype)
    alone = deltas.dim() == 1  # one agent's steps are quicker to add up as plain numbers than as tensors
    rows = zip(*(column.tolist() if alone else column.unbind() for column in (deltas, decay)), strict=True)
    trace = 0.0
    traces = []
    for delta, kept in reversed(list(rows)):
        trace = delta + kept * trace
        traces.append(trace)
    advantages = deltas.new_tensor(traces[::-1]) if alone else torch.stack(traces[::-1])
    return advantages, advantages + values


def td_errors(
    rewards: Tensor, values: Tensor, next_values: Tensor, terminated: Tensor, gamma: float | Tensor
) -> Tensor:
    """δ `(T, ...)`: by how much each step was better than the critic expected."""
    return rewards + gamma * next_values * (~terminated).to(values.dtype) - values


def normalise(advantages: Tensor) -> Tensor:
    """Advantages `(T, ...)` with mean 0 and standard deviation 1 over the whole batch."""
    return (advantages - advantages.mean(dim=0)) / (advantages.std(dim=0, correction=0) + 1e-8)
