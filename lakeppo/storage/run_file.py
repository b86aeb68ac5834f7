"""Run files, in TOML: the seed and config of a run and its branches; None is the knob's word (`clip_coef = "off"`)."""

import json
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from lakeppo import __version__
from lakeppo.config import KNOBS, Config, read_config
from lakeppo.errors import InvalidValue, MapError, RunFileError
from lakeppo.files import reason
from lakeppo.knob import check_seed
from lakeppo.lake.maps import check_rows
from lakeppo.moment import Change, Moment, Phase
from lakeppo.runs.run import Run
from lakeppo.runs.timeline import Branch, Timeline, check_name

FORMAT = 1


class RunFile(NamedTuple):
    """The content of a run file; `current` is the index of the branch on which it was written."""

    seed: int
    config: Config
    branches: list[Branch] | None = None
    current: int = 0

    def timeline(self) -> Timeline:
        """Return the run at its beginning, with nothing computed yet."""
        return Timeline(Run(self.config, self.seed), self.branches, self.current)


def to_toml(timeline: Timeline) -> str:
    """Return the run file of a run and all its branches."""
    run = timeline.run
    knobs = {name: KNOBS[name].word if value is None else value for name, value in run.origin.as_json().items()}
    head = {"format": FORMAT, "lakeppo": __version__, "seed": run.seed, "line": timeline.branch.name}
    lines = ["# A lakeppo run. Open it with `lakeppo tui --run FILE`, or repeat it with `lakeppo train --run FILE`."]
    lines += [*_pairs(head), "", "[config]", *_pairs(knobs)]
    for branch in timeline.branches:
        left = {"parent": branch.parent, "left_at": branch.left_at} if branch.left_at is not None else {}
        pairs = {"name": branch.name, "end": branch.end, **left, "bookmarks": branch.bookmarks}
        lines += ["", "[[lines]]", *_pairs(pairs)]
        for change in branch.changes:
            value = KNOBS[change.name].word if change.value is None else change.value
            lines += ["", "[[lines.changes]]", *_pairs({"at": change.moment, "name": change.name, "value": value})]
    return "\n".join([*lines, ""])


def _pairs(values: Mapping[str, object]) -> list[str]:
    return [f"{name} = {_toml(value)}" for name, value in values.items()]


def _toml(value: object) -> str:
    if isinstance(value, Moment):
        return "{ " + ", ".join(f"{name} = {_toml(part)}" for name, part in value.as_json().items()) + " }"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_toml(item) for item in value) + "]"
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    return str(value).lower() if isinstance(value, bool) else repr(value)


def read_run_file(path: Path) -> RunFile:
    """Return the content of a run file. Raises `RunFileError` if it cannot be read or is not valid."""
    try:
        content = tomllib.loads(path.read_bytes().decode())
    except OSError as error:
        raise RunFileError("{path}: {reason}", path=path, reason=reason(error)) from None
    except UnicodeDecodeError:
        raise RunFileError("{path} is not a text file; a save is opened with --resume", path=path) from None
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise RunFileError("{path} is not TOML: {error}", path=path, error=error) from None
    try:
        return _run_file(content)
    except (InvalidValue, MapError) as error:
        raise RunFileError("{path}: {error}", path=path, error=error) from None
    except KeyError as error:
        raise RunFileError("{path} has no {key}", path=path, key=error.args[0]) from None
    except (TypeError, ValueError, AttributeError, OverflowError):
        raise RunFileError("{path} is not a lakeppo run file", path=path) from None


def _run_file(content: dict[str, Any]) -> RunFile:
    if (format := content["format"]) != FORMAT:
        raise InvalidValue("its format is {format}, this lakeppo reads {readable}", format=format, readable=FORMAT)
    config = read_config({name: _value(name, value) for name, value in content["config"].items()})
    check_rows(config.map_rows)
    branches: list[Branch] = []
    for table in content["lines"]:
        branches.append(_branch(table, config, branches))
    names = [branch.name for branch in branches]
    if content["line"] not in names:
        raise InvalidValue("there is no branch named {name}", name=content["line"])
    return RunFile(check_seed(content["seed"]), config, branches, names.index(content["line"]))


def _branch(table: dict[str, Any], config: Config, before: list[Branch]) -> Branch:
    name, end = check_name(str(table["name"])), _moment(table["end"])
    changes = [_change(change, config) for change in table.get("changes", [])]
    if [change.moment for change in changes] != sorted(change.moment for change in changes):
        raise InvalidValue("the changes of branch {name} are not in order", name=name)
    if changes and changes[-1].moment > end:
        raise InvalidValue("branch {name} ends before its last change", name=name)
    known = [branch.name for branch in before]
    if name in known:
        raise InvalidValue("two branches are named {name}", name=name)
    left_at = _moment(table["left_at"]) if "parent" in table else None
    if left_at is not None and table["parent"] not in known:
        raise InvalidValue("branch {name} leaves {parent}, which is not listed before it",
                           name=name, parent=table["parent"])  # fmt: skip
    bookmarks = sorted(_moment(bookmark) for bookmark in table.get("bookmarks", []))
    return Branch(name, changes, end, [], bookmarks, table.get("parent"), left_at)


def _moment(table: dict[str, Any]) -> Moment:
    phases = {phase.name.lower(): phase for phase in Phase}
    update, phase, index = table["update"], table["phase"], table["index"]
    if phase not in phases or not all(type(count) is int and 0 <= count < 10**12 for count in (update, index)):
        raise InvalidValue("{phase} {update} {index} is not a moment", phase=phase, update=update, index=index)
    return Moment(update, phases[phase], index)


def _change(table: dict[str, Any], config: Config) -> Change:
    name, value, moment = table["name"], table["value"], _moment(table["at"])
    if name == "seed":
        return Change(moment, name, check_seed(value))
    if name == "map_rows":
        rows = tuple(str(row) for row in value)
        check_rows(rows)
        if (len(rows), len(rows[0])) != config.shape:
            raise InvalidValue("a change gives the lake another size")
        return Change(moment, name, rows)
    if name not in KNOBS or KNOBS[name].startup_only:
        raise InvalidValue("{name} cannot change while a run keeps its weights", name=name)
    return Change(moment, name, KNOBS[name].check(_value(name, value)))


def _value(name: str, value: Any) -> Any:
    """Return the value read for a knob or another setting, with None for a knob's word."""
    return None if name in KNOBS and value == KNOBS[name].word else value
