"""Changing a run from its screen: the ice by a key, a tile of the map, any knob by its name, the seed."""

from dataclasses import replace

from lakeppo.config import KNOBS, SLIPPERY, Config, edited_label, find_knob, make_config
from lakeppo.errors import InvalidValue
from lakeppo.knob import Value, parse_seed
from lakeppo.runs.run import Run
from lakeppo.runs.timeline import Timeline
from lakeppo.session.channel import Command
from lakeppo.wording import short_moment

SLIPS = sorted({*(k / 20 for k in range(21)), SLIPPERY})
ICE = ("slip_switch", "slip_down", "slip_up")


TILES = {"F": "ice", "H": "a hole", "G": "a goal"}
"""What a tile can be made, by its letter on the map."""


def is_change(command: Command) -> bool:
    return command in ICE or command.startswith(("set:", "tile:"))


def is_new_start(command: Command) -> bool:
    return command.startswith(("over:", "preset:"))


def change(timeline: Timeline, command: Command) -> str | None:
    """Carry out a change that keeps the weights; return a line about it, or None. Raises `InvalidValue`."""
    name, value, said = _chosen(timeline.run, command)
    if name in KNOBS and KNOBS[name].startup_only:
        raise InvalidValue("{name} decides how a run starts: start over with it", name=name)
    branch, where = timeline.branch, short_moment(timeline.run.moment)
    timeline.change(name, value)
    if timeline.branch is not branch:
        return f"branch {timeline.branch.name} leaves {branch.name} at {where}: {said}; c compares"
    return f"from {where} on: {said}" if command not in ICE else None


def _chosen(run: Run, command: Command) -> tuple[str, object, str]:
    """What is changed, its new value, and what to say of it."""
    if command.startswith("tile:"):
        rows, said = _edited(run, command.removeprefix("tile:"))
        return "map_rows", rows, said
    slip = ("slip", _slip(command, run.config.slip))
    name, value = slip if command in ICE else _parsed(command.removeprefix("set:"))
    if name == "seed":
        return name, value, f"all chance comes from seed {value}"
    return name, value, f"{name} is {KNOBS[name].show(value)}"


def _edited(run: Run, text: str) -> tuple[tuple[str, ...], str]:
    """The map with one tile made another (`STATE=H`), and what to say of it; whether it is a lake, the run checks."""
    at, letter = text.split("=")
    state, columns = int(at), run.config.shape[1]
    cell = "({},{})".format(*divmod(state, columns))
    if run.config.tile(state) == "S":
        raise InvalidValue("the walk starts on {tile}: that tile stays as it is", tile=cell)
    if run.config.tile(state) == letter:
        raise InvalidValue("{tile} is {kind} already", tile=cell, kind=TILES[letter])
    tiles = "".join(run.config.map_rows)
    tiles = tiles[:state] + letter + tiles[state + 1 :]
    rows = tuple(tiles[first : first + columns] for first in range(0, len(tiles), columns))
    return rows, f"{cell} is {TILES[letter]}"


def _slip(command: Command, slip: float) -> float:
    if command == "slip_switch":
        return 0.0 if slip > 0 else SLIPPERY
    if command == "slip_down":
        return max((s for s in SLIPS if s < slip - 1e-9), default=0.0)
    return min((s for s in SLIPS if s > slip + 1e-9), default=1.0)


def begun_anew(run: Run, command: Command) -> tuple[Config, int]:
    """Config and seed of a run that starts over with a knob or the seed (`over:NAME=VALUE`) or a preset changed."""
    config = run.config
    if command.startswith("preset:"):
        return make_config(command.removeprefix("preset:")), run.seed
    name, value = _parsed(command.removeprefix("over:"))
    if name == "seed":
        assert isinstance(value, int)
        return config, value
    changed: dict[str, Value] = {knob: getattr(config, knob) for knob in KNOBS} | {name: value}
    return make_config(config.preset, (config.map, config.map_rows), **changed), run.seed


def named(config: Config, before: Config) -> Config:
    """`config` for a new run, with its lake called edited if it is no longer the one `before` began with."""
    edited = config.map == before.map and config.map_rows != before.map_rows
    return replace(config, map=edited_label(config.map)) if edited else config


def _parsed(text: str) -> tuple[str, Value]:
    name, _, value = text.partition("=")
    if name == "seed":
        return name, parse_seed(value)
    return name, find_knob(name).parse(value)
