"""Saves: packing, and reading without running code from the file."""

import errno
import io
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch

from lakeppo import __version__
from lakeppo.config import Config, read_config
from lakeppo.errors import InvalidValue, MapError, SaveError
from lakeppo.files import is_run_file, read_file
from lakeppo.i18n import _
from lakeppo.moment import Change, Moment, Phase
from lakeppo.runs.branch import Branch
from lakeppo.runs.fingerprint import Fingerprint, fingerprint, made_elsewhere
from lakeppo.runs.history import History
from lakeppo.runs.run import Best, Run
from lakeppo.runs.statistics import Row
from lakeppo.runs.timeline import Keyframe, Timeline
from lakeppo.runs.trainer_state import trainer_state
from lakeppo.storage.archive import read_archive
from lakeppo.storage.fields import Allowance
from lakeppo.storage.save_check import check_content

FORMAT = 3
"""Format 1 had a single branch and no keyframes; 1 and 2 had no effective sample size."""
MAGIC = "lakeppo save"
MOST = 112 * 2**20
"""Bytes of a save that is read."""
KEYFRAMES = 8
"""Keyframes in a save, apart from those at the ends of branches, so that a resumed run goes back quickly."""


@dataclass(frozen=True)
class Save:
    """The content of a save: `origin` is the run's initial config, `state` the trainer's whole state at `moment`."""

    version: str
    seed: int
    origin: Config
    changes: tuple[Change, ...]
    moment: Moment
    state: dict[str, Any]
    history: History
    best: Best | None
    branches: list[Branch]
    current: int  # index of the branch on which the run was saved
    keyframes: list[Keyframe]
    fingerprint: Fingerprint | None = None  # of the machine that wrote it; None: an older lakeppo did

    @property
    def config(self) -> Config:
        """The config in force, changes included."""
        return self.origin.changed(self.changes)

    @property
    def rewound(self) -> bool:
        """Whether the saved moment is before the end of its branch."""
        return self.moment < self.branches[self.current].end

    @property
    def diverged(self) -> bool:
        """Whether the run has diverged: some of its weights are infinite or NaN, and stay so."""
        return not all(bool(t.isfinite().all()) for net in self.state["weights"].values() for t in net.values())

    def run(self) -> Run:
        """Return the run at the saved moment. It continues with the same bits as an uninterrupted run."""
        run = Run(self.origin, self.seed)
        run.restore(self.state, list(self.changes))
        run.history, run.best = self.history[:], self.best
        return run

    def timeline(self) -> Timeline:
        """Return the run at the saved moment with all its branches."""
        branches = [
            replace(b, changes=[*b.changes], history=b.history[:], bookmarks=[*b.bookmarks], captions={**b.captions})
            for b in self.branches
        ]
        remark = made_elsewhere(self.fingerprint)
        return Timeline(self.run(), branches, self.current, self.keyframes, remark=remark)


def pack(timeline: Timeline, which: Literal["last", "best"], keyframes: int = KEYFRAMES) -> bytes:
    """Return a save of the run with all its branches (`last`), or of its best moment alone (`best`).

    Raises `OSError` if the run has more than `LIMITS` of anything: its save could not be read.
    """
    run, best = timeline.run, timeline.run.best
    changes, moment, rows = run.changes, run.moment, run.history
    if which == "best":
        assert best is not None
        changes, moment, rows = list(best.changes), Moment(best.update, Phase.COLLECT, 0), rows[: best.update]
    state = best.state if best is not None and which == "best" else trainer_state(run.trainer)
    allowance = _allowance(timeline, state)
    content = {
        "magic": MAGIC, "format": FORMAT, "version": __version__, "fingerprint": fingerprint(),
        "seed": run.seed, "config": run.origin.as_json(),
        "changes": _pack_changes(changes), "moment": _pack_moment(moment), "state": state,
        "history": _pack_history(rows),
        "best": None if best is None else _pack_best(best, own=which == "best"),
        "timeline": None,
    }  # fmt: skip
    if which == "last":
        content["timeline"] = _pack_timeline(timeline, _affordable(timeline.keyframes(keyframes), allowance))
    buffer = io.BytesIO()
    torch.save(content, buffer)
    return buffer.getvalue()


