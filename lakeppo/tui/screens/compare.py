"""Two runs in lock-step: side by side where there is room, one side at a time where there is not."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from textual.app import ComposeResult
from textual.containers import Horizontal

from lakeppo.i18n import _
from lakeppo.session.commands import Command, CompareNext
from lakeppo.tui.keymap import On, bindings
from lakeppo.tui.panels import comparison
from lakeppo.tui.panels.base import Panel
from lakeppo.tui.panels.comparison_chart import ComparisonChart
from lakeppo.tui.panels.footer import Footer
from lakeppo.tui.panels.lake import Lake
from lakeppo.tui.panels.phases import Phases
from lakeppo.tui.panels.question import Question
from lakeppo.tui.panels.status import Status
from lakeppo.tui.panels.timeline import Timeline
from lakeppo.tui.screens.base import LakeScreen
from lakeppo.tui.screens.layout import LEAST
from lakeppo.tui.screens.plain import Plain
from lakeppo.tui.state import AppState
from lakeppo.tui.text.comparison import baseline_state

SIDE_BY_SIDE = 160
"""Columns from which both sides are shown at once; below, a key changes the side."""
BROAD = 190
"""Columns from which both histograms stand beside each other."""
UNDER = 34, 38
"""Lines from which there is a second row of panels, below one lake and below two."""
WIDTHS = [(0, "-narrow"), (80, "-normal")]
HEIGHTS = [(0, "-flat"), (18, "-low"), (24, "-full"), (34, "-tall"), (45, "-high")]


class CompareScreen(LakeScreen[AppState]):
    """Shows the newest snapshot and the one it is compared with. It closes with the state whose view was chosen."""

    BINDINGS = bindings(On.COMPARE)
    HORIZONTAL_BREAKPOINTS = WIDTHS
    VERTICAL_BREAKPOINTS = HEIGHTS
    closing = "compare_close"

    def __init__(self, state: AppState, send: Callable[[Command], None]) -> None:
        super().__init__(replace(state, sample=None), send)
        self.side = 0
        self._passed: int | None = None  # the choice that was shown when the next one was asked for

    def compose(self) -> ComposeResult:
        yield Plain(id="tiny")
        yield comparison.ComparisonTitle()
        yield Status()
        yield Phases()
        yield comparison.ComparisonSummary()
        with Horizontal(id="sides"):
            yield Lake(id="lake_mine")
            yield Lake(id="lake_other")
            yield comparison.DifferenceLake(id="lake_against")
            with Horizontal(id="answers"):
                yield Question(id="ratio_mine")
                yield Question(id="ratio_other")
                yield comparison.ComparisonTable(id="figures_beside")
                yield ComparisonChart(id="curves_beside")
        with Horizontal(id="under"):
            yield comparison.DifferenceLake(id="against_under")
            yield ComparisonChart(id="curves_under")
            yield comparison.ComparisonTable(id="figures_under")
        yield comparison.ComparisonMessageBar(seen=self.state.snapshot.notice_count)
        yield Timeline()
        yield Footer(On.COMPARE)

    def on_resize(self) -> None:
        self._arrange()
        self.draw()

    @property
    def both(self) -> bool:
        """Whether both sides are shown at once."""
        return self.size.width >= SIDE_BY_SIDE and self.size.height >= 24

    def _arrange(self) -> None:
        """Show the panels that have a place at this size, on this side."""
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
        for id, display in shown.items():
            self.query_one(f"#{id}").display = display
        width, height = self.size
        self.update_classes(
            {
                "-tiny": width < LEAST[0] or height < LEAST[1],
                "-both": both,
                "-under": under,
                "-boxed": width >= 120 and under,
                "-broad": width >= BROAD,
            }
        )

    def translate(self) -> None:
        tiny = _("lakeppo needs 40 x 12 cells; {key} closes").format(key=self.state.key("compare_close"))
        self.query_one("#tiny", Plain).update(tiny)

    def keep(self, state: AppState) -> AppState:
        """Keep the view and the cursor; samples are not gone through here."""
        return replace(state, view=self.state.view, cursor=self.state.cursor, sample=None)

    def draw(self) -> None:
        branches = len(self.state.snapshot.position.branches)
        self.update_classes({"-branched": branches == 2, "-branchy": branches > 2})
        super().draw()

    def seen_by(self, panel: Panel[Any]) -> AppState:
        """Return the state of the panel's side, with the side's name where the panel shows it."""
        beside = self.state.snapshot.comparison
        first, second = beside.names if beside else ("", "")
        against = _("{baseline} against {run}").format(baseline=second, run=first)
        labelled = self.both or self.side == 2
        if panel.id in ("lake_mine", "ratio_mine"):
            return replace(self.state, side=first if labelled else "")
        if panel.id in ("lake_other", "ratio_other"):
            return replace(baseline_state(self.state), side=second if labelled else "")
        if isinstance(panel, Status | Phases):
            state = baseline_state(self.state) if self.side == 1 and not self.both else self.state
            resting = replace(state.snapshot.position, rewound=False)  # paused, wherever the branch ends
            return replace(state, snapshot=replace(state.snapshot, position=resting))
        if isinstance(panel, comparison.ComparisonTitle | comparison.ComparisonMessageBar | Footer) and not self.both:
            return replace(self.state, side=(first, second, against)[self.side] or "-")
        return self.state

    def action_side(self) -> None:
        if not self.both:
            self.side = (self.side + 1) % 3
            self._arrange()
            self.draw()

    def action_compare_next(self) -> None:
        """Compare with the next branch or run, unless one that was asked for is still to come."""
        beside = self.state.snapshot.comparison
        if beside is None or self._passed == beside.choice:
            return
        if beside.choices == 1:
            self.show_message(_("There is nothing else to compare with."))
            return
        self._passed = beside.choice
        self.send(CompareNext())

    def action_close(self) -> None:
        self.dismiss(self.state)
