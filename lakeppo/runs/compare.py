"""Two runs in lock-step: from which moment on they may differ, and the first moment at which they do.

They differ in what they did or learned: a step, an advantage, the policy or the critic's values, bit for bit. A knob
that is set differently and has not acted yet is no difference.
"""

from collections.abc import Callable

import torch

from lakeppo.moment import Difference, Moment, Phase
from lakeppo.runs.run import Run
from lakeppo.runs.statistics import Row
from lakeppo.runs.timeline import BEGINNING, Branch, Timeline

COMPARED = (
    "env_steps", "episodes", "entropy", "approx_kl", "ratio_mean", "ratio_min", "ratio_max", "explained_variance",
    "success_rate",
)  # fmt: skip
"""Figures of a row that follow from what was done and learned alone: a difference shows in its update or the next."""


class LockStep:
    """Run B beside run A: it stands on A's moment, or on the first one after it where their batches are not as long."""

    def __init__(self, a: Timeline, b: Timeline, note: Callable[[Phase], None] = lambda phase: None) -> None:
        self.a, self.b = a, b
        self._note = note  # told of every unit of B that comes after one of A
        self.common = common_moment(a, b)
        self.differs_at: Difference | None = None
        self.same_until = self.common  # as long as no difference is known

    def unit(self) -> Phase:
        """A's next unit; B comes after."""
        phase = self.a.unit()
        self.follow(phase)
        return phase

    def follow(self, phase: Phase) -> None:
        """Let B come to where A stands after a unit of `phase`."""
        while self.b.run.moment < self.a.run.moment:
            self._note(self.b.unit())
        if self.differs_at is None and self.a.run.moment > self.same_until:
            self.same_until = self.a.run.moment
            self.differs_at = difference(self.a.run, self.b.run, phase)

    def go_to(self, moment: Moment, most: int | None = None) -> Moment | None:
        """Stand at `moment`, or at the last one that both have lived; as `Timeline.go_to` does."""
        target = min(moment, self.end)
        far = self.a.go_to(target, most)
        if self.b.go_to(self.a.run.moment, most) is not None:
            self.a.go_to(self.b.run.moment)
            far = target
        return far

    @property
    def end(self) -> Moment:
        """The last moment that both have lived."""
        return min(self.a.branch.end, self.b.branch.end)

    def search(self) -> None:
        """Find the first difference in what both have lived, and stand there or at the end of it.

        The rows tell the update; into that one goes the way unit by unit.
        """
        rows = zip(self.a.branch.history, self.b.branch.history, strict=False)
        unlike = (
            k for k, (a, b) in enumerate(rows) if k >= self.common.update and compared_values(a) != compared_values(b)
        )
        lived = min(self.a.branch.lived, self.b.branch.lived)
        if lived < self.common:  # a line from a run file, which is yet to be lived
            return
        near = Moment(max(0, next(unlike, lived.update) - 1), Phase.COLLECT, 0)
        for start in (max(self.common, near), self.common):
            self.go_to(start)
            self.same_until, self.differs_at = start, difference(self.a.run, self.b.run)
            if self.differs_at is None or start == self.common:
                break
        while self.differs_at is None and self.a.run.moment < lived:
            self.unit()


def common_moment(a: Timeline, b: Timeline) -> Moment:
    """The last moment up to which both are the same run: where the first change is made that only one has."""
    if (a.run.seed, a.run.origin) != (b.run.seed, b.run.origin):
        return BEGINNING
    return min(_parting(a.branch, b.branch), a.branch.end, b.branch.end)


def _parting(a: Branch, b: Branch) -> Moment:
    same = shared(a, b)
    apart = [branch.changes[same].moment for branch in (a, b) if len(branch.changes) > same]
    left = [branch.left_at for branch in (a, b) if branch.left_at is not None]
    return min(apart or left, default=BEGINNING)


def shared(a: Branch, b: Branch) -> int:
    """How many changes both lines begin with."""
    pairs = zip(a.changes, b.changes, strict=False)
    return next((k for k, (mine, other) in enumerate(pairs) if mine != other), min(len(a.changes), len(b.changes)))


def compared_values(row: Row) -> tuple[float | None, ...]:
    """What of a row shows what was done and learned; comparable, because a NaN is not."""
    values = (getattr(row, name) for name in COMPARED)
    return tuple(None if value != value else value for value in values)


def difference(a: Run, b: Run, newest: Phase | None = None) -> Difference | None:
    """What differs between two runs that stand side by side, if anything does.

    Where all was the same until the newest unit, a look at what a unit of that phase makes is enough.
    """
    here = a.moment
    if a.config.shape != b.config.shape:
        return Difference(here, "lake")
    counts = [(run.moment, len(run.trainer.transitions), len(run.trainer.passes)) for run in (a, b)]
    if counts[0] != counts[1]:
        return Difference(here, "pace")
    if newest in (None, Phase.COLLECT):
        last = slice(None) if newest is None else slice(-1, None)
        if a.trainer.transitions[last] != b.trainer.transitions[last] or a.trainer.state != b.trainer.state:
            return Difference(here, "step")
    if newest in (None, Phase.JUDGE) and not _judged_alike(a, b):
        return Difference(here, "advantages")
    return _learned(a, b) if newest in (None, Phase.IMPROVE) else None


def _judged_alike(a: Run, b: Run) -> bool:
    mine, other = a.trainer.judgement, b.trainer.judgement
    if mine is None or other is None:
        return True
    return torch.equal(mine.weights, other.weights) and torch.equal(mine.returns, other.returns)


def _learned(a: Run, b: Run) -> Difference | None:
    policies, values = (a.trainer.policy(), b.trainer.policy()), (a.trainer.values(), b.trainer.values())
    if not torch.equal(*policies):
        apart = (policies[0].exp() - policies[1].exp()).abs().amax(dim=1)
        return Difference(a.moment, "policy", int(apart.argmax()))
    if not torch.equal(*values):
        return Difference(a.moment, "values", int((values[0] - values[1]).abs().argmax()))
    return None
