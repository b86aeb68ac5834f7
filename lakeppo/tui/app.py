"""The application: it polls the session, shows what is new, and leaves the terminal whole."""

import gc
import signal
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from textual.screen import Screen
from textual.theme import Theme

from lakeppo.errors import Message
from lakeppo.files import reason
from lakeppo.i18n import CATALOGUES, ONLY_ENGLISH, _, language, use_language
from lakeppo.session.commands import Export
from lakeppo.session.notices import export_failed
from lakeppo.session.session import Session
from lakeppo.signals import exit_status
from lakeppo.storage.exports import FOLDER, export
from lakeppo.tui.command_palette import PaletteApp
from lakeppo.tui.keymap import BY_ID, On, bindings
from lakeppo.tui.leaving import Leaving, catch_signals
from lakeppo.tui.panels.base import Panel
from lakeppo.tui.polling import Polling
from lakeppo.tui.screens.base import ClosableScreen, LiveScreen
from lakeppo.tui.screens.help import HelpScreen
from lakeppo.tui.screens.loading import LoadingScreen
from lakeppo.tui.screens.main import MainScreen
from lakeppo.tui.screens.spot import open_spot
from lakeppo.tui.settings import Preferences
from lakeppo.tui.state import AppState, LoadingState
from lakeppo.tui.theme import AsciiFilter, NarrowFilter, Palette, make_palette


