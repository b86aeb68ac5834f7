"""Under the lake: what was meant and where it went, and what the drawing means."""

from typing import Any

from lakeppo.tui.drawing.lines import Line, fit
from lakeppo.tui.drawing.tiles import Size
from lakeppo.tui.panels.base import Panel
from lakeppo.tui.panels.lake import Lake
from lakeppo.tui.state import AppState
from lakeppo.tui.text.formatting import how_it_ended, step_words
from lakeppo.tui.theme import Palette

LEGENDS = {
    "values": "V the critic's guess, true V exact",
    "value error": "V - true V: + too high, - too low",
    "visits": "how often the batch acted on the tile",
    "old and new": "likeliest action, and its change",
    "optimal": "best at γ {}; inverse: actor differs",
}
ONE_LINE = {**LEGENDS, "values": "V, the critic's guess", "old and new": "likeliest action's change; · none"}
ONE_DIGIT = {
    **LEGENDS,
    "values": "V, the critic's guess, in tenths",
    "value error": "V - true V: + - from .05 on, else 0",
    "visits": "visits of the batch; + is 10 or more",
    "old and new": "change: + - from .05 on, else 0; · none",
}
"""What the drawing means in each view: in tiles of several lines, of one line, and where that is a digit long."""


def legend(state: AppState, palette: Palette, tile: Size) -> str:
    """What the drawing means in the present view, the tiles being so large."""
    if state.view == "arrows":
        return _arrows_legend(palette, tile)
    known = LEGENDS if tile.height > 1 else ONE_LINE if tile.width > 2 else ONE_DIGIT
    return known[state.view].format(f"{state.snapshot.optimal_gamma:g}" if state.snapshot else "-")


def _arrows_legend(palette: Palette, tile: Size) -> str:
    if tile.height > 1:
        named = "V" if tile.height > 3 else "V in tenths"
        return "numbers: percent   " + ("shade: value V" if palette.shaded else f"corner: {named}")
    numbers = {4: ", percent", 2: ", tens of %"}.get(tile.width, "")
    return f"likeliest action{numbers}" + "   shade: V" * palette.shaded


class LastStep(Panel[Any]):
    """`meant ▾  went ▸ slipped`, always; where there is a second line, the legend of the view."""

    throttled = False

    def __init__(self, lake: Lake) -> None:
        super().__init__()
        self._lake = lake

    def looks_at(self, state: AppState) -> tuple[object, ...]:
        walk, tile = state.walk, self._lake.cell
        return (walk.last, walk.elapsed, state.sample, state.view, state.demo is None, state.config.gamma, tile)

    def body(self, state: AppState, width: int, height: int) -> list[Line]:
        palette, last = self.palette, state.walk.last
        meant, went, how = step_words(last)
        slipped = palette.strong + palette.orange if how == "slipped" else palette.faint
        meaning = ("", "") if width < 15 else ("meant ", "went ")
        pieces: list[Line] = [
            [(f" {meaning[0]}", palette.faint), (meant, palette.strong)],
            [(meaning[1], palette.faint), (went, slipped if how == "slipped" else palette.strong)],
            [(how, slipped)] if how else [],
            [(ended, palette.strong)] if (ended := how_it_ended(last)) else [],
            [
                (
                    f"step {state.walk.elapsed}" if state.sampled is None else f"sample {state.sampled[1] + 1}",
                    palette.faint,
                )
            ],
        ]
        lines = [fit(pieces, width, " " if width < 41 else "  ")]
        return [*lines, [(" " + legend(state, palette, self._lake.cell), palette.faint)]][:height]
