"""A screen with a guide: all keys stay as they are but the one that goes on and the one that leaves."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, cast

from textual.events import Key
from textual.getters import query_one
from textual.screen import ScreenResultType

from lakeppo.i18n import N_, _
from lakeppo.session.commands import Command, TogglePlay
from lakeppo.tui.guides.guide import Guide, Page
from lakeppo.tui.guides.tour import NAME, TOUR
from lakeppo.tui.panels.base import Panel
from lakeppo.tui.panels.guide import LETTERS, GuideStrip
from lakeppo.tui.screens import layout
from lakeppo.tui.screens.base import LakeScreen
from lakeppo.tui.settings import HasPreferences
from lakeppo.tui.state import AppState

LEFT = N_("{toggle} plays; {tour} brings the tour back, {help} is the help")


class GuidedScreen(LakeScreen[ScreenResultType]):
    """Shows the page of its guide, if it has one."""

    strip = query_one(GuideStrip)
    guide: Guide | None = None
    _about: tuple[str, ...] = ()

    def action_tour(self) -> None:
        self.open_guide(NAME, TOUR)

    def open_guide(self, name: str, pages: Sequence[Page]) -> None:
        """Show the first page; the run pauses."""
        if self.state.status == "playing":
            self.send(TogglePlay())
        self.message_bar.drop_message()
        self.guide = Guide(name, pages, self.state)
        self._show_guide()

    def close_guide(self) -> None:
        """Leave the guide for good."""
        if self.guide is not None:
            cast(HasPreferences, self.app).preferences.remember("tour_seen", True)
            self.guide = None
            self._show_guide()
            self.show_message(_(LEFT).format_map(self.state.keys))

    def show(self, state: AppState) -> None:
        if self.guide is not None:
            self._send_all(self.guide.follow(state))
            if state.failure is not None or self.guide.over:
                self.close_guide()
        super().show(self._guided(state))

    def draw(self) -> None:
        super().draw()
        self._place_guide()

    def _show_guide(self) -> None:
        if self.guide is not None and self.guide.over:
            self.close_guide()
        else:
            self.look(self._guided(self.state))

    def _guided(self, state: AppState) -> AppState:
        return replace(state, guide=None if self.guide is None else self.guide.view(state))

    def _send_all(self, commands: Sequence[Command]) -> None:
        for command in commands:
            self.send(command)

    def _place_guide(self) -> None:
        """Give the strip the lines it needs, and mark the panels that it is about."""
        view = self.state.guide
        self.set_class(view is not None, "-guided")
        if view is not None:
            self.strip.styles.height = max(2, min(self.strip.lines_needed(self.size.width), self.size.height // 2))
        about = () if view is None else view.about
        if about != self._about:
            self._about = about
            for panel in self.query(Panel[Any]):
                panel.set_class(layout.large_name(self, panel) in about, "-marked")
                panel.redraw()

    def on_key(self, event: Key) -> None:
        """Let the letter of a choice answer, before it is any other key."""
        if self.guide is not None and event.key in LETTERS and self.action_choose(LETTERS.index(event.key)):
            event.stop()

    def action_choose(self, index: int) -> bool:
        """Give an answer; return False if the page has no such one."""
        commands = None if self.guide is None else self.guide.choose(index, self.state)
        if commands is not None:
            self._send_all(commands)
            self._show_guide()
        return commands is not None

    def action_go_on(self) -> None:
        """Go on with the guide."""
        if self.guide is not None:
            self._send_all(self.guide.go_on(self.state))
            self._show_guide()

    def action_play(self) -> None:
        """Go on with the guide; without one, play or pause."""
        if self.guide is not None:
            self.action_go_on()
        else:
            super().action_play()

    def action_leave_guide(self) -> None:
        self.close_guide()
