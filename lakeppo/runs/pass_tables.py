"""The policy after every pass, kept when it is made; what was dropped is recomputed."""

from collections.abc import Iterable, Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from lakeppo.moment import Change, Moment

MEMORY = 2 * 2**20
"""The most bytes of all tables, beyond which those of the update that was added first are dropped.

About 1,600 updates of the classic preset, whose runs end after 190, and 200 on the 8x8 map; the tables of older ones
are recomputed when they are asked for.
"""
Tables = NDArray[np.float32]
"""The policies `(epochs, S, 4)` after each pass of an update, as probabilities."""


class PassTables:
    """The tables of updates, by update and by all changes of the run up to its copy: every branch shares them.

    200 updates of the classic preset take 256 kB. The policy before an update is the last one of the update before.
    """

    def __init__(self, memory: int = MEMORY) -> None:
        self.memory, self.nbytes = memory, 0
        self._tables: dict[tuple[int, tuple[Change, ...]], Tables] = {}

    def add(self, update: int, changes: tuple[Change, ...], log_policies: Sequence[torch.Tensor]) -> None:
        """Add the log policies `(S, 4)` after each pass of an update that was not added before."""
        if (update, changes) in self._tables:
            return
        tables: Tables = torch.stack(list(log_policies)).exp().float().numpy().copy()  # else it keeps the tensor alive
        self._tables[update, changes] = tables
        self.nbytes += tables.nbytes
        while self.nbytes > self.memory and len(self._tables) > 1:
            self.nbytes -= self._tables.pop(next(iter(self._tables))).nbytes

    def get(self, update: int, changes: tuple[Change, ...]) -> Tables | None:
        """Return the tables of an update, or None if they are not known."""
        return self._tables.get((update, changes))


def changes_up_to(changes: Iterable[Change], copy: Moment) -> tuple[Change, ...]:
    """Return the changes of a branch up to the copy of an update, by which its tables are known."""
    return tuple(change for change in changes if change.moment <= copy)
