"""What lake: the maps, Gymnasium's own environment on them, and its transition table. NumPy only."""

import re
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from gymnasium.envs.toy_text.frozen_lake import FrozenLakeEnv, generate_random_map
from numpy.typing import NDArray

from lakeppo.config import MAPS, Config, InvalidValue

BatchTable = tuple[str, ...]
LARGEST = 32
"""The most rows or columns a map may have."""


class MapError(ValueError):
    """A map that is no lake; the message says why in one line."""


class Lake(FrozenLakeEnv):
    """Gymnasium's FrozenLake with its time limit inside, keeping the direction the ice chose in `went`.

    Gymnasium's `step` throws that direction away, and at a wall it cannot be guessed back. The draws are
    Gymnasium's: one uniform number against the cumulated probabilities of left, straight and right.
    Firm ice is `slip` 0 here, not `is_slippery=False`: the trajectory is the same and one construction serves all.
    """

    def __init__(self, rows: BatchTable, slip: float, max_episode_steps: int) -> None:
        desc: Any = [list(row) for row in rows]  # letter by letter, or NumPy makes one column a single row
        super().__init__(desc=desc, is_slippery=True, success_rate=1.0 - slip)
        self.start = "".join(rows).index("S")
        self.max_episode_steps = max_episode_steps
        self.elapsed = 0
        self.went = 0
        sideways = (1.0 - (1.0 - slip)) / 2.0
        self._edges: tuple[float, float, float] = tuple(np.cumsum([sideways, 1.0 - slip, sideways]).tolist())

    def step(self, a: int) -> tuple[int, float, bool, bool, dict[str, float]]:
        """One move; `terminated` and `truncated` may both be true, as Gymnasium's `TimeLimit` has it."""
        left, straight, right = self._edges
        draw = self.np_random.random()
        turn = 0 if draw < left else 1 if draw < straight else 2 if draw < right else 0
        probability, self.s, reward, terminated = self.P[self.s][a][turn]
        self.lastaction = a
        self.went = (a + turn - 1) % 4
        self.elapsed += 1
        return self.s, reward, terminated, self.elapsed >= self.max_episode_steps, {"prob": probability}

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[int, dict[str, Any]]:
        """Back to the start, of which there is one; Gymnasium draws for it all the same."""
        if seed is not None:
            super().reset(seed=seed, options=options)
        else:
            self.np_random.random()
        self.s, self.lastaction, self.elapsed = self.start, None, 0
        return self.s, {"prob": 1}

    def state(self) -> dict[str, Any]:
        """All there is to know of the environment besides its map and ice."""
        return {
            "s": int(self.s),
            "lastaction": self.lastaction,
            "went": self.went,
            "elapsed": self.elapsed,
            "generator": self.np_random.bit_generator.state,
        }

    def load_state(self, state: dict[str, Any]) -> None:
        self.s, self.lastaction = state["s"], state["lastaction"]
        self.went, self.elapsed = state["went"], state["elapsed"]
        self.np_random = np.random.Generator(np.random.PCG64())
        self.np_random.bit_generator.state = state["generator"]


def make_lake(config: Config) -> Lake:
    return Lake(config.map_rows, config.slip, config.max_episode_steps)


class Table(NamedTuple):
    """Gymnasium's transition table as arrays `(S, 4, 3)`: where the three slides of each action lead.

    `goal` is 1 where the slide enters a goal, `alive` is 1 where the episode goes on after it.
    """

    next_state: NDArray[np.int64]
    probability: NDArray[np.float64]
    goal: NDArray[np.float64]
    alive: NDArray[np.float64]
    start: int


