"""Whether a run has diverged: figures that are not finite, or a policy that a huge step has frozen."""

import math
from bisect import bisect_left
from collections.abc import Sequence
from typing import TYPE_CHECKING

from lakeppo.errors import Message
from lakeppo.i18n import N_
from lakeppo.moment import Moment, Phase
from lakeppo.runs.statistics import Row

if TYPE_CHECKING:
    from lakeppo.ppo.trainer import Pass
    from lakeppo.runs.timeline import Timeline

FROZEN = 1e-6
"""The entropy in nats below which a policy whose gradient is exactly zero can learn nothing more."""
NEAR = 50
"""The maximum number of updates that are recomputed to find the pass in which a saved run diverged."""


def divergence(history: Sequence[Row], since: Moment | None = None) -> Message | None:
    """Return how and when the run has diverged, if it has at the last row; takes O(log n) rows.

    `since`: the branch's `diverged`, the moment after the first pass that diverged, where it is known.
    """
    update = diverged_update(history)
    if update is None:
        return None
    row = history[update - 1]
    when = Message("by update {update}", update=row.update)
    if since is not None and since.update < row.update:
        when = Message("from pass {number} of update {update} on", number=since.index, update=since.update)
    if _finite(row):
        template = N_(
            "the policy is frozen after too large a step: its gradient was 0 {when}, with every action certain"
        )
        return Message(template, when=when)
    return Message("the run has diverged: its figures were not finite {when}", when=when)


def began(history: Sequence[Row]) -> bool:
    """Return whether the run has diverged at the last row and not before."""
    return bool(history) and _diverged(history[-1]) and (len(history) == 1 or not _diverged(history[-2]))


def pass_diverged(one: "Pass") -> bool:
    """Return whether the figures of a pass are not finite, or its policy is frozen."""
    figures = one.policy_loss, one.value_loss, one.entropy, one.actor_grad_norm, one.critic_grad_norm
    return not all(map(math.isfinite, figures)) or (one.actor_grad_norm == 0 and one.entropy < FROZEN)


def find_divergence(timeline: "Timeline") -> Message | None:
    """Return how and when the run has diverged, with the pass if at most `NEAR` updates have to be recomputed."""
    branch, history = timeline.branch, timeline.run.history[: timeline.run.moment.update]
    if divergence(history) is None:
        return None
    if branch.diverged is None:
        first = history[bisect_left(history, True, key=_diverged)].update
        second = timeline.second(branch)  # which notes it in the branch
        if second.go_to(Moment(max(0, first - 2), Phase.COLLECT, 0), NEAR) is None:
            while second.run.moment.update < first and branch.diverged is None:
                second.unit()
    return divergence(history, branch.diverged)


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
