"""The knobs in force: as many as fit on one line, or all of them."""

from itertools import chain
from typing import NamedTuple

from lakeppo.config import KNOBS
from lakeppo.tui.drawing.lines import Line, fit, shorten
from lakeppo.tui.panels.base import Panel
from lakeppo.tui.state import AppState
from lakeppo.tui.text.formatting import SHORT, value_in_force


class KnobModel(NamedTuple):
    """A knob in force, and whether it was changed since the run began."""

    name: str
    value: str
    changed: bool


class Knobs(Panel[tuple[KnobModel, ...]]):
    """One line with the most important knobs; with more lines all knobs, with their meanings if there is room."""

    def model(self, state: AppState) -> tuple[KnobModel, ...]:
        changed = {name: getattr(state.config, name) != getattr(state.origin, name) for name in KNOBS}
        return tuple(KnobModel(name, value_in_force(state, name), changed[name]) for name in KNOBS)

    def body(self, model: tuple[KnobModel, ...], width: int, height: int) -> list[Line]:
        normal, faint, strong = self.palette.normal, self.palette.faint, self.palette.strong
        if height < 2:
            knobs = {knob.name: knob for knob in model}
            short: list[Line] = [
                [(f"{text} ", faint), (knobs[name].value, strong if knobs[name].changed else normal)]
                for name, text in SHORT.items()
            ]
            return [fit([[(" KNOBS", strong)], *short], width, gap="   ")]
        title: Line = [(" KNOBS in force; p changes them   esc: all panels", strong)]
        cells = [(f" {knob.name:<18} ", f"{knob.value:<8}") for knob in model]
        rows = max(1, height - 1)
        if rows < len(cells):  # in columns
            named: list[Line] = [[(name, faint), (value, normal)] for name, value in cells]
            return [title, *(list(chain(*named[y::rows])) for y in range(rows))]
        lines: list[Line] = [title]
        for (name, value), knob in zip(cells, KNOBS.values(), strict=True):
            meaning = shorten(knob.meaning, width - len(name) - len(value))
            lines.append([(name, normal), (value, strong), (meaning, faint)])
        return lines
