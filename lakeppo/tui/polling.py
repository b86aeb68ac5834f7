"""When the app looks at its session."""

import asyncio
from collections.abc import Callable
from time import monotonic

from textual.app import App

from lakeppo.session.session import Session

FRAMES, HURRIED_FRAMES, RESTING_FRAMES = 10, 4, 1
"""Looks a second: at most, at full speed, when drawing slows the run down, and without news from the session."""


class Polling:
    """Has the app call `look` when there is news or something `urgent`, between its other messages.

    Asking takes a tenth of the time of a message of Textual's, which a timer of Textual's would send each time.
    """

    def __init__(
        self, app: App[None], session: Session, look: Callable[[], None], urgent: Callable[[], bool]
    ) -> None:  # fmt: skip
        self._app, self._session, self._look, self._urgent = app, session, look, urgent
        self._looked_at = self._asked_at = 0.0
        self.hurried = False  # the run plays at full speed

    def poll(self) -> None:
        """Look now if there is news, and from now on."""
        if self._app.return_code is not None:
            return
        asyncio.get_running_loop().call_later(1 / FRAMES, self.poll)
        waited = monotonic() - self._looked_at
        news = self._session.news and (waited > 0.9 / HURRIED_FRAMES or not self.hurried)
        if news or waited > 1 / RESTING_FRAMES or self._urgent():
            self.look_soon()

    def look_soon(self) -> None:
        """On any thread: have one look for all that is new by then."""
        now = monotonic()
        # a message may get lost, as while another screen takes the place of the last one: ask for it again
        if self._asked_at <= self._looked_at or now > self._asked_at + 1 / RESTING_FRAMES:
            self._asked_at = now
            self._app.call_later(self._look_now)

    def _look_now(self) -> None:
        self._looked_at = monotonic()
        self._look()
