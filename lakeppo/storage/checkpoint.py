"""The save format: what a save holds, and how it is read without risk."""

import io
import math
import pickle
import warnings
import zipfile
from collections.abc import Iterable, Sequence
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import torch

from lakeppo import __version__
from lakeppo.config import Config, read_config
from lakeppo.lake.environment import check_rows
from lakeppo.moment import Change, Moment, Phase
from lakeppo.runs.run import Best, Run
from lakeppo.runs.statistics import Row
from lakeppo.runs.timeline import Branch, Keyframe, Timeline, check_name
from lakeppo.storage.atomic import SaveError, reason

FORMAT = 2
"""1 held one line only, and no keyframes."""
MAGIC = "lakeppo save"
KEYFRAMES = 8
"""How many go into a save besides the ends of lines, so that a resumed run finds its past soon."""


@dataclass(frozen=True)
class Save:
    """One save, read: `config` is the run's first config, `state` the trainer's whole state at `moment`.

    `lines` are all the lines of the run, and `on` the index of the one the save stands on.
    """

    version: str
    seed: int
    origin: Config
    changes: tuple[Change, ...]
    moment: Moment
    state: dict[str, Any]
    history: list[Row]
    best: Best | None
    branches: list[Branch]
    on: int
    keyframes: list[Keyframe]

    @property
    def config(self) -> Config:
        """The values in force, changes included."""
        return self.origin.changed(self.changes)

    @property
    def rewound(self) -> bool:
        """Whether more has been lived than this moment."""
        return self.moment < self.branches[self.on].end

    def run(self) -> Run:
        """The run as it stood; going on from it is as if it had never stopped."""
        run = Run(self.origin, self.seed)
        run.restore(self.state, list(self.changes))
        run.history, run.best = list(self.history), self.best
        return run

    def timeline(self) -> Timeline:
        """The run as it stood, with its other lines and all that was lived after this moment."""
        return Timeline(self.run(), deepcopy(self.branches), self.on, self.keyframes)


def pack(timeline: Timeline, which: Literal["last", "best"], keyframes: int = KEYFRAMES) -> bytes:
    """The file of a run as it stands, with all its lines; or of the run as it stood when it was best, alone."""
    run, best = timeline.run, timeline.run.best
    content = {
        "magic": MAGIC,
        "format": FORMAT,
        "version": __version__,
        "seed": run.seed,
        "config": run.origin.as_json(),
    }
    if which == "best":
        assert best is not None
        content |= {
            "changes": _plain_changes(best.changes),
            "moment": _plain_moment(Moment(best.update, Phase.COLLECT, 0)),
            "state": best.state,
            "history": _plain_history(run.history[: best.update]),
            "best": _plain_best(best, itself=True),
            "timeline": None,
        }
    else:
        content |= {
            "changes": _plain_changes(run.changes),
            "moment": _plain_moment(run.moment),
            "state": run.trainer.state_dict(),
            "history": _plain_history(run.history),
            "best": None if best is None else _plain_best(best),
            "timeline": _plain_timeline(timeline, timeline.keyframes(keyframes)),
        }
    buffer = io.BytesIO()
    torch.save(content, buffer)
    return buffer.getvalue()


def _plain_timeline(timeline: Timeline, keyframes: list[Keyframe]) -> dict[str, Any]:
    bests = {id(k.best): k.best for k in keyframes if k.best is not None}
    places = {key: place for place, key in enumerate(bests)}
    return {
        "on": timeline.branches.index(timeline.branch),
        "lines": [_plain_branch(branch, itself=branch is timeline.branch) for branch in timeline.branches],
        "bests": [_plain_best(best) for best in bests.values()],
        "keyframes": [
            [_plain_moment(k.moment), _plain_changes(k.changes), k.state, places.get(id(k.best))] for k in keyframes
        ],
    }


def _plain_branch(branch: Branch, itself: bool) -> dict[str, Any]:
    """A line; the history of the one the save stands on is in the save already."""
    return {
        "name": branch.name,
        "parent": branch.parent,
        "left_at": None if branch.left_at is None else _plain_moment(branch.left_at),
        "end": _plain_moment(branch.end),
        "changes": _plain_changes(branch.changes),
        "bookmarks": [_plain_moment(moment) for moment in branch.bookmarks],
        "history": None if itself else _plain_history(branch.history),
    }


def _plain_history(history: Sequence[Row]) -> torch.Tensor:
    return torch.tensor([[math.nan if x is None else x for x in row] for row in history], dtype=torch.float64)


def _plain_best(best: Best, itself: bool = False) -> dict[str, Any]:
    return {
        "update": best.update,
        "success_probability": best.success_probability,
        "changes": _plain_changes(best.changes),
        "state": None if itself else best.state,
    }


def _plain_changes(changes: Iterable[Change]) -> list[list[Any]]:
    return [[_plain_moment(change.moment), change.name, change.value] for change in changes]


def _plain_moment(moment: Moment) -> list[int]:
    return [moment.update, int(moment.phase), moment.index]


def _moment(plain: list[int]) -> Moment:
    update, phase, index = plain
    return Moment(update, Phase(phase), index)


