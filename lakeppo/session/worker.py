"""The worker thread, and the app's hold on it.

No torch here: the thread imports it after the first paint.
"""

import contextlib
import shlex
import threading
import time
import traceback
from collections.abc import Callable
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

from lakeppo.config import Config, Limit
from lakeppo.runs.statistics import Row
from lakeppo.session.channel import Channel
from lakeppo.session.commands import Command
from lakeppo.session.snapshot import PACES, Snapshot
from lakeppo.session.strings import as_string
from lakeppo.torch_import import frozen_gc

if TYPE_CHECKING:
    from lakeppo.runs.timeline import Timeline

GRACE = 10.0
"""Seconds a worker is given to save once the app has gone."""
PATIENCE = 2.0
"""Seconds `q` waits for what was typed before it."""


class Runner:
    """The app's hold on the worker thread; nothing here waits for it while the app is open."""

    def __init__(
        self, make: "Callable[[], Timeline]", config: Config, seed: int, limit: Limit, saves: Path, paused: bool
    ) -> None:
        self._make, self._saves, self._paused = make, saves, paused
        self._channel = Channel(config, seed, PACES.index(250))
        self._done = threading.Event()
        self._ready = False
        self._patient = False
        self.limit = limit
        self.failure: str | None = None
        self.details = ""
        self._thread = threading.Thread(target=self._work, name="worker", daemon=True)

    @property
    def config(self) -> Config:
        """The config the present run began with."""
        return self._channel.config

    @property
    def seed(self) -> int:
        return self._channel.seed

    @property
    def history(self) -> list[Row]:
        """The present run's append-only rows, an update each."""
        return self._channel.history

    def start(self, answered: Callable[[], None] | None = None) -> None:
        if answered is not None:
            self._channel.answered = answered
        self._thread.start()

    def send(self, command: Command | str) -> None:
        """Queue a command; they are carried out in the order they were sent."""
        self._channel.queue.put(command if isinstance(command, str) else as_string(command))

    def take(self) -> Snapshot | None:
        """The newest snapshot, or None when there is nothing new since the last."""
        return self._channel.take()

    def stop(self, *, drop: bool) -> None:
        """Ask the worker to save and end: after what was sent before, or, with `drop`, now. Returns at once."""
        if drop:
            self._channel.leave()
        self._patient = True
        if self._ready:
            self._set_deadline()
        self.send("quit")

    def end(self) -> None:
        """However the app has ended: let the worker save, and wait for that, but not for ever."""
        if not self.stopped():
            self.stop(drop=True)
            self._done.wait(GRACE)

    def stopped(self) -> bool:
        return self._done.is_set()

    @property
    def status(self) -> int:
        """The exit status the worker asks for."""
        return 1 if self.failure or self._channel.unsaved else 0

    @property
    def parting(self) -> str | None:
        """What is left to say once the terminal is the shell's again."""
        if self.failure:
            return f"the worker failed: {self.failure}"
        if self._channel.unsaved:
            return f"the run was not saved: {self._channel.unsaved.partition(';')[0]}"
        if self._channel.left_out:
            counted = ((command, len(list(same))) for command, same in groupby(self._channel.left_out))
            left = ", ".join(command if count == 1 else f"{command} x{count}" for command, count in counted)
            return f"left after {PATIENCE:g} seconds without doing: {left}"
        return None

    @property
    def farewell(self) -> str | None:
        """How to go on from here another time."""
        if self._channel.saved is None or self.failure:  # what was saved before a failure is not where it stood
            return None
        return f"Saved. To go on: lakeppo tui --resume {shlex.quote(str(self._channel.saved))}"

    def _set_deadline(self) -> None:
        self._channel.deadline = time.monotonic() + PATIENCE

    def _work(self) -> None:
        loop = None
        try:
            with frozen_gc():
                from lakeppo.session.loop import WorkerLoop

                loop = WorkerLoop(self._make(), self.limit, self._saves, self._paused, self._channel)
            self._ready = True
            if self._patient:
                self._set_deadline()
            loop.loop()
        except Exception as error:
            self.details = traceback.format_exc()
            self.failure = f"{type(error).__name__}: {error}"
            if loop is not None:
                with contextlib.suppress(Exception):
                    loop.rescue()
        finally:
            self._done.set()
