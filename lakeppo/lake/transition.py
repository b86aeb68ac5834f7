"""One environment step. No torch, no NumPy: the screens import it."""

from typing import NamedTuple


class Transition(NamedTuple):
    """One environment step: `action` was chosen, `went` is the direction of the move.

    At most one of `terminated` and `truncated` is true.
    """

    state: int
    action: int
    went: int
    reward: float
    next_state: int
    terminated: bool
    truncated: bool
