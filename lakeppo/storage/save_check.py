"""Checks the content of a save as a whole, before anything uses it: its types, ranges, shapes, and what must agree."""

from typing import Any

import numpy as np
import torch

from lakeppo.config import KNOBS, LATER_KNOBS, Config, read_config
from lakeppo.errors import InvalidValue, Message
from lakeppo.i18n import _
from lakeppo.knob import check_seed
from lakeppo.lake.maps import LARGEST, MapRows, check_rows
from lakeppo.moment import Change, Moment, Phase
from lakeppo.presets import PRESETS
from lakeppo.runs.branch import check_caption, check_name
from lakeppo.runs.fingerprint import Fingerprint
from lakeppo.runs.statistics import Row
from lakeppo.storage.fields import (
    Allowance,
    Where,
    check_inherited,
    fields,
    number,
    refuse,
    scalar,
    sequence,
    tensor,
    typed,
    whole,
    within,
)
from lakeppo.storage.state_check import MOST, StateCheck

SHARES = ("inside", "returning", "stopped", "success_rate", "success_probability", "greedy_success_probability")
LONGEST_LABEL = 1000
"""Characters of a map's label: a file name, and how often it was edited."""
TOLERANCE = 1e-6
"""How far rounding may lift a probability over 1."""


def check_content(content: dict[str, Any]) -> None:
    """Raise `InvalidValue`, which names the field, unless a run can be made of this content of a save."""
    _SaveCheck(content).check()


