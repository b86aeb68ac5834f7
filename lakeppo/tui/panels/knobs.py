"""The knobs in force: as many as fit on one line, or all of them."""

from functools import lru_cache
from itertools import chain
from typing import NamedTuple

from rich.style import Style

from lakeppo.config import KNOBS
from lakeppo.i18n import N_, _
from lakeppo.tui.drawing.lines import Line, fit, shorten
from lakeppo.tui.panels.base import Panel
from lakeppo.tui.state import AppState
from lakeppo.tui.text.formatting import SHORT, value_in_force


class KnobModel(NamedTuple):
    """A knob in force, and whether it was changed since the run began."""

    name: str
    value: str
    changed: bool


class KnobsModel(NamedTuple):
    title: str  # over all knobs
    knobs: list[KnobModel]


class Knobs(Panel[KnobsModel]):
    """One line with the most important knobs; with more lines all knobs, with their meanings if there is room."""

    about = N_("the knobs in force, those in bold changed since the run began; a click on one opens it")

    def model(self, state: AppState) -> KnobsModel:
        title = " " + _("KNOBS in force; {knobs} changes them   {back}: all panels").format(**state.keys)
        run, origin = state.snapshot.run, state.origin
        changed = (getattr(run.config, name) != getattr(origin, name) for name in KNOBS)
        values = (value_in_force(run, name) for name in KNOBS)
        return KnobsModel(title, list(map(KnobModel, KNOBS, values, changed)))

    def body(self, model: KnobsModel, width: int, height: int) -> list[Line]:
        normal, faint, strong = self.palette.normal, self.palette.faint, self.palette.strong
        if height < 2:
            knobs = {knob.name: knob for knob in model.knobs}
            short: list[Line] = [
                [
                    (f"{text} ", faint + _opens(name)),
                    (knobs[name].value, (strong if knobs[name].changed else normal) + _opens(name)),
                ]
                for name, text in SHORT.items()
            ]
            return [fit([[(" " + _("KNOBS"), strong)], *short], width, gap="   ")]
        title: Line = [(model.title, strong)]
        cells = [(f" {knob.name:<18} ", f"{knob.value:<8}") for knob in model.knobs]
        rows = max(1, height - 1)
        if rows < len(cells):  # in columns
            named: list[Line] = [[(name, faint), (value, normal)] for name, value in cells]
            return [title, *(list(chain(*named[y::rows])) for y in range(rows))]
        lines: list[Line] = [title]
        for (name, value), knob in zip(cells, KNOBS.values(), strict=True):
            meaning = shorten(_(knob.meaning), width - len(name) - len(value))
            lines.append([(name, normal), (value, strong), (meaning, faint)])
        return lines


@lru_cache(maxsize=64)
def _opens(name: str) -> Style:
    """Return the style of a knob: its tooltip, and a click that opens it."""
    return Style(meta={"word": name, "@click": f"screen.knobs('{name}')"})
