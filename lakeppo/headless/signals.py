"""Stop a training command on a signal with its results saved."""

import signal
import sys
from types import FrameType
from typing import Self

SIGNALS = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]
"""Windows has no SIGHUP."""


class SignalCatcher:
    """Record the first of `SIGNALS`, so that a run ends between two units; exit at once while `exit_at_once` is set."""

    def __init__(self, exit_at_once: bool = False) -> None:
        self.exit_at_once = exit_at_once
        self.number = 0

    def __enter__(self) -> Self:
        heeded = [number for number in SIGNALS if signal.getsignal(number) is not signal.SIG_IGN]  # `nohup` stays
        self._handlers = {number: signal.signal(number, self._handle) for number in heeded}
        return self

    def __exit__(self, *exception: object) -> None:
        for number, handler in self._handlers.items():
            signal.signal(number, handler)

    def _handle(self, number: int, frame: FrameType | None) -> None:
        if self.exit_at_once:
            sys.exit(128 + number)
        self.number = self.number or number

    @property
    def status(self) -> int:
        """The exit status that shells give a program ended by the signal; 0 without one."""
        return 128 + self.number if self.number else 0
