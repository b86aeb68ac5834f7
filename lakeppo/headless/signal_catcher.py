"""Stop a training command on a signal with its results saved."""

import _thread
import os
import signal
import sys
import threading
import time
from types import FrameType
from typing import Self

from lakeppo.fleets.interruption import Interrupted
from lakeppo.signals import exit_status, heeded

GRACE, DEADLINE, LAST = 0.3, 1.0, 0.3
"""Seconds from a signal until an update is given up; until everything is; and from then on until the process ends."""


class SignalCatcher:
    """Record the first signal, so that a run ends between two units; exit at once while `exit_at_once` is set.

    With `deadline`, the process ends within two seconds of it, whatever it does: by `SystemExit`, if that `may_raise`.
    """

    def __init__(self, exit_at_once: bool = False, deadline: bool = False) -> None:
        self.exit_at_once, self.may_raise = exit_at_once, True
        self.number = 0
        self._since, self._over = 0.0, False
        self._caught, self._left = threading.Event(), threading.Event()
        self._watch = threading.Thread(target=self._enforce, name="deadline", daemon=True) if deadline else None

    def __enter__(self) -> Self:
        if self._watch is not None:
            self._watch.start()
        self._handlers = {number: signal.signal(number, self._handle) for number in heeded()}
        return self

    def __exit__(self, *exception: object) -> None:
        for number, handler in self._handlers.items():
            signal.signal(number, handler)
        self._left.set()
        self._caught.set()
        if self._watch is not None:
            self._watch.join()

    def _handle(self, number: int, frame: FrameType | None) -> None:
        if not self.number:
            self.number, self._since = number, time.monotonic()
            self._caught.set()
        if self.exit_at_once or self._over:
            sys.exit(self.status)

    def _enforce(self) -> None:
        """Handle the signal again at the deadline, and then end the process: files are written whole or not at all."""
        self._caught.wait()
        if not self._left.wait(DEADLINE):
            self._over = True
            if self.may_raise:
                _thread.interrupt_main(signal.Signals(self.number))
            if not self._left.wait(LAST):
                os._exit(self.status)

    def check(self) -> None:
        """Raise `Interrupted` once a signal has waited for `GRACE` seconds."""
        if self.number and time.monotonic() - self._since > GRACE:
            raise Interrupted

    @property
    def status(self) -> int:
        """The exit status after the signal; 0 without one."""
        return exit_status(self.number) if self.number else 0
