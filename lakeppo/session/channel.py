"""The post between the worker thread and the app: a queue of commands one way, a slot of snapshots back."""

import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING

from lakeppo.config import Config
from lakeppo.runs.statistics import Row
from lakeppo.session.snapshot import Snapshot

if TYPE_CHECKING:
    from lakeppo.runs.run import Run

Command = str


def _nobody_waits() -> None: ...


class Channel:
    """What the two threads share. Every field is written by one side and read by the other, whole."""

    def __init__(self, config: Config, seed: int, pace: int) -> None:
        self.queue: SimpleQueue[Command] = SimpleQueue()
        self.config = config
        self.seed = seed
        self.pace = pace
        self.history: list[Row] = []
        self.left_out: list[Command] = []
        self.unsaved: str | None = None  # why the run could not be saved at its end
        self.saved: Path | None = None  # where it was saved at its end
        self.deadline: float | None = None
        self.answered: Callable[[], None] = _nobody_waits
        self._slot: Snapshot | None = None
        self._leaving = False

    # the worker's side

    def adopt(self, run: "Run") -> None:
        """Show another run from here on."""
        self.config, self.seed, self.history = run.origin, run.seed, run.history

    def wanted(self) -> bool:
        """Whether the app has taken the last snapshot."""
        return self._slot is None

    def put(self, snapshot: Snapshot) -> None:
        self._slot = snapshot

    def leave(self) -> None:
        self._leaving = True

    def leaving(self) -> bool:
        return self._leaving or self.overdue()

    def overdue(self) -> bool:
        """Whether the patience of `q` is at an end."""
        return not self._leaving and self.deadline is not None and time.monotonic() > self.deadline

    def drop_the_rest(self) -> None:
        """Forget the commands that are still waiting, and write down which."""
        left: list[Command] = []
        with suppress(Empty):
            while True:
                left.append(self.queue.get_nowait())
        self.left_out = [command for command in left if command not in ("quit", "hush")]

    # the app's side

    def take(self) -> Snapshot | None:
        snapshot, self._slot = self._slot, None
        return snapshot
