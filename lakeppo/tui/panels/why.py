"""WHY: the sentences that explain the present moment."""

from dataclasses import dataclass

from lakeppo.tui.drawing.lines import Line, wrapped
from lakeppo.tui.panels.base import Model, Panel
from lakeppo.tui.state import AppState
from lakeppo.tui.text.explanations import explain


@dataclass(frozen=True, eq=False)
class WhyModel(Model):
    sentences: list[str]


class Why(Panel[WhyModel]):
    """As many sentences as fit, each of them whole; the first one bold."""

    def model(self, state: AppState) -> WhyModel:
        return WhyModel(explain(state))

    def title(self, model: WhyModel) -> str:
        return "WHY"

    def body(self, model: WhyModel, width: int, height: int) -> list[Line]:
        lines: list[Line] = []
        for sentence in model.sentences:
            style = self.palette.normal if lines else self.palette.strong
            more: list[Line] = [[(line, style)] for line in wrapped(sentence, width, "  ")]
            if len(lines) + len(more) <= height:
                lines += more
        return lines
