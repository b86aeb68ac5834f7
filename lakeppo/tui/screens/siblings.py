"""The siblings of the run, best first; one of them can be lived."""

from collections.abc import Callable
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.getters import query_one

from lakeppo.tui.keymap import FAMILY_KEYS, screen_bindings
from lakeppo.tui.panels.footer import Footer
from lakeppo.tui.panels.message import Voice
from lakeppo.tui.panels.panel import Panel
from lakeppo.tui.panels.siblings import Family
from lakeppo.tui.panels.status import Status
from lakeppo.tui.panels.success import Success
from lakeppo.tui.screens.base import Over
from lakeppo.tui.state import Scene

HEIGHTS = [(0, "-low"), (30, "-roomy")]


class SiblingList(Over[str | None]):
    """A table over the newest snapshot. It hands back the command that begins the run that was chosen."""

    BINDINGS: ClassVar[list[BindingType]] = [*screen_bindings(FAMILY_KEYS)]

    VERTICAL_BREAKPOINTS = HEIGHTS

    family = query_one(Family)
    voice = query_one(Voice)

    def __init__(self, scene: Scene, send: Callable[[str], None]) -> None:
        super().__init__()
        self.scene = scene
        self._send = send

    def compose(self) -> ComposeResult:
        yield Status()
        yield Family()
        yield Success(id="fan")
        yield Voice(heard=self.scene.snapshot.notice_count if self.scene.snapshot else 0)
        yield Footer(FAMILY_KEYS)

    def on_mount(self) -> None:
        self._draw()

    def show(self, scene: Scene) -> None:
        """Look at a newer snapshot."""
        self.scene = scene
        if self.is_mounted:
            self._draw()

    def _draw(self) -> None:
        with self.app.batch_update():
            for panel in self.query(Panel):
                panel.show(self.scene)

    def on_family_picked(self, message: Family.Picked) -> None:
        self.family.choose(message.position)

    def action_rows(self, down: int) -> None:
        self.family.choose(self.family.position + down)

    def action_page(self, down: int) -> None:
        self.action_rows(down * max(1, self.family.size.height - 3))

    def action_top(self) -> None:
        self.family.choose(0)

    def action_bottom(self) -> None:
        self.family.choose(len(self.family.listed) - 1)

    def action_send(self, command: str) -> None:
        """Pass a key on to the worker, as the desk does."""
        self._send(command)

    def action_step(self, down: int) -> None:
        """A unit, or one back."""
        self._send("unit" if down > 0 else "back_unit")

    def action_live(self) -> None:
        """Close, and begin the single run of the chosen sibling."""
        if not self.family.listed:
            return
        chosen = self.family.listed[self.family.position]
        if chosen.own:
            self.voice.say("This is the run on screen.")
        else:
            self.dismiss(f"sibling:{chosen.seed}")

    def action_leave(self) -> None:
        self.dismiss(None)
