"""A screen with a guide: all keys stay as they are but those that go on, answer, and leave."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, cast

from textual.events import Key
from textual.getters import query_one
from textual.screen import ScreenResultType

from lakeppo.i18n import N_, _
from lakeppo.lessons.model import Lesson
from lakeppo.session.commands import Command, TogglePlay
from lakeppo.tui.guides.guide import Guide, Page
from lakeppo.tui.guides.lesson import LessonGuide
from lakeppo.tui.guides.tour import TourGuide
from lakeppo.tui.panels.base import Panel
from lakeppo.tui.panels.guide import GuideStrip
from lakeppo.tui.screens import layout
from lakeppo.tui.screens.base import LakeScreen
from lakeppo.tui.settings import HasPreferences
from lakeppo.tui.state import AppState, LakeView

LEFT = N_("{toggle} plays and pauses; {tour} is the tour, {lessons} the lessons, {help} the help")
LEAST_BELOW = 2
"""Lines of the screen that a guide leaves to the desk: the title and the status."""


class GuidedScreen(LakeScreen[ScreenResultType]):
    """Shows the page of its guide, if it has one."""

    strip = query_one(GuideStrip)
    guide: Guide | None = None
    strip_lines = 0
    _about: tuple[str, ...] = ()  # the panels that are marked
    _page: Page | None = None  # the page that was shown last
    _own_view: LakeView | None = None  # what the lake showed before the guide

    def __init__(self, state: AppState, send: Callable[[Command], None]) -> None:
        super().__init__(state, send)
        self._lessons: dict[str, LessonGuide] = {}  # those that were left, by name

    def action_tour(self) -> None:
        self.open_guide(TourGuide(self.state))

    def open_lesson(self, lesson: Lesson) -> None:
        """Open a lesson; one that was left before its end is come back to."""
        guide = self._lessons.get(lesson.name)
        if guide is None or guide.finished or guide.lesson != lesson:
            guide = self._lessons[lesson.name] = LessonGuide(lesson, self.state)
        guide.resume(self.state)
        self.open_guide(guide)

    def open_guide(self, guide: Guide) -> None:
        """Show the first page in place of any other guide; the run pauses. A worker that has stopped shows none."""
        if self.state.failure is not None:
            self.send(TogglePlay())
            return
        self.close_guide()
        if self.state.status == "playing":
            self.send(TogglePlay())
        self.message_bar.drop_message()
        self.guide, self._own_view = guide, self.state.view
        self._send_all(guide.begin())
        self._show_guide()

    def close_guide(self) -> None:
        """Leave the guide, and show what was there before."""
        if (guide := self.guide) is None:
            return
        self._remember(guide)
        self.guide = self._page = None
        self._send_all(guide.leave())
        self.state = replace(self.state, view=self._own_view or self.state.view)
        self._show_guide()
        self.show_message(_(LEFT).format_map(self.state.keys))

    def _remember(self, guide: Guide) -> None:
        """Keep how far the person has come."""
        preferences = cast(HasPreferences, self.app).preferences
        for name, value in guide.to_remember(preferences.progress).items():
            preferences.remember(name, value)

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
        """Return the state with the page of the guide, and at a new page with what the lake shows there."""
        if self.guide is None:
            return replace(state, guide=None)
        page = self.guide.page
        if page is not self._page:
            self._page = page
            self._remember(self.guide)
            view = page.view or self._own_view or state.view
            self.state = replace(self.state, view=view)
            state = replace(state, view=view)
        return replace(state, guide=self.guide.view(state))

    def _send_all(self, commands: Sequence[Command]) -> None:
        for command in commands:
            self.send(command)

    def _place_guide(self) -> None:
        """Give the strip the lines it needs, and mark the panels that it is about."""
        view = self.state.guide
        self.set_class(view is not None, "-guided")
        if view is not None:
            room = max(self.size.height - LEAST_BELOW, self.size.height // 2)
            self.strip.styles.height = self.strip_lines = max(2, min(self.strip.lines_needed(self.size.width), room))
        about = () if view is None else view.about
        if about != self._about:
            self._about = about
            for panel in self.query(Panel[Any]):
                panel.set_class(layout.large_name(self, panel) in about, "-marked")
                panel.redraw()

    def on_key(self, event: Key) -> None:
        """Let the letter of a choice answer, large or small, before it is any other key."""
        if self.guide is not None and self.action_choose(event.key.upper()):
            event.stop()

    def action_choose(self, letter: str) -> bool:
        """Give an answer; return False if the page has no such one."""
        commands = None if self.guide is None else self.guide.choose(letter, self.state)
        if commands is not None:
            self._send_all(commands)
            self._show_guide()
        return commands is not None

    async def action_go_on(self) -> None:
        """Go on with the guide."""
        if (guide := self.guide) is None:
            return
        if guide.page.action and not guide.moving:
            await self.run_action(guide.page.action)
        elif guide.page.asks:
            letters = ", ".join(choice.letter for choice in guide.page.choices(self.state))
            self.show_message(_("first answer the question: {letters}").format(letters=letters))
        else:
            self._send_all(guide.go_on(self.state))
            self._show_guide()

    async def action_play(self) -> None:
        """Go on with the guide; without one, or where it leaves the rest to the person, play or pause."""
        if self.guide is not None and not self.guide.idle(self.state):
            await self.action_go_on()
        else:
            self.action_send("toggle")

    def action_leave_guide(self) -> None:
        self.close_guide()
