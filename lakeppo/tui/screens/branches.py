"""All lines of the run: where each left its parent, what was changed, how far it went and how well it did."""

from typing import ClassVar

from rich.table import Table
from rich.text import Text
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.getters import query_one
from textual.screen import Screen
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from lakeppo.tui.apart import changed_words
from lakeppo.tui.keys import BRANCHES_KEYS, own_bindings
from lakeppo.tui.scene import Scene
from lakeppo.tui.snapshot import Branch
from lakeppo.tui.words import figure

NAMES = 8


class Branches(Screen[str | None]):
    """Closes with the command for the worker, or with None."""

    BINDINGS: ClassVar[list[BindingType]] = [*own_bindings(BRANCHES_KEYS)]
    options = query_one(OptionList)

    def __init__(self, scene: Scene) -> None:
        super().__init__()
        self.scene = scene

    def compose(self) -> ComposeResult:
        yield Static(
            " BRANCHES    * this line    enter, click: go there    c: compare    esc closes",
            id="branches_title",
        )
        yield Static(_heads(), id="branches_heads")
        yield OptionList(*self._options(), id="branches_list")

    def on_mount(self) -> None:
        self.options.highlighted = next(
            (k for k, branch in enumerate(self._branches) if branch.name == self._present), 0
        )
        self.options.focus()

    @property
    def _branches(self) -> tuple[Branch, ...]:
        return self.scene.snapshot.branches if self.scene.snapshot else ()

    @property
    def _present(self) -> str:
        return self.scene.snapshot.line if self.scene.snapshot else ""

    def _options(self) -> list[Option]:
        return [Option(_line(branch, branch.name == self._present), id=branch.name) for branch in self._branches]

    def show(self, scene: Scene) -> None:
        """Look at a newer snapshot: the lines may have gone on."""
        before, self.scene = self._branches, scene
        if self.is_mounted and self._branches != before:
            at = self.options.highlighted
            self.options.set_options(self._options())
            self.options.highlighted = at

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

    def action_leave(self) -> None:
        self.dismiss(None)


def _table() -> Table:
    table = Table.grid(padding=(0, 2, 0, 0), expand=True)
    for width in (2 + NAMES, NAMES, 14, 8, 7):
        table.add_column(width=width, no_wrap=True, overflow="ellipsis")
    table.add_column(ratio=1, no_wrap=True, overflow="ellipsis")
    return table


def _heads() -> Table:
    table = _table()
    table.add_row("  name", "parent", "left it at", "lived to", "success", "changed", style="bold")
    return table


def _line(branch: Branch, present: bool) -> Table:
    table = _table()
    name = Text(f"{'*' if present else ' '} {branch.name}", "bold" if present else "")
    left = "" if branch.left_at is None else branch.left_at.short_words()
    success = figure(branch.last.success_probability if branch.last else None)
    changed = changed_words(branch.changed) or ("nothing" if branch.parent else "")
    table.add_row(name, branch.parent or "", left, f"#{branch.end.update}", success, changed)
    return table
