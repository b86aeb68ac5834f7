"""When a screen draws: while messages wait, frames take a share of the time only, so that keys are answered sooner."""

from collections.abc import Callable
from time import monotonic
from typing import Protocol, cast

from textual.screen import Screen, ScreenResultType
from textual.timer import Timer

REST, LONGEST_REST = 6.0, 0.25
"""What messages have between two frames: this many times as long as the last one took, and so many seconds at most."""


class FramePace:
    """How long the last frame of an app took, and when it ended."""

    def __init__(self) -> None:
        self.took = self._ended = 0.0

    @property
    def rest(self) -> float:
        """Seconds that messages still have before the next frame."""
        return self._ended + min(LONGEST_REST, REST * self.took) - monotonic()

    def draw(self, frame: Callable[[], None]) -> None:
        began = monotonic()
        frame()
        self._ended = monotonic()
        self.took = self._ended - began


class HasFrames(Protocol):
    """An app whose screens share a pace."""

    frames: FramePace

    @property
    def input_waits(self) -> bool: ...


class PacedScreen(Screen[ScreenResultType]):
    """A screen that leaves out frames while messages wait, each of which would soon be replaced.

    Textual draws after each layout, and besides up to 60 times a second, however long a frame takes: in a burst of
    keys and sizes on a large terminal that was more than half of the time.
    """

    _late: Timer | None = None

    @property
    def behind(self) -> bool:
        """Whether a frame was left out and is still to be drawn."""
        return self._late is not None

    def _compositor_refresh(self) -> None:
        """Draw what has changed, or leave it to a later frame; Textual draws in here only, and keeps what is left."""
        app = cast(HasFrames, self.app)
        rest = app.frames.rest
        if not self.is_active:
            super()._compositor_refresh()
        elif rest <= 0 or not (app.input_waits or self.message_queue_size):
            self._draw_frame()
        elif self._late is None:
            self._late = self.set_timer(rest, self._draw_frame)

    def _draw_frame(self) -> None:
        if self._late is not None:
            self._late.stop()
            self._late = None
        if self.is_active:
            cast(HasFrames, self.app).frames.draw(super()._compositor_refresh)
