"""The lines that speak: the phase's one sentence, and the newest message."""

from time import monotonic
from typing import Any

from lakeppo.tui.drawing.lines import Line, shorten
from lakeppo.tui.panels.base import Panel
from lakeppo.tui.state import AppState
from lakeppo.tui.text.explanations import why
from lakeppo.tui.text.formatting import sentence

FRESH = 6.0
"""Seconds a message stands before the sentence returns, where both have to share one line."""


class MessageBar(Panel[Any]):
    """One line shared by sentence and message, or two lines with one for each."""

    def __init__(self, *, heard: int = 0, id: str | None = None) -> None:
        super().__init__(id=id)
        self._said = ""
        self._said_at = float("-inf")
        self._count = heard

    def say(self, message: str) -> None:
        """Show a message at once."""
        self._said, self._said_at = message, monotonic()
        self.redraw()
        self.set_timer(FRESH + 0.1, self.redraw)

    def looks_at(self, state: AppState) -> tuple[object, ...]:
        return (sentence(state), *why(state), state.failure, state.snapshot and state.snapshot.trouble)

    def show(self, state: AppState) -> None:
        """Look at a scene, and say what is new in it."""
        snapshot = state.snapshot
        if snapshot is not None and snapshot.notice_count != self._count:
            more = snapshot.notice_count - self._count - 1
            self._count = snapshot.notice_count
            if snapshot.notices:
                self.say(snapshot.notices[-1] + (f"  (and {more} more)" if more > 0 else ""))
        super().show(state)

    def _sentences(self, state: AppState, width: int) -> str:
        """The phase's sentence; where no panel says why, the moment's, as many as fit, or the first."""
        reasons = why(state)
        if not reasons or self.screen.has_class("-wide", "-tall"):
            return sentence(state)
        said = reasons[0]
        for reason in reasons[1:]:
            said = f"{said} {reason}" if len(said) + len(reason) < width else said
        return said

    def body(self, state: AppState, width: int, height: int) -> list[Line]:
        palette = self.palette
        fresh = monotonic() - self._said_at < FRESH
        spoken: Line = [(" " + self._sentences(state, width - 1), palette.blue)]
        message: Line = [(f" {self._said}", palette.strong if fresh else palette.faint)]
        standing = state.failure or (state.snapshot and state.snapshot.trouble)
        if standing:
            message = [(f" {standing} ", palette.inverse + palette.orange)]
        lines = [spoken, message] if height > 1 else [message if standing or (fresh and self._said) else spoken]
        return [[(shorten(text, width), style)] for [(text, style)] in lines]