@lru_cache(maxsize=32)
def transition_table(rows: BatchTable, slip: float) -> Table:
    """The table of `rows` under `slip`; its arrays are shared and read-only."""
    env = Lake(rows, slip, max_episode_steps=1)
    tiles = "".join(rows)
    shape = (len(tiles), 4, 3)
    table = Table(np.zeros(shape, np.int64), np.zeros(shape), np.zeros(shape), np.zeros(shape), tiles.index("S"))
    for state, action, slide in np.ndindex(shape):
        if tiles[state] in "GH":
            table.next_state[state, action, slide] = state
            continue
        probability, next_state, _, terminated = env.P[state][action][slide]
        table.next_state[state, action, slide] = next_state
        table.probability[state, action, slide] = probability
        table.goal[state, action, slide] = tiles[next_state] == "G"
        table.alive[state, action, slide] = not terminated
    for array in table[:4]:
        array.setflags(write=False)
    return table


def check_rows(rows: BatchTable) -> None:
    """Raises `MapError` unless `rows` is a lake: a rectangle up to 32x32, one S, a G that can be reached."""
    if not rows or not rows[0]:
        raise MapError("the map is empty")
    if any(len(row) != len(rows[0]) for row in rows):
        raise MapError("the map's rows differ in length")
    if len(rows) > LARGEST or len(rows[0]) > LARGEST:
        raise MapError(f"the map is {len(rows)}x{len(rows[0])}, larger than {LARGEST}x{LARGEST}")
    tiles = "".join(rows)
    if unknown := sorted(set(tiles) - set("SFHG")):
        raise MapError(f"the map has the unknown letter {unknown[0]!r}; a map is made of S, F, H and G")
    if tiles.count("S") != 1:
        raise MapError(f"the map has {tiles.count('S')} starts (S); it needs exactly one")
    if "G" not in tiles:
        raise MapError("the map has no goal (G)")
    if not _reachable(rows):
        raise MapError("no goal of the map can be reached from its start")


def _reachable(rows: BatchTable) -> bool:
    height, width = len(rows), len(rows[0])
    start = "".join(rows).index("S")
    frontier, seen = [divmod(start, width)], {divmod(start, width)}
    while frontier:
        r, c = frontier.pop()
        if rows[r][c] == "G":
            return True
        if rows[r][c] == "H":
            continue
        for tile in ((r + 1, c), (r - 1, c), (r, c + 1), (r, c - 1)):
            if 0 <= tile[0] < height and 0 <= tile[1] < width and tile not in seen:
                seen.add(tile)
                frontier.append(tile)
    return False


def find_map(text: str, seed: int) -> tuple[str, BatchTable]:
    """The label and rows of `--map TEXT`: 4x4, 8x8, random:SIZE[:SEED] (the run's `seed` if none), or a file.

    Raises `BadValue` for words that name no map, `MapError` for what a file holds.
    """
    if text in MAPS:
        return text, MAPS[text]
    if text.startswith("random:"):
        return _random_map(text, seed)
    path = Path(text)
    if not _exists(path):
        raise InvalidValue(f"map must be 4x4, 8x8, random:SIZE[:SEED] or a file; there is no file {text}")
    rows = _read_map(path)
    try:
        check_rows(rows)
    except MapError as error:
        raise MapError(f"{text}: {error}") from None
    return path.name, rows


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:  # a name too long to be one
        return False


def _random_map(text: str, seed: int) -> tuple[str, BatchTable]:
    parts = text.split(":")[1:]
    if len(parts) not in (1, 2) or not all(re.fullmatch("[0-9]{1,18}", part) for part in parts):
        raise InvalidValue(f"map must be random:SIZE or random:SIZE:SEED, not {text}")
    size, map_seed = int(parts[0]), int(parts[1]) if len(parts) == 2 else seed
    if not 2 <= size <= LARGEST:
        raise InvalidValue(f"a random map's size must be 2..{LARGEST}, not {size}")
    return f"random:{size}:{map_seed}", tuple(generate_random_map(size, seed=map_seed))


def _read_map(path: Path) -> BatchTable:
    try:
        with path.open("rb") as file:
            text = file.read(65_536).decode("ascii")
    except UnicodeDecodeError:
        raise MapError(f"{path} is not a map: it holds more than the letters S, F, H and G") from None
    except OSError as error:
        raise MapError(f"{path}: {(error.strerror or str(error)).lower()}") from None
    return tuple(line.strip().upper() for line in text.splitlines() if line.strip())
