"""What the screens need of a session; `worker.Worker` is one, the tests have another."""

from collections.abc import Callable
from typing import Protocol

from lakeppo.config import Config
from lakeppo.session.channel import Ending
from lakeppo.session.commands import Command
from lakeppo.session.snapshot import Snapshot


class Session(Protocol):
    """Commands go in, the newest snapshot comes out, and nothing waits for longer than a tenth of a second."""

    @property
    def config(self) -> Config:
        """The first run's first config; known before anything is imported."""

    @property
    def seed(self) -> int:
        """The first run's seed."""

    @property
    def failure(self) -> str | None:
        """Return the error in one line, once the worker has failed."""

    @property
    def ending(self) -> Ending:
        """Return how the session ended, once it has stopped."""

    @property
    def exit_status(self) -> int:
        """Return 1 if the worker failed or could not save, else 0."""

    def start(self, answered: Callable[[], None] | None = None) -> None:
        """Start the worker.

        `answered` is called, on another thread, when a new snapshot shows the effect of a command.
        """

    def send(self, command: Command) -> None:
        """Queue a command; commands are carried out in the order they were sent."""

    def note_keys(self) -> None:
        """Have the run take a quarter of the time for a moment: keys wait in the app."""

    @property
    def news(self) -> bool:
        """Return whether `take` would return a snapshot."""

    def take(self) -> Snapshot | None:
        """Return the newest snapshot, or None if there is none since the last take."""

    def stop(self, *, drop: bool) -> None:
        """Ask the worker to save and end: after the commands before, or, with `drop`, now."""

    def stopped(self) -> bool:
        """Return whether the worker has ended."""
