"""The way back: any moment of a run again, exactly, and what would have happened otherwise.

A run is decided by its seed, its config and its changes, so a moment is found again by taking the nearest keyframe
before it and running forward. A change made in the past starts a branch; nothing lived is ever overwritten.
"""

import sys
from collections.abc import Callable, Container, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import count
from string import ascii_uppercase
from typing import Any, NamedTuple

from lakeppo.config import InvalidValue
from lakeppo.moment import LONGEST_NAME, Change, Moment, Phase
from lakeppo.runs.run import Best, Run
from lakeppo.runs.statistics import Row

MEMORY = 48 * 2**20
"""Bytes the keyframes may take; beyond, every second one is given up, and going back takes longer."""


APART = 256
"""Environment steps between two keyframes, at least: what is lived again in a hundredth of a second."""
BEGINNING = Moment(0, Phase.COLLECT, 0)


class Keyframe(NamedTuple):
    """A run's whole state where an update begins, or where a line ends."""

    moment: Moment
    changes: tuple[Change, ...]
    state: dict[str, Any]
    best: Best | None


@dataclass
class Branch:
    """One branch: all its changes from the run's beginning, how far it goes, and where it left its parent.

    `history` has a row for every update that has been lived; a line read from a run file has yet to be.
    """

    name: str
    changes: list[Change] = field(default_factory=list)
    end: Moment = BEGINNING
    history: list[Row] = field(default_factory=list)
    bookmarks: list[Moment] = field(default_factory=list)
    parent: str | None = None
    left_at: Moment | None = None

    @property
    def lived(self) -> Moment:
        """The last moment known to have been lived; `end`, as a rule."""
        return self.end if len(self.history) >= self.end.update else Moment(len(self.history), Phase.COLLECT, 0)

    def covers(self, other: "Branch") -> bool:
        """Whether whoever lives this line has passed through all that was lived of `other`."""
        later = self.changes[len(other.changes) :]
        return (
            other.lived <= self.lived
            and other.changes == self.changes[: len(other.changes)]
            and all(change.moment >= other.lived for change in later)
        )


