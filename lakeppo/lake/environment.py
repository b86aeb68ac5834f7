"""Gymnasium's FrozenLake with the direction of each move, a time limit, a state to save, and its transition table."""

from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
from gymnasium.envs.toy_text.frozen_lake import FrozenLakeEnv
from numpy.typing import NDArray

from lakeppo.lake.maps import MapRows
from lakeppo.lake.transition import ACTION_COUNT


class Lake(FrozenLakeEnv):
    """Gymnasium's FrozenLake with its time limit built in; `went` is the direction of the last move.

    Gymnasium's `step` discards that direction, and at a wall it cannot be inferred. The random draws are Gymnasium's: a
    uniform number against the sums of the probabilities; `slip` 0 gives the trajectories of `is_slippery=False`.
    """

    def __init__(self, rows: MapRows, slip: float, max_episode_steps: int) -> None:
        self.elapsed = self.went = 0
        self.change(rows, slip, max_episode_steps)
        self._make_table()

    def change(self, rows: MapRows, slip: float, max_episode_steps: int) -> None:
        """Use another lake of the same size from the next step on; the episode goes on.

        Its table is made by that step: it takes 20 ms on 32x32, and thousands of changes may come at one moment.
        """
        self.start, self.max_episode_steps = "".join(rows).index("S"), max_episode_steps
        self._rows, self._slip, self._changed = rows, slip, True

    def _make_table(self) -> None:
        desc: Any = [list(row) for row in self._rows]  # Gymnasium would join strings of one letter into a single row
        super().__init__(desc=desc, is_slippery=True, success_rate=1.0 - self._slip)
        sideways = (1.0 - (1.0 - self._slip)) / 2.0  # as Gymnasium computes it
        self._edges: tuple[float, float, float] = tuple(np.cumsum([sideways, 1.0 - self._slip, sideways]).tolist())
        self._changed = False

    def step(self, a: int) -> tuple[int, float, bool, bool, dict[str, float]]:
        """Take one step. `terminated` and `truncated` may both be true, as in Gymnasium's `TimeLimit`."""
        if self._changed:
            self._make_table()
        left, straight, right = self._edges
        draw = self.np_random.random()
        turn = 0 if draw < left else 1 if draw < straight else 2 if draw < right else 0
        probability, self.s, reward, terminated = self.P[self.s][a][turn]
        self.lastaction = a
        self.went = (a + turn - 1) % 4
        self.elapsed += 1
        return self.s, reward, terminated, self.elapsed >= self.max_episode_steps, {"prob": probability}

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[int, dict[str, Any]]:
        """Return to the start tile. As in Gymnasium, this draws one number, even though there is one start only."""
        if seed is not None:
            super().reset(seed=seed, options=options)
        else:
            self.np_random.random()
        self.s, self.lastaction, self.elapsed = self.start, None, 0
        return self.s, {"prob": 1}

    def state(self) -> dict[str, Any]:
        """Return the environment's state, without its map, slip and time limit."""
        state = {"s": int(self.s), "lastaction": self.lastaction, "went": self.went, "elapsed": self.elapsed}
        return {**state, "generator": self.np_random.bit_generator.state}

    def load_state(self, state: dict[str, Any]) -> None:
        self.s, self.lastaction = state["s"], state["lastaction"]
        self.went, self.elapsed = state["went"], state["elapsed"]
        self.np_random = np.random.Generator(np.random.PCG64())
        self.np_random.bit_generator.state = state["generator"]


class Table(NamedTuple):
    """Gymnasium's transition table: the three outcomes of each action in each state, `(S, 4, 3)`."""

    next_state: NDArray[np.int64]
    probability: NDArray[np.float64]
    goal: NDArray[np.float64]  # 1 where the outcome enters a goal
    alive: NDArray[np.float64]  # 1 where it does not end the episode
    start: int


@lru_cache(maxsize=32)
def transition_table(rows: MapRows, slip: float) -> Table:
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
