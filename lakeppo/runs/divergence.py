"""Whether a run has diverged: figures that are not finite, or a policy that a huge step has frozen."""

import math
from bisect import bisect_left
from collections.abc import Sequence

from lakeppo.errors import Message
from lakeppo.runs.statistics import Row

FROZEN = 1e-6
"""The entropy in nats below which a policy whose gradient is exactly zero can learn nothing more."""


def divergence(history: Sequence[Row]) -> Message | None:
    """Return how and by which update the run has diverged, if it has at the last row; takes O(log n) rows."""
    update = diverged_update(history)
    if update is None:
        return None
    row = history[update - 1]
    if _finite(row):
        return Message("the policy is frozen after too large a step: its gradient was 0 by update {update}, "
                       "with every action certain", update=row.update)  # fmt: skip
    return Message("the run has diverged: its figures were not finite by update {update}", update=row.update)


def diverged_update(history: Sequence[Row]) -> int | None:
    """Return the update by which the run has diverged, None if it has not at its last row; takes O(log n) rows."""
    if not history or not _diverged(history[-1]):
        return None
    return history[bisect_left(history, True, key=_diverged)].update


def _diverged(row: Row) -> bool:
    return not _finite(row) or (row.actor_grad_norm == 0 and row.entropy < FROZEN)


def _finite(row: Row) -> bool:
    losses = row.policy_loss, row.value_loss, row.entropy
    return all(map(math.isfinite, (*losses, row.kl, row.actor_grad_norm, row.critic_grad_norm)))
