"""Exact success of two runs on one axis, all that was lived: one solid, one dashed, each with its name at its end."""

from collections.abc import Sequence
from typing import Any

from rich.style import Style

from lakeppo.runs.statistics import Row
from lakeppo.session.snapshot import ComparisonView
from lakeppo.tui.drawing.braille import BrailleCanvas, braille
from lakeppo.tui.drawing.chart import runs_of
from lakeppo.tui.drawing.lines import Line
from lakeppo.tui.panels.base import Panel
from lakeppo.tui.state import AppState
from lakeppo.tui.text.formatting import figure
from lakeppo.tui.theme import BRANCH, DOTTED, NOW

MARGIN, NAMES = 4, 14
"""Columns for the scale at the left and for the names at the right."""


class ComparisonChart(Panel[Any]):
    """Where the curves part is where the runs do; a mark on the axis is where both stand."""

    def looks_at(self, state: AppState) -> tuple[object, ...]:
        beside = state.snapshot.beside if state.snapshot else None
        return (
            state.moment.update,
            len(state.history),
            state.growth,
            beside and (beside.names, beside.common, len(beside.history)),
        )

    def title(self, state: AppState) -> str:
        beside = state.snapshot.beside if state.snapshot else None
        names = f": {beside.names[0]} solid, {beside.names[1]} dashed" if beside else ""
        whole = f"EXACT SUCCESS by update{names}"
        return whole if len(whole) <= self.size.width else f"EXACT{names}"

    def body(self, state: AppState, width: int, height: int) -> list[Line]:
        beside = state.snapshot.beside if state.snapshot else None
        if beside is None or height < 3 or width < MARGIN + NAMES + 8:
            return []
        mine, other = list(state.history), list(beside.history)
        span = max(10, *(rows[-1].update if rows else 0 for rows in (mine, other)))
        plots = [BrailleCanvas(width - MARGIN - NAMES, height - 1) for _ in range(2)]
        for plot, rows in zip(plots, (mine, other), strict=True):
            plot.line([(row.update / span, row.success_probability) for row in rows])
        plots[1].dash()
        names = self._names(state, beside, plots[0], mine, other)
        best = plots[0].level(state.snapshot.exact.optimum) if state.snapshot else -1
        bits = [plot.bits.tolist() for plot in plots]
        lines = [
            self._line(plots[0], bits, y, best, names.get(y, ("", self.palette.faint))) for y in range(plots[0].height)
        ]
        return [*lines, self._axis(state, beside, plots[0].width, span)]

    def _names(
        self, state: AppState, beside: ComparisonView, plot: BrailleCanvas, mine: Sequence[Row], other: Sequence[Row]
    ) -> dict[int, tuple[str, Style]]:
        """What stands at the right of which line: each curve's name at its last level, or as near as there is room."""
        ends = [
            (f"{name} {figure(rows[-1].success_probability)}", plot.level(rows[-1].success_probability), style)
            for name, rows, style in zip(
                beside.names, (mine, other), (self.palette.strong + self.palette.blue, self.palette.orange), strict=True
            )
            if rows
        ]
        if state.snapshot is not None:
            best = state.snapshot.exact.optimum
            ends.append((f"optimum {figure(best)}", plot.level(best), self.palette.faint))
        ends = sorted(ends[: plot.height], key=lambda end: end[1])
        placed: dict[int, tuple[str, Style]] = {}
        for below, (text, level, style) in zip(range(len(ends), 0, -1), ends, strict=True):
            free = max(placed, default=-1) + 1
            placed[min(max(level, free), plot.height - below)] = (f" {text}"[:NAMES], style)
        return placed

    def _line(
        self, plot: BrailleCanvas, bits: list[list[list[int]]], y: int, best: int, name: tuple[str, Style]
    ) -> Line:
        palette = self.palette
        scale = {0: "1.0", plot.height - 1: "0", plot.level(0.5): ".5"}.get(y, "")
        blank = DOTTED if y == best else " "
        styles = palette.strong + palette.blue, palette.orange
        cells = [
            (braille(a | b), styles[0] if a else styles[1]) if a or b else (blank, palette.faint)
            for a, b in zip(bits[0][y], bits[1][y], strict=True)
        ]
        drawn = [("".join(text for text, _ in run), style) for style, run in runs_of(cells)]
        return [(f"{scale:<3}│", palette.faint), *drawn, name]

    def _axis(self, state: AppState, beside: ComparisonView, width: int, span: int) -> Line:
        axis = list("─" * width)
        here = min(width - 1, round(state.moment.update / span * (width - 1)))
        axis[min(width - 1, round(beside.common.update / span * (width - 1)))] = BRANCH
        axis[here] = NOW
        palette = self.palette
        return [
            ("   └" + "".join(axis[:here]), palette.faint),
            (NOW, palette.strong + palette.orange),
            ("".join(axis[here + 1 :]), palette.faint),
            (f" update {span}", palette.faint),
        ]
