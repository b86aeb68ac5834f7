"""A panel with a plot by update, on which a click goes to an update."""

from typing import TypeVar

from textual.events import Click

from lakeppo.moment import Moment, Phase
from lakeppo.session.commands import GoTo, GoToEvent
from lakeppo.tui.drawing.plot import Plot
from lakeppo.tui.panels.base import Panel
from lakeppo.tui.panels.timeline import Timeline

M = TypeVar("M")


class Plotted(Panel[M]):
    """Its body sets the plot, and the columns before it."""

    _plot: Plot | None = None
    _left = 0

    def target(self, plot: Plot, column: int) -> GoTo | GoToEvent:
        """Return where a click on a column of the plot goes."""
        return GoTo(Moment(plot.update_at(column), Phase.COLLECT, 0))

    def on_click(self, event: Click) -> None:
        at, plot = event.get_content_offset(self), self._plot
        if at is not None and event.chain == 1 and plot is not None and plot.width:
            column = max(0, min(plot.width - 1, at.x - self._left))
            self.post_message(Timeline.Picked(self.target(plot, column)))
        super().on_click(event)
