"""The knobs in force, on one line."""

from typing import Any

from rich.style import Style

from lakeppo.config import KNOBS, Config
from lakeppo.tui.drawing.lines import Line, fit, shorten
from lakeppo.tui.panels.base import Panel
from lakeppo.tui.state import AppState
from lakeppo.tui.text.formatting import SHORT


class Knobs(Panel[Any]):
    """One line with as many knobs as fit."""

    def looks_at(self, state: AppState) -> tuple[object, ...]:
        return (state.config, state.origin, state.moment.update)

    def body(self, state: AppState, width: int, height: int) -> list[Line]:
        palette = self.palette
        title: list[Line] = [[(" KNOBS", palette.strong)]]
        env_steps = state.snapshot.env_steps if state.snapshot else 0
        if height > 1:
            return self._all(state, env_steps, width, height)
        return [fit(title + [self._knob(state, name, env_steps) for name in SHORT], width, gap="   ")]

    def _all(self, state: AppState, env_steps: int, width: int, height: int) -> list[Line]:
        """Every knob: one a line with its meaning where there is room, else in columns."""
        lines: list[Line] = [[(" KNOBS in force; p changes them   esc: all panels", self.palette.strong)]]
        rows = max(1, height - 1)
        named = [(f" {name:<18} ", f"{knob_value(state.config, name, env_steps):<8}") for name in KNOBS]
        if rows < len(named):
            columns = [named[first : first + rows] for first in range(0, len(named), rows)]
            for y in range(rows):
                cells = [column[y] for column in columns if y < len(column)]
                lines.append(
                    [piece for name, value in cells for piece in ((name, self.palette.faint), (value, Style.null()))]
                )
            return lines
        for (name, value), knob in zip(named, KNOBS.values(), strict=True):
            said = shorten(knob.meaning, width - len(name) - len(value))
            lines.append([(name, self.palette.normal), (value, self.palette.strong), (said, self.palette.faint)])
        return lines

    def _knob(self, state: AppState, name: str, env_steps: int) -> Line:
        value = knob_value(state.config, name, env_steps)
        changed = getattr(state.config, name) != getattr(state.origin, name)
        return [
            (f"{SHORT[name]} ", self.palette.faint),
            (value, self.palette.strong if changed else self.palette.normal),
        ]


def knob_value(config: Config, name: str, env_steps: int) -> str:
    """A knob's value in force, schedules included."""
    if name in ("learning_rate", "ent_coef"):
        return KNOBS[name].show(config.annealed(name, env_steps))  # type: ignore[arg-type]  # checked the line before
    return KNOBS[name].show(getattr(config, name))
