"""The batch on screen: every transition in a row of its own, and the selected one's advantage unfolded below.

Not Textual's DataTable: filling one with 2048 rows takes it 0.8 s, and while a run plays the batch is a new one
several times a second. Here only the rows in view are drawn.
"""

from itertools import accumulate
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rich.style import Style
from textual.events import Click, MouseScrollDown, MouseScrollUp
from textual.message import Message

from lakeppo.lake.actions import ARROWS
from lakeppo.session.snapshot import Sheet
from lakeppo.tui.drawing.lines import Line, length
from lakeppo.tui.panels.base import Panel
from lakeppo.tui.state import AppState
from lakeppo.tui.text.formatting import figure, signed
from lakeppo.tui.text.sample import (
    FIXED,
    Field,
    Term,
    cell_words,
    delta_words,
    ending,
    fields,
    order,
    unfold,
    why,
)

LEFT_ALIGNED = ("state", "action", "went", "group")
WHEEL = 3
"""Rows a notch of the wheel goes."""


def sheet_of(state: AppState) -> Sheet | None:
    return state.snapshot.sheet if state.snapshot else None


class BatchTable(Panel[Any]):
    """The rows that pass the filters, the selected one always in view."""

    throttled = False

    class Picked(Message):
        """A row was clicked, or gone to with the wheel."""

        def __init__(self, position: int) -> None:
            super().__init__()
            self.position = position

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.skipped = 0  # columns scrolled out at the left
        self._first = 0  # the row at the top
        self._position = 0  # where the selected row was last seen
        self._listed: tuple[object, NDArray[np.intp]] | None = None

    def looks_at(self, state: AppState) -> tuple[object, ...]:
        return (id(sheet_of(state)), state.table_filter, state.sample, state.config)

    def listed(self, state: AppState) -> NDArray[np.intp]:
        """The rows shown, in their order."""
        sheet = sheet_of(state)
        if sheet is None:
            return np.zeros(0, np.intp)
        key = (id(sheet), state.table_filter)
        if self._listed is None or self._listed[0] != key:
            self._listed = (key, order(sheet, state.table_filter))
        return self._listed[1]

    def position(self, state: AppState) -> int:
        """Where the selected row stands; where it is filtered out, the place it left."""
        listed = self.listed(state)
        found = np.flatnonzero(listed == (state.sample or 0))
        self._position = int(found[0]) if len(found) else max(0, min(self._position, len(listed) - 1))
        return self._position

    def title(self, state: AppState) -> str:
        sheet, table_filter = sheet_of(state), state.table_filter
        if sheet is None:
            return " THE BATCH, row by row: it is being read"
        shown, size = len(self.listed(state)), len(sheet["t"])
        by = next((field.title for field in fields(state.config) if field.name == table_filter.sort), "t")
        words = [
            f" BATCH  {shown} of {size} rows",
            f"by {by}{', largest first' if table_filter.down else ''}",
            *([f"group {table_filter.group}"] if table_filter.group else []),
            *([table_filter.sign] if table_filter.sign else []),
            *([f"cell {cell_words(table_filter.cell, state.config)}"] if table_filter.cell is not None else []),
        ]
        if self.skipped or len(self._columns(state, self.size.width)) < len(fields(state.config)):
            words.append("left, right: more columns")
        return "   ".join(words)

    def body(self, state: AppState, width: int, height: int) -> list[Line]:
        sheet = sheet_of(state)
        if sheet is None:
            return []
        listed, room = self.listed(state), max(1, height - 1)
        at = self.position(state)
        self._first = max(0, min(self._first, len(listed) - room, at), at - room + 1)
        columns = self._columns(state, width)
        lines = [self._titles(state, columns)]
        for position, t in enumerate(listed[self._first : self._first + room].tolist(), start=self._first):
            line = self._row(state, sheet, t, columns, width)
            line = _cut(line, width)
            lines.append(_selected(line, width, self.palette.inverse) if position == at else line)
        if not len(listed):
            said = (
                "no row like that in this batch; esc shows all rows"
                if len(sheet["t"])
                else "no step has been walked yet; . walks one"
            )
            lines.append([(f"  {said}", self.palette.faint)])
        return lines

    def _columns(self, state: AppState, width: int) -> tuple[Field, ...]:
        """The columns that fit whole."""
        every = fields(state.config)
        self.skipped = max(0, min(self.skipped, len(every) - FIXED - 1))
        chosen = every[:FIXED] + every[FIXED + self.skipped :]
        ends = accumulate(field.width + 1 for field in chosen)
        return tuple(field for field, end in zip(chosen, ends, strict=True) if end <= width)

    def _titles(self, state: AppState, columns: tuple[Field, ...]) -> Line:
        line: Line = []
        for field in columns:
            style = (
                self.palette.strong + Style(underline=True)
                if field.name == state.table_filter.sort
                else self.palette.faint
            )
            click = Style(meta={"@click": f"screen.sort('{field.name}')"})
            before, after = _aligned(field.title, field).split(field.title)
            line += [(f" {before}", self.palette.normal), (field.title, style + click), (after, self.palette.normal)]
        return [*line, (" why", self.palette.faint)] if self._whole(columns) else line

    def _row(self, state: AppState, sheet: Sheet, t: int, columns: tuple[Field, ...], width: int) -> Line:
        line: Line = []
        for field in columns:
            known = field.name in sheet
            text = field.draw(sheet, t, state.config) if known else ""
            line += [(" ", self.palette.normal), (_aligned(text, field), self._style(field.name, text))]
        said = f" {why(sheet, t)}" if self._whole(columns) else ""
        if length(line) + len(said) > width:
            said = said.partition(";")[0]  # what its end means stands in V' and below the table too
        return [*line, (said, self.palette.normal)]

    def _whole(self, columns: tuple[Field, ...]) -> bool:
        """Whether the last column is in view, so that what is said of a row can stand after it."""
        return columns[-1].name == "group"

    def _style(self, name: str, text: str) -> Style:
        if name in ("delta", "advantage", "weight"):
            return self.palette.blue if text.startswith("+") else self.palette.orange
        if text == "stopped":
            return self.palette.strong
        return self.palette.faint if text == "inside" else self.palette.normal

    def on_click(self, event: Click) -> None:
        """Select the row."""
        if event.y >= 2 and self.state is not None:
            self.post_message(self.Picked(self._first + event.y - 2))

    def on_mouse_scroll_down(self, event: MouseScrollDown) -> None:
        self.post_message(self.Picked(self._position + WHEEL))

    def on_mouse_scroll_up(self, event: MouseScrollUp) -> None:
        self.post_message(self.Picked(self._position - WHEEL))


