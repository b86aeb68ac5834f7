"""The strip of a guide: its text, and the keys that go on, answer, and leave."""

from typing import NamedTuple

from rich.style import Style

from lakeppo.i18n import _
from lakeppo.tui.drawing.lines import Line, fit, length, spread, wrapped
from lakeppo.tui.panels.base import Panel
from lakeppo.tui.state import AppState, GuideView

LETTERS = "ABC"
"""The keys of the choices."""


class GuideModel(NamedTuple):
    view: GuideView
    on: str  # the names of the keys that go on and leave
    leave: str


class GuideStrip(Panel[GuideModel]):
    """The text after its heading, the choices where there are any, and a line of keys; each key can be clicked."""

    throttled = False

    def model(self, state: AppState) -> GuideModel | None:
        return None if state.guide is None else GuideModel(state.guide, state.key("toggle"), state.key("back"))

    def lines_needed(self, width: int) -> int:
        model = self._model
        return 0 if model is None else len(self._text(model, width)) + len(self._keys(model, width))

    def body(self, model: GuideModel, width: int, height: int) -> list[Line]:
        keys = self._keys(model, width)[:height]
        return [*self._text(model, width)[: height - len(keys)], *keys]

    def _text(self, model: GuideModel, width: int) -> list[Line]:
        head, style = model.view.head, self.palette.normal
        first, *more = wrapped(f"{head}  {model.view.text}", width - 2)
        return [
            [(" ", style), (head, self.palette.inverse), (first[len(head) :], style)],
            *([(" ", style), (line, style)] for line in more),
        ]

    def _keys(self, model: GuideModel, width: int) -> list[Line]:
        """Return the choices and the keys: on one line if there is room, else a line for each choice."""
        view = model.view
        choices = [self._key(LETTERS[i], words, f"choose({i})") for i, words in enumerate(view.choices)]
        on = [self._key(f"▸ {model.on}", view.go, "go_on")] if view.go else []
        keys = [*on, self._key(model.leave, _("leave {guide}").format(guide=view.name), "leave_guide")]
        if sum(length(piece) + 2 for piece in (*choices, *keys)) <= width:
            keys, choices = [*choices, *keys], []
        line, place = fit(keys, width), [(f"{view.place} ", self.palette.faint)]
        if length([*line, *place]) < width:
            line = spread(line, place, width, self.palette.normal)
        return [*choices, line]

    def _key(self, key: str, words: str, action: str) -> Line:
        click = Style(meta={"@click": f"screen.{action}"})
        return [(f" {key}", self.palette.strong + click), (f"  {words}", click)]
