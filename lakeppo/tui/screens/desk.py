"""How the main screen divides its terminal among its panels, and shows one of them alone."""

from dataclasses import replace
from typing import Any

from textual.getters import query_one

from lakeppo.tui.drawing.tiles import choose_size
from lakeppo.tui.panels.base import Panel
from lakeppo.tui.panels.lake import Lake, LastStep
from lakeppo.tui.screens import layout
from lakeppo.tui.screens.guide import GuidedScreen

BRANCH_ROOM = 44
"""Lines of a terminal from which branches are drawn under the track, if the chart has that many to spare."""

BESIDE_GUIDE = 30
"""Lines of a terminal from which a guide takes its lines from the panels at the bottom, and covers none."""
BELOW, MOST_ABOVE = ("success", "why"), 4
"""These panels, and the lines of a guide that leave them enough."""


class Desk(GuidedScreen[None]):
    """The panels of the main screen; a subclass composes them."""

    HORIZONTAL_BREAKPOINTS = layout.WIDTHS
    VERTICAL_BREAKPOINTS = layout.HEIGHTS

    lake = query_one(Lake)
    steps = query_one(LastStep)
    _alone = ""  # the panel that a guide shows alone

    def on_resize(self) -> None:
        """Give the lake its place; everything else follows from the style sheet."""
        self._place_lake()
        self._place_guide()

    def draw(self) -> None:
        self._update_layout_classes()
        super().draw()
        self._show_alone()

    def _show_alone(self) -> None:
        """Show the panel alone that a guide is about, where its strip would cover it."""
        guide = self.state.guide
        name = guide.alone if guide is not None else ""
        if self.size.height >= BESIDE_GUIDE and not (name in BELOW and self.strip_lines > MOST_ABOVE):
            name = ""
        if name != self._alone:
            before, self._alone = self._alone, name
            if self.state.large in ("", before) and name in ("", *layout.LARGE):
                self.call_next(self._enlarge, name)

    def _update_layout_classes(self) -> None:
        """Tell the style sheet how the size and the run divide the terminal, in one update of the styles.

        The timeline has lines for its branches where the chart keeps its own.
        """
        (width, height), config = self.size, self.state.config
        beside = height - layout.lake_box(width, height, config)[1]
        room = height >= BRANCH_ROOM and not layout.CHART_ROOM <= beside < layout.CHART_ROOM + 4
        branches = len(self.state.snapshot.position.branches) if room else 0
        classes = {
            "-tiny": width < layout.LEAST[0] or height < layout.LEAST[1],
            "-branched": branches == 2,
            "-branchy": branches > 2,
        }
        if not self.state.large:
            classes["-high"] = beside < layout.CHART_ROOM
        self.update_classes(classes)

    def _place_lake(self) -> None:
        self._update_layout_classes()
        left, middle = self.query_one("#left"), self.query_one("#middle")
        if self.state.large:
            self.steps.styles.height = 2
            self.lake.styles.height = left.styles.width = middle.styles.height = "1fr"
            return
        shape, wide = self.state.config.shape, layout.broad(*self.size)
        width, height = layout.lake_box(*self.size, self.state.config)
        spare = not wide and choose_size(*shape, width, height).footprint(*shape)[1] < height  # for the legend
        self.lake.styles.height = height - spare
        self.steps.styles.height = 2 if wide or spare else 1
        left.styles.width = width
        middle.styles.height = height + 2 if wide and not self.has_class("-high") else "1fr"

    def action_enlarge(self, name: str) -> None:
        """Show one panel alone; the same one again, or none: all of them."""
        self._enlarge("" if name == self.state.large else name)

    def _enlarge(self, name: str) -> None:
        with self.app.batch_update():
            layout.enlarge(self, name)
            self.show(replace(self.state, large=name))
            self._place_lake()
            for panel in self.query(Panel[Any]):
                panel.redraw()

    def action_enlarge_next(self) -> None:
        names = ["", *layout.LARGE]
        self.action_enlarge(names[(names.index(self.state.large) + 1) % len(names)])

    def on_panel_double_clicked(self, message: Panel.DoubleClicked) -> None:
        if name := layout.large_name(self, message.panel):
            self.action_enlarge(name)
