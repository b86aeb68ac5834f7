"""A run as a small text file: its seed, its config, its changes, lines and bookmarks, and nothing that follows.

The file is TOML. What TOML has no word for, it writes as the knob's own word (`clip_coef = "off"`).
"""

import json
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from lakeppo import __version__
from lakeppo.config import KNOBS, Config, InvalidValue, Value, read_config
from lakeppo.lake.environment import MapError, check_rows
from lakeppo.moment import Change, Moment, Phase
from lakeppo.runs.run import STARTUP_ONLY, Run
from lakeppo.runs.timeline import Branch, Timeline, check_name
from lakeppo.storage.atomic import reason

FORMAT = 1


class RunFileError(Exception):
    """A run file that cannot be read; the message names the file and what is wrong in one line."""


class RunFile(NamedTuple):
    """What decides a run with its branches; `on` is the index of the line it was written on."""

    seed: int
    config: Config
    branches: list[Branch] | None = None
    on: int = 0

    def timeline(self) -> Timeline:
        """The run at its beginning; all its lines lie ahead."""
        return Timeline(Run(self.config, self.seed), self.branches, self.on)


def to_toml(timeline: Timeline) -> str:
    """The file of a run and all its lines."""
    run = timeline.run
    knobs = {name: KNOBS[name].word if value is None else value for name, value in run.origin.as_json().items()}
    head = {"format": FORMAT, "lakeppo": __version__, "seed": run.seed, "line": timeline.branch.name}
    return "\n".join(
        [
            "# A lakeppo run. Open it with `lakeppo tui --run FILE`, or repeat it with `lakeppo train --run FILE`.",
            *_pairs(head), "", "[config]", *_pairs(knobs),
            *(piece for branch in timeline.branches for piece in _branch_to_toml(branch)),
            "",
        ]
    )  # fmt: skip


def _branch_to_toml(branch: Branch) -> Iterable[str]:
    yield from ("", "[[lines]]", *_pairs({"name": branch.name, "end": branch.end}))
    if branch.parent is not None and branch.left_at is not None:
        yield from _pairs({"parent": branch.parent, "left_at": branch.left_at})
    yield from _pairs({"bookmarks": branch.bookmarks})
    for change in branch.changes:
        value = KNOBS[change.name].word if change.value is None else change.value
        yield from ("", "[[lines.changes]]", *_pairs({"at": change.moment, "name": change.name, "value": value}))


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
    """Raises `RecipeError` for what is not a whole run file."""
    try:
        content = tomllib.loads(path.read_bytes().decode())
    except OSError as error:
        raise RunFileError(f"{path}: {reason(error)}") from None
    except UnicodeDecodeError:
        raise RunFileError(f"{path} is not a text file; a save is opened with --resume") from None
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise RunFileError(f"{path} is not TOML: {error}") from None
    try:
        return _read(content)
    except (InvalidValue, MapError) as error:
        raise RunFileError(f"{path}: {error}") from None
    except KeyError as error:
        raise RunFileError(f"{path} has no {error.args[0]}") from None
    except (TypeError, ValueError, AttributeError, OverflowError):
        raise RunFileError(f"{path} is not a lakeppo run file") from None


def _read(content: dict[str, Any]) -> RunFile:
    if content["format"] != FORMAT:
        raise InvalidValue(f"its format is {content['format']}, this lakeppo reads {FORMAT}")
    plain = content["config"]
    config = read_config({name: _valued(name, value) if name in KNOBS else value for name, value in plain.items()})
    check_rows(config.map_rows)
    branches: list[Branch] = []
    for told in content["lines"]:
        branches.append(_read_branch(told, config, branches))
    names = [branch.name for branch in branches]
    if content["line"] not in names:
        raise InvalidValue(f"there is no line named {content['line']}")
    return RunFile(_seed(content["seed"]), config, branches, names.index(content["line"]))


def _read_branch(told: dict[str, Any], config: Config, before: list[Branch]) -> Branch:
    name, end = check_name(str(told["name"])), _moment(told["end"])
    changes = [_change(change, config) for change in told.get("changes", [])]
    if [change.moment for change in changes] != sorted(change.moment for change in changes):
        raise InvalidValue(f"the changes of line {name} are not in their order")
    if changes and changes[-1].moment > end:
        raise InvalidValue(f"line {name} ends before its last change")
    known = [branch.name for branch in before]
    if name in known:
        raise InvalidValue(f"two lines are named {name}")
    left = _moment(told["left_at"]) if "parent" in told else None
    if left is not None and told["parent"] not in known:
        raise InvalidValue(f"line {name} leaves {told['parent']}, which is not before it")
    bookmarks = sorted(_moment(bookmark) for bookmark in told.get("bookmarks", []))
    return Branch(name, changes, end, [], bookmarks, told.get("parent"), left)


def _moment(told: dict[str, Any]) -> Moment:
    phases = {phase.name.lower(): phase for phase in Phase}
    update, index = told["update"], told["index"]
    if told["phase"] not in phases or not all(type(count) is int and 0 <= count < 10**12 for count in (update, index)):
        raise InvalidValue(f"{told['phase']} {update} {index} is no moment")
    return Moment(update, phases[told["phase"]], index)


def _change(told: dict[str, Any], config: Config) -> Change:
    name, value = told["name"], told["value"]
    moment = _moment(told["at"])
    if name == "seed":
        return Change(moment, name, _seed(value))
    if name == "map_rows":
        rows = tuple(str(row) for row in value)
        check_rows(rows)
        if (len(rows), len(rows[0])) != config.shape:
            raise InvalidValue("a change gives the lake another size")
        return Change(moment, name, rows)
    if name in STARTUP_ONLY or name not in KNOBS:
        raise InvalidValue(f"{name} cannot change while a run keeps its weights")
    return Change(moment, name, KNOBS[name].check(_valued(name, value)))


def _valued(name: str, value: Value) -> Value:
    """A knob's value, from the word that stands for none."""
    return None if value == KNOBS[name].word and value is not None else value


def _seed(value: object) -> int:
    if type(value) is not int or not 0 <= value < 2**63:
        raise InvalidValue(f"seed must be a whole number in 0..2**63-1, not {value}")
    return value
