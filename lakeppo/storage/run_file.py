"""Run files, in TOML: the seed and config of a run and its branches; None is the knob's word (`clip_coef = "off"`).

A file written by hand may be short: what it leaves out comes from its preset.
"""

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from lakeppo.config import KNOBS, LATER_KNOBS, Config, default_time_limit, make_config, matching_preset, refuse_alias
from lakeppo.errors import FileError, InvalidValue, MapError, Message, RunFileError, nearest
from lakeppo.files import is_archive, read_text
from lakeppo.i18n import N_
from lakeppo.knob import Value, check_seed, parse_seed
from lakeppo.lake.maps import MapRows, check_rows, clean_rows, find_map, names_other_rows
from lakeppo.moment import BEGINNING, Change, Moment, Phase
from lakeppo.runs.branch import Branch, check_caption, check_name
from lakeppo.runs.fingerprint import Fingerprint, made_elsewhere
from lakeppo.runs.history import History
from lakeppo.runs.run import Run
from lakeppo.runs.timeline import Timeline
from lakeppo.storage.fields import Allowance, check_inherited, fields, sequence, typed, whole, within
from lakeppo.storage.toml import parse_toml

FORMAT = 1
MOST = 2**20
"""Bytes of a run file that is read, in less than a second."""
LATEST = 10**12
"""The number of updates, steps or passes at a moment of a run file, at most."""
KEYS = {
    "the file": ("format", "lakeppo", "made_with", "seed", "line", "config", "lines"),
    "config": ("preset", "map", "map_rows", *KNOBS),
    "lines": ("name", "end", "parent", "left_at", "bookmarks", "changes"),
    "lines.changes": ("at", "name", "value"),
    "a bookmark": ("at", "caption"),
    "a moment": ("update", "phase", "index"),
    "made_with": ("torch", "cpu", "run"),
}
"""The keys of each table."""
PLACES: Mapping[str, Message] = {
    "the file": Message("the file"), "a bookmark": Message("a bookmark"), "a moment": Message("a moment"),
}  # fmt: skip
"""The tables of `KEYS` that have no name of their own, in words."""


class RunFile(NamedTuple):
    """The content of a run file; `current` is the index of the branch on which it was written."""

    seed: int
    config: Config
    branches: list[Branch] | None = None  # None: the file lists none, and ends nowhere
    current: int = 0
    made_with: Fingerprint | None = None

    def timeline(self) -> Timeline:
        """Return the run at its beginning, with nothing computed yet."""
        remark = made_elsewhere(self.made_with)
        return Timeline(Run(self.config, self.seed), self.branches, self.current, remark=remark)


def read_run_file(path: Path) -> RunFile:
    """Return the content of a run file. Raises `FileError` or `RunFileError` if it cannot be read or is not valid."""
    try:
        text = read_text(path, MOST)
    except FileError:
        if is_archive(path):
            raise RunFileError("{path} is a save, not a run file: open it with --resume", path=path) from None
        raise
    try:
        content = parse_toml(text)
    except InvalidValue as error:
        raise RunFileError("{path} is not a lakeppo run file: {error}", path=path, error=error) from None
    try:
        return _run_file(content)
    except (InvalidValue, MapError) as error:
        raise RunFileError("{path}: {error}", path=path, error=error) from None


def _run_file(content: dict[str, Any]) -> RunFile:
    _check_keys("the file", content, required=("format",))
    if type(format := content["format"]) is not int or format != FORMAT:
        raise InvalidValue("its format is {format}, this lakeppo reads {readable}", format=format, readable=FORMAT)
    typed("lakeppo", content.get("lakeppo", ""), str)
    seed, made_with = _seed(content.get("seed", 0)), content.get("made_with")
    if made_with is not None:
        _check_keys("made_with", made_with, required=KEYS["made_with"])
        for name, part in made_with.items():
            typed(within("made_with", name), part, str)
    config = _config(_check_keys("config", content.get("config", {})), seed)
    if "lines" not in content:
        return RunFile(seed, config, made_with=made_with)
    branches, allowance = dict[str, Branch](), Allowance()
    allowance.take("branches", len(sequence("lines", content["lines"], list)))
    for table in content["lines"]:
        branch = _branch(table, config, branches, allowance)
        branches[branch.name] = branch
    if not branches:
        raise InvalidValue("lines is empty")
    names = list(branches)
    current = typed("line", content.get("line", names[-1]), str)
    if current not in branches:
        raise InvalidValue("there is no branch named {name}", name=current)
    return RunFile(seed, config, list(branches.values()), names.index(current), made_with)


def _check_keys(where: str, table: Any, required: Collection[str] = ()) -> dict[str, Any]:
    """Return `table` if it has no key but those of `KEYS`. A key that is not known may be one that is misspelt."""
    place = PLACES.get(where, where)
    fields(place, table, *required)
    for key in table:
        if key not in KEYS[where]:
            if where == "config":
                refuse_alias(key)
            near = nearest(key, KEYS[where])
            if near is not None:
                raise InvalidValue("{where} has no key {key}; is it {near}?", where=place, key=key, near=near)
            raise InvalidValue("{where} has no key {key}", where=place, key=key)
    return dict(table)


def _config(table: dict[str, Any], seed: int) -> Config:
    """Return the config of a table, whose preset gives what it leaves out."""
    preset = typed("preset", table.get("preset", "classic"), str)
    knobs = {name: _value(name, table[name]) for name in KNOBS if name in table}
    label, rows = _lake(table, seed)
    if rows is not None and "max_episode_steps" not in knobs:
        knobs["max_episode_steps"] = default_time_limit(rows)
    config = make_config(preset, None if rows is None else (label, rows), **knobs)
    if KNOBS.keys() <= {*knobs, *LATER_KNOBS} and (other := matching_preset(config)) != preset:
        raise InvalidValue("preset is {preset}, but all values are those of the preset {other}",
                           preset=preset, other=other)  # fmt: skip
    return config


