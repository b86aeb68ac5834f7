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
    """The text, the choices where there are any, and a line of keys; each key can be clicked."""

    throttled = False

    def model(self, state: AppState) -> GuideModel | None:
        return None if state.guide is None else GuideModel(state.guide, state.key("toggle"), state.key("back"))

    def title(self, model: GuideModel) -> str:
        return f"{model.view.place} {model.view.head}" if self.gutter.height else ""

    def lines_needed(self, width: int, border: int) -> int:
        """Return the lines that it takes in `width` columns, those of a border of `border` cells included."""
        if self._model is None:
            return 0
        inner, bordered = width - 2 * border, border > 0
        text, keys = self._text(self._model, inner, bordered), self._keys(self._model, inner, bordered)
        return len(text) + len(keys) + 2 * border

    def body(self, model: GuideModel, width: int, height: int) -> list[Line]:
        bordered = self.gutter.height > 0
        keys = self._keys(model, width, bordered)[:height]
        return [*self._text(model, width, bordered)[: height - len(keys)], *keys]

    def _text(self, model: GuideModel, width: int, bordered: bool) -> list[Line]:
        """Return the text, after the heading where no border has it."""
        palette, head = self.palette, "" if bordered else f"{model.view.head}  "
        first, *more = wrapped(f"{head}{model.view.text}", width - 2) or [""]
        style = palette.normal
        return [
            [(" ", style), (first[: len(head)], palette.inverse if head else style), (first[len(head) :], style)],
            *([(" ", style), (line, style)] for line in more),
        ]

    def _keys(self, model: GuideModel, width: int, bordered: bool) -> list[Line]:
        """Return the choices and the keys: on one line if there is room, else a line for each choice."""
        view = model.view
        choices = [self._key(LETTERS[i], words, f"choose({i})") for i, words in enumerate(view.choices)]
        on = [self._key(f"▸ {model.on}", view.go, "go_on")] if view.go else []
        place: Line = [] if bordered else [(f"{view.place} ", self.palette.faint)]
        rest = [*on, self._key(model.leave, _("leave {guide}").format(guide=view.name), "leave_guide")]
        if sum(length(piece) + 2 for piece in (*choices, *rest)) <= width:
            return [_placed([*choices, *rest], place, width)]
        return [*choices, _placed(rest, place, width)]

    def _key(self, key: str, words: str, action: str) -> Line:
        click = Style(meta={"@click": f"screen.{action}"})
        return [(f" {key}", self.palette.strong + self.palette.orange + click), (f"  {words}", click)]


def _placed(pieces: list[Line], place: Line, width: int) -> Line:
    """Return a line of keys, with the place of the page at its right end if there is room."""
    keys = fit(pieces, width)
    return spread(keys, place, width, Style.null()) if place and length([*keys, *place]) < width else keys
