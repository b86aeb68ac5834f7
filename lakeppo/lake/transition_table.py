"""Gymnasium's transition table as arrays."""

from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from lakeppo.lake.actions import ACTION_COUNT
from lakeppo.lake.environment import Lake
from lakeppo.lake.maps import Rows


class Table(NamedTuple):
    """The three outcomes of each action in each state, `(S, 4, 3)`.

    `goal` is 1 where the outcome enters a goal, `alive` 1 where it does not end the episode.
    """

    next_state: NDArray[np.int64]
    probability: NDArray[np.float64]
    goal: NDArray[np.float64]
    alive: NDArray[np.float64]
    start: int


@lru_cache(maxsize=32)
def transition_table(rows: Rows, slip: float) -> Table:
    """Return the transition table; its arrays are shared and read-only."""
    env = Lake(rows, slip, max_episode_steps=1)
    tiles = "".join(rows)
    shape = (len(tiles), ACTION_COUNT, 3)
    table = Table(np.zeros(shape, np.int64), np.zeros(shape), np.zeros(shape), np.zeros(shape), tiles.index("S"))
    for state, action, outcome in np.ndindex(shape):
        if tiles[state] in "GH":
            table.next_state[state, action, outcome] = state
            continue
        probability, next_state, _, terminated = env.P[state][action][outcome]
        table.next_state[state, action, outcome] = next_state
        table.probability[state, action, outcome] = probability
        table.goal[state, action, outcome] = tiles[next_state] == "G"
        table.alive[state, action, outcome] = not terminated
    for array in table[:4]:
        array.setflags(write=False)
    return table
