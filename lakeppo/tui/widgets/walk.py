"""Under the lake: what was meant and where it went, and what the drawing means."""

from lakeppo.tui.palette import Ink
from lakeppo.tui.scene import Scene
from lakeppo.tui.widgets.panel import Line, Panel, fit
from lakeppo.tui.words import how_it_ended, step_words

LEGENDS = {
    "arrows": "numbers: percent   {} V",
    "values": "V the critic's guess, true V exact",
    "value error": "V - true V: orange too high, blue low",
    "visits": "how often the batch acted on the tile",
    "old and new": "change of the likeliest action: + -",
    "optimal": "best at γ {}; inverse: actor differs",
}


def legend(scene: Scene, ink: Ink) -> str:
    """What the drawing means in the present view."""
    if scene.view == "optimal":
        return LEGENDS[scene.view].format(f"{scene.snapshot.optimal_gamma:g}" if scene.snapshot else "-")
    return LEGENDS[scene.view].format("shade" if ink.shaded else "digit 10")


class Steps(Panel):
    """`meant ▾  went ▸ slipped`, always; where there is a second line, the legend of the view."""

    calm = False

    def looks_at(self, scene: Scene) -> tuple[object, ...]:
        return (scene.walk.last, scene.walk.elapsed, scene.sample, scene.view, scene.demo is None, scene.config.gamma)

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
        return [*lines, [(" " + legend(scene, ink), ink.faint)]][:height]
