"""The strip of a guide: its text and figures, and the keys that go on, answer, and leave."""

from itertools import zip_longest
from typing import NamedTuple

from rich.cells import cell_len
from rich.style import Style

from lakeppo.cells import cut, padded, wrapped
from lakeppo.i18n import _
from lakeppo.tui.drawing.dots import dot_lines
from lakeppo.tui.drawing.lines import Line, fit, length, shorten, spread
from lakeppo.tui.panels.base import Panel
from lakeppo.tui.state import AppState, GuideView

WIDEST, GAP = 110, 2
"""Columns that a table takes at most, and between its columns."""
BESIDE = 100
"""Columns from which the dots stand beside the table."""
DOTS_WIDTH, DOTS_HEIGHT = 60, 2
"""Cells for the dots of one arm, at most."""


class GuideModel(NamedTuple):
    view: GuideView
    on: str  # the names of the keys that go on and leave
    leave: str


class GuideStrip(Panel[GuideModel]):
    """The text after its heading, what figures there are, the choices, and a line of keys; each key can be clicked."""

    throttled = False

    def model(self, state: AppState) -> GuideModel | None:
        return None if state.guide is None else GuideModel(state.guide, state.key("toggle"), state.key("back"))

    def lines_needed(self, width: int) -> int:
        model = self._model
        return 0 if model is None else len(self._content(model, width)) + len(self._keys(model, width))

    def body(self, model: GuideModel, width: int, height: int) -> list[Line]:
        keys = self._keys(model, width)[-height:]
        content, room = self._content(model, width), height - len(keys)
        if len(content) > room > 0:
            *before, (text, style) = content[room - 1]
            left = width - length(before) - len(" …")
            content[room - 1 :] = [[*before, (cut(text, left), style), (" …", self.palette.strong)]]
        return [*content[:room], *keys]

    def _content(self, model: GuideModel, width: int) -> list[Line]:
        view, half = model.view, width // 2
        if width < BESIDE or not (view.rows and view.dots):
            return [*self._text(view, width), *self._table(view, width), *self._dots(view, width)]
        table, dots = self._table(view, half), self._dots(view, width - half)
        pairs = list[Line]()
        for left, right in zip_longest(table, dots, fillvalue=list[tuple[str, Style]]()):
            pairs.append([*left, (" " * (half - length(left)), self.palette.normal), *right])
        return [*self._text(view, width), *pairs]

    def _text(self, view: GuideView, width: int) -> list[Line]:
        """Return the paragraphs, the first one after the heading."""
        head, style = view.head, self.palette.normal
        paragraphs = f"{head}  {view.text}".split("\n")
        first, *more = [line for paragraph in paragraphs for line in wrapped(paragraph, width - 2) or [""]]
        return [
            [(" ", style), (head, self.palette.inverse), (first[len(head) :], style)],
            *([(" ", style), (line, style)] for line in more),
        ]

    def _table(self, view: GuideView, width: int) -> list[Line]:
        """Return the rows in columns: the names at the left, the figures at the right of theirs."""
        if not view.rows:
            return []
        room = min(width, WIDEST) - 2
        columns = len(view.rows[0])
        widths = [max(cell_len(row[column]) for row in view.rows) for column in range(columns)]
        widths[0] = min(widths[0], room - 12 * (columns - 1))
        each = (room - widths[0]) // max(1, columns - 1) - GAP
        widths[1:] = [min(one, each) for one in widths[1:]]
        lines: list[Line] = []
        for place, row in enumerate(view.rows):
            style = self.palette.strong if place == 0 else self.palette.normal
            name, *cells = (shorten(text, one) for text, one in zip(row, widths, strict=True))
            line = f" {name}{' ' * (widths[0] - cell_len(name))}"
            for text, one in zip(cells, widths[1:], strict=True):
                line += " " * (GAP + one - cell_len(text)) + text
            lines.append([(line, style)])
        return lines

    def _dots(self, view: GuideView, width: int) -> list[Line]:
        """Return the seeds of each arm as dots from 0 to 1, at the right of its label."""
        if not view.dots:
            return []
        label = min(max(cell_len(name) for name, _values in view.dots), width // 3)
        room = max(10, min(DOTS_WIDTH, width - label - 4))
        lines: list[Line] = []
        for name, values in view.dots:
            text = shorten(name, label)
            for place, line in enumerate(dot_lines(values, room, DOTS_HEIGHT)):
                shown = text if place == DOTS_HEIGHT - 1 else ""
                pad = " " * (label - cell_len(shown))
                lines.append([(f" {shown}{pad}  ", self.palette.faint), (line, self.palette.green)])
        caption = _("exact success of {count} seeds").format(count=max(len(values) for _name, values in view.dots))
        scale = [(_between("0", caption, "1", room), self.palette.faint)]
        return [*lines, [(" " * (label + 3), self.palette.faint), *scale]]

    def _keys(self, model: GuideModel, width: int) -> list[Line]:
        """Return the choices and the keys: on one line if there is room, else the choices above it."""
        view = model.view
        on = [self._key(f"▸ {model.on}", view.go, "go_on")] if view.go else []
        keys = [*on, self._key(model.leave, _("leave {guide}").format(guide=view.name), "leave_guide")]
        choices = [self._key(letter, words, f"choose('{letter}')") for letter, words in view.choices]
        if sum(length(piece) + 2 for piece in (*choices, *keys)) <= width:
            keys, lines = [*choices, *keys], list[Line]()
        else:
            lines = [line for letter, words in view.choices for line in self._choice(letter, words, width)]
        line, place = fit(keys, width), [(f"{view.place} ", self.palette.faint)]
        if length([*line, *place]) < width:
            line = spread(line, place, width, self.palette.normal)
        return [*lines, line]

    def _choice(self, letter: str, words: str, width: int) -> list[Line]:
        """Return a choice on lines of its own."""
        first, *more = wrapped(words, width - 6) or [""]
        action = f"choose('{letter}')"
        return [self._key(letter, first, action), *(self._key(" ", line, action) for line in more)]

    def _key(self, key: str, words: str, action: str) -> Line:
        click = Style(meta={"@click": f"screen.{action}"})
        return [(f" {key}", self.palette.strong + click), (f"  {words}", click)]


def _between(low: str, caption: str, high: str, width: int) -> str:
    """Return the ends of a scale with its caption in the middle, where that has room."""
    room = width - len(low) - len(high)
    if cell_len(caption) + 2 > room:
        caption = ""
    before = (room - cell_len(caption)) // 2
    return low + " " * before + padded(caption, room - before) + high