class LakeApp(PaletteApp):
    """The screens over a session. `return_code` is the exit status once the app has run."""

    TITLE = "lakeppo"
    CSS_PATH = "lakeppo.tcss"
    BINDINGS = bindings(On.APP)

    opening: Callable[[MainScreen], None] = staticmethod(lambda screen: None)
    """What is done once the main screen is open, such as `MainScreen.action_show`."""

    def __init__(
        self, session: Session, *, ascii: bool = False, saves: Path = Path("saves"),
        preferences: Preferences | None = None,
    ) -> None:  # fmt: skip
        super().__init__()
        self.session, self.saves, self.ascii = session, saves, ascii
        self.preferences = preferences or Preferences()
        self.theme = self.preferences.theme
        self.palette = Palette()
        loading = LoadingState(session.config, session.seed, self.bound.names)
        self.base = LoadingScreen(session, loading)
        self.last_filter = AsciiFilter() if ascii else NarrowFilter() if self.preferences.wide else None
        self.asks_width = self.preferences.asks_width
        self._leaving = Leaving(session)
        self._polling = Polling(self, session, self._look, urgent=self._is_leaving_or_failed)
        self.set_keymap(self.preferences.keymap)

    @property
    def main_screen(self) -> MainScreen:
        """The main screen, once there is a snapshot."""
        assert isinstance(self.base, MainScreen)
        return self.base

    def get_default_screen(self) -> Screen[None]:
        return self.base

    def name_keys(self) -> None:
        if isinstance(self.base, MainScreen):
            self.base.show(replace(self.base.state, keys=self.bound.names))
        else:
            self.base.show(replace(self.base.state, keys=self.bound.names))

    def note_keys(self) -> None:
        self.session.note_keys()

    def on_load(self) -> None:
        catch_signals(self._ask_to_leave)  # before the terminal is taken: each signal then gives it back

    def on_mount(self) -> None:
        if self.ascii:
            self.add_class("-ascii")
        self._apply_theme(self.current_theme)
        self.theme_changed_signal.subscribe(self, self._apply_theme)
        # a suspension has emptied the terminal, unchanged lines included
        self.app_resume_signal.subscribe(self, lambda app: self.action_redraw())
        self._polling.poll()
        self.call_after_refresh(self.session.start, self._polling.look_soon)

    def _apply_theme(self, theme: Theme) -> None:
        """Mix the palette of a theme, draw everything with it, and remember it."""
        self.preferences.remember("theme", theme.name)
        colours, depth = self.get_css_variables(), self.console.color_system
        ansi, colourless = self.native_ansi_color, self.no_color
        self.palette = make_palette(colours, depth, ansi=ansi, colourless=colourless, ascii=self.ascii)
        self.set_class(self.palette.plain, "-plain")
        for screen in (self.base, *self.screen_stack):
            for panel in screen.query(Panel[Any]):
                panel.redraw()

    def _is_leaving_or_failed(self) -> bool:
        return self._leaving.due() or self.session.failure != self.base.state.failure

    def _look(self) -> None:
        """Show what is new; leave once the worker has ended and leaving was asked for."""
        if self.return_code is None and self._leaving.due():
            self._leave()
        if self.return_code is not None:
            return
        if isinstance(self.base, MainScreen):
            self.base.poll()
            self._polling.hurried = self.base.state.at_full_speed
            self._keep_preferences(self.base)
        elif not self._leaving.asked and (snapshot := self.base.poll()) is not None:
            state = AppState(snapshot, self.bound.names, view=self.preferences.view)
            self.base = main = MainScreen(self.session, state, self.opening)
            self.add_mode("run", lambda: main)  # not switch_screen: keys on their way to the old screen would be lost
            self.switch_mode("run")
            gc.freeze()  # the screens last: collections, which pause the run, need not look at them again

    def _keep_preferences(self, main: MainScreen) -> None:
        """Remember the pace that a key has set, and show what is wrong with the settings."""
        if (pace := main.state.snapshot.chosen_pace) is not None:
            self.preferences.remember_pace(pace)
        if main.whole and (news := self.preferences.news()) is not None:
            main.show_message(str(news))

    def _leave(self) -> None:
        self.exit(return_code=self._leaving.status(self.is_headless))

    def _ask_to_leave(self, status: int | None = None) -> None:
        """Ask the worker to save and end; asked a second time, leave without it. A signal does not wait for keys."""
        if status is not None:
            self.drop_waiting()
        if self._leaving.ask(status):
            self._leave()
        else:
            message = _("Saving and leaving; {key} again leaves at once.")
            self.base.show_message(message.format(key=self.bound.names["quit"]))

    async def action_quit(self) -> None:
        self._ask_to_leave()

    def action_redraw(self) -> None:
        """Draw every line again, those included that have not changed."""
        self.refresh(layout=True)

    def action_interrupt(self) -> None:
        self._ask_to_leave(exit_status(signal.SIGINT))

    def action_export(self) -> None:
        """Write the screen as SVG; the worker writes the batch, the history and the run beside it."""
        state, screen = self.main_screen.state, self.screen
        try:
            path = export(self.saves, state.seed, state.moment, "svg", self.export_screenshot())
        except OSError as error:
            message = export_failed(self.saves / FOLDER, reason(error))
        else:
            message = Message("the screen is in {path}", path=path)
            self.session.send(Export())
        if isinstance(screen, LiveScreen):
            screen.show_message(str(message))

    def action_help(self) -> None:
        """Open the help; a click on a key there closes it and presses the key."""
        self.push_screen(HelpScreen(), self._press)

    def action_spot(self) -> None:
        open_spot(self, self.main_screen.state, self.session.send)

    def action_words(self) -> None:
        self.push_screen(HelpScreen(words=True))

    async def _press(self, id: str | None) -> None:
        if id is not None and self.screen is self.base:
            await self.run_action(BY_ID[id].run, self.base)

    def action_language(self) -> None:
        """Show everything in the next language, and remember it; in ASCII there is only English."""
        if self.ascii:
            self.base.show_message(ONLY_ENGLISH)
            return
        codes = list(CATALOGUES)
        use_language(codes[(codes.index(language()) + 1) % len(codes)])
        self.preferences.remember("language", language())
        self._bind()
        for screen in (self.base, *self.screen_stack):
            if isinstance(screen, ClosableScreen) and screen.whole:
                screen.translate()