class Timeline:
    """A run that can go back. `run` stands where the person looks; `line` is the branch it is on."""

    def __init__(
        self,
        run: Run,
        branches: list[Branch] | None = None,
        on: int = 0,
        keyframes: Iterable[Keyframe] = (),
        memory: int = MEMORY,
    ) -> None:
        self.run = run
        self.branches = branches or [Branch("main", list(run.changes), run.moment, run.history)]
        self._take(self.branches[on])
        self.memory = memory
        self._stride = max(1, APART // run.config.batch_size)
        self._each = 0  # bytes of a keyframe
        self._keyframes = {(k.moment, k.changes): k for k in keyframes}
        if run.moment > BEGINNING:
            first = Keyframe(BEGINNING, (), Run(run.origin, run.seed).trainer.state_dict(), None)
            self._keyframes.setdefault((BEGINNING, ()), first)
        self._keep_keyframe(always=True)
        self._replay_changes()

    @property
    def rewound(self) -> bool:
        """Whether the run stands before what has been lived of its line."""
        return self.run.moment < self.branch.end

    def unit(self) -> Phase:
        """The next unit: what was lived again, recorded changes included, or something new."""
        phase = self.run.unit()
        self._replay_changes()
        moment = self.run.moment
        if moment > self.branch.end:
            self.branch.end = moment
        if phase is Phase.COPY:
            self._keep_keyframe()
        return phase

    def change(self, name: str, value: object) -> None:
        """Change the run here; in the past, on a new branch. Raises `BadValue` for what cannot be."""
        checked = self.run.check(name, value)
        if name != "seed" and getattr(self.run.config, name) == checked:
            return
        if self.rewound:
            self.add_branch()
        self.run.change(name, checked)
        self.branch.changes.append(self.run.changes[-1])

    def add_branch(self) -> Branch:
        """A new line that leaves the present one at this moment, with the same past."""
        history = self.run.history[: self.run.moment.update]
        name = _free_name({branch.name for branch in self.branches})
        branch = Branch(name, list(self.run.changes), self.run.moment, history, [], self.branch.name, self.run.moment)
        self.branches.append(branch)
        self._take(branch)
        return branch

    def rename(self, branch: Branch, name: str) -> None:
        """Call a line something else. Raises `BadValue` for what is no name, or another line's."""
        if check_name(name) in [other.name for other in self.branches if other is not branch]:
            raise InvalidValue(f"there is a line named {name} already")
        for child in self.branches:
            child.parent = name if child.parent == branch.name else child.parent
        branch.name = name

    def beside(self, branch: Branch) -> "Timeline":
        """The same run once more, at the beginning of another of its lines; what it lives stays with that line."""
        run = Run(self.run.origin, self.run.seed)
        other = Timeline(run, self.branches, self.branches.index(branch), memory=self.memory)
        other._keyframes = self._keyframes
        return other

    def switch(self, branch: Branch, most: int | None = None) -> Moment | None:
        """Go to the end of another line, as `go_to` does."""
        self._keep_keyframe(always=True)
        self._take(branch)
        return self.go_to(branch.end, most)

    def go_to(self, moment: Moment, most: int | None = None) -> Moment | None:
        """Stand at `moment` of this line, or at the last moment lived before it.

        Where more than `most` updates would have to be lived again, stand at their beginning instead, and return
        the moment that is still to be reached.
        """
        self._keep_keyframe(always=not self.rewound)
        target = min(moment, self.branch.end)
        start = self._nearest(target)
        if not start.moment <= self.run.moment <= target or not self._on_path(self.run.moment, self.run.changes):
            self._restore(start)
        self._replay_changes()
        if most is not None and target.update - self.run.moment.update > most:
            return target
        while self.run.moment < target:
            self.run.unit()
            self._replay_changes()
        return None

    def back(self, there: Callable[[Phase], bool]) -> bool:
        """Go back to the last moment before this one that `there` accepts, asked right after each unit.

        False, and nothing moves, if there is none. The run's beginning always counts as one.
        """
        until = self.run.moment
        while until > BEGINNING:
            found = self._last_before(until, there)
            if found is not None:
                self.go_to(found)
                return True
            until = self._nearest(until, before=True).moment
        self.go_to(until)
        return False

    def _last_before(self, until: Moment, there: Callable[[Phase], bool]) -> Moment | None:
        """The last moment after the keyframe before `until`, and before `until`, that `there` accepts."""
        start = self._nearest(until, before=True)
        self._restore(start)
        self._replay_changes()
        found = start.moment if start.moment == BEGINNING or there(_last_phase(start.moment)) else None
        while True:
            phase = self.run.unit()
            self._replay_changes()
            if self.run.moment >= until:
                return found
            if phase is Phase.COPY:
                self._keep_keyframe(always=True)  # the next step back begins nearby
            if there(phase):
                found = self.run.moment

    def _replay_changes(self) -> None:
        """Make the line's recorded changes of this moment that have not been made yet."""
        while len(self.run.changes) < len(self.branch.changes):
            change = self.branch.changes[len(self.run.changes)]
            if change.moment > self.run.moment:
                break
            self.run.apply(change)

    def _take(self, branch: Branch) -> None:
        self.branch = branch
        self.run.history = branch.history

    def _restore(self, keyframe: Keyframe) -> None:
        self.run.restore(keyframe.state, list(keyframe.changes))
        self.run.best = keyframe.best

    def _nearest(self, moment: Moment, before: bool = False) -> Keyframe:
        """The last keyframe on this line's path up to `moment`, or strictly `before` it."""
        return max(
            (
                k
                for k in self._keyframes.values()
                if (k.moment < moment if before else k.moment <= moment) and self._on_path(k.moment, k.changes)
            ),
            key=lambda k: (k.moment, len(k.changes)),
        )

    def _on_path(self, moment: Moment, changes: Sequence[Change]) -> bool:
        """Whether this line passed `moment` with these changes made, and its history reaches there."""
        made, later = self.branch.changes[: len(changes)], self.branch.changes[len(changes) :]
        known = moment.update <= len(self.branch.history)
        return known and made == list(changes) and all(change.moment >= moment for change in later)

    def _keep_keyframe(self, always: bool = False) -> None:
        moment, changes = self.run.moment, tuple(self.run.changes)
        if not always and moment.update % self._stride:
            return
        if (moment, changes) in self._keyframes:
            return
        state = self.run.trainer.state_dict()
        self._keyframes[moment, changes] = Keyframe(moment, changes, state, self.run.best)
        if always or not self._each:
            self._each = max(self._each, _size(state))
        if len(self._keyframes) > 8 and len(self._keyframes) * self._each > self.memory:
            self._thin()

    def keyframes(self, most: int) -> list[Keyframe]:
        """The keyframes where lines end, and about `most` of the others, evenly."""
        ends = self._ends()
        others = sorted((k for k in self._keyframes.values() if k.moment not in ends), key=lambda k: k.moment)
        apart = max(1, len(others) // max(1, most))
        return [k for k in self._keyframes.values() if k.moment in ends] + others[: most * apart : apart]

    def _ends(self) -> set[Moment]:
        return {branch.end for branch in self.branches}

    def _thin(self) -> None:
        self._stride *= 2
        ends = self._ends()
        for key, k in list(self._keyframes.items()):
            if k.moment not in ends and (k.moment.update % self._stride or k.moment.phase is not Phase.COLLECT):
                del self._keyframes[key]  # in place: a timeline beside this one has the same


def _last_phase(moment: Moment) -> Phase:
    """The phase of the unit that led to `moment`."""
    return moment.phase if moment.index else Phase((moment.phase - 1) % 4)


def check_name(name: str) -> str:
    """The name of a line, as it is; raises `BadValue` if it cannot be one."""
    if not name.isprintable() or name != name.strip() or not 0 < len(name) <= LONGEST_NAME:
        raise InvalidValue(f"a line's name has 1 to {LONGEST_NAME} characters, not {name[:40]!r}")
    return name


def _free_name(taken: Container[str]) -> str:
    """B, C, ... Z, then B2, C2, ...: the first that is not taken."""
    names = (f"{letter}{turn if turn > 1 else ''}" for turn in count(1) for letter in ascii_uppercase[1:])
    return next(name for name in names if name not in taken)


def _size(value: object) -> int:
    """Bytes of a state, about."""
    if hasattr(value, "nbytes"):
        return int(value.nbytes) + 200
    if isinstance(value, dict):
        return sum(_size(item) for item in value.values())
    if isinstance(value, list | tuple):
        return 64 + sum(_size(item) for item in value)
    return sys.getsizeof(value)
