"""Siblings of a run: other seeds that live its config and its changes, trained together as one fleet."""

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from lakeppo.config import Config, Limit
from lakeppo.fleets.fleet import Agent, Fleet
from lakeppo.moment import Change, Moment, Phase

MOST = 5000
"""Updates after which siblings are stopped, wherever their limit is: what is kept of them stays small."""


def changes_at_updates(changes: Iterable[Change]) -> tuple[Change, ...]:
    """The changes of a run as its siblings make them.

    A change made within an update waits for the next one. Another seed for what follows is the run's own affair.
    """
    return tuple(
        Change(Moment(_begins(change.moment), Phase.COLLECT, 0), change.name, change.value)
        for change in changes
        if change.name != "seed"
    )


def _begins(moment: Moment) -> int:
    """The first update that begins at `moment` or later."""
    return moment.update + (moment > Moment(moment.update, Phase.COLLECT, 0))


class SiblingRequest(NamedTuple):
    """Which siblings are wanted: until `limit` is reached, and until `at_least` so many updates are done."""

    config: Config
    seeds: tuple[int, ...]
    changes: tuple[Change, ...]
    limit: Limit
    at_least: int = 0


class SiblingReport(NamedTuple):
    """What so many siblings have done since the last report: `(R, N)`, a row an update; none is left out."""

    success: NDArray[np.float32]  # exact, after the update; the first row of all is before any
    episodes: NDArray[np.int32]
    ended: NDArray[np.int32]  # (N,) the update at which each came to its limit, -1 while it is still on its way


class SiblingFleet:
    """Siblings that stand side by side after the same number of updates; who has come to the limit keeps its last."""

    def __init__(self, order: SiblingRequest) -> None:
        self.order = order
        self.fleet = Fleet([Agent(seed, order.config) for seed in order.seeds])
        self.changes = list(changes_at_updates(order.changes))
        count = len(order.seeds)
        self.going = np.arange(count)
        self.ended = np.full(count, -1, np.int32)
        self.success, self.episodes = np.zeros(count, np.float32), np.zeros(count, np.int32)
        self._rows: list[tuple[NDArray[np.float32], NDArray[np.int32]]] = []
        self._look()

    @property
    def updates(self) -> int:
        return self.fleet.updates

    @property
    def over(self) -> bool:
        """Whether all have come to the limit."""
        return not len(self.going)

    def update(self) -> None:
        """The next update of all that are still on their way."""
        self.fleet.update()
        self._look()

    def report(self) -> SiblingReport:
        """All that has not been reported yet."""
        success, episodes = (np.stack(column) for column in zip(*self._rows, strict=True))
        self._rows.clear()
        return SiblingReport(success, episodes, self.ended.copy())

    def _look(self) -> None:
        """Measure where an update has ended, let go who has come to the limit, and make the changes due here."""
        count = len(self.going)
        self.success[self.going] = self.fleet.success().numpy()[:count]  # one alone has company
        self.episodes[self.going] = self.fleet.episodes[:count]
        self._rows.append((self.success.copy(), self.episodes.copy()))
        there = self._there(self.fleet.episodes[:count])
        self.ended[self.going[there]] = self.updates
        self.going = self.going[~there]
        if there.any() and not self.over:
            self.fleet.keep(np.flatnonzero(~there))
        while self.changes and self.changes[0].moment.update <= self.updates:
            change = self.changes.pop(0)
            self.fleet.change(change.name, change.value)

    def _there(self, episodes: NDArray[np.intp]) -> NDArray[np.bool_]:
        limit, everyone = self.order.limit, np.ones(len(episodes), bool)
        if self.updates >= MOST:
            return everyone
        if self.updates < self.order.at_least:
            return ~everyone
        updates, env_steps = everyone * self.updates, everyone * self.fleet.env_steps
        done = limit.done(episodes=episodes, updates=updates, env_steps=env_steps)
        return np.asarray(done >= limit.count)
