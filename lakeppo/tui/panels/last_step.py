"""The lines under the lake: the last step, and the legend of the view."""

from dataclasses import dataclass

from lakeppo.tui.drawing.lines import Line, fit
from lakeppo.tui.drawing.tiles import Size
from lakeppo.tui.panels.base import Model, Panel
from lakeppo.tui.panels.lake import Lake
from lakeppo.tui.state import AppState, LakeView
from lakeppo.tui.text.formatting import ending_words, step_words
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
"""The legends of the views for tiles of several lines, of one line, and of one digit."""


def legend(view: LakeView, optimal_gamma: float, palette: Palette, tile: Size) -> str:
    """Return what the lake's view draws on tiles of this size."""
    if view == "arrows":
        return _arrows_legend(palette, tile)
    legends = LEGENDS if tile.height > 1 else ONE_LINE if tile.width > 2 else ONE_DIGIT
    return legends[view].format(f"{optimal_gamma:g}")


def _arrows_legend(palette: Palette, tile: Size) -> str:
    if tile.height > 1:
        digits = "V" if tile.height > 3 else "V in tenths"
        return "numbers: percent   " + ("shade: value V" if palette.shaded else f"corner: {digits}")
    numbers = {4: ", percent", 2: ", tens of %"}.get(tile.width, "")
    return f"likeliest action{numbers}" + "   shade: V" * palette.shaded


@dataclass(frozen=True, eq=False)
class LastStepModel(Model):
    step: tuple[str, str, str]  # action, direction, and whether it slipped
    ending: str
    number: str  # of the step in its episode, or of the sample
    view: LakeView
    optimal_gamma: float
    tile: Size  # of the lake, when it was last drawn


class LastStep(Panel[LastStepModel]):
    """`meant ▾  went ▸ slipped`, and on a second line the legend of the view."""

    throttled = False

    def __init__(self, lake: Lake) -> None:
        super().__init__()
        self._lake = lake

    def model(self, state: AppState) -> LastStepModel:
        last = state.walk.last
        number = f"step {state.walk.elapsed}" if state.sampled is None else f"sample {state.sampled[1] + 1}"
        view = state.view, state.snapshot.run.optimal_gamma
        return LastStepModel(step_words(last), ending_words(last), number, *view, self._lake.cell)

    def body(self, model: LastStepModel, width: int, height: int) -> list[Line]:
        palette, (meant, went, outcome) = self.palette, model.step
        slipped = outcome == "slipped"
        orange = palette.strong + palette.orange
        labels = ("", "") if width < 15 else ("meant ", "went ")
        pieces: list[Line] = [
            [(f" {labels[0]}", palette.faint), (meant, palette.strong)],
            [(labels[1], palette.faint), (went, orange if slipped else palette.strong)],
            [(outcome, orange if slipped else palette.faint)] if outcome else [],
            [(model.ending, palette.strong)] if model.ending else [],
            [(model.number, palette.faint)],
        ]
        drawn = legend(model.view, model.optimal_gamma, palette, self._lake.cell)
        return [fit(pieces, width, " " if width < 41 else "  "), [(f" {drawn}", palette.faint)]][:height]
