"""The siblings of the run, best first; one of them can be opened as a run."""

from textual.app import ComposeResult
from textual.getters import query_one

from lakeppo.i18n import _
from lakeppo.session.commands import Command, OpenSibling
from lakeppo.tui.keymap import On, bindings
from lakeppo.tui.panels.footer import Footer
from lakeppo.tui.panels.message import MessageBar
from lakeppo.tui.panels.siblings import SiblingList
from lakeppo.tui.panels.status import Status
from lakeppo.tui.panels.success import Success
from lakeppo.tui.screens.base import ListScreen

HEIGHTS = [(0, "-low"), (30, "-roomy")]


class SiblingScreen(ListScreen[Command | None]):
    """A table over the newest snapshot. It closes with the command that opens the selected sibling, or with None."""

    BINDINGS = bindings(On.SIBLINGS)
    VERTICAL_BREAKPOINTS = HEIGHTS
    closing = "siblings_close"
    rows = query_one(SiblingList)

    def compose(self) -> ComposeResult:
        yield Status()
        yield SiblingList()
        yield Success(id="fan")
        yield MessageBar(seen=self.state.snapshot.notice_count)
        yield Footer(On.SIBLINGS)

    def go_to(self, position: int) -> None:
        self.rows.choose(position)

    def action_open(self) -> None:
        """Close, and open the selected sibling as a run."""
        seed = self.rows.selected
        if seed == self.state.seed:
            self.show_message(_("This is the run on screen."))
        elif seed >= 0:
            self.dismiss(OpenSibling(seed))

    def action_leave(self) -> None:
        self.dismiss(None)
