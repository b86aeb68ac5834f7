"""The siblings of a run as the screens show them: NumPy and plain values only."""

from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

BANDS = (0.05, 0.25, 0.5, 0.75, 0.95)
"""The quantiles of a fan: 5 to 95 % is its outer band, 25 to 75 % its inner one, and the median its line."""


@dataclass(frozen=True, slots=True)
class SiblingResults:
    """Runs of the same config and changes with other seeds.

    Row u of `success`, `episodes` and `bands` is after u updates; columns are siblings, in the order of `seeds`. A
    sibling that has reached its limit keeps its last figures; one that has not come so far has NaN, and stands behind
    the others.
    """

    seeds: tuple[int, ...]
    success: NDArray[np.float32]  # (U + 1, N) exact
    episodes: NDArray[np.int32]  # (U + 1, N)
    known: NDArray[np.intp]  # (U + 1,) how many siblings have come so far
    bands: NDArray[np.float64]  # (U + 1, 5) quantiles of their success
    ended: NDArray[np.int32]  # (N,) the update at which each reached its limit, -1 while it trains
    reseeded: bool = False  # the run has a change of seed, which its siblings do not share
    outdated: Literal["", "change", "branch"] = ""  # the run on screen has a newer change, or is on another branch
    diverged_at: int | None = None  # the update at which rounding has parted the run on screen from its own sibling

    @property
    def training(self) -> int:
        """Siblings that are still training."""
        return int((self.ended < 0).sum())

    @property
    def reached(self) -> int:
        """Updates done by the siblings that are furthest."""
        return len(self.success) - 1

    @property
    def extent(self) -> int:
        """The last update that half of the siblings reach; the fan is drawn up to here."""
        ends = np.where(self.ended < 0, self.reached, self.ended)
        return int(np.sort(ends)[len(ends) // 2])

    def row(self, update: int) -> int:
        """Return the row to compare a run with after `update` updates: the last one, if there is none so far."""
        return min(update, self.reached)

    def beaten(self, update: int, success: float, seed: int) -> tuple[int, int]:
        """Return how many siblings had less success after `update` updates, and of how many, `seed` not counted."""
        row = self.row(update)
        others = np.array([sibling != seed for sibling in self.seeds[: self.known[row]]], bool)
        return int((self.success[row, : self.known[row]][others] < success).sum()), int(others.sum())

    def solved(self, enough: float) -> NDArray[np.intp]:
        """Return the update after which each sibling first had at least `enough` success, -1 if none."""
        reached = np.nan_to_num(self.success) >= enough
        reached[0] = False  # before the first update
        return np.where(reached.any(axis=0), reached.argmax(axis=0), -1)


class Sibling(NamedTuple):
    """A row of the list: a sibling, or the run itself."""

    seed: int
    success: float  # at the moment the list is of
    last: float  # the newest
    solved: int | None  # the update after which it first had enough success
    episode: int | None  # the episodes it had ended by then
    ended: int | None  # the update at which it reached its limit; None while it trains
    own: bool = False


def sibling_rows(results: SiblingResults, update: int, enough: float) -> list[Sibling]:
    """Return a row for each sibling that has come as far as `update`, or as the furthest."""
    row = results.row(update)
    rows = []
    for k, (seed, solved) in enumerate(
        zip(results.seeds[: results.known[row]], results.solved(enough).tolist(), strict=False)
    ):
        newest = int(np.flatnonzero(results.known > k)[-1])
        rows.append(
            Sibling(
                seed,
                float(results.success[row, k]),
                float(results.success[newest, k]),
                solved if solved > 0 else None,
                int(results.episodes[solved, k]) if solved > 0 else None,
                int(results.ended[k]) if results.ended[k] >= 0 else None,
            )
        )
    return rows


class SiblingReports:
    """The reports of siblings, in groups that were requested together and have come equally far."""

    def __init__(self, reseeded: bool = False) -> None:
        self.groups: list[SiblingGroup] = []
        self.reseeded = reseeded
        self._bands: list[tuple[int, NDArray[np.float64]]] = []  # of each row: how many siblings, their quantiles

    def begin(self, seeds: tuple[int, ...]) -> None:
        """Add a group that has not reported yet."""
        none = np.zeros((0, len(seeds)))
        self.groups.append(SiblingGroup(seeds, none.astype(np.float32), none.astype(np.int32), np.full(len(seeds), -1)))

    def add(self, number: int, success: NDArray[Any], episodes: NDArray[Any], ended: NDArray[Any]) -> None:
        """Add the rows a group has reported; NaN success counts as 0."""
        group = self.groups[number]
        success = np.concatenate([group.success, np.nan_to_num(success)])
        self.groups[number] = SiblingGroup(group.seeds, success, np.concatenate([group.episodes, episodes]), ended)

    def results(self) -> SiblingResults | None:
        """Return everything reported so far, or None."""
        rows = max((len(group.success) for group in self.groups), default=0)
        if not rows:
            return None
        groups = sorted(self.groups, key=lambda group: group.rows(rows), reverse=True)
        success = np.concatenate([group.extended(rows, group.success, np.nan) for group in groups], axis=1)
        episodes = np.concatenate([group.extended(rows, group.episodes, -1) for group in groups], axis=1)
        known = (episodes >= 0).sum(axis=1)
        self._update_bands(success, known)
        seeds = sum((group.seeds for group in groups), ())
        ended = np.concatenate([group.ended for group in groups])
        bands = np.array([quantiles for _, quantiles in self._bands])
        return SiblingResults(seeds, success, episodes, known, bands, ended, self.reseeded)

    def _update_bands(self, success: NDArray[np.float32], known: NDArray[np.intp]) -> None:
        """Compute the quantiles of the rows that more siblings have reached since."""
        for row, (values, count) in enumerate(zip(success, known.tolist(), strict=True)):
            if row == len(self._bands) or self._bands[row][0] != count:
                self._bands[row : row + 1] = [(count, np.quantile(values[:count].astype(np.float64), BANDS))]


class SiblingGroup(NamedTuple):
    """Siblings that were requested together: `(R, N)`, a row an update."""

    seeds: tuple[int, ...]
    success: NDArray[np.float32]
    episodes: NDArray[np.int32]
    ended: NDArray[Any]

    def rows(self, most: int) -> int:
        """Return how many of `most` rows are known: all, once every sibling of the group has reached its limit."""
        return most if len(self.success) and (self.ended >= 0).all() else len(self.success)

    def extended(self, rows: int, values: NDArray[Any], missing: float) -> NDArray[Any]:
        """Return `values` with so many rows: the last one repeated where it is known, else `missing`."""
        over = self.rows(rows) > len(values)
        filling = values[-1] if over else np.full(len(self.seeds), missing, values.dtype)
        return np.concatenate([values, np.broadcast_to(filling, (rows - len(values), len(self.seeds)))])
