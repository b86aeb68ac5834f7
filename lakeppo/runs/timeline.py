"""A timeline: a run that can go to any earlier moment, exactly, and its branches.

A moment is recomputed from the nearest keyframe before it. A change in the past starts a branch: nothing is lost.
"""

from collections.abc import Callable, Iterable, Sequence
from itertools import count
from string import ascii_uppercase
from typing import Any, NamedTuple

from lakeppo.errors import InvalidValue, Message
from lakeppo.moment import BEGINNING, Change, Moment, Phase
from lakeppo.runs.branch import Branch, check_name
from lakeppo.runs.divergence import pass_diverged
from lakeppo.runs.run import Best, Run
from lakeppo.runs.trainer_state import state_size, trainer_state

MEMORY = 48 * 2**20
"""The maximum size of all keyframes in bytes, beyond which every second one is dropped."""
SPACING = 256
"""The minimum of environment steps between keyframes; recomputing 256 takes about a hundredth of a second."""


class TravelInterrupted(Exception):
    """The way to another moment was interrupted; the run stands at a whole moment on that way."""


class Keyframe(NamedTuple):
    """A run's whole state at `moment`, after `changes`."""

    moment: Moment
    changes: tuple[Change, ...]
    state: dict[str, Any]
    best: Best | None


class Timeline:
    """A run that can go back: `run` is at the current moment of `branch`. `memory`: bytes for keyframes."""

    def __init__(
        self, run: Run, branches: list[Branch] | None = None, current: int = 0, keyframes: Iterable[Keyframe] = (),
        memory: int = MEMORY, remark: Message | None = None,
    ) -> None:  # fmt: skip
        """`remark` is what a person should know of the file that the run was read from."""
        self.run, self.remark = run, remark
        self.branches = branches or [Branch("main", list(run.changes), run.moment, run.history)]
        self._set_branch(self.branches[current])
        self.memory = memory
        self.unit_end = run.moment
        """The moment after the newest unit."""
        self.interrupted: Callable[[], bool] = bool
        """Whether to raise `TravelInterrupted` rather than to recompute another unit."""
        self._stride = max(1, SPACING // run.config.batch_size)
        self._keyframe_size = 0
        self._keyframes = {(k.moment, k.changes): k for k in keyframes}
        if run.moment > BEGINNING:
            first = Keyframe(BEGINNING, (), trainer_state(run.again().trainer), None)
            self._keyframes.setdefault((BEGINNING, ()), first)
        self._add_keyframe(always=True)
        self._replay_changes()

    @property
    def rewound(self) -> bool:
        """Whether the run is before the end of its branch."""
        return self.run.moment < self.branch.end

    def unit(self) -> Phase:
        """Do the next unit, apply the branch's recorded changes of the new moment, and return the unit's phase."""
        phase = self.run.unit()
        self._replay_changes()
        self.unit_end = self.run.moment
        if self.unit_end > self.branch.end:
            self.branch.end = self.unit_end
        if phase is Phase.IMPROVE:
            self._note_divergence()
        if phase is Phase.COPY:
            self._add_keyframe()
        return phase

    def _note_divergence(self) -> None:
        trainer, branch = self.run.trainer, self.branch
        here = Moment(trainer.updates, Phase.IMPROVE, len(trainer.passes))
        if pass_diverged(trainer.passes[-1]):
            branch.diverged = min(here, branch.diverged or here)
        elif branch.diverged is not None and branch.diverged < here:
            branch.diverged = None  # it has recovered

    def change(self, name: str, value: object) -> None:
        """Change the run, on a new branch if it is rewound. Raises `InvalidValue` as `Run.change` does."""
        checked = self.run.check(name, value)
        if name != "seed" and getattr(self.run.config, name) == checked:
            return
        if self.rewound:
            self.add_branch()
        self.run.change(name, checked)
        self.branch.changes.append(self.run.changes[-1])
        self.branch.end = self.run.moment  # fewer steps or passes may have ended a phase

    def add_branch(self) -> Branch:
        """Start a branch at this moment, make it the current one and return it."""
        history = self.run.history[: self.run.moment.update]
        names = (f"{letter}{number if number > 1 else ''}" for number in count(1) for letter in ascii_uppercase[1:])
        taken = {branch.name for branch in self.branches}
        name = next(name for name in names if name not in taken)  # B, C, ... Z, B2, C2, ...
        branch = Branch(name, list(self.run.changes), self.run.moment, history, [], self.branch.name, self.run.moment)
        if self.branch.diverged is not None and self.branch.diverged <= self.run.moment:
            branch.diverged = self.branch.diverged
        self.branches.append(branch)
        self._set_branch(branch)
        return branch

    def rename(self, branch: Branch, name: str) -> None:
        """Rename a branch. Raises `InvalidValue` if the name is invalid or taken."""
        if check_name(name) in [other.name for other in self.branches if other is not branch]:
            raise InvalidValue("there is a branch named {name} already", name=name)
        for child in self.branches:
            child.parent = name if child.parent == branch.name else child.parent
        branch.name = name

    def second(self, branch: Branch) -> "Timeline":
        """Return a second timeline of the run, at the start of `branch`. It shares branches, keyframes and tables."""
        run = self.run.again()
        second = Timeline(run, self.branches, self.branches.index(branch), memory=self.memory)
        second._keyframes, second.interrupted = self._keyframes, self.interrupted
        run.tables = self.run.tables
        return second

    def recovered(self, branch: Branch, moment: Moment) -> "Timeline":
        """Return the timeline at a moment of `branch`, recomputed, after a unit that failed half-way."""
        for unfinished in self.branches:
            unfinished.history.cut(unfinished.end.update)  # the failed unit may have appended its row
        recovered = self.second(branch)
        recovered.go_to(moment)
        return recovered

    def switch(self, branch: Branch, max_updates: int | None = None, moment: Moment | None = None) -> Moment | None:
        """Go to a moment of another branch, its end if None; the other arguments and the result are as in `go_to`."""
        self._add_keyframe(always=True)
        self._set_branch(branch)
        return self.go_to(branch.end if moment is None else moment, max_updates)

    def go_to(self, moment: Moment, max_updates: int | None = None) -> Moment | None:
        """Go to `moment`, at most to the end of the branch.

        If more than `max_updates` would have to be recomputed, go where that starts and return the moment to reach.
        Raises `TravelInterrupted` once `interrupted` returns true.
        """
        self._add_keyframe(always=not self.rewound)
        target = min(moment, self.branch.end)
        start = self._nearest(target)
        if not start.moment <= self.run.moment <= target or not self._on_path(self.run.moment, self.run.changes):
            self._restore(start)
        self._replay_changes()
        if max_updates is not None and target.update - self.run.moment.update > max_updates:
            return target
        while self.run.moment < target:
            self._recompute_unit()
        return None

    def back(self, accepts: Callable[[Phase], bool], may: Callable[[Moment, Moment], bool] = lambda *_: True) -> bool:
        """Go back to the last moment for which `accepts` returns true, else to the beginning and return False.

        `accepts` is called with the phase of the unit that led to each moment, while the run is there; `may` with a
        moment and a later one: what lies from the one to before the other is recomputed if it returns true.
        """
        until = self.run.moment
        while until > BEGINNING:
            start = self._nearest(until, before=True)
            if may(start.moment, until) and (found := self._last_before(start, until, accepts)) is not None:
                self.go_to(found)
                return True
            until = start.moment
        self.go_to(until)
        return False

    def _last_before(self, start: Keyframe, until: Moment, accepts: Callable[[Phase], bool]) -> Moment | None:
        """Return the last accepted moment before `until`, from a keyframe on."""
        self._restore(start)
        self._replay_changes()
        moment = start.moment
        last_phase = moment.phase if moment.index else Phase((moment.phase - 1) % 4)
        found = moment if moment == BEGINNING or accepts(last_phase) else None
        while True:
            phase = self._recompute_unit()
            if self.run.moment >= until:
                return found
            if phase is Phase.COPY:
                self._add_keyframe(always=True)  # for the next step back
            if accepts(phase):
                found = self.run.moment

    def _recompute_unit(self) -> Phase:
        if self.interrupted():
            raise TravelInterrupted
        phase = self.run.unit()
        self._replay_changes()
        return phase

    def _replay_changes(self) -> None:
        """Apply the branch's recorded changes up to this moment that have not been applied."""
        while len(self.run.changes) < len(self.branch.changes):
            change = self.branch.changes[len(self.run.changes)]
            if change.moment > self.run.moment:
                break
            self.run.apply(change)

    def _set_branch(self, branch: Branch) -> None:
        self.branch, self.run.history = branch, branch.history

    def _restore(self, keyframe: Keyframe) -> None:
        self.run.restore(keyframe.state, list(keyframe.changes))
        self.run.best = keyframe.best

    def _nearest(self, moment: Moment, before: bool = False) -> Keyframe:
        """Return the branch's last keyframe up to `moment`, or strictly `before` it."""
        near = (k for k in self._keyframes.values() if (k.moment < moment if before else k.moment <= moment))
        on_path = (k for k in near if self._on_path(k.moment, k.changes))
        return max(on_path, key=lambda k: (k.moment, len(k.changes)))

    def _on_path(self, moment: Moment, changes: Sequence[Change]) -> bool:
        """Return whether the branch is at `moment` after exactly `changes`, and its history reaches it."""
        applied, later = self.branch.changes[: len(changes)], self.branch.changes[len(changes) :]
        known = moment.update <= len(self.branch.history)
        return known and applied == list(changes) and all(change.moment >= moment for change in later)

    def _add_keyframe(self, always: bool = False) -> None:
        moment, changes = self.run.moment, tuple(self.run.changes)
        if (moment.update % self._stride and not always) or (moment, changes) in self._keyframes:
            return
        state = trainer_state(self.run.trainer)
        self._keyframes[moment, changes] = Keyframe(moment, changes, state, self.run.best)
        if always or not self._keyframe_size:
            self._keyframe_size = max(self._keyframe_size, state_size(state))
        if len(self._keyframes) > 8 and len(self._keyframes) * self._keyframe_size > self.memory:
            self._thin_keyframes()

    def keyframes(self, number: int) -> list[Keyframe]:
        """Return the keyframes at the ends of branches and about `number` of the others, evenly spaced."""
        ends = {branch.end for branch in self.branches}
        others = sorted((k for k in self._keyframes.values() if k.moment not in ends), key=lambda k: k.moment)
        stride = max(1, len(others) // max(1, number))
        return [k for k in self._keyframes.values() if k.moment in ends] + others[: number * stride : stride]

    def _thin_keyframes(self) -> None:
        self._stride *= 2
        ends = {branch.end for branch in self.branches}
        for key, k in list(self._keyframes.items()):
            if k.moment not in ends and (k.moment.update % self._stride or k.moment.phase is not Phase.COLLECT):
                del self._keyframes[key]  # in place: a second timeline shares the dictionary
