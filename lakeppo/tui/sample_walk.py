"""One sample of a batch looked at: the walk as it was when it was taken, and what judging will find in it."""

import numpy as np

from lakeppo.lake.transition import Transition
from lakeppo.session.snapshot import TRAIL, Floats, Sheet, Walk

STEP = ("state", "action", "went", "reward", "next_state", "terminated", "truncated")


def transition_at(sheet: Sheet, t: int) -> Transition:
    """Row `t` as the step it was."""
    return Transition(*(sheet[name][t].item() for name in STEP))


def walk_at(sheet: Sheet, t: int) -> Walk:
    """The walk right after step `t`, as far back as its episode and the batch go."""
    first = max(0, t - TRAIL + 1)
    ends = np.flatnonzero(sheet["terminated"][first:t] | sheet["truncated"][first:t])
    begun = first + int(ends[-1]) + 1 if len(ends) else first
    step = transition_at(sheet, t)
    trail = (*sheet["state"][begun : t + 1].tolist(), step.next_state)
    return Walk(step.next_state, trail, step, t + 1 - begun)


def foreseen(sheet: Sheet, values: Floats, gamma: float) -> Sheet:
    """The sheet of a batch not judged yet, with V, V' and δ as the critic's present table `(S,)` gives them."""
    if "delta" in sheet:
        return sheet
    value, ahead = values[sheet["state"]], values[sheet["next_state"]]
    delta = sheet["reward"] + gamma * ahead * ~sheet["terminated"] - value
    return {**sheet, "value": value, "next_value": ahead, "delta": delta, "gamma": np.full(len(value), gamma)}