class SampleDetail(Panel[Any]):
    """The selected row: why it pushes or not, its δ worked out, and its advantage as the sum it is."""

    throttled = False

    def looks_at(self, state: AppState) -> tuple[object, ...]:
        return (id(sheet_of(state)), state.sample, state.config)

    def title(self, state: AppState) -> str:
        if state.sampled is None:
            return ""
        sheet, t = state.sampled
        action, went = int(sheet["action"][t]), int(sheet["went"][t])
        cells = " to ".join(cell_words(int(sheet[name][t]), state.config) for name in ("state", "next_state"))
        slipped = "" if action == went else ", slipped"
        return f" t {t}, sample {t + 1}   {cells}   meant {ARROWS[action]} went {ARROWS[went]}{slipped}"

    def body(self, state: AppState, width: int, height: int) -> list[Line]:
        if state.sampled is None:
            return []
        sheet, t = state.sampled
        lines: list[Line] = [[(f" {why(sheet, t)}", self.palette.blue)]]
        if "delta" not in sheet:
            return lines
        terms = unfold(sheet, t)
        lines.append([(f" {delta_words(sheet, t)}", self.palette.normal)])
        lines.append([(f" {'k':>4}{'t':>7}{'(γλ)^k':>10}{'δ':>10}{'(γλ)^k δ':>11}{'sum':>10}", self.palette.faint)])
        lines += self._terms(terms, max(1, height - len(lines) - 1))
        return [*lines, self._total(sheet, t, terms)]

    def _terms(self, terms: list[Term], room: int) -> list[Line]:
        if len(terms) <= room:
            return [self._term(term) for term in terms]
        head = terms[: max(0, room - 2)]
        hidden = terms[len(head) : -1]
        together = sum(term.product for term in hidden)
        between: Line = [(f"     ... {len(hidden)} more, together {signed(together, 4)}", self.palette.faint)]
        return [*(self._term(term) for term in head), between, self._term(terms[-1])][-room:]

    def _term(self, term: Term) -> Line:
        signs = [f"{signed(value, 4):>{width}}" for value, width in ((term.delta, 10), (term.product, 11))]
        return [
            (f" {term.k:>4}{term.t:>7}{figure(term.weight, 4):>10}{signs[0]}", self.palette.normal),
            (signs[1], self.palette.blue if "+" in signs[1] else self.palette.orange),
            (f"{signed(term.total, 4):>10}", self.palette.normal),
        ]

    def _total(self, sheet: Sheet, t: int, terms: list[Term]) -> Line:
        advantage, returned = float(sheet["advantage"][t]), float(sheet["return"][t])
        return [
            (f" A = {signed(advantage, 4)}", self.palette.strong),
            (f"   the trace ends {ending(sheet, terms[-1].t)}", self.palette.normal),
            (f"   return = A + V = {figure(returned, 4)}", self.palette.faint),
        ]


def _aligned(text: str, field: Field) -> str:
    text = text[: field.width]
    return text.ljust(field.width) if field.name in LEFT_ALIGNED else text.rjust(field.width)


def _cut(line: Line, width: int) -> Line:
    """The line, its end marked where it is cut off."""
    over = length(line) - width
    text, style = line[-1]
    return line if over <= 0 or over + 1 >= len(text) else [*line[:-1], (f"{text[: -over - 1]}…", style)]


def _selected(line: Line, width: int, style: Style) -> Line:
    """The line in one style to the panel's end."""
    return [("".join(text for text, _ in line).ljust(width), style)]
