"""The siblings of a run: other seeds with its config and its changes, trained together as one fleet."""

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from lakeppo.config import Config
from lakeppo.fleets.fleet import Agent, Fleet
from lakeppo.moment import Change, Moment, Phase
from lakeppo.presets import Limit

MAX_UPDATES = 5000
"""Siblings stop after this many updates, whatever their limit, which bounds the size of their history."""


def changes_at_updates(changes: Iterable[Change]) -> tuple[Change, ...]:
    """Return the changes that a run's siblings make: all but those of its seed, each at the next start of an update."""
    return tuple(
        Change(Moment(moment.update + any(moment[1:]), Phase.COLLECT, 0), name, value)
        for moment, name, value in changes
        if name != "seed"
    )


class SiblingRequest(NamedTuple):
    """Siblings to train until `limit` is reached and at least `at_least` updates are done."""

    config: Config
    seeds: tuple[int, ...]
    changes: tuple[Change, ...]
    limit: Limit
    at_least: int = 0


class SiblingReport(NamedTuple):
    """The values of N siblings since the last report, `(R, N)`: a row an update, at the very first one before any."""

    success: NDArray[np.float32]  # exact, after the update
    episodes: NDArray[np.int32]
    ended: NDArray[np.int32]  # (N,) the number of updates at which each reached the limit, -1 until then


class SiblingFleet:
    """The siblings of a request, all after the same number of updates; at its limit a sibling keeps its last values."""

    def __init__(self, request: SiblingRequest, fleet: type[Fleet] = Fleet) -> None:
        self.request = request
        self.fleet = fleet([Agent(seed, request.config) for seed in request.seeds])
        self.changes = list(changes_at_updates(request.changes))
        count = len(request.seeds)
        self.active = np.arange(count)
        self.ended = np.full(count, -1, np.int32)
        self.success, self.episodes = np.zeros(count, np.float32), np.zeros(count, np.int32)
        self._rows: list[tuple[NDArray[np.float32], NDArray[np.int32]]] = []
        self._finish_update()

    @property
    def updates(self) -> int:
        return self.fleet.updates

    @property
    def done(self) -> bool:
        """Whether all siblings have reached the limit."""
        return not len(self.active)

    def update(self) -> None:
        """Do the next update of all active siblings."""
        self.fleet.update()
        self._finish_update()

    def report(self) -> SiblingReport:
        """Return the rows that have not been reported yet."""
        success, episodes = (np.stack(column) for column in zip(*self._rows, strict=True))
        self._rows.clear()
        return SiblingReport(success, episodes, self.ended.copy())

    def _finish_update(self) -> None:
        """Record the update that has ended, drop the siblings at their limit, and make the changes due now."""
        count = len(self.active)  # the fleet may be padded
        self.success[self.active] = self.fleet.success().numpy()[:count]
        self.episodes[self.active] = self.fleet.episodes[:count]
        self._rows.append((self.success.copy(), self.episodes.copy()))
        stopped = self._at_limit(self.fleet.episodes[:count])
        self.ended[self.active[stopped]] = self.updates
        self.active = self.active[~stopped]
        if stopped.any() and not self.done:
            self.fleet.select(np.flatnonzero(~stopped))
        while self.changes and self.changes[0].moment.update <= self.updates:
            change = self.changes.pop(0)
            self.fleet.change(change.name, change.value)

    def _at_limit(self, episodes: NDArray[np.intp]) -> NDArray[np.bool_]:
        limit, counts = self.request.limit, (self.updates, self.fleet.env_steps)
        updates, env_steps = (np.full_like(episodes, count) for count in counts)
        done = limit.progress(episodes=episodes, updates=updates, env_steps=env_steps) >= limit.count
        return (done & (updates >= self.request.at_least)) | (updates >= MAX_UPDATES)
