"""Two runs in lock-step: the moment up to which they are the same run, and the first moment at which they differ.

A difference is one bit of a step, an advantage, either policy or the critic's values, not a knob without effect so far.
"""

from collections.abc import Callable

import numpy as np
import torch

from lakeppo.moment import BEGINNING, Difference, Moment, Phase
from lakeppo.runs.branch import Branch
from lakeppo.runs.run import Run
from lakeppo.runs.timeline import Timeline

COMPARED = tuple("env_steps episodes entropy approx_kl ratio_mean ratio_min ratio_max explained_variance success_rate"
                 .split())  # fmt: skip
"""Figures that depend only on steps, advantages, policy and values: a difference shows in its own row or the next."""


class LockStep:
    """Two timelines in lock-step: B is at A's moment or, where their batches differ in length, at its next one."""

    def __init__(self, a: Timeline, b: Timeline, on_unit: Callable[[Phase], None] = lambda phase: None) -> None:
        """`on_unit` is called after each unit of B that follows a unit of A."""
        self.a, self.b = a, b
        self._on_unit = on_unit
        self.common = common_moment(a, b)
        self.differs_at: Difference | None = None
        self.same_until = self.common  # no difference is known up to here, while `differs_at` is None

    def unit(self) -> Phase:
        """Do A's next unit and those of B that follow it, and return A's phase."""
        phase = self.a.unit()
        self.follow(phase)
        return phase

    def follow(self, phase: Phase) -> None:
        """Advance B after a unit of A in `phase`."""
        while self.b.run.moment < self.a.run.moment:
            self._on_unit(self.b.unit())
        if self.differs_at is None and self.a.run.moment > self.same_until:
            self.same_until = self.a.run.moment
            self.differs_at = difference(self.a.run, self.b.run, phase)

    def go_to(self, moment: Moment, max_updates: int | None = None) -> Moment | None:
        """Go to `moment` or to the end of the shorter one; `max_updates` and result are as in `Timeline.go_to`."""
        target = min(moment, self.end)
        ahead = self.a.go_to(target, max_updates)
        if self.b.go_to(self.a.run.moment, max_updates) is not None:
            self.a.go_to(self.b.run.moment)
            ahead = target
        return ahead

    @property
    def end(self) -> Moment:
        """The last moment that both have."""
        return min(self.a.branch.end, self.b.branch.end)

    def search(self) -> None:
        """Go to the first difference in what both have computed, or to its end; histories tell the update to search."""
        end = min(self.a.branch.computed_end, self.b.branch.computed_end)
        if end < self.common:  # a branch from a run file
            return
        near = Moment(max(0, self._differing_row(end.update) - 1), Phase.COLLECT, 0)
        for start in (max(self.common, near), self.common):
            self.go_to(start)
            self.same_until, self.differs_at = start, difference(self.a.run, self.b.run)
            if self.differs_at is None or start == self.common:
                break
        while self.differs_at is None and self.a.run.moment < end:
            self.unit()

    def _differing_row(self, end: int) -> int:
        """Return the first row from `common` on in which `COMPARED` figures of the histories differ, `end` if none."""
        histories, first = (self.a.branch.history, self.b.branch.history), self.common.update
        last = min(map(len, histories))
        a, b = (np.stack([history.column(name)[first:last] for name in COMPARED]) for history in histories)
        differing = np.flatnonzero(((a != b) & ~(np.isnan(a) & np.isnan(b))).any(axis=0))
        return first + int(differing[0]) if len(differing) else end


def common_moment(a: Timeline, b: Timeline) -> Moment:
    """Return the last moment up to which both are the same run: that of the first change that is not in both."""
    runs = [(one.run.seed, one.run.origin, type(one.run.trainer)) for one in (a, b)]
    if runs[0] != runs[1]:
        return BEGINNING
    branches, shared = (a.branch, b.branch), shared_changes(a.branch, b.branch)
    changed = [branch.changes[shared].moment for branch in branches if len(branch.changes) > shared]
    left = [branch.left_at for branch in branches if branch.left_at is not None]
    return min(min(changed or left, default=BEGINNING), a.branch.end, b.branch.end)


def shared_changes(a: Branch, b: Branch) -> int:
    """Return the number of changes that both branches begin with."""
    pairs = zip(a.changes, b.changes, strict=False)
    return next((k for k, (in_a, in_b) in enumerate(pairs) if in_a != in_b), min(len(a.changes), len(b.changes)))


def difference(a: Run, b: Run, newest: Phase | None = None) -> Difference | None:
    """Return the difference of two runs at the same moment, or None.

    If they did not differ before the last unit, of phase `newest`, only what such a unit computes is compared.
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
    in_a, in_b = a.trainer.judgement, b.trainer.judgement
    if newest in (None, Phase.JUDGE) and in_a is not None and in_b is not None:
        for name in ("used_advantages", "returns"):
            if not torch.equal(getattr(in_a, name), getattr(in_b, name)):
                return Difference(here, "advantages")
    return _network_difference(a, b) if newest in (None, Phase.IMPROVE, Phase.COPY) else None


def _network_difference(a: Run, b: Run) -> Difference | None:
    new, old = (a.trainer.policy(), b.trainer.policy()), (a.trainer.old_log_policy, b.trainer.old_log_policy)
    for policies in (new, old):
        if not torch.equal(*policies):
            distance = (policies[0].exp() - policies[1].exp()).abs().amax(dim=1)
            return Difference(a.moment, "policy", int(distance.argmax()))
    values = a.trainer.values(), b.trainer.values()
    if not torch.equal(*values):
        return Difference(a.moment, "values", int((values[0] - values[1]).abs().argmax()))
    return None
