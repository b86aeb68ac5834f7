"""Changing a run from its screen: the ice by a key, any knob by its name and value."""

from lakeppo.config import KNOBS, PRESETS, SLIPPERY, BadValue, Config, Value, make_config
from lakeppo.core.run import STARTING
from lakeppo.core.timeline import Timeline
from lakeppo.tui.post import Command

SLIPS = sorted({*(k / 20 for k in range(21)), SLIPPERY})
ICE = ("slip_switch", "slip_down", "slip_up")


def is_change(command: Command) -> bool:
    return command in ICE or command.startswith("set:")


def is_new_start(command: Command) -> bool:
    return command.startswith(("over:", "preset:"))


def change(timeline: Timeline, command: Command) -> str | None:
    """Carry out a change that keeps the weights; one line about it, or None. Raises `BadValue` for what cannot be."""
    slip = timeline.run.config.slip
    chosen: tuple[str, Value] = (
        ("slip", _slip(command, slip)) if command in ICE else _parsed(command.removeprefix("set:"))
    )
    name, value = chosen
    if name in STARTING:
        raise BadValue(f"{name} decides how a run starts: start over with it")
    line = timeline.line
    timeline.change(name, value)
    said = f"{name} is {KNOBS[name].show(value)} from here"
    if timeline.line is not line:
        return f"branch {timeline.line.name} leaves {line.name} here: {said}"
    return said if command not in ICE else None


def _slip(command: Command, slip: float) -> float:
    if command == "slip_switch":
        return 0.0 if slip > 0 else SLIPPERY
    if command == "slip_down":
        return max((s for s in SLIPS if s < slip - 1e-9), default=0.0)
    return min((s for s in SLIPS if s > slip + 1e-9), default=1.0)


def begun_anew(config: Config, command: Command) -> Config:
    """The config of a run that starts over with a knob (`over:NAME=VALUE`) or a preset (`preset:NAME`) changed."""
    if command.startswith("preset:"):
        name = command.removeprefix("preset:")
        fits = name in PRESETS and PRESETS[name].map == config.map
        return make_config(name, (config.map, config.map_rows) if fits else None)
    knob, value = _parsed(command.removeprefix("over:"))
    changed: dict[str, Value] = {name: getattr(config, name) for name in KNOBS} | {knob: value}
    return make_config(config.preset, (config.map, config.map_rows), **changed)


def _parsed(text: str) -> tuple[str, Value]:
    name, _, value = text.partition("=")
    if name not in KNOBS:
        raise BadValue(f"there is no knob named {name}")
    return name, KNOBS[name].parse(value)
