"""Under the lake: what was meant and where it went, and what the drawing means."""

from lakeppo.tui.drawing.tiles import Size
from lakeppo.tui.panels.lake import Lake
from lakeppo.tui.panels.panel import Line, Panel, fit
from lakeppo.tui.state import Scene
from lakeppo.tui.text.formatting import how_it_ended, step_words
from lakeppo.tui.theme import Ink

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


def legend(scene: Scene, ink: Ink, tile: Size) -> str:
    """What the drawing means in the present view, the tiles being so large."""
    if scene.view == "arrows":
        return _arrows_legend(ink, tile)
    known = LEGENDS if tile.height > 1 else ONE_LINE if tile.width > 2 else ONE_DIGIT
    return known[scene.view].format(f"{scene.snapshot.optimal_gamma:g}" if scene.snapshot else "-")


def _arrows_legend(ink: Ink, tile: Size) -> str:
    if tile.height > 1:
        named = "V" if tile.height > 3 else "V in tenths"
        return "numbers: percent   " + ("shade: value V" if ink.shaded else f"corner: {named}")
    numbers = {4: ", percent", 2: ", tens of %"}.get(tile.width, "")
    return f"likeliest action{numbers}" + "   shade: V" * ink.shaded


class Steps(Panel):
    """`meant ▾  went ▸ slipped`, always; where there is a second line, the legend of the view."""

    calm = False

    def __init__(self, lake: Lake) -> None:
        super().__init__()
        self._lake = lake

    def looks_at(self, scene: Scene) -> tuple[object, ...]:
        walk, tile = scene.walk, self._lake.cell
        return (walk.last, walk.elapsed, scene.sample, scene.view, scene.demo is None, scene.config.gamma, tile)

    def body(self, scene: Scene, width: int, height: int) -> list[Line]:
        ink, last = self.ink, scene.walk.last
        meant, went, how = step_words(last)
        slipped = ink.strong + ink.orange if how == "slipped" else ink.faint
        meaning = ("", "") if width < 15 else ("meant ", "went ")
        pieces: list[Line] = [
            [(f" {meaning[0]}", ink.faint), (meant, ink.strong)],
            [(meaning[1], ink.faint), (went, slipped if how == "slipped" else ink.strong)],
            [(how, slipped)] if how else [],
            [(ended, ink.strong)] if (ended := how_it_ended(last)) else [],
            [(f"step {scene.walk.elapsed}" if scene.sampled is None else f"sample {scene.sampled[1] + 1}", ink.faint)],
        ]
        lines = [fit(pieces, width, " " if width < 41 else "  ")]
        return [*lines, [(" " + legend(scene, ink, self._lake.cell), ink.faint)]][:height]
