"""One environment step. Torch-free and NumPy-free, so that the screens can draw it."""

from typing import NamedTuple


class Transition(NamedTuple):
    """One environment step: the action chosen, and the direction `went` in which the ice moved the agent.

    At most one of `terminated` and `truncated` is true.
    """

    state: int
    action: int
    went: int
    reward: float
    next_state: int
    terminated: bool
    truncated: bool
