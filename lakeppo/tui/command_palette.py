"""The command palette: every key that works now and the themes, found by their names in every language."""

from collections.abc import Iterable
from functools import partial
from typing import Any, ClassVar, NamedTuple, cast

from rich.align import Align
from rich.text import Text
from textual.app import ComposeResult, SystemCommand
from textual.await_complete import AwaitComplete
from textual.command import CommandList, CommandPalette, DiscoveryHit, Hit, Hits, Provider
from textual.events import Click
from textual.screen import Screen
from textual.theme import ThemeProvider
from textual.types import IgnoreReturnCallbackType
from textual.widgets.option_list import Option

from lakeppo.i18n import N_, _, in_every_language
from lakeppo.tui.input_order import OrderedApp
from lakeppo.tui.keymap import On, keys_of
from lakeppo.tui.screens.base import ClosableScreen
from lakeppo.tui.screens.loading import LoadingScreen
from lakeppo.tui.screens.main import MainScreen
from lakeppo.tui.screens.safe_widgets import SafeOptionList

NAMES = {
    "words": N_("words"), "back": N_("back"), "large_lake": N_("large panel"), "redraw": N_("redraw"),
    "suspend": N_("suspend"), "interrupt": N_("interrupt"), "language": N_("language"),
}  # fmt: skip
"""The names of keys that have no label, by their ids."""


class PaletteCommand(NamedTuple):
    """An entry of the palette; its label and help in English."""

    label: str
    keys: str  # their names
    help: str
    run: IgnoreReturnCallbackType

    @property
    def shown(self) -> SystemCommand:
        """The entry in the language in use."""
        return SystemCommand(f"{_(self.label)} ({self.keys})" if self.keys else _(self.label), _(self.help), self.run)


class Commands(Provider):
    """The entries of the app's `palette_commands`."""

    @property
    def _commands(self) -> Iterable[PaletteCommand]:
        return cast(PaletteApp, self.app).palette_commands()

    async def discover(self) -> Hits:
        for command in sorted((command.shown for command in self._commands), key=lambda shown: shown.title):
            yield DiscoveryHit(command.title, command.callback, help=command.help)

    async def search(self, query: str) -> Hits:
        matcher = self.matcher(query)
        for command in self._commands:
            title, help, run, *_more = command.shown
            match = max(map(matcher.match, (title, *in_every_language(command.label))))
            if match > 0:
                yield Hit(match, matcher.highlight(title), run, help=help)


class PaletteList(CommandList, SafeOptionList):  # Textual styles a widget as the first of its bases
    """The list of the palette, which changes while a person types and clicks."""


class SafeCommandPalette(CommandPalette, ClosableScreen[None]):
    """The command palette in the language in use, and without Textual's exceptions.

    They come of its list, a click outside the terminal's present size, and a search that begins while the palette
    closes.
    """

    def compose(self) -> ComposeResult:
        for widget in super().compose():
            yield PaletteList() if isinstance(widget, CommandList) else widget

    def _gather_commands(self, search_value: str) -> None:  # type: ignore[override]  # Textual's returns its worker
        if self.is_attached and self.is_current:
            super()._gather_commands(search_value)

    def _start_no_matches_countdown(self, search_value: str) -> None:
        """Say after a while that nothing was found; Textual's has the words in English."""
        self._stop_no_matches_countdown()

        def show() -> None:
            if search_value:
                words = Align.center(Text(_("No matches found"), style="not bold"))
                self.query_one(CommandList).add_option(Option(words, disabled=True, id=self._NO_MATCHES))
            self._list_visible = bool(search_value)

        self._no_matches_timer = self.set_timer(self._NO_MATCHES_COUNTDOWN, show)

    def on_click(self, event: Click) -> None:
        if not self.region.contains_point(event.screen_offset):
            event.prevent_default()

    def dismiss(self, result: None = None) -> AwaitComplete:
        self._cancel_gather_commands()
        return super().dismiss(result)


class PaletteApp(OrderedApp):
    """An app with the palette over its `base` screen."""

    COMMANDS: ClassVar[set[Any]] = {Commands}
    base: LoadingScreen | MainScreen

    def palette_commands(self) -> Iterable[PaletteCommand]:
        """Yield the entries of the command palette: every key that works now, and the colour themes."""
        keys = keys_of(On.LOADING)
        if isinstance(self.base, MainScreen):
            keys = [key for key in keys_of(On.MAIN) if key.works(self.base.state)]
        for key in (*keys, *keys_of(On.APP)):
            if key.help and key.id not in ("palette", "cursor_up"):
                run = partial(self.run_action, key.run, self.base)
                name = key.label or NAMES.get(key.id, key.id)
                yield PaletteCommand(name, self.bound.all_names(key.id), key.help, run)
        yield PaletteCommand(N_("theme"), "", N_("change the colours"), self.action_change_theme)

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        """Yield the entries of the palette in the language in use."""
        return (command.shown for command in self.palette_commands())

    def action_command_palette(self) -> None:
        if not any(isinstance(screen, SafeCommandPalette) for screen in self.screen_stack):
            # no id, unlike Textual's: the last one may still be closing
            self.push_screen(SafeCommandPalette(placeholder=_("Search for commands…")))

    def search_themes(self) -> None:
        """Let a person choose a theme by its name."""
        self.push_screen(SafeCommandPalette(providers=[ThemeProvider], placeholder=_("Search for themes…")))
