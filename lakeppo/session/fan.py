"""The siblings of a run as the screens show them: NumPy and plain values only."""

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

BANDS = (0.05, 0.25, 0.5, 0.75, 0.95)
"""The quantiles of a fan: 5 to 95 % is its outer band, 25 to 75 % its inner one, and the median its line."""


@dataclass(frozen=True, slots=True)
class SiblingResults:
    """What other seeds made of the same run.

    Row u of `success`, `episodes` and `bands` is after u updates; columns are siblings, in the order of `seeds`. Who
    has come to the limit keeps its last figures; who has not come so far yet has NaN, and stands behind the others.
    """

    seeds: tuple[int, ...]
    success: NDArray[np.float32]  # (U + 1, N) exact
    episodes: NDArray[np.int32]  # (U + 1, N)
    known: NDArray[np.intp]  # (U + 1,) how many siblings have come so far
    bands: NDArray[np.float64]  # (U + 1, 5) quantiles of their success
    ended: NDArray[np.int32]  # (N,) the update at which each came to its limit, -1 while it is on its way
    unlike: str = ""  # what of the run they do not share, in a few words
    stale: str = ""  # why they are no longer the siblings of what is on screen
    left: int | None = None  # the update at which the run on screen, the single run of one of them, has left it

    @property
    def going(self) -> int:
        """How many are still being trained."""
        return int((self.ended < 0).sum())

    @property
    def reached(self) -> int:
        """Updates done by those that are furthest."""
        return len(self.success) - 1

    @property
    def extent(self) -> int:
        """The last update that half of the siblings had to live: further the fan is not drawn."""
        ends = np.where(self.ended < 0, self.reached, self.ended)
        return int(np.sort(ends)[len(ends) // 2])

    @property
    def state(self) -> tuple[object, ...]:
        """Differs where two fans do."""
        return len(self.seeds), int(self.known.sum()), self.going, self.stale, self.left

    def row(self, update: int) -> int:
        """The row to compare a run with after `update` updates: the last there is, where they are not there yet."""
        return min(update, self.reached)

    def beaten(self, update: int, success: float, seed: int) -> tuple[int, int]:
        """How many siblings had less success after `update` updates, and of how many; the run's own seed is none."""
        row = self.row(update)
        others = np.array([own != seed for own in self.seeds[: self.known[row]]], bool)
        return int((self.success[row, : self.known[row]][others] < success).sum()), int(others.sum())

    def solved(self, enough: float) -> NDArray[np.intp]:
        """The update after which each sibling first had at least `enough` success, -1 where it never had."""
        there = np.nan_to_num(self.success) >= enough
        there[0] = False  # no update yet
        return np.where(there.any(axis=0), there.argmax(axis=0), -1)


class Sibling(NamedTuple):
    """A row of the list: a sibling, or the run itself."""

    seed: int
    success: float  # at the moment the list is of
    last: float  # the newest there is
    solved: int | None  # the update after which it first was as good as asked for
    episode: int | None  # and how many episodes it had ended by then
    ended: int | None  # the update at which it came to the limit; None while it is on its way
    own: bool = False


def siblings(fan: SiblingResults, update: int, enough: float) -> list[Sibling]:
    """All that have come as far as `update`, or as far as any has; `enough` is the success that counts as solved."""
    row = fan.row(update)
    listed = []
    for k, (seed, solved) in enumerate(zip(fan.seeds[: fan.known[row]], fan.solved(enough).tolist(), strict=False)):
        newest = int(np.flatnonzero(fan.known > k)[-1])
        listed.append(
            Sibling(
                seed,
                float(fan.success[row, k]),
                float(fan.success[newest, k]),
                solved if solved > 0 else None,
                int(fan.episodes[solved, k]) if solved > 0 else None,
                int(fan.ended[k]) if fan.ended[k] >= 0 else None,
            )
        )
    return listed


class SiblingReports:
    """What siblings have reported so far, in groups; whoever is in a group has come equally far."""

    def __init__(self, unlike: str = "") -> None:
        self.groups: list[Group] = []
        self.unlike = unlike
        self._bands: list[tuple[int, NDArray[np.float64]]] = []  # beside how many siblings they are of

    def begin(self, seeds: tuple[int, ...]) -> None:
        """A group that has not reported yet."""
        none = np.zeros((0, len(seeds)))
        self.groups.append(Group(seeds, none.astype(np.float32), none.astype(np.int32), np.full(len(seeds), -1)))

    def add(self, number: int, success: NDArray[Any], episodes: NDArray[Any], ended: NDArray[Any]) -> None:
        """The rows a group has reported; a policy that is no number any more has no success."""
        group = self.groups[number]
        success = np.concatenate([group.success, np.nan_to_num(success)])
        self.groups[number] = Group(group.seeds, success, np.concatenate([group.episodes, episodes]), ended)

    def fan(self) -> SiblingResults | None:
        """All that is known; None before anything is."""
        rows = max((len(group.success) for group in self.groups), default=0)
        if not rows:
            return None
        groups = sorted(self.groups, key=lambda group: group.rows(rows), reverse=True)  # those behind stand behind
        success = np.concatenate([group.up_to(rows, group.success, np.nan) for group in groups], axis=1)
        episodes = np.concatenate([group.up_to(rows, group.episodes, -1) for group in groups], axis=1)
        known = (episodes >= 0).sum(axis=1)
        self._quantiles(success, known)
        seeds = sum((group.seeds for group in groups), ())
        ended = np.concatenate([group.ended for group in groups])
        return SiblingResults(
            seeds, success, episodes, known, np.array([bands for _, bands in self._bands]), ended, self.unlike
        )

    def _quantiles(self, success: NDArray[np.float32], known: NDArray[np.intp]) -> None:
        """Each row's, again only where more siblings have come so far."""
        for row, (values, count) in enumerate(zip(success, known.tolist(), strict=True)):
            if row == len(self._bands) or self._bands[row][0] != count:
                self._bands[row : row + 1] = [(count, np.quantile(values[:count].astype(np.float64), BANDS))]


class Group(NamedTuple):
    """Siblings that were ordered together: `(R, N)`, a row an update."""

    seeds: tuple[int, ...]
    success: NDArray[np.float32]
    episodes: NDArray[np.int32]
    ended: NDArray[Any]

    def rows(self, most: int) -> int:
        """In how many of `most` rows there is something: a group that has come to the limit stays there."""
        return most if len(self.success) and (self.ended >= 0).all() else len(self.success)

    def up_to(self, rows: int, mine: NDArray[Any], none: float) -> NDArray[Any]:
        """`mine` in so many rows; what is not there yet is `none`."""
        over = self.rows(rows) > len(mine)
        rest = np.broadcast_to(
            mine[-1] if over else np.full(len(self.seeds), none, mine.dtype), (rows - len(mine), len(self.seeds))
        )
        return np.concatenate([mine, rest])
