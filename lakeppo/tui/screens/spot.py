"""Spot the bug: the four files of a program with a fault. The person names the line."""

import textwrap
from collections.abc import Callable
from typing import Any, cast

from rich.console import Group
from rich.style import Style
from rich.text import Text
from textual.app import App, ComposeResult
from textual.containers import VerticalScroll
from textual.events import Key
from textual.getters import query_one
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from lakeppo.config import Config
from lakeppo.faults.spotting import SHOWN, Spot, Spotting
from lakeppo.faults.table import done_name, number
from lakeppo.i18n import _, language
from lakeppo.session.commands import Command
from lakeppo.session.lesson_commands import LeaveLesson
from lakeppo.tui.bound_keys import BoundKeys, HasKeys
from lakeppo.tui.keymap import BY_ID, On, bindings, keys_of
from lakeppo.tui.screens.base import ClosableScreen
from lakeppo.tui.screens.plain import Plain, closing_title
from lakeppo.tui.screens.safe_widgets import Options
from lakeppo.tui.settings import HasPreferences
from lakeppo.tui.state import AppState

NAME = "spot"
"""Name of the screen, which the app keeps while it is closed."""
LONGEST = 4
"""Digits of a line's number."""


class SpotScreen(ClosableScreen[None]):
    """Takes guesses until the faulty line is found or the answer is asked for; it begins where it was left."""

    BINDINGS = bindings(On.SPOT)
    AUTO_FOCUS = "#spot_source"
    source = query_one("#spot_source", Options)
    heading = query_one("#spot_title", Plain)
    files = query_one("#spot_files", Plain)
    message = query_one("#spot_message", Plain)
    key_line = query_one("#spot_keys", Plain)
    solution = query_one("#spot_solution", Plain)

    def __init__(self, spot: Spot, config: Config, send: Callable[[Command], None]) -> None:
        """`config` is the run's first one."""
        super().__init__()
        self.spot, self.config, self._send = spot, config, send
        self.spotting = Spotting(spot.fault)
        self.file, self._language = SHOWN[0], ""
        self._typed, self._typed_at = "", 0  # digits, and the index of the line that was selected after the last one
        self._lines = dict.fromkeys(SHOWN, 0)  # the index of the line that is selected in each file

    def compose(self) -> ComposeResult:
        yield Plain(id="spot_title")
        yield Plain(id="spot_report")
        yield Plain(id="spot_files")
        yield Options(id="spot_source")
        with VerticalScroll(id="spot_answer"):
            yield Plain(id="spot_solution")
        yield Plain(id="spot_message")
        yield Plain(id="spot_keys")

    def on_mount(self) -> None:
        self.translate()
        self._say(_("Which line is faulty? Choose it by the arrows or its number, then press enter."))

    def on_screen_resume(self) -> None:
        if self.whole and language() != self._language:
            self.translate()

    def translate(self) -> None:
        title = _("SPOT THE BUG {number}: {title}   ").format(
            number=number(self.spot.fault), title=_(self.spot.fault.title)
        )
        self.heading.update(closing_title(title.rstrip(), self._bound.names["spot_close"], "screen.leave"))
        self.query_one("#spot_report", Plain).update(_(self.spot.fault.report))
        self._show_mode()
        self._say("")  # it is in the other one
        self._language = language()

    def on_resize(self) -> None:
        self._show_file()

    def _say(self, text: str) -> None:
        self.message.update(Text(text))

    def _show_file(self) -> None:
        """Draw the names of the files and the lines of the present one."""
        names = Text()
        for file in SHOWN:
            names.append(f" {file}.py ", Style(meta={"@click": f"screen.open('{file}')"}, reverse=file == self.file))
        self.files.update(names)
        self.source.clear_options()
        lines, width = self.spotting.lines(self.file), self.size.width - 1  # beside the scroll bar
        self.source.add_options(Option(_row(k, line, width)) for k, line in enumerate(lines, 1))
        self.source.highlighted = self._lines[self.file]
        self._show_mode()

    def _show_mode(self) -> None:
        """Show the source, or the answer once the fault is spotted."""
        over = self.spotting.over
        self.set_class(over, "-over")
        keys = [
            self._key("spot_next"),
            _("up, down: line"),
            _("enter: guess"),
            *map(self._key, ("spot_hint", "spot_answer")),
        ]
        back = [self._key("spot_back")] if self.spot.aside else []
        self.key_line.update(Text("   ".join([*([_("up, down: scroll")] if over else keys), *back])))
        if over:
            self.solution.update(Group(*_paragraphs(self.spotting.answer(self.spot.first, self.config))))
            self.query_one("#spot_answer").focus()

    @property
    def _bound(self) -> BoundKeys:
        return cast(HasKeys, self.app).bound

    def _key(self, id: str) -> str:
        """Return the name of a key, and what it does in a word or two."""
        return _("{key}: {does}").format(key=self._bound.names[id], does=BY_ID[id].name)

    def action_open(self, file: str) -> None:
        """Show another file."""
        self.file, self._typed = file, ""
        self._show_file()
        self._say("")

    def action_file(self, by: int) -> None:
        if not self.spotting.over:
            self.action_open(SHOWN[(SHOWN.index(self.file) + by) % len(SHOWN)])

    def types(self, event: Key) -> bool:
        """Return whether a key is a digit of a line's number."""
        bound = any(event.key in self._bound.keys[key.id] for key in keys_of(On.SPOT))
        return not (bound or self.spotting.over) and (event.character or " ") in "0123456789"

    def on_key(self, event: Key) -> None:
        """Add a digit to the number of the line, and select that line."""
        if self.types(event):
            event.stop()
            self._type((self._digits + (event.character or ""))[-LONGEST:])

    def action_erase(self) -> None:
        self._type(self._digits[:-1])

    @property
    def _digits(self) -> str:
        """What was typed, unless another line has been selected since."""
        return self._typed if self.source.highlighted == self._typed_at else ""

    def _type(self, digits: str) -> None:
        self._say(_("line {number}").format(number=digits) if digits else "")
        if digits and 1 <= int(digits) <= self.source.option_count:
            self.source.highlighted = int(digits) - 1
        self._typed, self._typed_at = digits, self.source.highlighted or 0

    def on_option_list_option_highlighted(self, message: OptionList.OptionHighlighted) -> None:
        self._lines[self.file] = message.option_index

    def on_option_list_option_selected(self, message: OptionList.OptionSelected) -> None:
        """Guess the line that was typed, else the selected one."""
        line = int(self._digits) if self._digits else message.option_index + 1
        self._typed = ""
        self._say(str(self.spotting.guess(self.file, line)))
        self._end_if_over()

    def _end_if_over(self) -> None:
        """Show the answer and remember that the fault is known, once it is."""
        self._show_mode()
        if self.spotting.over:
            preferences = cast(HasPreferences, self.app).preferences
            progress = preferences.progress.with_lesson(done_name(self.spot.fault), self.spotting.found)
            for name, value in progress.as_settings().items():
                preferences.remember(name, value)

    def action_hint(self) -> None:
        if not self.spotting.over:
            self._say(self.spotting.hint)

    def action_answer(self) -> None:
        """Show the answer without its having been found."""
        if not self.spotting.over:
            self.spotting.shown = True
            self._say("")
            self._end_if_over()

    def action_back(self) -> None:
        """Close, and show the person's own run again, if one waits."""
        if self.spot.aside:
            self._send(LeaveLesson())
            self.dismiss(None)

    def action_leave(self) -> None:
        self.dismiss(None)