def _allowance(timeline: Timeline, state: dict[str, Any]) -> Allowance:
    """Return what is left of the limits after all that a save of the run has to hold."""
    best, allowance = timeline.run.best, Allowance()
    try:
        allowance.take("branches", len(timeline.branches))
        allowance.take("changes", len(timeline.run.changes))
        for branch in timeline.branches:
            allowance.take("changes", len(branch.changes))
            allowance.take("updates", len(branch.history))
            allowance.take_marks(len(branch.bookmarks), branch.captions.values())
        _take_state(state, allowance)
        _take_best(best, allowance)
    except InvalidValue as error:
        raise OSError(errno.EFBIG, _("the run is too long for a save: {error}").format(error=error)) from None
    return allowance


def _take_best(best: Best | None, allowance: Allowance) -> None:
    if best is not None:
        allowance.take("changes", len(best.changes))
        _take_state(best.state, allowance)


def _take_state(state: dict[str, Any], allowance: Allowance) -> None:
    adams = [tensor for adam in state["adams"].values() for tensor in (*adam["first"], *adam["second"])]
    weights = [tensor for network in state["weights"].values() for tensor in network.values()]
    tensors = [*weights, *adams, *(state["judgement"] or []), *(table for table, *_ in state["passes"])]
    allowance.take("steps", len(state["transitions"]))
    allowance.take("tensors", len(tensors))
    allowance.take("numbers in its tensors", sum(tensor.numel() for tensor in tensors))


def _affordable(keyframes: list[Keyframe], allowance: Allowance) -> list[Keyframe]:
    """Return the keyframes for which there is room: the others can be recomputed."""
    kept = []
    for keyframe in keyframes:
        with suppress(InvalidValue):
            allowance.take("keyframes", 2)
            allowance.take("changes", len(keyframe.changes))
            _take_state(keyframe.state, allowance)
            _take_best(keyframe.best, allowance)
            kept.append(keyframe)
    return kept


def _pack_timeline(timeline: Timeline, keyframes: list[Keyframe]) -> dict[str, Any]:
    bests = {id(k.best): k.best for k in keyframes if k.best is not None}
    index = {key: place for place, key in enumerate(bests)}
    packed = [[_pack_moment(k.moment), _pack_changes(k.changes), k.state, index.get(id(k.best))] for k in keyframes]
    return {
        "on": timeline.branches.index(timeline.branch),
        "lines": [_pack_branch(branch, own=branch is timeline.branch) for branch in timeline.branches],
        "bests": [_pack_best(best) for best in bests.values()],
        "keyframes": packed,
    }


def _pack_branch(branch: Branch, own: bool) -> dict[str, Any]:
    """Pack a branch; the history of the save's `own` branch is in the save already."""
    return {
        "name": branch.name, "parent": branch.parent,
        "left_at": None if branch.left_at is None else _pack_moment(branch.left_at),
        "end": _pack_moment(branch.end), "changes": _pack_changes(branch.changes),
        "bookmarks": [_pack_moment(moment) for moment in branch.bookmarks],
        "captions": [[_pack_moment(moment), caption] for moment, caption in branch.captions.items()],
        "history": None if own else _pack_history(branch.history),
    }  # fmt: skip


def _pack_history(history: History) -> torch.Tensor:
    """Pack a history, `(updates, figures)`; torch makes no columns of no rows."""
    return torch.from_numpy(history.table.copy()) if history else torch.empty(0, dtype=torch.float64)


def _pack_best(best: Best, own: bool = False) -> dict[str, Any]:
    return {
        "update": best.update, "success_probability": best.success_probability,
        "changes": _pack_changes(best.changes), "state": None if own else best.state,
    }  # fmt: skip


def _pack_changes(changes: Iterable[Change]) -> list[list[Any]]:
    return [[_pack_moment(change.moment), change.name, change.value] for change in changes]


def _pack_moment(moment: Moment) -> list[int]:
    return [moment.update, int(moment.phase), moment.index]


