"""Many agents that walk one lake side by side, each with its own dice and its own ice. NumPy only.

The draws are those of `Lake.step` and of Gymnasium's `reset`, in the same order, so that every agent walks exactly as
it would alone.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from lakeppo.lake.exact import Floats
from lakeppo.lake.maps import Rows
from lakeppo.lake.transition_table import transition_table

Integers = NDArray[np.intp]
STRETCH = 512
"""Steps walked between two looks at whether enough has been drawn."""


class WalkedBatch(NamedTuple):
    """A batch of N agents, `(T, N)` each, time first; agent k's tile s is the row `k * S + s`."""

    rows: Integers
    actions: Integers
    next_rows: Integers
    reached: NDArray[np.bool_]  # a goal
    terminated: NDArray[np.bool_]
    truncated: NDArray[np.bool_]


class Draws:
    """The uniform numbers of N generators, drawn ahead: each stream is what drawing one by one gives."""

    def __init__(self, generators: Sequence[np.random.Generator], size: int) -> None:
        self.generators = list(generators)
        self.block = np.empty((len(self.generators), size))
        self.used = np.full(len(self.generators), size)

    def ready(self, count: int) -> bool:
        """See to it that `count` numbers of each generator lie ahead; whether any had to be drawn."""
        size = self.block.shape[1]
        if self.used.max(initial=0) + count <= size:
            return False
        before, ahead = self.block, max(size, count)
        self.block = before if ahead == size else np.empty((len(before), ahead))
        for generator, row, old, used in zip(self.generators, self.block, before, self.used.tolist(), strict=True):
            row[: size - used] = old[used:]
            generator.random(out=row[size - used :])
        self.used[:] = 0
        return True

    def keep(self, kept: Integers) -> None:
        """Go on with these generators alone."""
        self.generators = [self.generators[k] for k in kept]
        self.block, self.used = self.block[kept], self.used[kept]


class Walkers:
    """N agents on `rows`: where each stands, how long its episode has lasted, how many it has ended."""

    def __init__(
        self, rows: Rows, slips: Floats, limit: int, dice: Sequence[np.random.Generator],
        ice: Sequence[np.random.Generator], batch_size: int,
    ) -> None:  # fmt: skip
        self._stand_on(rows, slips, limit)
        stretch = min(batch_size, STRETCH)
        self.dice, self.ice = Draws(dice, 4 * stretch), Draws(ice, 8 * stretch)
        self.ice.ready(1)
        self.ice.used += 1  # a reset draws the start, though there is only one
        self._turn()
        self.state = np.full(len(slips), self.start)
        self.elapsed, self.episodes = np.zeros_like(self.state), np.zeros_like(self.state)

    def _stand_on(self, rows: Rows, slips: Floats, limit: int) -> None:
        table, letters = transition_table(rows, 0.0), np.array(list("".join(rows)))
        self.next_state: Integers = table.next_state.astype(np.intp).ravel()  # of state * 12 + action * 3 + slide
        self.goal, self.over = letters == "G", (letters == "G") | (letters == "H")
        self.start, self.limit, self.tiles = table.start, limit, len(letters)
        sideways = (1.0 - (1.0 - slips)) / 2.0
        self.edges = np.cumsum([sideways, 1.0 - slips, sideways], axis=0)[:, :, None]

    def change(self, rows: Rows, slips: Floats, limit: int) -> None:
        """Walk on over another lake of the same size; who stands in a hole or at a goal there begins anew."""
        self._stand_on(rows, slips, limit)
        self.ice.ready(1)
        anew = self.over[self.state]
        self.state[anew], self.elapsed[anew] = self.start, 0
        self.ice.used += anew
        self._turn()

    def _turn(self) -> None:
        """Where the ice sends each draw ahead: 0 left of the direction meant, 1 straight on, 2 right of it."""
        left, straight, right = self.edges
        draws = self.ice.block
        self.turns = ((draws >= left).view(np.int8) + (draws >= straight).view(np.int8)) * (draws < right)

    def walk(self, thresholds: Floats, steps: int) -> WalkedBatch:
        """All take `steps` steps; `thresholds` `(3, N, S)` are the cumulated probabilities of the first actions."""
        shape = steps, len(self.state)
        walked = WalkedBatch._make(np.empty(shape, kind) for kind in (np.intp, np.intp, np.intp, bool, bool, bool))
        for begin in range(0, steps, STRETCH):
            stretch = slice(begin, min(steps, begin + STRETCH))
            self._stretch(thresholds.reshape(3, -1), WalkedBatch._make(column[stretch] for column in walked))
        np.take(self.goal, walked.next_rows % self.tiles, out=walked.reached)
        self.episodes += (walked.terminated | walked.truncated).sum(axis=0)
        return walked

    def _stretch(self, thresholds: Floats, out: WalkedBatch) -> None:
        steps, count = out.rows.shape
        self.dice.ready(steps)
        if self.ice.ready(2 * steps):
            self._turn()
        dice = np.ascontiguousarray(self.dice.block[:, self.dice.used[0] : self.dice.used[0] + steps].T)
        self.dice.used += steps
        first, second, third = thresholds
        base, turns = np.arange(count) * self.tiles, self.turns.ravel()
        ahead = np.arange(count) * self.turns.shape[1] + self.ice.used
        state, elapsed = self.state, self.elapsed
        for step, draw in enumerate(dice):
            rows, action, next_rows = out.rows[step], out.actions[step], out.next_rows[step]
            np.add(base, state, out=rows)
            np.add((first[rows] <= draw).view(np.int8), second[rows] <= draw, out=action)
            action += third[rows] <= draw
            state = self.next_state[state * 12 + action * 3 + turns[ahead]]
            np.add(base, state, out=next_rows)
            elapsed = elapsed + 1
            terminated = self.over[state]
            over = terminated | (elapsed >= self.limit)
            out.terminated[step], out.truncated[step] = terminated, over & ~terminated
            state = np.where(over, self.start, state)
            elapsed[over] = 0
            ahead += over
            ahead += 1
        self.ice.used[:] = ahead - np.arange(count) * self.turns.shape[1]
        self.state, self.elapsed = state, elapsed

    def keep(self, kept: Integers) -> None:
        """Go on with these agents alone."""
        self.dice.keep(kept)
        self.ice.keep(kept)
        self.edges, self.turns = self.edges[:, kept], self.turns[kept]
        self.state, self.elapsed, self.episodes = self.state[kept], self.elapsed[kept], self.episodes[kept]
