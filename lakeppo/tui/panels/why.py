"""WHY: the sentences that explain the present moment."""

from lakeppo.tui.drawing.lines import Line, wrapped
from lakeppo.tui.panels.base import Panel
from lakeppo.tui.state import AppState
from lakeppo.tui.text.explanations import explain


class Why(Panel[tuple[str, ...]]):
    """As many sentences as fit, each of them whole; the first one bold."""

    def model(self, state: AppState) -> tuple[str, ...]:
        return tuple(explain(state))

    def title(self, model: tuple[str, ...]) -> str:
        return "WHY"

    def body(self, model: tuple[str, ...], width: int, height: int) -> list[Line]:
        lines: list[Line] = []
        for sentence in model:
            style = self.palette.normal if lines else self.palette.strong
            more: list[Line] = [[(line, style)] for line in wrapped(sentence, width, "  ")]
            if len(lines) + len(more) <= height:
                lines += more
        return lines