class _SaveCheck:
    def __init__(self, content: dict[str, Any]) -> None:
        self.content = content
        self.allowance = Allowance()
        (config,) = fields(Message("the save"), content, "config")
        self.origin = check_config(config)
        self.maps = {self.origin.map_rows}
        self.states = StateCheck(self.origin, self.allowance)

    def check(self) -> None:
        names = ("version", "seed", "changes", "moment", "state", "best", "history")
        version, seed, packed, moment, state, best, history = fields(Message("the save"), self.content, *names)
        if len(typed("version", version, str)) > 100:
            refuse("version", Message("at most {longest} characters", longest=100), _("more"))
        if "fingerprint" in self.content:
            check_fingerprint(self.content["fingerprint"])
        check_seed(scalar("seed", seed))
        now = _moment("moment", moment)
        changes = self._changes("changes", packed, now)
        rows = self._history("history", history)
        self.states.check("state", state, changes, now)
        _check_counts(state, rows, now)
        if best is not None:
            self._best("best", best, now, own=changes)
            _check_best(best, rows)
        timeline = fields(Message("the save"), self.content, "timeline")[0] if self.content["format"] > 1 else None
        if timeline is not None:
            self._timeline(timeline, changes, now, rows)
        elif len(rows) != now.update:
            refuse(Message("the length of {where}", where="history"), str(now.update), len(rows))

    def _changes(self, where: Where, packed: Any, end: Moment) -> tuple[Change, ...]:
        """Check changes up to the moment `end` and return them."""
        sequence(where, packed, list)
        self.allowance.take("changes", len(packed))
        changes = tuple(self._change(where, one) for one in packed)
        moments = [change.moment for change in changes]
        if moments != sorted(moments) or (moments and moments[-1] > end):
            raise InvalidValue("{where} are not in the order of their moments, or go on after the end", where=where)
        return changes

    def _change(self, where: Where, packed: Any) -> Change:
        one = Message("one of {where}", where=where)
        moment, name, value = sequence(one, packed, list, 3)
        at = _moment(Message("the moment of {where}", where=one), moment)
        if typed(Message("the name of {where}", where=one), name, str) == "map_rows":
            return Change(at, name, self._rows(where, value))
        scalar(Message("{name} in {where}", name=name, where=where), value)
        if name == "seed":
            return Change(at, name, check_seed(value))
        if name not in KNOBS or KNOBS[name].startup_only:
            raise InvalidValue("{name} cannot change while a run keeps its weights", name=name)
        return Change(at, name, KNOBS[name].check(value))

    def _rows(self, where: Where, value: Any) -> MapRows:
        rows = _plain_rows(Message("{name} in {where}", name="map_rows", where=where), value, tuple)
        if (len(rows), len(rows[0])) != self.origin.shape:
            raise InvalidValue("one of {where} gives the lake another size", where=where)
        if rows not in self.maps:
            self.allowance.take("tiles in the maps of its changes", self.origin.tiles)
            check_rows(rows)
            self.maps.add(rows)
        return rows

    def _history(self, where: Where, packed: Any) -> np.ndarray[Any, np.dtype[np.float64]]:
        """Check a history and return its figures `(updates, 22)`, or `(updates, 21)` up to format 2."""
        count = len(packed) if isinstance(packed, torch.Tensor) and packed.dim() else 0
        self.allowance.take("updates", count)
        columns = len(Row._fields) - (self.content["format"] < 3)
        shape = (count, columns) if count else (0,)  # torch makes no columns of no rows
        rows = tensor(where, packed, shape, torch.float64).numpy().reshape(count, columns)
        updates, env_steps, episodes = rows[:, :3].T
        if not (updates == np.arange(1, count + 1)).all():
            raise InvalidValue("{where}: its updates are not 1, 2, 3 and so on", where=where)
        counts = rows[:, 1:3]
        if not ((counts >= 0) & (counts <= MOST) & (counts == np.floor(counts))).all():
            raise InvalidValue("{where}: steps and episodes must be whole numbers", where=where)
        growing = (np.diff(env_steps, prepend=0) >= 1).all() and (np.diff(episodes, prepend=0) >= 0).all()
        if not growing or (episodes > env_steps).any():
            raise InvalidValue("{where}: its steps and episodes do not grow as a run's", where=where)
        shares = rows[:, [Row._fields.index(name) for name in SHARES]]
        if ((shares < -TOLERANCE) | (shares > 1 + TOLERANCE)).any():  # NaN: no value, or a run that diverged
            raise InvalidValue("{where}: a share is not in 0..1", where=where)
        return rows

    def _best(self, where: Where, packed: Any, end: Moment, own: tuple[Change, ...] | None = None) -> None:
        """Check a best policy up to `end`. That of a best.pt has the save's `own` changes and state."""
        update, success, changes, state = fields(where, packed, "update", "success_probability", "changes", "state")
        whole(within(where, "update"), update, 1, end.update)
        number(within(where, "success_probability"), success, 0, 1 + TOLERANCE)
        at = Moment(update, Phase.COLLECT, 0)
        applied = self._changes(within(where, "changes"), changes, at)
        if own is not None and applied != own[: len(applied)]:
            raise InvalidValue("{where}: its changes are not those of the run", where=where)
        if state is not None:
            self.states.check(within(where, "state"), state, applied, at)
        elif own is None or at != end or applied != own:
            raise InvalidValue("{where} has no state", where=where)

    def _timeline(self, packed: Any, changes: tuple[Change, ...], now: Moment, rows: Any) -> None:
        on, branches, bests, keyframes = fields("timeline", packed, "on", "lines", "bests", "keyframes")
        self.allowance.take("branches", len(sequence("branches", branches, list)))
        self.allowance.take("keyframes", len(sequence("keyframes", keyframes, list)))
        self.allowance.take("keyframes", len(sequence("bests", bests, list)))
        whole(within("timeline", "on"), on, 0, len(branches) - 1)
        before: dict[str, tuple[tuple[Change, ...], Moment]] = {}
        for index, branch in enumerate(branches):
            applied, end = self._branch(branch, before, len(rows) if index == on else None)
            if index == on and (now > end or len(rows) < now.update or not _continues(changes, applied, now)):
                raise InvalidValue("the save's moment is not on its branch")
        for best in bests:
            self._best(Message("the best of a keyframe"), best, Moment(MOST, Phase.COLLECT, 0))
        for keyframe in keyframes:
            moment, applied, state, best = sequence(Message("a keyframe"), keyframe, list, 4)
            at = _moment(Message("the moment of a keyframe"), moment)
            applied = self._changes(Message("a keyframe's changes"), applied, at)
            self.states.check(Message("a keyframe"), state, applied, at)
            if (
                best is not None
                and bests[whole(Message("a keyframe's best"), best, 0, len(bests) - 1)]["update"] > at.update
            ):
                raise InvalidValue("the best of a keyframe is later than the keyframe")

    def _branch(
        self, packed: Any, before: dict[str, tuple[tuple[Change, ...], Moment]], own: int | None
    ) -> tuple[tuple[Change, ...], Moment]:
        """Check a branch after those in `before`, add its changes and end there and return them.

        `own`: the rows of the save's own history, which is that of the current branch.
        """
        name, parent, left_at, end, changes, bookmarks, history = fields(
            Message("a branch"), packed, "name", "parent", "left_at", "end", "changes", "bookmarks", "history"
        )
        if check_name(typed(Message("the name of a branch"), name, str)) in before:
            raise InvalidValue("two branches are named {name}", name=name)
        last = _moment(Message("the end of branch {name}", name=name), end)
        furthest = Moment(last.update, Phase.COPY, 0)
        applied = self._changes(Message("the changes of branch {name}", name=name), changes, max(last, furthest))
        if applied and applied[-1].moment >= last:  # a change that ended a phase did not always move the end
            last = max(last, furthest)
        if parent is not None:
            left = _moment(Message("left_at of branch {name}", name=name), left_at)
            if typed(Message("the parent of branch {name}", name=name), parent, str) not in before:
                raise InvalidValue("branch {name} leaves a branch that is not listed before it", name=name)
            inherited, parents_end = before[parent]
            if left > min(last, parents_end):
                raise InvalidValue("branch {name} leaves {parent} after its end", name=name, parent=parent)
            check_inherited(name, applied, inherited, left)
        elif left_at is not None:
            raise InvalidValue("branch {name} leaves no branch", name=name)
        before[name] = applied, last
        self._bookmarks(name, bookmarks, packed.get("captions", []), last)
        if (history is None) != (own is not None):
            raise InvalidValue("the history of branch {name} is missing, or there twice", name=name)
        count = (
            own if history is None else len(self._history(Message("the history of branch {name}", name=name), history))
        )
        whole(Message("the length of the history of branch {name}", name=name), count, 0, last.update)
        return applied, last

    def _bookmarks(self, name: str, packed: Any, packed_captions: Any, end: Moment) -> None:
        """Check the bookmarks of a branch that ends at `end`, and their captions; older saves have none."""
        self.allowance.take(
            "bookmarks", len(sequence(Message("the bookmarks of branch {name}", name=name), packed, list))
        )
        bookmarks = {_moment(Message("a bookmark of branch {name}", name=name), bookmark) for bookmark in packed}
        if any(bookmark > end for bookmark in bookmarks):
            raise InvalidValue("a bookmark of branch {name} is after its end", name=name)
        where = Message("a caption of branch {name}", name=name)
        if len(sequence(Message("the captions of branch {name}", name=name), packed_captions, list)) > len(packed):
            raise InvalidValue("{where} is for no bookmark", where=where)
        for one in packed_captions:
            moment, caption = sequence(where, one, list, 2)
            if _moment(Message("the moment of {where}", where=where), moment) not in bookmarks:
                raise InvalidValue("{where} is for no bookmark", where=where)
            self.allowance.take_marks(0, [check_caption(typed(where, caption, str))])


