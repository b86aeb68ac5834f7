"""Textual's app without what ends it: a click on a screen that has closed, bytes that no key sends."""

import asyncio
import re
import sys
from collections.abc import Mapping, Sequence
from html import unescape

from rich.cells import cell_len
from textual.actions import ActionParseResult
from textual.app import App
from textual.dom import DOMNode
from textual.driver import Driver
from textual.events import AppBlur, AppFocus, CursorPosition, Event, InputEvent, Paste
from textual.filter import LineFilter
from textual.widget import Widget

from lakeppo.tui.screens.frames import FramePace
from lakeppo.tui.theme import CONTROL_FILTER, FilterChain, NarrowFilter

DRAWN = re.compile(r'textLength="([\d.]+)"([^>]*>)([^<]*)</text>')
"""A text of a picture: how wide it is drawn, and what it is."""
FOR_SCREENS = (InputEvent, Paste, AppFocus, AppBlur)
"""Events that Textual hands to the screen on top."""


class SafeApp(App[None]):
    """An app in which a clicked action of a screen is run on the screen that was clicked, or not at all.

    Nothing reaches the terminal that it would obey, or that it draws wider than the app believes.
    """

    asks_width = False
    """Whether the terminal's answer to `HOW_WIDE` counts."""
    last_filter: LineFilter | None = None
    """The filter for the characters that may be shown here."""
    _filter = FilterChain(())

    def __init__(self) -> None:
        super().__init__()
        self.frames = FramePace()

    def get_line_filters(self) -> Sequence[LineFilter]:
        """Return Textual's own filters, one against control characters and the last one, as a single filter."""
        last = () if self.last_filter is None else (self.last_filter,)
        filters = (*super().get_line_filters(), CONTROL_FILTER, *last)
        if filters != self._filter.filters:
            self._filter = FilterChain(filters)
        return [self._filter]

    def on_cursor_position(self, answer: CursorPosition) -> None:
        """Use no characters of ambiguous width where the terminal has drawn one in two cells."""
        if self.asks_width and self.last_filter is None and (answer.x, answer.y) == (2, 1):
            self.last_filter = NarrowFilter()
            for widget in (widget for screen in self.screen_stack for widget in screen.query(Widget)):
                widget.notify_style_update()
                widget.refresh()

    def get_driver_class(self) -> type[Driver]:
        """Return a driver that survives whatever bytes a terminal sends."""
        if sys.platform == "win32":
            return super().get_driver_class()
        from lakeppo.tui.driver import SafeDriver

        return SafeDriver

    async def on_event(self, event: Event) -> None:
        """Let signals in before each event: Textual goes from one to the next without a pause while any waits.

        What is for a screen is dropped once the last one has gone: the app is leaving.
        """
        await asyncio.sleep(0)
        if self.screen_stack or not isinstance(event, FOR_SCREENS):
            await super().on_event(event)

    async def run_action(
        self,
        action: "str | ActionParseResult",
        default_namespace: DOMNode | None = None,
        namespaces: Mapping[str, DOMNode] | None = None,
    ) -> bool:
        """Run an action; Textual would run `screen.close` on the screen that has come up since the click."""
        if self.return_code is not None:
            return False  # it is leaving
        of_screen = isinstance(action, str) and action.startswith("screen.")
        if of_screen and default_namespace is not None and self.screen not in default_namespace.ancestors_with_self:
            return False
        return await super().run_action(action, default_namespace, namespaces)

    def export_screenshot(self, *, title: str | None = None, simplify: bool = False) -> str:
        """Return the screen as SVG; rich would squeeze a text with wide characters as if they were narrow ones."""
        return DRAWN.sub(_widened, super().export_screenshot(title=title, simplify=simplify))


def _widened(text: re.Match[str]) -> str:
    shown = unescape(text[3])
    if cell_len(shown) <= len(shown):
        return text[0]
    return f'textLength="{float(text[1]) / len(shown) * cell_len(shown):g}"{text[2]}{text[3]}</text>'
