"""The application: it polls the run's feed, shows what is new, and leaves the terminal whole."""

import asyncio
import os
import signal
import threading
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from time import monotonic
from typing import Any, ClassVar

from textual.app import App, SystemCommand
from textual.binding import BindingType
from textual.color import Color
from textual.events import Event, Key
from textual.filter import LineFilter
from textual.screen import Screen
from textual.theme import Theme
from textual.widgets import Input

from lakeppo.session.protocol import Session
from lakeppo.storage.atomic import reason
from lakeppo.storage.exports import FOLDER, export
from lakeppo.tui.held_keys import HeldKeys
from lakeppo.tui.keymap import KEYS, bindings
from lakeppo.tui.panels.base import Panel
from lakeppo.tui.panels.message import MessageBar
from lakeppo.tui.screens.base import SafeCommandPalette
from lakeppo.tui.screens.main import MainScreen
from lakeppo.tui.theme import AsciiFilter, Palette

FRAMES, HURRIED_FRAMES = 10, 5
"""Looks at the feed a second: as a rule, and at full speed, when drawing would slow the run down."""
SIGNALS = {"SIGINT": 130, "SIGTERM": 143, "SIGHUP": 129}
FAREWELL = 3.0
"""Seconds a signalled app has to give the terminal back."""
GRACE = 10.0
"""Seconds an interrupted worker has to save before the app leaves without it."""


class LakeApp(App[None]):
    """The screens over a feed. `return_code` is the exit status once it has run."""

    TITLE = "lakeppo"
    CSS_PATH = "lakeppo.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [*bindings(app_wide=True)]

    def __init__(self, session: Session, *, ascii: bool = False, saves: Path = Path("saves")) -> None:
        super().__init__()
        self.session = session
        self.saves = saves
        self.ascii = ascii
        self.main_screen = MainScreen(session)
        self.palette = Palette()
        self._ascii_filter = AsciiFilter()
        self._held_keys = HeldKeys()
        self._next_look = 0.0
        self._leaving_since: float | None = None
        self._asked_status: int | None = None

    def get_default_screen(self) -> Screen[None]:
        return self.main_screen

    def get_line_filters(self) -> Sequence[LineFilter]:
        """Textual's own filters, and in ASCII mode one that lets nothing else through."""
        filters = list(super().get_line_filters())
        return [*filters, self._ascii_filter] if self.ascii else filters

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        """The command palette: every key that works now, and the colour themes."""
        for key in KEYS:
            if key.help and key.id != "palette" and "cursor" not in key.id and key.when(self.main_screen.state):
                run = partial(self.run_action, key.action, self.main_screen)
                yield SystemCommand(f"{key.label or key.id} ({key.shown})", key.help, run)
        yield SystemCommand("theme", "change the colours", self.action_change_theme)

    async def on_event(self, event: Event) -> None:
        """Pass on what comes in, but for the repeats of a key that acts once; what is typed into a field is text."""
        repeated = isinstance(event, Key) and not event.is_forwarded and self._held_keys.repeats(event)
        if not repeated or isinstance(self.focused, Input):
            await super().on_event(event)

    def on_mount(self) -> None:
        if self.ascii:
            self.add_class("-ascii")
        self._apply_theme(self.current_theme)
        self.theme_changed_signal.subscribe(self, self._apply_theme)
        self.app_resume_signal.subscribe(self, self._paint_anew)
        self._catch_signals()
        self.set_interval(1 / FRAMES, self._look)
        self.call_after_refresh(self.session.start, partial(self.call_later, self._look_at_once))

    def _apply_theme(self, theme: Theme) -> None:
        """Mix the ink of a theme, and draw everything with it."""
        del theme
        variables = self.get_css_variables()
        plain = self.native_ansi_color
        background = Color.parse("#000000" if plain else variables["background"])
        foreground = Color.parse("#ffffff" if plain else variables["foreground"])
        self.palette = Palette(background, foreground, plain=plain, colourless=self.no_color, ascii=self.ascii)
        for screen in (self.main_screen, *self.screen_stack):
            for panel in screen.query(Panel[Any]):
                panel.redraw()

    def _paint_anew(self, resumed: object) -> None:
        """After a suspension the terminal is empty, and nothing else would paint a line that has not changed."""
        del resumed
        self.refresh(layout=True)

    def _look_at_once(self) -> None:
        """Look out of turn: a key has been answered."""
        self._next_look = 0.0
        self._look()

    def _look(self) -> None:
        """Show what is new; leave once the worker has ended and leaving was asked for."""
        now = monotonic()
        if self._leaving_since is not None:
            late = self._asked_status is not None and now - self._leaving_since > GRACE
            if late or self.session.stopped():
                self._leave()
                return
        state = self.main_screen.state
        failure = self.session.failure
        if now < self._next_look and failure == state.failure:
            return
        snapshot = self.session.take()
        if snapshot is not None or failure != state.failure:
            seen = snapshot or state.snapshot
            failure = failure or (seen.failure if seen else None)
            shown = replace(state, snapshot=seen, history=self.session.history, failure=failure)
            self.main_screen.show(replace(shown, origin=self.session.config, origin_seed=self.session.seed))
        self._next_look = now + 0.9 / HURRIED_FRAMES if self.main_screen.state.hurried else 0.0

    def _leave(self) -> None:
        if self._asked_status is not None and not self.is_headless:
            _leave_for_certain(self._asked_status)
        self.exit(return_code=self.session.status if self._asked_status is None else self._asked_status)

    def _ask_to_leave(self, status: int | None = None) -> None:
        """Ask the worker to save and end; asked a second time, leave without it."""
        if self._leaving_since is not None:
            self._asked_status = self._asked_status if status is None else status
            self._leave()
            return
        self._leaving_since, self._asked_status = monotonic(), status
        self.session.stop(drop=status is not None)
        self.main_screen.message_bar.say("Saving and leaving; q again leaves at once.")

    async def action_quit(self) -> None:
        """Save and leave."""
        self._ask_to_leave()

    def action_export(self) -> None:
        """Write what is on screen as SVG; the worker writes the batch beside it, and says where."""
        state = self.main_screen.state
        try:
            path = export(self.saves, state.seed, state.moment, "svg", self.export_screenshot())
        except OSError as error:
            self._say(f"cannot export into {self.saves / FOLDER}: {reason(error)}")
            return
        self._say(f"the screen is in {path}")
        self.session.send("export")

    def _say(self, line: str) -> None:
        for message_bar in self.screen.query(MessageBar):
            message_bar.say(line)

    def action_command_palette(self) -> None:
        if not any(isinstance(screen, SafeCommandPalette) for screen in self.screen_stack):
            self.push_screen(SafeCommandPalette(id="--command-palette"))

    def action_interrupt(self) -> None:
        """Leave now, as an interrupted program does."""
        self._ask_to_leave(SIGNALS["SIGINT"])

    def _catch_signals(self) -> None:
        loop = asyncio.get_running_loop()
        for name, status in SIGNALS.items():
            with suppress(AttributeError, NotImplementedError, RuntimeError, ValueError):
                loop.add_signal_handler(getattr(signal, name), self._ask_to_leave, status)


def _leave_for_certain(status: int) -> None:
    """End the process if the terminal has gone: Textual's writer then waits for it for ever."""
    watchdog = threading.Timer(FAREWELL, os._exit, [status])
    watchdog.daemon = True
    watchdog.start()
