"""The pace of the units: the one in force, the run's own beneath it, and when the next unit is due."""

import time

from lakeppo.config import Config
from lakeppo.moment import Phase
from lakeppo.session.snapshot import DEFAULT_PACE, FIRST_PACE, FULL_SPEED, PACES

UNITS = {Phase.COLLECT: 1.0, Phase.JUDGE: 4.0, Phase.IMPROVE: 4.0, Phase.COPY: 4.0}
"""How long a unit lasts on screen, in environment steps."""


def update_length(config: Config) -> float:
    """Return how long an update lasts on screen, in environment steps."""
    units = {Phase.COLLECT: config.batch_size, Phase.IMPROVE: config.epochs}
    return sum(UNITS[phase] * units.get(phase, 1) for phase in Phase)


class Pace:
    """`index` is the pace in force, an index into `PACES`."""

    def __init__(self, given: int | None, update: int) -> None:
        """`given`: a pace that was chosen earlier; `update`: that of the run."""
        self._quickens = given is None and update == 0
        self.index = FIRST_PACE if self._quickens else DEFAULT_PACE if given is None else given
        self.chosen: int | None = None  # by a key, for the run and not for a demonstration
        self.due = 0.0  # of the monotonic clock: when the next unit is to be done
        self._own: int | None = None  # the run's, while another one is in force

    @property
    def shown(self) -> tuple[int, int | None]:
        """The pace in force, and the one that a key has set."""
        return self.index, self.chosen

    def wait_for(self, phase: Phase, now: float) -> None:
        """Set when the unit after one of `phase` is due; a pace that cannot be kept is not caught up with."""
        if self.index == FULL_SPEED:
            self.due = now
        else:
            self.due = max(self.due, now - 0.1) + UNITS[phase] / PACES[self.index]

    def restart(self) -> None:
        """Let the next unit be due now."""
        self.due = time.monotonic()

    def change(self, by: int) -> None:
        """Go up or down the list of paces, as a person wants it."""
        self.index = max(0, min(len(PACES) - 1, self.index + by))
        if self._own is None:
            self.chosen, self._quickens = self.index, False

    def end_update(self) -> None:
        """Quicken after the first update, unless a pace was chosen."""
        if self._quickens:
            self._quickens = False
            if self._own is None:
                self.index = DEFAULT_PACE
            else:
                self._own = DEFAULT_PACE

    def replace(self, index: int) -> None:
        """Put another pace in force, and keep the run's."""
        self._own = self.index if self._own is None else self._own
        self.index = index

    def restore(self) -> None:
        """Put the run's pace in force again."""
        if self._own is not None:
            self.index, self._own = self._own, None
