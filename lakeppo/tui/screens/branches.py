"""All lines of the run: where each left its parent, what was changed, how far it went and how well it did."""

from collections.abc import Callable
from typing import Any, ClassVar

from rich.cells import cell_len
from rich.table import Table
from rich.text import Text
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal
from textual.getters import query_one
from textual.widgets import Static
from textual.widgets.option_list import Option

from lakeppo.moment import LONGEST_NAME
from lakeppo.session.snapshot import BranchView
from lakeppo.tui.keymap import BRANCHES_KEYS, own_bindings
from lakeppo.tui.panels.base import Panel
from lakeppo.tui.panels.footer import Footer
from lakeppo.tui.panels.message import MessageBar
from lakeppo.tui.panels.option_list import Options
from lakeppo.tui.panels.text_field import Field
from lakeppo.tui.screens.base import Over
from lakeppo.tui.state import AppState
from lakeppo.tui.text.comparison import changed_words
from lakeppo.tui.text.formatting import figure
from lakeppo.wording import short_moment

NAMES = 6
"""Columns of a name, at least."""


class BranchScreen(Over[str | None]):
    """Closes with the command for the worker, or with None."""

    BINDINGS: ClassVar[list[BindingType]] = [*own_bindings(BRANCHES_KEYS)]
    options = query_one(Options)
    box = query_one(Field)
    message_bar = query_one(MessageBar)

    def __init__(self, state: AppState, send: Callable[[str], None]) -> None:
        super().__init__()
        self.state = state
        self._send = send

    def compose(self) -> ComposeResult:
        yield Static(" BRANCHES    * this line    enter, click: go there", id="branches_title")
        yield Static(id="branches_heads")
        yield Options(id="branches_list")
        with Horizontal(id="branch_row"):
            yield Static("name")
            yield Field(id="branch_name", max_length=LONGEST_NAME, compact=True)
            yield Static("enter: call it that   esc: leave it")
        yield MessageBar(heard=self.state.snapshot.notice_count if self.state.snapshot else 0)
        yield Footer(BRANCHES_KEYS)

    def on_mount(self) -> None:
        self._draw()
        self.options.set_options(self._options())
        self.options.highlighted = next(
            (k for k, branch in enumerate(self._branches) if branch.name == self._present), 0
        )
        self.options.focus()

    @property
    def _branches(self) -> tuple[BranchView, ...]:
        return self.state.snapshot.branches if self.state.snapshot else ()

    @property
    def _present(self) -> str:
        return self.state.snapshot.branch if self.state.snapshot else ""

    def _options(self) -> list[Option]:
        longest = max((cell_len(branch.name) for branch in self._branches), default=0)
        self.query_one("#branches_heads", Static).update(_heads(longest))
        return [
            Option(_line(branch, branch.name == self._present, longest), id=branch.name) for branch in self._branches
        ]

    def show(self, state: AppState) -> None:
        """Look at a newer snapshot: the lines may have gone on."""
        before, self.state = self._branches, state
        if self.is_mounted and self._branches != before:
            at = self.options.highlighted
            self.options.set_options(self._options())
            self.options.highlighted = at
        if self.is_mounted:
            self._draw()

    def _draw(self) -> None:
        for panel in self.query(Panel[Any]):
            panel.show(self.state)

    @property
    def chosen(self) -> str | None:
        option = self.options.highlighted_option
        return option.id if option is not None else None

    def on_option_list_option_selected(self) -> None:
        """Go to the end of the line under the bar."""
        self.dismiss(None if self.chosen in (None, self._present) else f"line:{self.chosen}")

    def action_compare(self) -> None:
        """Compare the present line with the one under the bar; with its parent where that is the same."""
        self.dismiss("compare" if self.chosen in (None, self._present) else f"compare:{self.chosen}")

    def action_rename(self) -> None:
        """Ask for another name of the line under the bar."""
        self.add_class("-naming")
        self.box.value = self.chosen or ""
        self.box.focus()

    def on_input_submitted(self) -> None:
        self._send(f"name:{self.options.highlighted}={self.box.value}")
        self._end_naming()

    def _end_naming(self) -> None:
        self.remove_class("-naming")
        self.options.focus()

    def action_leave(self) -> None:
        """From the name back to the list, from the list back to the desk."""
        if self.has_class("-naming"):
            self._end_naming()
        else:
            self.dismiss(None)


def _table(longest: int) -> Table:
    table = Table.grid(padding=(0, 2, 0, 0), expand=True)
    names = max(NAMES, longest)
    for width in (2 + names, names, 14, 8, 7):
        table.add_column(width=width, no_wrap=True, overflow="ellipsis")
    table.add_column(ratio=1, no_wrap=True, overflow="ellipsis")
    return table


def _heads(longest: int) -> Table:
    table = _table(longest)
    table.add_row("  name", "parent", "left it at", "lived to", "success", "changed", style="bold")
    return table


def _line(branch: BranchView, present: bool, longest: int) -> Table:
    table = _table(longest)
    name = Text(f"{'*' if present else ' '} {branch.name}", "bold" if present else "")
    left = "" if branch.left_at is None else short_moment(branch.left_at)
    success = figure(branch.last.success_probability if branch.last else None)
    changed = changed_words(branch.changed) or ("nothing" if branch.parent else "")
    table.add_row(name, branch.parent or "", left, f"#{branch.end.update}", success, changed)
    return table