def read_save(path: Path) -> Save:
    """Raises `SaveError` for anything that is not a whole save this version can read. No code runs from a file."""
    content = _load(path)
    if not isinstance(content, dict) or content.get("magic") != MAGIC:
        raise SaveError(f"{path} is not a lakeppo save")
    if not isinstance(content.get("format"), int) or content["format"] > FORMAT:
        raise SaveError(
            f"{path} was written by a newer lakeppo (its format is {content.get('format')}, this one reads {FORMAT})"
        )
    try:
        save = _unpack(content)
        _try_out(save)
    except Exception as error:
        raise SaveError(f"{path} is damaged: {type(error).__name__} while reading it") from error
    return save


def _load(path: Path) -> Any:
    if path.is_dir():
        raise SaveError(f"{path} is a folder, not a save")
    try:
        data = path.read_bytes()
    except OSError as error:
        raise SaveError(f"{path}: {reason(error)}") from None
    if not data:
        raise SaveError(f"{path} is empty")
    _check_sums(path, data)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return torch.load(io.BytesIO(data), map_location="cpu", weights_only=True)
    except (
        RuntimeError,
        EOFError,
        pickle.UnpicklingError,
        ValueError,
        KeyError,
        IndexError,
        AttributeError,
        TypeError,
    ):
        raise SaveError(f"{path} is not a lakeppo save, or is cut short") from None


def _check_sums(path: Path, data: bytes) -> None:
    """Raises `SaveError` where a byte has changed: torch writes a checksum of each part, but does not look at it."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            damaged = archive.testzip()
    except Exception:  # whatever a file that is no zip file sets off in there
        raise SaveError(f"{path} is not a lakeppo save, or is cut short") from None
    if damaged is not None:
        raise SaveError(f"{path} is damaged: some of its bytes are not those that were written")


def _unpack(content: dict[str, Any]) -> Save:
    origin = read_config(content["config"])
    check_rows(origin.map_rows)
    changes, moment, rows = _changes(content["changes"]), _moment(content["moment"]), _history(content["history"])
    state, packed = content["state"], content["best"]
    _check_state(state, origin, changes)
    best = None if packed is None else _best(packed, origin, state)
    told = content["timeline"] if content["format"] > 1 else None
    if told is None:
        branches, on, keyframes = [Branch("main", list(changes), moment, rows)], 0, []
    else:
        branches, on = [_branch(plain, rows) for plain in told["lines"]], told["on"]
        bests = [_best(plain, origin, {}) for plain in told["bests"]]
        keyframes = [_keyframe(plain, origin, bests) for plain in told["keyframes"]]
    history = rows[: moment.update]
    return Save(
        content["version"], content["seed"], origin, changes, moment, state, history, best, branches, on, keyframes
    )


def _best(plain: dict[str, Any], origin: Config, itself: dict[str, Any]) -> Best:
    changes = _changes(plain["changes"])
    state: dict[str, Any] = itself if plain["state"] is None else plain["state"]
    _check_state(state, origin, changes)
    return Best(plain["update"], plain["success_probability"], origin.changed(changes), changes, state)


def _branch(plain: dict[str, Any], mine: list[Row]) -> Branch:
    left, history = plain["left_at"], mine if plain["history"] is None else _history(plain["history"])
    bookmarks = [_moment(bookmark) for bookmark in plain["bookmarks"]]
    return Branch(
        check_name(plain["name"]), list(_changes(plain["changes"])), _moment(plain["end"]), history, bookmarks,
        plain["parent"], None if left is None else _moment(left),
    )  # fmt: skip


def _keyframe(plain: list[Any], origin: Config, bests: list[Best]) -> Keyframe:
    moment, changes, state, best = plain
    _check_state(state, origin, _changes(changes))
    return Keyframe(_moment(moment), _changes(changes), state, None if best is None else bests[best])


def _changes(plain: Iterable[Any]) -> tuple[Change, ...]:
    return tuple(Change(_moment(moment), name, value) for moment, name, value in plain)


def _history(plain: torch.Tensor) -> list[Row]:
    return [_row(values) for values in plain.tolist()]


def _try_out(save: Save) -> None:
    """Stand at every moment the save holds a state of: it raises something where parts do not fit."""
    run = save.timeline().run
    if run.moment != save.moment:
        raise ValueError("a state of another moment")
    for keyframe in save.keyframes:
        run.restore(keyframe.state, list(keyframe.changes))
        if run.moment != keyframe.moment:
            raise ValueError("a keyframe of another moment")


def _row(values: list[float]) -> Row:
    whole, rest = values[:3], values[3:]
    return Row(*(int(x) for x in whole), *(None if math.isnan(x) else x for x in rest))


def _check_state(state: dict[str, Any], origin: Config, changes: Sequence[Change]) -> None:
    """What loading into the networks does not check by itself: that every tile and action is one."""
    longest = max(origin.changed(changes[:count]).batch_size for count in range(len(changes) + 1))
    tiles = [state["state"], state["env"]["s"]]
    for step in state["transitions"]:
        tiles += [step[0], step[4]]
        if step[1] not in range(4) or step[2] not in range(4):
            raise ValueError("an action that is none")
    if any(tile not in range(origin.tiles) for tile in tiles) or len(state["transitions"]) > longest:
        raise ValueError("a tile that is none")
