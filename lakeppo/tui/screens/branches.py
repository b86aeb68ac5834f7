"""All branches of the run: where each left its parent, its changes, how far it went and its success."""

from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.content import Content
from textual.events import Resize
from textual.getters import query_one
from textual.widgets.option_list import Option

from lakeppo.cells import padded, widest
from lakeppo.figures import figure
from lakeppo.i18n import N_, _
from lakeppo.moment import short_moment
from lakeppo.runs.branch import LONGEST_NAME
from lakeppo.session.commands import Command, Compare, GoToBranch, RenameBranch
from lakeppo.session.snapshot import BranchView
from lakeppo.tui.drawing.lines import shorten
from lakeppo.tui.keymap import On, bindings
from lakeppo.tui.panels.footer import Footer
from lakeppo.tui.panels.message import MessageBar
from lakeppo.tui.screens.base import LiveScreen
from lakeppo.tui.screens.plain import Plain
from lakeppo.tui.screens.safe_widgets import Field, Options
from lakeppo.tui.state import AppState
from lakeppo.tui.text.comparison import changed_words

TITLE = N_("BRANCHES    * present branch    enter, click: go there")
NAMES = 6
"""Columns of a name, at least."""
FIGURES = 14, 8, 7
"""Columns of where a branch left its parent, of its end and of its success."""
ROOM = sum(FIGURES) + 2 + 5 * 2 + 8
"""Columns that the names leave to the rest: the figures, the star, the gaps, and what was changed."""


class BranchScreen(LiveScreen[Command | None]):
    """Closes with a command for the worker, or with None."""

    BINDINGS = bindings(On.BRANCHES)
    closing = "branches_close"
    options = query_one(Options)
    box = query_one(Field)

    def compose(self) -> ComposeResult:
        yield Plain(id="branches_title")
        yield Plain(id="branches_heads")
        yield Options(id="branches_list")
        with Horizontal(id="branch_row"):
            yield Plain(id="branch_label")
            yield Field(id="branch_name", max_length=LONGEST_NAME, compact=True)
            yield Plain(id="branch_hint")
        yield MessageBar(seen=self.state.snapshot.notice_count)
        yield Footer(On.BRANCHES)

    def translate(self) -> None:
        hint = _("enter: rename   {key}: keep the name").format(key=self.state.key("branches_close"))
        self.query_one("#branches_title", Plain).update(f" {_(TITLE)}")
        self.query_one("#branch_label", Plain).update(_("name"))
        self.query_one("#branch_hint", Plain).update(hint)
        if self.options.option_count:
            self._list()

    def on_mount(self) -> None:
        super().on_mount()
        if not self.is_attached:
            return
        self.options.set_options(self._options())
        names = [branch.name for branch in self._branches]
        self.options.highlighted = names.index(self._present) if self._present in names else 0
        self.set_focus(self.options)

    @property
    def _branches(self) -> tuple[BranchView, ...]:
        return self.state.snapshot.position.branches

    @property
    def _present(self) -> str:
        return self.state.snapshot.position.branch

    def _options(self) -> list[Option]:
        longest = widest(branch.name for branch in self._branches)
        names = max(NAMES, min(longest, (self.size.width - ROOM) // 2))
        titles = _("name"), _("parent"), _("left it at"), _("ends at"), _("success"), _("changed")
        heads = "".join(_columns(names, f"  {titles[0]}", *titles[1:]))
        self.query_one("#branches_heads", Plain).update(Content.styled(heads, "bold"))
        return [Option(_row(each, each.name == self._present, names), id=each.name) for each in self._branches]

    def on_resize(self, event: Resize) -> None:
        """Give the names the columns that the figures leave."""
        self._list()

    def _list(self) -> None:
        at = self.options.highlighted
        self.options.set_options(self._options())
        self.options.highlighted = at

    def show(self, state: AppState) -> None:
        """Draw a newer state, in which the branches may have gone on."""
        before = self._branches
        super().show(state)
        if self.whole and self._branches != before:
            self._list()

    @property
    def chosen(self) -> str | None:
        """The name of the highlighted branch."""
        option = self.options.highlighted_option
        return option.id if option is not None else None

    def on_option_list_option_selected(self) -> None:
        """Go to the end of the selected branch."""
        chosen = self.chosen
        self.dismiss(None if chosen is None or chosen == self._present else GoToBranch(chosen))

    def action_compare(self) -> None:
        """Compare the present branch with the selected one, or with its parent if that is the same."""
        self.dismiss(Compare(None if self.chosen == self._present else self.chosen))

    def action_rename(self) -> None:
        self.add_class("-naming")
        self.box.value = self.chosen or ""
        self.set_focus(self.box)

    def on_input_submitted(self) -> None:
        if self.options.highlighted is not None:
            self.send(RenameBranch(self.options.highlighted, self.box.value))
        self._end_naming()

    def _end_naming(self) -> None:
        self.remove_class("-naming")
        self.set_focus(self.options)

    def action_leave(self) -> None:
        if self.has_class("-naming"):
            self._end_naming()
        else:
            self.dismiss(None)


def _columns(names: int, *cells: str) -> tuple[str, str]:
    """Return the first of the cells in its column, and the others in theirs; the last one has what is left."""
    widths = 2 + names, names, *FIGURES
    columns = [padded(shorten(cell, width), width + 2) for cell, width in zip(cells, widths, strict=False)]
    return columns[0], "".join([*columns[1:], *cells[len(widths) :]])


def _row(branch: BranchView, present: bool, names: int) -> Content:
    left = "" if branch.left_at is None else short_moment(branch.left_at)
    success = figure(branch.last.success_probability if branch.last else None)
    changed = changed_words(branch.changed) or (_("nothing") if branch.parent else "")
    name, others = f"{'*' if present else ' '} {branch.name}", (left, f"#{branch.end.update}", success, changed)
    first, rest = _columns(names, name, branch.parent or "", *others)
    return Content.assemble((first, "bold" if present else ""), rest)