def read_save(path: Path) -> Save:
    """Return the content of a save of this format or an older one, without running code from the file.

    Raises `FileError` for what is no regular file, or too large, and `SaveError` for what is no whole and sound save.
    """
    content = _load(path, read_file(path, MOST))
    if type(content) is not dict or content.get("magic") != MAGIC:
        raise SaveError("{path} is not a lakeppo save", path=path)
    if type(format := content.get("format")) is not int or format < 1:
        raise SaveError("{path} is damaged: it has no format", path=path)
    if format > FORMAT:
        raise SaveError("{path} was written by a newer lakeppo (its format is {format}, this one reads {readable})",
                        path=path, format=format, readable=FORMAT)  # fmt: skip
    try:
        check_content(content)
    except (InvalidValue, MapError) as error:
        raise SaveError("{path} is damaged: {error}", path=path, error=error.message) from None
    return _unpack(content)


def _load(path: Path, data: bytes) -> Any:
    if not data:
        raise SaveError("{path} is empty", path=path)
    try:
        return read_archive(data)
    except InvalidValue as error:
        raise SaveError("{path} is damaged: {error}", path=path, error=error.message) from None
    except Exception:  # zipfile and the pickle raise errors of many types for other data
        if is_run_file(path, data):
            raise SaveError("{path} is a run file, not a save: open it with --run", path=path) from None
        raise SaveError("{path} is not a lakeppo save, or is cut short", path=path) from None


def _unpack(content: dict[str, Any]) -> Save:
    origin = read_config(content["config"])
    changes, moment, rows = _changes(content["changes"]), _moment(content["moment"]), _history(content["history"])
    state, packed_best = content["state"], content["best"]
    best = None if packed_best is None else _best(packed_best, origin, state)
    timeline = content["timeline"] if content["format"] > 1 else None
    branches, current = [Branch("main", list(changes), moment, rows)], 0
    keyframes: list[Keyframe] = []
    if timeline is not None:
        branches, current = [_branch(packed, rows) for packed in timeline["lines"]], timeline["on"]
        bests = [_best(packed, origin, {}) for packed in timeline["bests"]]
        for at, applied, keyframe_state, index in timeline["keyframes"]:
            keyframe_best = None if index is None else bests[index]
            keyframes.append(Keyframe(_moment(at), _changes(applied), keyframe_state, keyframe_best))
    return Save(content["version"], content["seed"], origin, changes, moment, state, rows[: moment.update], best,
                branches, current, keyframes, content.get("fingerprint"))  # fmt: skip


def _best(packed: dict[str, Any], origin: Config, own_state: dict[str, Any]) -> Best:
    """Unpack a best policy; that of a best.pt has the save's `own_state`."""
    changes = _changes(packed["changes"])
    state: dict[str, Any] = own_state if packed["state"] is None else packed["state"]
    return Best(packed["update"], packed["success_probability"], origin.changed(changes), changes, state)


def _branch(packed: dict[str, Any], own_history: History) -> Branch:
    """Unpack a branch; the current one has the save's `own_history`."""
    left_at = None if packed["left_at"] is None else _moment(packed["left_at"])
    history = own_history if packed["history"] is None else _history(packed["history"])
    bookmarks = [_moment(bookmark) for bookmark in packed["bookmarks"]]
    captions = {_moment(moment): caption for moment, caption in packed.get("captions", [])}
    changes, end = list(_changes(packed["changes"])), _moment(packed["end"])
    return Branch(packed["name"], changes, end, history, bookmarks, packed["parent"], left_at, captions=captions)


def _changes(packed: Iterable[Any]) -> tuple[Change, ...]:
    return tuple(Change(_moment(moment), name, value) for moment, name, value in packed)


def _moment(packed: list[int]) -> Moment:
    update, phase, index = packed
    return Moment(update, Phase(phase), index)


def _history(packed: torch.Tensor) -> History:
    table = packed.numpy().reshape(len(packed), packed.shape[1] if len(packed) else len(Row._fields))
    missing = len(Row._fields) - table.shape[1]  # of an older format
    return History.of_table(np.pad(table, ((0, 0), (0, missing)), constant_values=np.nan))
