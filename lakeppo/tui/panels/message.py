"""The lines that speak: the phase's one sentence, and the newest message."""

from time import monotonic

from lakeppo.tui.panels.panel import Line, Panel, shorten
from lakeppo.tui.state import Scene
from lakeppo.tui.text.explanations import why
from lakeppo.tui.text.formatting import sentence

FRESH = 6.0
"""Seconds a message stands before the sentence returns, where both have to share one line."""


class Voice(Panel):
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

    def looks_at(self, scene: Scene) -> tuple[object, ...]:
        return (sentence(scene), *why(scene), scene.failure, scene.snapshot and scene.snapshot.trouble)

    def show(self, scene: Scene) -> None:
        """Look at a scene, and say what is new in it."""
        snapshot = scene.snapshot
        if snapshot is not None and snapshot.notice_count != self._count:
            more = snapshot.notice_count - self._count - 1
            self._count = snapshot.notice_count
            if snapshot.notices:
                self.say(snapshot.notices[-1] + (f"  (and {more} more)" if more > 0 else ""))
        super().show(scene)

    def _sentences(self, scene: Scene, width: int) -> str:
        """The phase's sentence; where no panel says why, the moment's, as many as fit, or the first."""
        reasons = why(scene)
        if not reasons or self.screen.has_class("-wide", "-tall"):
            return sentence(scene)
        said = reasons[0]
        for reason in reasons[1:]:
            said = f"{said} {reason}" if len(said) + len(reason) < width else said
        return said

    def body(self, scene: Scene, width: int, height: int) -> list[Line]:
        ink = self.ink
        fresh = monotonic() - self._said_at < FRESH
        spoken: Line = [(" " + self._sentences(scene, width - 1), ink.blue)]
        message: Line = [(f" {self._said}", ink.strong if fresh else ink.faint)]
        standing = scene.failure or (scene.snapshot and scene.snapshot.trouble)
        if standing:
            message = [(f" {standing} ", ink.inverse + ink.orange)]
        lines = [spoken, message] if height > 1 else [message if standing or (fresh and self._said) else spoken]
        return [[(shorten(text, width), style)] for [(text, style)] in lines]
