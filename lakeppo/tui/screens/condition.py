"""The line in which a condition is typed; the run stops when it becomes true."""

from collections.abc import Sequence

from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.getters import query_one
from textual.screen import ModalScreen

from lakeppo.conditions.parser import LONGEST
from lakeppo.errors import InvalidValue
from lakeppo.i18n import N_, _
from lakeppo.runs.vocabulary import parse_condition
from lakeppo.session.commands import BackToCondition, Command, StopWhen
from lakeppo.tui.keymap import On, bindings
from lakeppo.tui.screens.base import ClosableScreen
from lakeppo.tui.screens.plain import Plain
from lakeppo.tui.screens.safe_widgets import Field
from lakeppo.tui.state import AppState

BACK = "?"
HINT = N_("stop when ...   empty: never   ? back to where it was true   up, down: earlier ones")


class ConditionPrompt(ModalScreen[Command | None], ClosableScreen[Command | None]):
    """Closes with the command that sets a condition or goes back to it, or with None."""

    BINDINGS = bindings(On.CONDITION)
    box = query_one(Field)
    line = query_one("#condition_line", Plain)

    def __init__(self, state: AppState, earlier: Sequence[str]) -> None:
        super().__init__()
        self._tiles = state.config.tiles
        self._texts = [*earlier, ""]
        self._at = len(earlier)

    def compose(self) -> ComposeResult:
        with Vertical(id="condition_box"):
            yield Plain(_(HINT), id="condition_line")
            with Horizontal(id="condition_row"):
                yield Plain(":")
                yield Field(id="condition_text", max_length=LONGEST, compact=True)

    def translate(self) -> None:
        self.line.update(_(HINT))

    def on_input_changed(self) -> None:
        """Go back at once: no condition begins with a question mark."""
        if self.box.value == BACK:
            self.dismiss(BackToCondition())
        else:
            self.line.update(_(HINT))

    def on_input_submitted(self) -> None:
        """Close with the condition, or show what is wrong with it."""
        text = self.box.value.strip()
        try:
            if text:
                parse_condition(text, self._tiles)
        except InvalidValue as error:
            self.line.update(Text(str(error), "bold reverse"))
        else:
            self.dismiss(StopWhen(text))

    def action_recall(self, by: int) -> None:
        """Show an earlier or a later one of the conditions that were set, and after the last one an empty line."""
        self._at = max(0, min(len(self._texts) - 1, self._at + by))
        self.box.value = self._texts[self._at]
        self.box.cursor_position = len(self.box.value)

    def action_leave(self) -> None:
        self.dismiss(None)
