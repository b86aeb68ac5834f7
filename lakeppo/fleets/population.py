"""Agents of any settings, each trained to the same limit, and the results of each.

The fleets run one after another. An agent stops at the end of the update in which it reaches the limit, or in which it
diverges: its success is 0 from then on, for nothing can act on weights that are not finite.
"""

from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from lakeppo.config import Config
from lakeppo.fleets.batched_ppo import Improve
from lakeppo.fleets.fleet import Agent, Fleet, fleet_key
from lakeppo.fleets.interruption import Check, never
from lakeppo.fleets.shard import RESULTS, Shard
from lakeppo.fleets.walkers import Integers
from lakeppo.lake.exact import Floats, solved_success
from lakeppo.presets import Limit

MAX_FLEET = 1024
"""The most agents of one fleet: more are no faster."""
MAX_BYTES, MAX_STATE = 2**30, 2**26
"""The most memory of one fleet, and of its state."""
RESOLUTION = 64
"""Samples that a history keeps of each doubling of its length."""


def fleet_bytes(config: Config) -> int:
    """Estimate the memory of one agent of a fleet: its parameters four times, their pass, and its batch."""
    tiles, steps = config.tiles, config.batch_size
    parameters = 4 * (48 * tiles + 700)
    return 5 * parameters + tiles * 1500 + steps * 250 + 12 * 8 * min(steps, 512)


def state_bytes(config: Config) -> int:
    """Estimate the size of one agent of a fleet's state: its parameters and their moments."""
    return 3 * 4 * (48 * config.tiles + 700)


