"""What the app's thread and the worker thread share: a queue of commands one way, a slot for a snapshot back."""

import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import NamedTuple

from lakeppo.session.commands import Command, Quit, Stop
from lakeppo.session.snapshot import Snapshot

PATIENCE = 2.0
"""Seconds `q` waits for the commands before it."""
REST, LONGEST_REST = 3.0, 0.15
"""What the app has between two slices of work while keys wait: this many times as long as the last one took, and so
many seconds at most."""
KEYS_LAST = 0.1
"""Seconds for which keys are taken to wait after the app has said so."""


class Ending(NamedTuple):
    """How the session ended: where the run is saved or why it is not, and the commands that were dropped."""

    saved: Path | None = None
    save_error: str | None = None
    dropped: tuple[Command, ...] = ()


class Slot:
    """Holds the newest snapshot until it is taken. Both threads write it, so a lock guards it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._snapshot: Snapshot | None = None

    @property
    def empty(self) -> bool:
        return self._snapshot is None

    def put(self, snapshot: Snapshot) -> None:
        with self._lock:
            self._snapshot = snapshot

    def take(self) -> Snapshot | None:
        with self._lock:
            snapshot, self._snapshot = self._snapshot, None
        return snapshot


class Channel:
    """Each attribute is written by one thread only, whole; what both write is a queue, an event or a `Slot`."""

    def __init__(self, pace: int | None) -> None:
        self.pace = pace  # None: none was chosen
        self.commands: SimpleQueue[Command] = SimpleQueue()
        self.slot = Slot()
        self.leaving = threading.Event()
        self.answered_all = threading.Event()  # every command was carried out, and a snapshot shows it
        # written by the worker
        self.ending = Ending()
        self.ready_at: float | None = None  # of the monotonic clock: when commands could be carried out
        self._working_since = time.monotonic()
        # written by the app
        self.stop_at: float | None = None  # of the monotonic clock: when `q` was pressed
        self.answered: Callable[[], None] = lambda: None  # called when a snapshot shows the effect of a command
        self._keys_wait_until = 0.0  # of the monotonic clock

    def ending_now(self) -> bool:
        """Return whether the worker is to end without carrying out what waits."""
        return self.leaving.is_set() or self.overdue()

    def overdue(self) -> bool:
        """Return whether the commands before `q` have had `PATIENCE` seconds and the worker is to drop the others."""
        if self.leaving.is_set() or self.ready_at is None or self.stop_at is None:
            return False
        return time.monotonic() > max(self.ready_at, self.stop_at) + PATIENCE

    def note_keys(self) -> None:
        """Have the worker rest between its slices: keys wait in the app, which shares the interpreter with it."""
        self._keys_wait_until = time.monotonic() + KEYS_LAST

    def next_command(self, wait: float | None) -> Command | None:
        """Return the next command, or None if there is none for `wait` seconds, or for a rest while keys wait."""
        now = time.monotonic()
        if wait is not None and now < self._keys_wait_until:
            wait = max(wait, min(LONGEST_REST, REST * (now - self._working_since)))
        try:
            return self.commands.get_nowait() if wait == 0 else self.commands.get(timeout=wait)
        except Empty:
            return None
        finally:
            self._working_since = time.monotonic()

    def waiting(self) -> bool:
        """Return whether a command waits."""
        return not self.commands.empty()

    def let_app_go_on(self) -> None:
        """Let the app go on drawing, unless a command waits."""
        if not (self.answered_all.is_set() or self.waiting()):
            self.answered_all.set()

    def drain(self) -> tuple[Command, ...]:
        """Return the commands that still wait, and empty the queue."""
        waiting: list[Command] = []
        with suppress(Empty):
            while True:
                waiting.append(self.commands.get_nowait())
        return tuple(command for command in waiting if not isinstance(command, Quit | Stop))
