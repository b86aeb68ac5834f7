"""The panel that says why: as many of the moment's sentences as fit, the first one strong."""

from typing import Any

from lakeppo.tui.drawing.lines import Line, wrapped
from lakeppo.tui.panels.base import Panel
from lakeppo.tui.state import AppState
from lakeppo.tui.text.explanations import why


class Why(Panel[Any]):
    """The sentences of the present moment."""

    def looks_at(self, state: AppState) -> tuple[object, ...]:
        return tuple(why(state))

    def title(self, state: AppState) -> str:
        return "WHY"

    def body(self, state: AppState, width: int, height: int) -> list[Line]:
        lines: list[Line] = []
        for sentence in why(state):
            style = self.palette.normal if lines else self.palette.strong
            more: list[Line] = [[(line, style)] for line in wrapped(sentence, width, "  ")]
            if len(lines) + len(more) <= height:
                lines += more
        return lines