def result_bytes(config: Config, limit: Limit) -> int:
    """Estimate the most memory of one agent's results: its history, its figures, and their report."""
    steps = limit.count * {"episodes": config.max_episode_steps, "updates": config.batch_size, "steps": 1}[limit.unit]
    return 4 * RESOLUTION * (1 + (steps // config.batch_size // RESOLUTION).bit_length()) + 700


class History:
    """Exact success of the agents at `index` over their steps, at an interval that doubles with the length."""

    def __init__(
        self, index: Integers, steps: Sequence[int] = (), rows: Sequence[NDArray[np.float32]] = (), count: int = 0
    ) -> None:
        self.index = index
        self.steps, self.rows = list(steps), list(rows)  # a row is `(len(index),)`
        self._count = count

    def add(self, steps: int, success: Floats) -> None:
        if self._count % (1 << max(0, (self._count // RESOLUTION).bit_length() - 1)) == 0:
            self.steps.append(steps)
            self.rows.append(success.astype(np.float32))
        self._count += 1

    def at(self, steps: int) -> NDArray[np.float32]:
        """Return the last row at or before `steps`; an agent keeps the success with which it stopped."""
        return self.rows[bisect_right(self.steps, steps) - 1]


Note = Callable[[Fleet, Integers, Integers], None]
"""Told after an update: the fleet, the places of its agents that had not stopped before, and their indices."""


def no_note(fleet: Fleet, places: Integers, index: Integers) -> None:
    """Note nothing."""


class Population:
    """The results of N agents `(N,)`, `success` NaN before their fleet starts; `fleets` are the indices of each.

    The agents in `shards` go on from there, and those that are not done make the first fleets. An update given up by
    `check` raises `Interrupted` and leaves the results as they were before it, but the population cannot go on.
    """

    def __init__(
        self, agents: Sequence[Agent], limit: Limit, device: str = "cpu", improve: Improve | None = None,
        largest: int = MAX_FLEET, shards: Sequence[Shard] = (), fleet: type[Fleet] = Fleet,
    ) -> None:  # fmt: skip
        """`fleet` is the class of its fleets."""
        self._fleet_class = fleet
        self.agents, self.limit, self.device, self.improve = list(agents), limit, device, improve
        count = len(self.agents)
        self.thresholds = np.array([solved_success(agent.config) for agent in agents])
        self.updates, self.env_steps, self.episodes = (np.zeros(count, np.int64) for _ in range(3))
        self.success = np.full(count, np.nan)
        self.solved_episode, self.solved_step = np.full(count, np.inf), np.full(count, np.inf)
        self.diverged = np.full(count, np.inf)  # the update after which weights are not finite
        self.done = np.zeros(count, bool)
        self.histories: list[History] = []
        for shard in shards:
            self._restore(shard)
        self._resumed = [shard for shard in shards if shard.state is not None]
        new = np.setdiff1d(np.arange(count), np.concatenate([np.empty(0, np.intp), *(s.index for s in shards)]))
        self.fleets = [*(shard.index for shard in self._resumed), *partition(self.agents, largest, new.tolist())]
        self._waiting = self.fleets[len(self._resumed) :]
        self.check: Check = never
        self.note: Note = no_note
        self._fleet: Fleet | None = None
        self._index: Integers = np.empty(0, np.intp)  # of the agents in `_fleet`

    def _restore(self, shard: Shard) -> None:
        for name in RESULTS:
            getattr(self, name)[shard.index] = shard.results[name]
        updates = int(shard.results["updates"].max())
        self.histories.append(History(shard.index, shard.steps, shard.rows, updates + 1))

    @property
    def fleet_memory(self) -> int:
        """An estimate of the bytes of the largest fleet."""
        return max((len(index) * fleet_bytes(self.agents[index[0]].config) for index in self.fleets), default=0)

    @property
    def result_memory(self) -> int:
        """An estimate of the most bytes of all results."""
        done = [history.index for history in self.histories if self.done[history.index].all()]
        indices = [*done, *self.fleets]
        return sum(len(index) * result_bytes(self.agents[index[0]].config, self.limit) for index in indices)

    @property
    def progress(self) -> float:
        """The share of the work that is done."""
        return float(np.where(self.done, 1.0, np.minimum(1.0, self._counts() / self.limit.count)).mean())

    def _counts(self) -> NDArray[np.int64]:
        return self.limit.progress(episodes=self.episodes, updates=self.updates, env_steps=self.env_steps)

    def update(self) -> None:
        """Do one update of the current fleet; start the next fleet if there is none."""
        fleet = self._fleet or self._start_fleet()
        self._fleet = None  # a fleet whose update is given up cannot go on
        fleet.update()
        places = np.flatnonzero(~self.done[self._index])  # in the fleet
        diverged, success = ~fleet.finite().cpu().numpy()[places], fleet.success().cpu().numpy()[places]
        active = self._index[places]
        self.success[active] = np.where(diverged, 0.0, success)
        self.diverged[active[diverged]] = fleet.updates
        self.updates[active], self.env_steps[active] = fleet.updates, fleet.env_steps
        self.episodes[active] = fleet.episodes[places]
        solved = active[(self.success[active] >= self.thresholds[active]) & np.isinf(self.solved_episode[active])]
        self.solved_episode[solved], self.solved_step[solved] = self.episodes[solved], self.env_steps[solved]
        self._history.add(fleet.env_steps, self.success[self._history.index])
        self.done[active] = (self._counts()[active] >= self.limit.count) | diverged
        self._fleet = fleet
        self.note(fleet, places, active)
        self._drop_done(fleet)

    def _start_fleet(self) -> Fleet:
        if self._resumed:
            return self._resume_fleet(self._resumed.pop(0))
        index = self._waiting.pop(0)
        fleet = self._fleet_class([self.agents[k] for k in index], self.device, self.improve, self.check)
        self.success[index] = fleet.success().cpu().numpy()[: len(index)]
        self.histories.append(History(index))
        self.histories[-1].add(0, self.success[index])
        self._fleet, self._index, self._history = fleet, index, self.histories[-1]
        return fleet

    def _resume_fleet(self, shard: Shard) -> Fleet:
        assert shard.state is not None
        fleet = self._fleet_class([self.agents[k] for k in shard.index], self.device, self.improve, self.check)
        if len(shard.places) < len(shard.index):
            fleet.select(shard.places)
        fleet.restore(shard.state)
        history = next(history for history in self.histories if history.index is shard.index)
        self._fleet, self._index, self._history = fleet, shard.index[shard.places], history
        return fleet

    def shard(self, history: History) -> Shard:
        """Return what is known of the agents of a history, between two updates."""
        index = history.index
        results = {name: getattr(self, name)[index] for name in RESULTS}
        places, state = np.empty(0, np.intp), None
        if self._fleet is not None and history is self._history:
            places, state = np.searchsorted(index, self._index), self._fleet.state(len(self._index))
        return Shard(index, results, list(history.steps), list(history.rows), places, state)

    @property
    def unfinished(self) -> History | None:
        """The history of the fleet that is being trained here."""
        return None if self._fleet is None else self._history

    def _drop_done(self, fleet: Fleet) -> None:
        """Remove the agents that are done from the fleet, once they are a quarter of it."""
        active = np.flatnonzero(~self.done[self._index])
        if len(active) == 0:
            self._fleet = None
        elif len(active) <= 0.75 * len(self._index):
            self._index = self._index[active]
            fleet.select(active)

    def success_after(self, steps: int) -> Floats:
        """Return the exact success of every agent after `steps` environment steps, `(N,)`."""
        success = np.full(len(self.agents), np.nan)
        for history in self.histories:
            success[history.index] = history.at(steps)
        return np.where(steps >= self.env_steps, self.success, success)


def partition(agents: Sequence[Agent], largest: int = MAX_FLEET, places: Iterable[int] | None = None) -> list[Integers]:
    """Return the indices of the agents of each fleet, at most `largest` and what memory allows; `places`: of these."""
    groups: dict[tuple[object, ...], list[int]] = {}
    for k in range(len(agents)) if places is None else places:
        groups.setdefault(fleet_key(agents[k].config), []).append(k)
    fleets = []
    for group in groups.values():
        config = agents[group[0]].config
        most = max(1, min(largest, MAX_BYTES // fleet_bytes(config), MAX_STATE // state_bytes(config)))
        fleets += np.array_split(np.array(group, np.intp), -(-len(group) // most))
    return fleets
