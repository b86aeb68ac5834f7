"""The siblings of the run, best first; one of them can be lived."""

from collections.abc import Callable
from typing import Any, ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.getters import query_one

from lakeppo.tui.keymap import FAMILY_KEYS, screen_bindings
from lakeppo.tui.panels.base import Panel
from lakeppo.tui.panels.footer import Footer
from lakeppo.tui.panels.message import MessageBar
from lakeppo.tui.panels.scroll_list import ScrollList
from lakeppo.tui.panels.siblings import SiblingList
from lakeppo.tui.panels.status import Status
from lakeppo.tui.panels.success import Success
from lakeppo.tui.screens.base import Over
from lakeppo.tui.state import AppState

HEIGHTS = [(0, "-low"), (30, "-roomy")]


class SiblingScreen(Over[str | None]):
    """A table over the newest snapshot. It hands back the command that begins the run that was chosen."""

    BINDINGS: ClassVar[list[BindingType]] = [*screen_bindings(FAMILY_KEYS)]

    VERTICAL_BREAKPOINTS = HEIGHTS

    family = query_one(SiblingList)
    message_bar = query_one(MessageBar)

    def __init__(self, state: AppState, send: Callable[[str], None]) -> None:
        super().__init__()
        self.state = state
        self._send = send

    def compose(self) -> ComposeResult:
        yield Status()
        yield SiblingList()
        yield Success(id="fan")
        yield MessageBar(heard=self.state.snapshot.notice_count if self.state.snapshot else 0)
        yield Footer(FAMILY_KEYS)

    def on_mount(self) -> None:
        self._draw()

    def show(self, state: AppState) -> None:
        """Look at a newer snapshot."""
        self.state = state
        if self.is_mounted:
            self._draw()

    def _draw(self) -> None:
        with self.app.batch_update():
            for panel in self.query(Panel[Any]):
                panel.show(self.state)

    def on_scroll_list_picked(self, message: ScrollList.Picked) -> None:
        self.family.choose(message.position)

    def action_rows(self, down: int) -> None:
        self.family.choose(self.family.position + down)

    def action_page(self, down: int) -> None:
        self.action_rows(down * self.family.page)

    def action_top(self) -> None:
        self.family.choose(0)

    def action_bottom(self) -> None:
        self.family.choose(len(self.family.keys) - 1)

    def action_send(self, command: str) -> None:
        """Pass a key on to the worker, as the desk does."""
        self._send(command)

    def action_step(self, down: int) -> None:
        """A unit, or one back."""
        self._send("unit" if down > 0 else "back_unit")

    def action_live(self) -> None:
        """Close, and begin the single run of the chosen sibling."""
        seed = self.family.selected
        if seed == self.state.seed:
            self.message_bar.say("This is the run on screen.")
        elif seed >= 0:
            self.dismiss(f"sibling:{seed}")

    def action_leave(self) -> None:
        self.dismiss(None)
