"""Two runs in lock-step: side by side where there is room, one side at a time where there is not."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal
from textual.events import Resize
from textual.getters import query_one
from textual.widgets import Static

from lakeppo.tui.keymap import COMPARE_KEYS, KEYS, screen_bindings
from lakeppo.tui.panels.base import Panel
from lakeppo.tui.panels.comparison import (
    ComparisonMessageBar,
    ComparisonSummary,
    ComparisonTable,
    ComparisonTitle,
    DifferenceLake,
)
from lakeppo.tui.panels.comparison_chart import ComparisonChart
from lakeppo.tui.panels.footer import Footer
from lakeppo.tui.panels.lake import Lake
from lakeppo.tui.panels.last_step import legend
from lakeppo.tui.panels.phases import Phases
from lakeppo.tui.panels.question import Question
from lakeppo.tui.panels.status import Status
from lakeppo.tui.panels.timeline import Timeline
from lakeppo.tui.screens.base import Over
from lakeppo.tui.screens.help import HelpScreen
from lakeppo.tui.state import VIEWS, AppState
from lakeppo.tui.text.comparison import baseline_state

SIDE_BY_SIDE = 160
"""Columns from which both sides are shown at once; below, tab changes the side."""
BROAD = 190
"""Columns from which both histograms stand beside each other."""
UNDER = 34, 38
"""Lines from which there is a second row of panels, below one lake and below two."""
WIDTHS = [(0, "-narrow"), (80, "-normal")]
HEIGHTS = [(0, "-flat"), (18, "-low"), (24, "-full"), (34, "-tall"), (45, "-high")]
SIDES = 3
PLAYING = ("toggle", "unit", "pass", "update")
FOOTER = (*(key for key in KEYS if key.id in PLAYING), *COMPARE_KEYS)


class CompareScreen(Over[AppState]):
    """Over the newest snapshot and the one beside it. It hands back the scene with the view and the tile chosen."""

    BINDINGS: ClassVar[list[BindingType]] = [*screen_bindings(COMPARE_KEYS)]
    HORIZONTAL_BREAKPOINTS = WIDTHS
    VERTICAL_BREAKPOINTS = HEIGHTS

    message_bar = query_one(ComparisonMessageBar)

    def __init__(self, state: AppState, send: Callable[[str], None]) -> None:
        super().__init__()
        self.state = replace(state, sample=None)
        self.side = 0
        self._send = send
        self._passed: int | None = None  # the one beside when another was asked for

    def compose(self) -> ComposeResult:
        yield Static("lakeppo needs 40 x 12 cells; esc closes", id="tiny")
        yield ComparisonTitle()
        yield Status()
        yield Phases()
        yield ComparisonSummary()
        with Horizontal(id="sides"):
            yield Lake(id="lake_mine")
            yield Lake(id="lake_other")
            yield DifferenceLake(id="lake_against")
            with Horizontal(id="answers"):
                yield Question(id="ratio_mine")
                yield Question(id="ratio_other")
                yield ComparisonTable(id="figures_beside")
                yield ComparisonChart(id="curves_beside")
        with Horizontal(id="under"):
            yield DifferenceLake(id="against_under")
            yield ComparisonChart(id="curves_under")
            yield ComparisonTable(id="figures_under")
        yield ComparisonMessageBar(heard=self.state.snapshot.notice_count if self.state.snapshot else 0)
        yield Timeline()
        yield Footer(FOOTER)

    def on_mount(self) -> None:
        self._draw()

    def on_resize(self, event: Resize) -> None:
        self.set_class(event.size.width < 40 or event.size.height < 12, "-tiny")
        self._arrange()
        self._draw()

    @property
    def both(self) -> bool:
        """Whether both sides are shown at once."""
        return self.size.width >= SIDE_BY_SIDE and self.size.height >= 24

    def _arrange(self) -> None:
        """Which panels are there at this size, on this side."""
        both = self.both
        under = self.size.height >= UNDER[both]
        shown = {
            "lake_mine": both or self.side == 0,
            "lake_other": both or self.side == 1,
            "lake_against": not under if both else self.side == 2,
            "ratio_mine": both or self.side != 1,
            "ratio_other": both or self.side != 0,
            "figures_beside": not both or not under,
            "curves_beside": not under,
            "under": under,
            "against_under": both,
            "figures_under": both,
        }
        for id, there in shown.items():
            self.query_one(f"#{id}").display = there
        self.set_class(both, "-both")
        self.set_class(under, "-under")
        self.set_class(self.size.width >= 120 and under, "-boxed")
        self.set_class(self.size.width >= BROAD, "-broad")

    def show(self, state: AppState) -> None:
        """Look at a newer snapshot, in the same way."""
        mine = self.state
        self.state = replace(state, view=mine.view, cursor=mine.cursor, sample=None)
        if self.is_mounted:
            self._draw()

    def _draw(self) -> None:
        named = self._named()
        lines = len(self.state.snapshot.branches) if self.state.snapshot else 0
        self.set_class(lines == 2, "-branched")
        self.set_class(lines > 2, "-branchy")
        with self.app.batch_update():
            for panel in self.query(Panel[Any]):
                panel.show(self._seen_by(panel, named))

    def _named(self) -> tuple[str, str]:
        """The names of the two."""
        beside = self.state.snapshot.beside if self.state.snapshot else None
        return beside.names if beside else ("", "")

    def _seen_by(self, panel: Panel[Any], named: tuple[str, str]) -> AppState:
        """A panel's own scene: that of its side, with the side's name where the panel has to say it."""
        mine, other = named
        labelled = self.both or self.side == 2
        if panel.id in ("lake_mine", "ratio_mine"):
            return replace(self.state, side=mine if labelled else "")
        if panel.id in ("lake_other", "ratio_other"):
            return replace(baseline_state(self.state), side=other if labelled else "")
        if isinstance(panel, Status | Phases):
            return _standing(baseline_state(self.state) if self.side == 1 and not self.both else self.state)
        if isinstance(panel, ComparisonTitle | ComparisonMessageBar | Footer) and not self.both:
            return replace(self.state, side=(mine, other, f"{other} against {mine}")[self.side] or "-")
        return self.state

    def on_lake_picked(self, message: Lake.Picked) -> None:
        self._look(replace(self.state, cursor=message.tile))

    def on_timeline_picked(self, message: Timeline.Picked) -> None:
        self._send(message.command)

    def _look(self, state: AppState) -> None:
        self.state = state
        self._draw()

    def action_side(self) -> None:
        """This run, the other one, one against the other."""
        if not self.both:
            self.side = (self.side + 1) % SIDES
            self._arrange()
            self._draw()

    def action_cycle_view(self) -> None:
        view = VIEWS[(VIEWS.index(self.state.view) + 1) % len(VIEWS)]
        self._look(replace(self.state, view=view))
        tile = next(lake.cell for lake in self.query(Lake) if lake.display)
        drawn = legend(view, self.state.optimal_gamma, self.message_bar.palette, tile)
        self.message_bar.say(f"The lakes show {view}: {drawn}")

    def action_cursor(self, down: int, right: int) -> None:
        """Move the cursor, from the agent's tile at first."""
        rows, columns = self.state.config.shape
        row, column = divmod(self.state.inspected, columns)
        row, column = max(0, min(rows - 1, row + down)), max(0, min(columns - 1, column + right))
        self._look(replace(self.state, cursor=row * columns + column))

    def action_step(self, down: int) -> None:
        """A unit of both runs, or one back."""
        self.action_send("unit" if down > 0 else "back_unit")

    def action_send(self, command: str) -> None:
        """Pass a key on to the worker, as the desk does."""
        if self.state.failure is not None:
            self.message_bar.say("The worker has stopped: esc closes, then q leaves.")
        elif command != "next_rival" or self._may_change():
            self._send(command)

    def _may_change(self) -> bool:
        """Whether there is another to compare with, and none has been asked for that is still to come."""
        beside = self.state.snapshot.beside if self.state.snapshot else None
        if beside is None or self._passed == beside.choice:
            return False
        if beside.choices == 1:
            self.message_bar.say("There is nothing else to compare with.")
            return False
        self._passed = beside.choice
        return True

    def action_help(self) -> None:
        self.app.push_screen(HelpScreen())

    def action_close(self) -> None:
        self.dismiss(self.state)


def _standing(state: AppState) -> AppState:
    """Both are said to be paused where they stand in what has been lived."""
    s = state.snapshot
    return state if s is None else replace(state, snapshot=replace(s, rewound=False))
