"""The knobs in force: as many as fit on one line, or all of them."""

from dataclasses import dataclass
from itertools import chain
from typing import NamedTuple

from lakeppo.config import KNOBS, Config
from lakeppo.tui.drawing.lines import Line, fit, shorten
from lakeppo.tui.panels.base import Model, Panel
from lakeppo.tui.state import AppState
from lakeppo.tui.text.formatting import SHORT


class KnobValue(NamedTuple):
    text: str
    changed: bool


@dataclass(frozen=True, eq=False)
class KnobsModel(Model):
    knobs: dict[str, KnobValue]


class Knobs(Panel[KnobsModel]):
    """One line with the most important knobs; with more lines all knobs, with their meanings if there is room."""

    def model(self, state: AppState) -> KnobsModel:
        config, origin = state.config, state.origin
        changed = {name: getattr(config, name) != getattr(origin, name) for name in KNOBS}
        return KnobsModel({name: KnobValue(value_in_force(state, name), changed[name]) for name in KNOBS})

    def body(self, model: KnobsModel, width: int, height: int) -> list[Line]:
        palette = self.palette
        if height > 1:
            title: Line = [(" KNOBS in force; p changes them   esc: all panels", palette.strong)]
            return [title, *self._all(model, width, height - 1)]
        pieces: list[Line] = [[(" KNOBS", palette.strong)]]
        for name, short in SHORT.items():
            value, changed = model.knobs[name]
            pieces.append([(f"{short} ", palette.faint), (value, palette.strong if changed else palette.normal)])
        return [fit(pieces, width, gap="   ")]

    def _all(self, model: KnobsModel, width: int, height: int) -> list[Line]:
        palette = self.palette
        cells = [(f" {name:<18} ", f"{value.text:<8}") for name, value in model.knobs.items()]
        if height < len(cells):  # in columns
            named: list[Line] = [[(name, palette.faint), (value, palette.normal)] for name, value in cells]
            return [list(chain(*named[y::height])) for y in range(height)]
        return [
            [
                (name, palette.normal),
                (value, palette.strong),
                (shorten(knob.meaning, width - len(name) - len(value)), palette.faint),
            ]
            for (name, value), knob in zip(cells, KNOBS.values(), strict=True)
        ]


def value_in_force(state: AppState, name: str) -> str:
    """Return a knob's value in force, schedules included."""
    return knob_value(state.config, name, state.snapshot.env_steps if state.snapshot else 0)


def knob_value(config: Config, name: str, env_steps: int) -> str:
    """Return a knob's value after `env_steps` environment steps, schedules included."""
    if name in ("learning_rate", "ent_coef"):
        return KNOBS[name].show(config.annealed(name, env_steps))  # type: ignore[arg-type]  # one of the two
    return KNOBS[name].show(getattr(config, name))
