"""How the app is left: the worker saves and ends first, but is not waited for without end."""

import asyncio
import errno
import os
import signal
import threading
from collections.abc import Callable
from contextlib import suppress
from time import monotonic, process_time, sleep
from types import FrameType

from lakeppo.session.session import Session
from lakeppo.signals import exit_status, heeded

FAREWELL, LONGEST = 3.0, 20.0
"""Seconds without work after which a signalled app ends with its terminal as it is, and seconds after which it does
in any case."""
LOOK = 0.25
"""Seconds between two looks at whether the app works. One without work is enough if the worker has ended and the
terminal has gone."""
IDLE = 0.05
"""The share of the processor's time that is no work: on a busy machine, much waits before the end."""
STANDARD_ERROR = 2
GRACE = 2.0
"""Seconds an interrupted worker has to save before the app leaves without it: the last resort."""


class Leaving:
    """Whether the app was asked to leave, and with which exit status."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._since: float | None = None
        self._status: int | None = None

    @property
    def asked(self) -> bool:
        return self._since is not None

    def ask(self, status: int | None = None) -> bool:
        """Ask the worker to save and end. Return whether this was done before: then leave without it."""
        again = self.asked
        self._status = self._status if again and status is None else status
        if not again:
            self._since = monotonic()
            self._session.stop(drop=status is not None)
        return again

    def due(self) -> bool:
        """Return whether leaving was asked for, and the worker has ended or an interrupted one was too slow."""
        if self._since is None:
            return False
        late = self._status is not None and monotonic() - self._since > GRACE
        return late or self._session.stopped()

    def status(self, headless: bool) -> int:
        """Return the exit status, with which the process ends even if the terminal has gone."""
        if self._status is None:
            return self._session.exit_status
        if not headless:  # if the terminal has gone, Textual's writer waits for ever
            threading.Thread(target=_exit_once_idle, args=[self._status, self._session.stopped], daemon=True).start()
        return self._status


def _exit_once_idle(status: int, ended: Callable[[], bool]) -> None:
    """End the process once it stands still."""
    idle, used = 0.0, process_time()
    for _ in range(round(LONGEST / LOOK)):
        sleep(LOOK)
        before, used = used, process_time()
        idle = idle + LOOK if used - before < IDLE * LOOK else 0.0
        if idle >= (LOOK if ended() and _terminal_has_gone() else FAREWELL):
            break
    os._exit(status)


def _terminal_has_gone() -> bool:
    """Return whether the terminal to which Textual draws was closed."""
    try:
        os.get_terminal_size(STANDARD_ERROR)
    except OSError as error:
        return error.errno == errno.EIO
    return False


def catch_signals(leave: Callable[[int], None]) -> None:
    """Call `leave` with the exit status when a signal comes in, where the platform can."""
    loop = asyncio.get_running_loop()

    def handle(number: int, frame: FrameType | None) -> None:
        with suppress(RuntimeError):  # the loop has closed, and the app with it
            loop.call_soon_threadsafe(leave, exit_status(number))

    for number in heeded():
        with suppress(NotImplementedError, RuntimeError, ValueError):
            loop.add_signal_handler(number, int)  # wakes the loop; but it loses signals while hundreds of keys wait
        with suppress(ValueError):  # not on the main thread
            signal.signal(number, handle)
