"""Step many agents through one lake at once, each with its own random numbers. NumPy only.

Numbers are drawn in the order of `Lake.step` and Gymnasium's `reset`: each agent takes the steps of its single run.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from lakeppo.fleets.interruption import Check, never
from lakeppo.lake.environment import transition_table
from lakeppo.lake.exact import Floats
from lakeppo.lake.maps import MapRows

Integers = NDArray[np.intp]
CHUNK = 512
"""Steps taken between two checks of the buffered random numbers."""


class Transitions(NamedTuple):
    """A batch of N agents, `(T, N)` each; a row is `k * S + s` for tile s of agent k."""

    rows: Integers
    actions: Integers
    next_rows: Integers
    reached: NDArray[np.bool_]  # a goal
    terminated: NDArray[np.bool_]
    truncated: NDArray[np.bool_]


class UniformBuffer:
    """Uniform numbers of N generators, drawn ahead in the order of single draws."""

    def __init__(self, generators: Sequence[np.random.Generator], size: int) -> None:
        self.generators = list(generators)
        self.numbers = np.empty((len(self.generators), size))
        self.used = np.full(len(self.generators), size)

    def fill(self, count: int) -> bool:
        """Buffer at least `count` unused numbers of each generator; return whether any were drawn."""
        size = self.numbers.shape[1]
        if self.used.max(initial=0) + count <= size:
            return False
        before, ahead = self.numbers, max(size, count)
        self.numbers = before if ahead == size else np.empty((len(before), ahead))
        for generator, row, old, used in zip(self.generators, self.numbers, before, self.used.tolist(), strict=True):
            row[: size - used] = old[used:]
            generator.random(out=row[size - used :])
        self.used[:] = 0
        return True

    def skip(self, counts: Integers) -> None:
        """Leave out the next `counts` `(N,)` numbers of each generator."""
        unused = self.numbers.shape[1] - self.used
        for generator, count in zip(self.generators, (counts - unused).tolist(), strict=True):
            generator.bit_generator.advance(count)  # type: ignore[attr-defined]  # of PCG64; back if negative
        self.used[:] = self.numbers.shape[1]

    def select(self, index: Integers) -> None:
        """Keep only the generators at `index`."""
        self.generators = [self.generators[k] for k in index]
        self.numbers, self.used = self.numbers[index], self.used[index]


class Walkers:
    """N agents on the map `rows`: their states, steps of the current episode, and episodes ended, `(N,)` each."""

    def __init__(
        self, rows: MapRows, slips: Floats, limit: int, action_sources: Sequence[np.random.Generator],
        slip_sources: Sequence[np.random.Generator], batch_size: int,
    ) -> None:  # fmt: skip
        self._set_lake(rows, slips, limit)
        chunk = min(batch_size, CHUNK)
        self.action_draws = UniformBuffer(action_sources, 4 * chunk)
        self.slip_draws = UniformBuffer(slip_sources, 8 * chunk)
        self.slip_draws.fill(1)
        self.slip_draws.used += 1  # Gymnasium's reset draws one number
        self._compute_slides()
        self.state = np.full(len(slips), self.start)
        self.elapsed, self.episodes = np.zeros_like(self.state), np.zeros_like(self.state)

    def _set_lake(self, rows: MapRows, slips: Floats, limit: int) -> None:
        table, letters = transition_table(rows, 0.0), np.array(list("".join(rows)))
        self.next_state: Integers = table.next_state.astype(np.intp).ravel()  # at state * 12 + action * 3 + slide
        self.goal, self.terminal = letters == "G", (letters == "G") | (letters == "H")
        self.start, self.limit, self.tiles = table.start, limit, len(letters)
        sideways = (1.0 - (1.0 - slips)) / 2.0
        self.edges = np.cumsum([sideways, 1.0 - slips, sideways], axis=0)[:, :, None]

    def change(self, rows: MapRows, slips: Floats, limit: int) -> None:
        """Continue on another lake of the same size; an agent whose tile is now a hole or a goal starts an episode."""
        self._set_lake(rows, slips, limit)
        self.slip_draws.fill(1)
        reset = self.terminal[self.state]
        self.state[reset], self.elapsed[reset] = self.start, 0
        self.slip_draws.used += reset
        self._compute_slides()

    def _compute_slides(self) -> None:
        """Compute the slide of each buffered number: 0 left of the intended direction, 1 straight, 2 right."""
        left, straight, right = self.edges
        draws = self.slip_draws.numbers
        self.slides = ((draws >= left).view(np.int8) + (draws >= straight).view(np.int8)) * (draws < right)

    def collect(self, thresholds: Floats, steps: int, check: Check = never) -> Transitions:
        """Take `steps` steps; `thresholds` `(3, N, S)` are the cumulative probabilities of the first three actions."""
        shape = steps, len(self.state)
        batch = Transitions._make(np.empty(shape, dtype) for dtype in (np.intp, np.intp, np.intp, bool, bool, bool))
        for start in range(0, steps, CHUNK):
            check()
            chunk = slice(start, min(steps, start + CHUNK))
            self._collect_chunk(thresholds.reshape(3, -1), Transitions._make(column[chunk] for column in batch))
        np.take(self.goal, batch.next_rows % self.tiles, out=batch.reached)
        self.episodes += (batch.terminated | batch.truncated).sum(axis=0)
        return batch

    def _collect_chunk(self, thresholds: Floats, out: Transitions) -> None:
        steps, count = out.rows.shape
        self.action_draws.fill(steps)
        if self.slip_draws.fill(2 * steps):
            self._compute_slides()
        first_used = self.action_draws.used[0]
        draws = np.ascontiguousarray(self.action_draws.numbers[:, first_used : first_used + steps].T)
        self.action_draws.used += steps
        first, second, third = thresholds
        base, slides = np.arange(count) * self.tiles, self.slides.ravel()
        position = np.arange(count) * self.slides.shape[1] + self.slip_draws.used
        state, elapsed = self.state, self.elapsed
        for step, draw in enumerate(draws):
            rows, action, next_rows = out.rows[step], out.actions[step], out.next_rows[step]
            np.add(base, state, out=rows)
            np.add((first[rows] <= draw).view(np.int8), second[rows] <= draw, out=action)
            action += third[rows] <= draw
            state = self.next_state[state * 12 + action * 3 + slides[position]]
            np.add(base, state, out=next_rows)
            elapsed = elapsed + 1
            terminated = self.terminal[state]
            ended = terminated | (elapsed >= self.limit)
            out.terminated[step], out.truncated[step] = terminated, ended & ~terminated
            state = np.where(ended, self.start, state)
            elapsed[ended] = 0
            position += ended  # the reset's draw
            position += 1
        self.slip_draws.used[:] = position - np.arange(count) * self.slides.shape[1]
        self.state, self.elapsed = state, elapsed

    def restore(self, states: Integers, elapsed: Integers, episodes: Integers, steps: int) -> None:
        """Put the first agents, `(n,)`, of new walkers to where they were after `steps` steps."""
        count = len(states)
        self.state[:count], self.elapsed[:count], self.episodes[:count] = states, elapsed, episodes
        self.action_draws.skip(np.full_like(self.state, steps))
        self.slip_draws.skip(steps + self.episodes)  # an episode's reset draws one number

    def select(self, index: Integers) -> None:
        """Keep only the agents at `index`."""
        self.action_draws.select(index)
        self.slip_draws.select(index)
        self.edges, self.slides = self.edges[:, index], self.slides[index]
        self.state, self.elapsed, self.episodes = self.state[index], self.elapsed[index], self.episodes[index]
