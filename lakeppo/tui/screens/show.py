"""Show mode, for a projector: the lake and one sentence, from one captioned bookmark to the next."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from textual.app import ComposeResult
from textual.events import Resize
from textual.getters import query_one

from lakeppo.session.commands import Command, GoTo
from lakeppo.tui.keymap import On, bindings
from lakeppo.tui.panels.base import Panel
from lakeppo.tui.panels.show import Sentence, ShowLake
from lakeppo.tui.screens.base import LiveScreen
from lakeppo.tui.state import AppState


class ShowScreen(LiveScreen[None]):
    """Begins at the last captioned bookmark up to the present moment, else at the first one, and goes there."""

    BINDINGS = bindings(On.SHOW)
    AUTO_FOCUS = ""
    closing = "show_close"
    sentence = query_one(Sentence)

    def __init__(self, state: AppState, send: Callable[[Command], None]) -> None:
        super().__init__(state, send)
        branch = state.snapshot.position.branch
        captions = enumerate(state.snapshot.position.captions)
        passed = [at for at, caption in captions if caption.branch == branch and caption.moment <= state.moment]
        self._first = passed[-1] if passed else 0

    def compose(self) -> ComposeResult:
        yield ShowLake()
        yield Sentence()

    def on_mount(self) -> None:
        super().on_mount()
        if self.is_attached:
            self._go(self._first)

    def on_resize(self, event: Resize) -> None:
        self._divide()

    def draw(self) -> None:
        super().draw()
        self._divide()

    def _divide(self) -> None:
        """Give the sentence the lines that it needs and that the smallest lake leaves, one for the place included."""
        width, height = self.size
        least = min(self.state.config.shape[0], height // 2)
        lines = len(self.sentence.lines(width)) + 1 + (height >= 24)
        self.sentence.styles.height = max(1, min(lines, height - least))

    def seen_by(self, panel: Panel[Any]) -> AppState:
        return replace(self.state, cursor=None, sample=None)

    def send(self, command: Command) -> None:
        if self.state.failure is None:
            self._send(command)

    def show_message(self, message: str) -> None:
        """Show nothing: there is one sentence."""

    def action_stop(self, by: int) -> None:
        """Go to the next captioned bookmark or the previous one."""
        self._go(self.sentence.at + by)

    def _go(self, at: int) -> None:
        captions, position = self.state.snapshot.position.captions, self.state.snapshot.position
        if not 0 <= at < len(captions):
            return
        self.sentence.at = at
        self.draw()
        caption = captions[at]
        if (caption.branch, caption.moment) != (position.branch, self.state.moment):
            self.send(GoTo(caption.moment, caption.branch))

    def action_leave(self) -> None:
        self.dismiss(None)