def check_fingerprint(packed: Any) -> Fingerprint:
    """Return the fingerprint of the machine that wrote a file."""
    parts = fields("fingerprint", packed, "torch", "cpu", "run")
    if any(len(typed(Message("a part of fingerprint"), part, str)) > 100 for part in parts):
        refuse(Message("a part of fingerprint"), Message("at most {longest} characters", longest=100), _("more"))
    return dict(zip(("torch", "cpu", "run"), parts, strict=True))


def check_config(packed: Any) -> Config:
    """Return the config that `Config.as_json` has packed."""
    knobs = [name for name in KNOBS if name not in LATER_KNOBS or (isinstance(packed, dict) and name in packed)]
    values = fields("config", packed, "preset", "map", "map_rows", *knobs)
    preset, label, rows = values[:3]
    if typed("preset", preset, str) not in PRESETS:
        raise InvalidValue("there is no preset named {preset}", preset=preset)
    if len(typed("map", label, str)) > LONGEST_LABEL:
        refuse("map", Message("at most {longest} characters", longest=LONGEST_LABEL), _("more"))
    for name in knobs:
        scalar(name, packed[name])
    check_rows(_plain_rows("map_rows", rows, list))
    return read_config(packed)


def _plain_rows(where: Where, value: Any, kind: type) -> MapRows:
    """Return the rows of a map, which `check_rows` can check."""
    rows = sequence(where, value, kind)
    if not 0 < len(rows) <= LARGEST or any(type(row) is not str or not 0 < len(row) <= LARGEST for row in rows):
        refuse(where, Message("1 to {largest} rows of 1 to {largest} letters", largest=LARGEST), _("others"))
    return tuple(rows)


def _moment(where: Where, packed: Any) -> Moment:
    update, phase, index = sequence(where, packed, list, 3)
    return Moment(whole(where, update, 0, MOST), Phase(whole(where, phase, 0, 3)), whole(where, index, 0, MOST))


def _check_counts(state: Any, rows: Any, now: Moment) -> None:
    """Check that the counts of steps and episodes are those of the history plus those of the present batch."""
    steps = state["transitions"]
    env_steps, episodes = rows[now.update - 1, 1:3] if 0 < now.update <= len(rows) else (0, 0)
    ended = sum(step[5] or step[6] for step in steps)
    if len(rows) < now.update or state["counts"][1:] != [env_steps + len(steps), episodes + ended]:
        raise InvalidValue("the steps and episodes of its state and of its history differ")


def _check_best(best: Any, rows: Any) -> None:
    if best["success_probability"] != rows[best["update"] - 1, Row._fields.index("success_probability")]:
        raise InvalidValue("the success of its best policy and of its history differ")


def _continues(changes: tuple[Change, ...], all_changes: tuple[Change, ...], now: Moment) -> bool:
    """Return whether the run is at the moment `now` of a branch with `all_changes` after `changes`."""
    later = all_changes[len(changes) :]
    return all_changes[: len(changes)] == changes and all(change.moment >= now for change in later)
