"""The panel that says why: as many of the moment's sentences as fit, the first one strong."""

from lakeppo.tui.panels.panel import Line, Panel, wrapped
from lakeppo.tui.state import Scene
from lakeppo.tui.text.explanations import why


class Why(Panel):
    """The sentences of the present moment."""

    def looks_at(self, scene: Scene) -> tuple[object, ...]:
        return tuple(why(scene))

    def heading(self, scene: Scene) -> str:
        return "WHY"

    def body(self, scene: Scene, width: int, height: int) -> list[Line]:
        lines: list[Line] = []
        for sentence in why(scene):
            style = self.ink.normal if lines else self.ink.strong
            more: list[Line] = [[(line, style)] for line in wrapped(sentence, width, "  ")]
            if len(lines) + len(more) <= height:
                lines += more
        return lines