def _lake(table: dict[str, Any], seed: int) -> tuple[str, MapRows | None]:
    """Return the label and the rows of a table's map; no rows if it has neither."""
    label = typed("map", table["map"], str) if "map" in table else None
    if "map_rows" not in table:
        if label is None:
            return "", None
        if not (label in ("4x4", "8x8") or label.startswith("random:")):
            raise InvalidValue("map_rows is missing: the rows of the map {label}", label=label)
        return find_map(label, seed)
    rows = _rows(table["map_rows"])
    if label is not None and names_other_rows(label, rows):
        raise InvalidValue("map is {label}, but map_rows are not those of {label}", label=label)
    return "unnamed" if label is None else label, rows


def _rows(value: Any) -> MapRows:
    """Return the checked rows of a map."""
    rows = sequence("map_rows", value, list)
    for row in rows[:100]:
        typed(Message("a row of map_rows"), row, str)
    cleaned = clean_rows(rows[:100])
    check_rows(cleaned)
    return cleaned


def _branch(table: Any, config: Config, before: Mapping[str, Branch], allowance: Allowance) -> Branch:
    _check_keys("lines", table, required=("name",))
    name, packed = check_name(typed("name", table["name"], str)), sequence("changes", table.get("changes", []), list)
    allowance.take("changes", len(packed))
    changes = [_change(change, config) for change in packed]
    moments = [change.moment for change in changes]
    if moments != sorted(moments):
        raise InvalidValue("the changes of branch {name} are not in order", name=name)
    end = _moment(table["end"]) if "end" in table else max([BEGINNING, *moments])
    if changes and changes[-1].moment > end:
        raise InvalidValue("branch {name} ends before its last change", name=name)
    if name in before:
        raise InvalidValue("two branches are named {name}", name=name)
    marks = sequence("bookmarks", table.get("bookmarks", []), list)
    allowance.take("bookmarks", len(marks))
    captioned = [_bookmark(mark) for mark in marks]
    bookmarks = sorted({moment for moment, _ in captioned})
    if bookmarks and bookmarks[-1] > end:
        raise InvalidValue("branch {name} ends before its last bookmark", name=name)
    captions = {moment: caption for moment, caption in captioned if caption is not None}
    allowance.take_marks(0, captions.values())
    parent, left_at = _parent(table, name, end, before)
    if left_at is not None:
        check_inherited(name, changes, before[parent].changes, left_at)
    return Branch(name, changes, end, History(), bookmarks, parent, left_at, captions=captions)


def _parent(table: dict[str, Any], name: str, end: Moment, before: Mapping[str, Branch]) -> tuple[Any, Moment | None]:
    """Return the parent of a branch and the moment at which it left it; None and None for the first branch."""
    if "parent" not in table and "left_at" not in table:
        return None, None
    fields("lines", table, "parent", "left_at")
    parent, left_at = typed("parent", table["parent"], str), _moment(table["left_at"])
    if parent not in before:
        template = N_("branch {name} leaves {parent}, which is not listed before it")
        raise InvalidValue(template, name=name, parent=parent)
    if left_at > min(end, before[parent].end):
        raise InvalidValue("branch {name} leaves {parent} after the end of one of the two", name=name, parent=parent)
    return parent, left_at


def _bookmark(table: Any) -> tuple[Moment, str | None]:
    """Return a bookmark's moment and its caption."""
    if "at" not in typed(PLACES["a bookmark"], table, dict):
        return _moment(table), None
    _check_keys("a bookmark", table, required=KEYS["a bookmark"])
    return _moment(table["at"]), check_caption(typed("caption", table["caption"], str))


def _moment(table: Any) -> Moment:
    _check_keys("a moment", table, required=("update",))
    phases = {phase.name.lower(): phase for phase in Phase}
    phase = typed("phase", table.get("phase", "collect"), str)
    if phase not in phases:
        template = N_("phase must be one of {phases}, not {phase}")
        raise InvalidValue(template, phases=", ".join(phases), phase=phase)
    update, index = (whole(name, table.get(name, 0), 0, LATEST) for name in ("update", "index"))
    return Moment(update, phases[phase], index)


def _change(table: Any, config: Config) -> Change:
    _check_keys("lines.changes", table, required=KEYS["lines.changes"])
    name, value, moment = (
        typed(Message("the name of a change"), table["name"], str),
        table["value"],
        _moment(table["at"]),
    )
    if name == "seed":
        return Change(moment, name, _seed(value))
    if name == "map_rows":
        rows = _rows(value)
        if (len(rows), len(rows[0])) != config.shape:
            raise InvalidValue("a change gives the lake another size")
        return Change(moment, name, rows)
    refuse_alias(name)
    if name not in KNOBS or KNOBS[name].startup_only:
        raise InvalidValue("{name} cannot change while a run keeps its weights", name=name)
    return Change(moment, name, _value(name, value))


def _seed(value: Any) -> int:
    return parse_seed(value) if isinstance(value, str) else check_seed(value)


def _value(name: str, value: Any) -> Value:
    """Return the value of a knob, or the one that a text denotes, as on the command line."""
    knob = KNOBS[name]
    return knob.parse(value) if isinstance(value, str) else knob.check(value)
