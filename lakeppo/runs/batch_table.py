"""The batch as a table: a row a transition, and everything the update has found out about it so far."""

import csv
import io
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lakeppo.config import Config
from lakeppo.moment import Moment, Phase
from lakeppo.ppo.gae import td_errors
from lakeppo.ppo.objective import three_groups
from lakeppo.ppo.trainer import Trainer
from lakeppo.runs.run import Run

Column = NDArray[Any]
Sheet = Mapping[str, Column]
COLLECTED = tuple("t state action went reward next_state terminated truncated".split())
FOUND_OUT = tuple("value next_value delta advantage return old_logprob new_logprob ratio group weight".split())
UNDER = ("gamma", "gae_lambda", "clip_coef")
"""The knobs the batch was judged and last improved under, the same in every row; `clip_coef` is NaN when off."""
COLUMNS = (*COLLECTED, *FOUND_OUT, *UNDER)
"""The columns in their order. Before the batch is judged what judging finds is absent, save `old_logprob`."""


def batch_of(run: Run) -> dict[str, Column]:
    """The sheet of a run's batch, judged and improved under the knobs that were in force then."""

    def at(phase: Phase, index: int) -> Config:
        moment = Moment(run.moment.update, phase, index)
        return run.origin.changed(change for change in run.changes if change.moment <= moment)

    return sheet(run.trainer, at(Phase.JUDGE, 0), at(Phase.IMPROVE, len(run.trainer.passes) - 1))


def sheet(trainer: Trainer, judged: Config | None = None, improved: Config | None = None) -> dict[str, Column]:
    """The batch as collected so far, `(T,)` each by name.

    `judged` and `improved` are the values in force when the batch was judged and at its newest pass, for a trainer
    whose knobs have changed since.

    `next_value` is the critic's value of the transition's own next state, for terminated rows too, where `delta`
    does not use it. `weight` is the advantage as the objective uses it: normalised where that is on. `new_logprob`,
    `ratio` and `group` (inside, returning, stopped) are those the newest pass's gradient used; before the first
    pass they are what it will find: every ratio exactly 1.
    """
    columns = _collected(trainer)
    columns["old_logprob"] = trainer.old_log_policy.numpy()[columns["state"], columns["action"]]
    if trainer.judgement is not None:
        columns |= _found_out(trainer, judged or trainer.config, improved or trainer.config)
    return {name: columns[name] for name in COLUMNS if name in columns}


def _collected(trainer: Trainer) -> dict[str, Column]:
    steps = trainer.transitions
    columns: dict[str, Column] = {"t": np.arange(len(steps))}
    kinds = (int, int, int, float, int, bool, bool)
    for at, (name, kind) in enumerate(zip(COLLECTED[1:], kinds, strict=True)):
        columns[name] = np.array([step[at] for step in steps], dtype=kind)
    return columns


def _found_out(trainer: Trainer, judging: Config, improving: Config) -> dict[str, Column]:
    batch, judged = trainer.batch, trainer.judgement
    assert batch is not None
    assert judged is not None
    deltas = td_errors(batch.rewards, judged.values, judged.next_values, batch.terminated, judging.gamma)
    table = trainer.passes[-1].log_policy if trainer.passes else trainer.old_log_policy
    logratio = (table - trainer.old_log_policy)[batch.states, batch.actions]
    ratio = logratio.exp()
    groups = three_groups(ratio, judged.weights, improving.clip_coef)
    found = {
        "value": judged.values,
        "next_value": judged.next_values,
        "delta": deltas,
        "advantage": judged.advantages,
        "return": judged.returns,
        "new_logprob": table[batch.states, batch.actions],
        "ratio": ratio,
        "weight": judged.weights,
    }
    named = np.select([groups.inside.numpy(), groups.stopped.numpy()], ["inside", "stopped"], "returning")
    clip = np.nan if improving.clip_coef is None else improving.clip_coef
    under = dict(zip(UNDER, (judging.gamma, judging.gae_lambda, clip), strict=True))
    return {
        **{name: column.numpy() for name, column in found.items()},
        **{name: np.full(len(named), value) for name, value in under.items()},
        "group": named,
    }


def to_csv(columns: Sheet) -> str:
    """The table as CSV: a header, every figure in full, 0 and 1 for no and yes, empty where there is nothing."""
    rows = len(columns["t"])
    known = {name: column for name, column in columns.items() if name != "clip_coef" or not np.isnan(column).any()}
    cells = [_cells(known[name]) if name in known else [""] * rows for name in COLUMNS]
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows(zip(*cells, strict=True))
    return text.getvalue()


def _cells(column: Column) -> list[Any]:
    plain: list[Any] = (column.astype(int) if column.dtype == bool else column).tolist()
    return plain
