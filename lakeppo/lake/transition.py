"""The actions and one environment step. No torch, no NumPy: the screens import it."""

from typing import NamedTuple

ACTIONS = ("left", "down", "right", "up")
"""By index, as in Gymnasium."""
ACTION_COUNT = len(ACTIONS)
ARROWS = "◂▾▸▴"
"""One cell wide in every terminal; ◀▼▶▲ are not."""


class Transition(NamedTuple):
    """`action` was chosen, `went` is the direction of the move; at most one of the last two fields is true."""

    state: int
    action: int
    went: int
    reward: float
    next_state: int
    terminated: bool
    truncated: bool
