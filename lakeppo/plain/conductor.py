"""A session carried out command by command: each is waited for, so that what is said is said in order."""

from collections.abc import Callable, Mapping
from threading import Event

from lakeppo.session.commands import Command, Explain, Stop
from lakeppo.session.session import Session
from lakeppo.session.snapshot import Snapshot
from lakeppo.tui.state import AppState

PERIOD = 0.05
"""Seconds between two looks for what does not end the wait: a failure, a key."""


class SessionEnded(Exception):
    """The worker has stopped: it takes no command any more."""


class Conductor:
    """Sends commands to a session, and waits for the snapshot that shows their effect.

    `names`: what a person types or presses for each entry of the table of keys. `interrupted`: whether a person has
    asked meanwhile to stop what takes long.
    """

    def __init__(
        self, session: Session, names: Mapping[str, str], interrupted: Callable[[], bool] = lambda: False
    ) -> None:
        self.session, self.names, self.interrupted = session, names, interrupted
        self._woken = Event()
        self._sent = 0
        self._snapshot: Snapshot | None = None

    def start(self) -> AppState:
        """Start the worker, and return the first state."""
        self.session.start(self._woken.set)
        return self._wait()

    @property
    def state(self) -> AppState:
        """The newest state; it may be newer than the last command."""
        self._look()
        assert self._snapshot is not None
        return AppState(self._snapshot, self.names, failure=self.session.failure)

    def carry_out(self, *commands: Command) -> AppState:
        """Return the state that shows the effect of commands. Raise `SessionEnded` if there will be none."""
        for command in commands:
            self._send(command)
        return self._wait()

    def explained(self) -> AppState:
        """Return the state with the explanation of its moment, if it has one."""
        return self.carry_out(Explain())

    def wait_for(self, condition: Callable[[AppState], bool]) -> AppState:
        """Return the first state that meets a condition, or the newest one when a person interrupts."""
        while not (condition(state := self.state) or self.interrupted()):
            self._check()
            self._woken.wait(PERIOD)
            self._woken.clear()
        return state

    def end(self) -> None:
        """Let the session save and end, and wait for it."""
        self.session.stop(drop=False)
        while not self.session.stopped():
            self._woken.wait(PERIOD)
            self._woken.clear()

    def _send(self, command: Command) -> None:
        self._check()
        self._sent += 1
        self.session.send(command)

    def _check(self) -> None:
        if self.session.failure is not None or self.session.stopped():
            raise SessionEnded

    def _look(self) -> None:
        if (snapshot := self.session.take()) is not None:
            self._snapshot = snapshot

    def _wait(self) -> AppState:
        stopping = False
        while True:
            self._woken.clear()
            self._look()
            seen = self._snapshot
            if seen is not None and seen.carried_out >= self._sent and seen.status != "stepping":
                return self.state
            self._check()
            if not stopping and seen is not None and seen.status == "stepping" and self.interrupted():
                stopping = True
                self._send(Stop())
            self._woken.wait(PERIOD)
