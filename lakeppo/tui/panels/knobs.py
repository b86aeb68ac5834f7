"""The knobs in force, on one line."""

from rich.style import Style

from lakeppo.config import KNOBS, Config
from lakeppo.tui.panels.panel import Line, Panel, fit, shorten
from lakeppo.tui.state import Scene
from lakeppo.tui.text.formatting import SHORT


class Knobs(Panel):
    """One line with as many knobs as fit."""

    def looks_at(self, scene: Scene) -> tuple[object, ...]:
        return (scene.config, scene.origin, scene.moment.update)

    def body(self, scene: Scene, width: int, height: int) -> list[Line]:
        ink = self.ink
        heading: list[Line] = [[(" KNOBS", ink.strong)]]
        env_steps = scene.snapshot.env_steps if scene.snapshot else 0
        if height > 1:
            return self._all(scene, env_steps, width, height)
        return [fit(heading + [self._knob(scene, name, env_steps) for name in SHORT], width, gap="   ")]

    def _all(self, scene: Scene, env_steps: int, width: int, height: int) -> list[Line]:
        """Every knob: one a line with its meaning where there is room, else in columns."""
        lines: list[Line] = [[(" KNOBS in force; p changes them   esc: all panels", self.ink.strong)]]
        rows = max(1, height - 1)
        named = [(f" {name:<18} ", f"{knob_value(scene.config, name, env_steps):<8}") for name in KNOBS]
        if rows < len(named):
            columns = [named[first : first + rows] for first in range(0, len(named), rows)]
            for y in range(rows):
                cells = [column[y] for column in columns if y < len(column)]
                lines.append(
                    [piece for name, value in cells for piece in ((name, self.ink.faint), (value, Style.null()))]
                )
            return lines
        for (name, value), knob in zip(named, KNOBS.values(), strict=True):
            said = shorten(knob.meaning, width - len(name) - len(value))
            lines.append([(name, self.ink.normal), (value, self.ink.strong), (said, self.ink.faint)])
        return lines

    def _knob(self, scene: Scene, name: str, env_steps: int) -> Line:
        value = knob_value(scene.config, name, env_steps)
        changed = getattr(scene.config, name) != getattr(scene.origin, name)
        return [(f"{SHORT[name]} ", self.ink.faint), (value, self.ink.strong if changed else self.ink.normal)]


def knob_value(config: Config, name: str, env_steps: int) -> str:
    """A knob's value in force, schedules included."""
    if name in ("learning_rate", "ent_coef"):
        return KNOBS[name].show(config.annealed(name, env_steps))  # type: ignore[arg-type]  # checked the line before
    return KNOBS[name].show(getattr(config, name))
