"""A part of a batch described, and the critic beside the exact values."""

from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from lakeppo.causes.counterfactuals import labels
from lakeppo.causes.results import Cause, Lens, Part
from lakeppo.causes.update import JudgedUpdate
from lakeppo.lake.environment import transition_table
from lakeppo.lake.exact import policy_value


class Without(NamedTuple):
    """What would have been without a part of the batch: as in `Cause`."""

    probability: float
    success: float
    success_without_push: float


def describe_cause(update: JudgedUpdate, lens: Lens, part: Part, key: int, without: Without) -> Cause:
    """Return a part of the batch as a cause."""
    removed = labels(update, part) == key
    batch, judged = update.batch, update.judgement
    tiles, actions = batch.states[removed].tolist(), batch.actions[removed].tolist()
    row = int(removed.nonzero()[0])
    numbered = part in (Part.STEP, Part.EPISODE)
    true_values = _true_values(update)

    def mean(column: Tensor) -> float:
        return column[removed].mean().item()

    return Cause(
        part=part,
        lens=lens,
        key=key,
        count=len(tiles),
        tile=tiles[0] if len(set(tiles)) == 1 else None,
        action=actions[0] if len(set(actions)) == 1 else None,
        next_tile=int(batch.next_states[row]) if part is Part.STEP else None,
        end=_end(update, row) if part is Part.STEP else None,
        episode=update.episodes_before + int(update.episodes[row]) + 1 if numbered else None,
        delta=mean(update.deltas),
        advantage=mean(judged.advantages),
        value=mean(judged.values),
        next_value=mean(judged.next_values * ~batch.terminated),
        true_value=mean(true_values[batch.states]),
        true_next_value=mean(true_values[batch.next_states] * ~batch.terminated),
        probability_without=without.probability,
        success_without=without.success,
        success_without_push=without.success_without_push,
    )


def _end(update: JudgedUpdate, row: int) -> str | None:
    """Return how the episode ended with a row, if it did; by its reward, for the map may have been edited since."""
    batch = update.batch
    if batch.terminated[row]:
        return "goal" if batch.rewards[row] > 0 else "hole"
    return "time" if batch.truncated[row] else None


def _true_values(update: JudgedUpdate) -> Tensor:
    """Return the exact V `(S,)` of the policy that sampled the batch, discounted as the critic's is."""
    table = transition_table(update.lake.map_rows, update.lake.slip)
    value = policy_value(table, np.asarray(update.old_log_policy.exp()), update.gamma)
    return torch.from_numpy(value)
