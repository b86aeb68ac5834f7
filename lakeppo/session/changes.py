"""Changes to the run on screen, and the configs of runs that start over. Only the worker thread imports this."""

from dataclasses import replace

from lakeppo.config import KNOBS, Config, edited_label, make_config
from lakeppo.errors import InvalidValue, Message
from lakeppo.knob import Value
from lakeppo.presets import SLIPPERY
from lakeppo.runs.run import Run
from lakeppo.runs.timeline import Timeline
from lakeppo.session import notices
from lakeppo.session.commands import (
    ChangeRun,
    ChangeSlip,
    EditTile,
    SetKnob,
    SetSeed,
    StartOver,
    StartPreset,
    StartSeed,
)

SLIPS = sorted({*(k / 20 for k in range(21)), SLIPPERY})
"""The steps of slip: every 0.05, and 2/3."""


def change(timeline: Timeline, command: ChangeRun) -> Message | None:
    """Carry out a change that keeps the weights. Raise `InvalidValue` if it cannot be made."""
    run = timeline.run
    match command:
        case SetKnob(name, value):
            if name in KNOBS and KNOBS[name].startup_only:
                raise InvalidValue("{name} decides how a run starts: start over with it", name=name)
            return _make(timeline, name, value, notices.knob_change(name, value))
        case SetSeed(seed):
            return _make(timeline, "seed", seed, notices.knob_change("seed", seed))
        case ChangeSlip(by):
            slip = _next_slip(by, run.config.slip)
            branch = timeline.branch
            notice = _make(timeline, "slip", slip, notices.knob_change("slip", slip))
            return None if timeline.branch is branch else notice
        case EditTile(tile) if tile >= run.config.tiles:  # of a larger lake, which has made way for this one
            return None
        case EditTile(tile, letter):
            row, column = cell = divmod(tile, run.config.shape[1])
            if run.config.tile(tile) in ("S", letter):
                return notices.tile_unchanged(cell, run.config.tile(tile))
            rows = list(run.config.map_rows)
            rows[row] = rows[row][:column] + letter + rows[row][column + 1 :]
            return _make(timeline, "map_rows", tuple(rows), notices.tile_change(cell, letter))


def _make(timeline: Timeline, name: str, value: object, change: Message) -> Message:
    moment, parent = timeline.run.moment, timeline.branch
    timeline.change(name, value)
    branch = timeline.branch
    return notices.changed(change, moment, None if branch is parent else (branch.name, parent.name))


def _next_slip(by: int, slip: float) -> float:
    if by == 0:
        return 0.0 if slip > 0 else SLIPPERY
    if by < 0:
        return max((s for s in SLIPS if s < slip - 1e-9), default=0.0)
    return min((s for s in SLIPS if s > slip + 1e-9), default=1.0)


def restart_config(run: Run, command: StartOver | StartSeed | StartPreset) -> tuple[Config, int]:
    """Return the config and the seed of a run that starts over. Raise `InvalidValue` for an unknown preset."""
    config = run.config
    match command:
        case StartPreset(name):
            return make_config(name), run.seed
        case StartSeed(seed):
            return config, run.seed + 1 if seed is None else seed
        case StartOver(name, value):
            knobs: dict[str, Value] = {knob: getattr(config, knob) for knob in KNOBS} | {name: value}
            return make_config(config.preset, (config.map, config.map_rows), **knobs), run.seed


def mark_edited(config: Config, before: Config) -> Config:
    """Return `config` with its map's name marked as edited, if its rows are no longer those of `before`."""
    edited = config.map == before.map and config.map_rows != before.map_rows
    return replace(config, map=edited_label(config.map)) if edited else config


def restarted(timeline: Timeline, command: StartOver | StartSeed | StartPreset) -> Timeline:
    """Return a run that starts over, of the same kind and program. Raise `InvalidValue` if it cannot."""
    run = timeline.run
    config, seed = restart_config(run, command)
    return type(timeline)(Run(mark_edited(config, run.origin), seed, type(run.trainer)))
