"""The policies of a branch after every pass: from the kept tables, and recomputed where they are not kept."""

from collections.abc import Generator
from dataclasses import dataclass

import numpy as np

from lakeppo.lake.transition import ACTION_COUNT
from lakeppo.moment import Change, Moment, Phase
from lakeppo.ppo.trainer import Trainer
from lakeppo.runs.pass_tables import PassTables, Tables, changes_up_to
from lakeppo.runs.timeline import Timeline

AT_A_TIME = 8
"""Updates that are recomputed before control is yielded."""


@dataclass(frozen=True, eq=False)
class BranchTables:
    """The policies of updates `since` (included) to `until` (excluded), probabilities `(S, 4)` in float32."""

    first: Tables  # the run's first policy
    since: int
    start: Tables  # the policy before update `since`
    tables: list[Tables]  # (passes, S, 4) each; the last update may not be complete

    @property
    def until(self) -> int:
        return self.since + len(self.tables)

    @property
    def newest(self) -> Tables:
        """The policy after the last pass."""
        return self.tables[-1][-1] if self.tables else self.start

    def before(self, update: int) -> Tables:
        """Return the policy `(S, 4)` before an update."""
        return self.start if update == self.since else self.tables[update - self.since - 1][-1]

    def after(self, update: int) -> Tables:
        """Return the policies `(passes, S, 4)` after each pass of an update."""
        return self.tables[update - self.since]


def branch_tables(timeline: Timeline, updates: int | None = None) -> Generator[None, None, BranchTables]:
    """Return the policies of the first `updates` updates of the branch; None: up to the run's present moment.

    What is missing is recomputed from the beginning of the gap, a few updates between two yields, and kept. Where
    there is no room for the tables of all updates, the earliest are left out.
    """
    run = timeline.run
    if run.tables is None:
        run.tables = PassTables()
    count = run.trainer.updates if updates is None else updates
    bytes_of_update = run.trainer.epochs * run.config.tiles * ACTION_COUNT * 4
    since = max(0, count - run.tables.memory // bytes_of_update)
    first = _float32(Trainer(run.origin, run.seed).old_log_policy.exp().numpy())
    start = first
    if since:
        start = (yield from _recomputed(timeline, since - 1, since))[0][-1]
    found = yield from _recomputed(timeline, since, count)
    trainer = run.trainer
    if updates is None and trainer.passes:
        tables = [*(p.log_policy for p in trainer.passes[1:]), trainer.policy()]
        found.append(np.stack([_float32(table.exp().numpy()) for table in tables]))
    return BranchTables(first, since, start, found)


def _recomputed(timeline: Timeline, since: int, until: int) -> Generator[None, None, list[Tables]]:
    """Return the tables of the updates from `since` to before `until`."""
    tables = timeline.run.tables
    assert tables is not None
    keys = [(update, _changes(timeline, update)) for update in range(since, until)]
    kept = {key: table for key in keys if (table := tables.get(*key)) is not None}
    second: Timeline | None = None
    for update, changes in keys:
        if (update, changes) in kept:
            continue
        if second is None:
            second = timeline.second(timeline.branch)
        second.go_to(Moment(update, Phase.COLLECT, 0))
        while second.run.moment < Moment(update + 1, Phase.COLLECT, 0):
            second.unit()  # `go_to` may skip the update by a keyframe after it
        table = tables.get(update, changes)
        if table is None:
            raise LookupError(f"{timeline.branch.name} has no update {update}")
        kept[update, changes] = table
        if update % AT_A_TIME == 0:
            yield
    return [kept[key] for key in keys]


def _changes(timeline: Timeline, update: int) -> tuple[Change, ...]:
    """Return the branch's changes up to the copy of an update."""
    return changes_up_to(timeline.branch.changes, Moment(update, Phase.COPY, 0))


def _float32(table: np.ndarray) -> Tables:
    return table.astype(np.float32)