def _row(number: int, line: str, width: int) -> Text:
    """Return a line of source with its number; a long one is continued below its beginning."""
    beside = " " * (LONGEST + 1)
    pieces = textwrap.wrap(line, max(10, width - len(beside)), drop_whitespace=False) or [""]
    return Text(f"{number:>{LONGEST}} " + f"\n{beside}".join(pieces), no_wrap=True)


def _paragraphs(answer: list[str]) -> list[Text]:
    """Return the paragraphs of an answer with a blank line after each."""
    return [Text(f"{paragraph}\n", style="bold" if "\n" in paragraph else "") for paragraph in answer]


def open_spot(app: App[Any], state: AppState, send: Callable[[Command], None]) -> None:
    """Open the screen of the fault of the run on screen, as it was left if it was the last one; else there is none."""
    spot = state.snapshot.spot
    if spot is None:
        return
    if app.is_screen_installed(NAME) and app.get_screen(NAME, SpotScreen).spot.fault is not spot.fault:
        app.uninstall_screen(NAME)
    if not app.is_screen_installed(NAME):
        app.install_screen(SpotScreen(spot, state.origin, send), NAME)
    screen = app.get_screen(NAME, SpotScreen)
    screen.spot, screen.config = spot, state.origin
    app.push_screen(screen)
