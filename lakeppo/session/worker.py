"""The worker thread, and the app's handle on it.

No torch here: the thread imports it after the first paint.
"""

import contextlib
import threading
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from lakeppo.config import Config
from lakeppo.errors import described, printable
from lakeppo.i18n import _
from lakeppo.presets import Limit
from lakeppo.session.channel import Channel, Ending
from lakeppo.session.commands import Command, Quit
from lakeppo.session.snapshot import Snapshot
from lakeppo.torch_import import frozen_gc

if TYPE_CHECKING:
    from lakeppo.runs.timeline import Timeline

PRECEDENCE = 0.1
"""Seconds the worker has to itself for a command, at most."""
GRACE = 2.0
"""Seconds the worker has to save once it has been asked to end without carrying out what waits."""


class Worker:
    """The `Session` of a real run."""

    def __init__(
        self, make: "Callable[[], Timeline]", config: Config, seed: int, limit: Limit, saves: Path, paused: bool,
        pace: int | None = None,
    ) -> None:  # fmt: skip
        """`pace`: an index into `PACES`; None: slow during the first update of a run, then faster."""
        self._make, self._saves, self._paused = make, saves, paused
        self._channel = Channel(pace)
        self._done = threading.Event()
        self._gave_way_at = 0.0  # of the monotonic clock
        self.config, self.seed, self.limit = config, seed, limit
        self.failure: str | None = None
        self.details = ""
        self._thread = threading.Thread(target=self._work, name="worker", daemon=True)

    @property
    def ending(self) -> Ending:
        return self._channel.ending

    def start(self, answered: Callable[[], None] | None = None) -> None:
        if answered is not None:
            self._channel.answered = answered
        if not self._channel.leaving.is_set():
            self._thread.start()

    def send(self, command: Command) -> None:
        """Queue a command, and let the worker carry it out first; one that is behind gets half of the time.

        Each time the worker gives the interpreter away, a hundred times while it saves, an app that draws keeps it for
        5 ms or more: what takes .03 s alone then takes up to 2 s.
        """
        self._channel.answered_all.clear()
        self._channel.commands.put(command)
        if self._channel.ready_at is not None:
            self._channel.answered_all.wait(min(PRECEDENCE, time.monotonic() - self._gave_way_at))
            self._gave_way_at = time.monotonic()

    def note_keys(self) -> None:
        self._channel.note_keys()

    @property
    def news(self) -> bool:
        return not self._channel.slot.empty

    def take(self) -> Snapshot | None:
        return self._channel.slot.take()

    def stop(self, *, drop: bool) -> None:
        if drop:
            self._channel.leaving.set()
        self._channel.stop_at = time.monotonic()
        self.send(Quit())

    def join(self) -> None:
        """Let the worker save, however the app has ended; wait until `GRACE` seconds after it was asked to end."""
        if not self._channel.leaving.is_set():
            self.stop(drop=True)
        assert self._channel.stop_at is not None
        left = self._channel.stop_at + GRACE - time.monotonic()
        if not self.stopped() and not self._done.wait(max(0.0, left)):
            error = _("its worker did not end within {seconds:.0f} s").format(seconds=GRACE)
            self._channel.ending = Ending(save_error=error)

    def stopped(self) -> bool:
        """Return whether the worker has ended or, asked to end now, has nothing to save: it still loads."""
        return self._done.is_set() or (self._channel.leaving.is_set() and self._channel.ready_at is None)

    @property
    def exit_status(self) -> int:
        return 1 if self.failure or self.ending.save_error else 0

    def _work(self) -> None:
        loop = None
        try:
            with frozen_gc():
                from lakeppo.session.loop import WorkerLoop

                loop = WorkerLoop(self._make(), self.limit, self._saves, self._paused, self._channel)
            self._channel.ready_at = time.monotonic()  # from here on the app waits
            if not self._channel.leaving.is_set():
                loop.run()
        except Exception as error:
            self.details = traceback.format_exc()
            self.failure = printable(described(error))
            if loop is not None:
                with contextlib.suppress(Exception):
                    loop.rescue()
        finally:
            self._done.set()
