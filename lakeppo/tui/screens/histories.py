"""Every statistic of an update over the whole run; the selected one as a chart."""

from textual.app import ComposeResult
from textual.getters import query_one

from lakeppo.tui.keymap import On, bindings
from lakeppo.tui.panels.footer import Footer
from lakeppo.tui.panels.histories import HistoryChart, HistoryList
from lakeppo.tui.panels.message import MessageBar
from lakeppo.tui.panels.status import Status
from lakeppo.tui.panels.timeline import Timeline
from lakeppo.tui.screens.base import ListScreen


class HistoryScreen(ListScreen[None]):
    """The chart of one statistic above the list of all, which goes on with the run."""

    BINDINGS = bindings(On.HISTORIES)
    closing = "histories_close"
    rows = query_one(HistoryList)

    def compose(self) -> ComposeResult:
        rows = HistoryList()
        yield Status()
        yield HistoryChart(rows)
        yield rows
        yield MessageBar(seen=self.state.snapshot.notice_count)
        yield Footer(On.HISTORIES)

    def go_to(self, position: int) -> None:
        self.rows.choose(position)
        self.query_one(HistoryChart).show(self.state)

    def on_timeline_picked(self, message: Timeline.Picked) -> None:
        self.send(message.command)

    def action_leave(self) -> None:
        self.dismiss(None)
