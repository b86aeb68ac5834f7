"""What the screens need of whoever drives the run; `runner.py` is one, the tests have another."""

from collections.abc import Callable
from typing import Protocol

from lakeppo.config import Config, Limit
from lakeppo.runs.statistics import Row
from lakeppo.session.commands import Command
from lakeppo.session.snapshot import Snapshot


class Session(Protocol):
    """A run on the far side of a seam: commands go in, the newest snapshot comes out, nothing ever blocks."""

    @property
    def config(self) -> Config:
        """The config the run begins with; known before anything is imported."""

    @property
    def seed(self) -> int: ...

    @property
    def limit(self) -> Limit: ...

    @property
    def history(self) -> list[Row]:
        """Append-only; rows `[0:snapshot.history_length]` are the moment's own. A new generation is a new list."""

    @property
    def failure(self) -> str | None:
        """One line, once the worker has died."""

    @property
    def parting(self) -> str | None:
        """What to say on stderr after leaving."""

    @property
    def status(self) -> int:
        """The exit status the worker asks for."""

    def start(self, answered: Callable[[], None] | None = None) -> None:
        """Begin to work; returns at once, as all of these do.

        `answered` is called, from another thread, when there is a snapshot that shows what a command did.
        """

    def send(self, command: Command) -> None:
        """Queue a command."""

    def take(self) -> Snapshot | None:
        """The newest snapshot, or None when there is none since the last take."""

    def stop(self, *, drop: bool) -> None:
        """Ask the worker to finish (`drop`: forget what is queued)."""

    def stopped(self) -> bool:
        """Whether the worker has ended."""
