"""The batch as a table: a row per transition, with everything the update has computed from it so far."""

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
COLLECTED = tuple("t state action went reward next_state terminated truncated".split())
KINDS = (int, int, int, float, int, bool, bool)
"""The types of the columns after `t`."""
COMPUTED = tuple("value next_value delta advantage return old_logprob new_logprob ratio group weight".split())
IN_FORCE = ("gamma", "gae_lambda", "clip_coef")
"""Knobs in force when the batch was judged and last improved, the same in every row; `clip_coef` is NaN when off."""
COLUMNS = (*COLLECTED, *COMPUTED, *IN_FORCE)
"""The columns in order. Before the batch is judged, all of `COMPUTED` but `old_logprob` and all knobs are absent."""


def batch_of(run: Run) -> dict[str, Column]:
    """Return `batch_table` of a run, with the knobs that were in force when it was judged and last improved."""

    def config_at(phase: Phase, index: int) -> Config:
        moment = Moment(run.moment.update, phase, index)
        return run.origin.changed(change for change in run.changes if change.moment <= moment)

    judged, improved = config_at(Phase.JUDGE, 0), config_at(Phase.IMPROVE, len(run.trainer.passes) - 1)
    return batch_table(run.trainer, judged, improved)


def batch_table(trainer: Trainer, judged: Config | None = None, improved: Config | None = None) -> dict[str, Column]:
    """Return the columns `(T,)` of the batch as collected so far, by name.

    `judged` and `improved` are the configs in force when the batch was judged and at its newest pass (default: the
    trainer's). `next_value` is V of the transition's own next state, also in terminated rows, where `delta` does not
    use it. `weight` is the advantage as the objective uses it. `new_logprob`, `ratio` and `group` (inside, returning,
    stopped; with the clip off unclipped) are those of the newest pass; before the first every ratio is exactly 1.
    """
    steps = list(zip(*trainer.transitions, strict=True)) or [()] * len(KINDS)
    columns: dict[str, Column] = {"t": np.arange(len(trainer.transitions))}
    for name, kind, values in zip(COLLECTED[1:], KINDS, steps, strict=True):
        columns[name] = np.array(values, dtype=kind)
    columns["old_logprob"] = trainer.old_log_policy.numpy()[columns["state"], columns["action"]]
    if trainer.judgement is not None:
        columns |= _computed(trainer, judged or trainer.config, improved or trainer.config)
    return {name: columns[name] for name in COLUMNS if name in columns}


def _computed(trainer: Trainer, judging: Config, improving: Config) -> dict[str, Column]:
    batch, judged = trainer.batch, trainer.judgement
    assert batch is not None
    assert judged is not None
    log_policy = trainer.passes[-1].log_policy if trainer.passes else trainer.old_log_policy
    logratio = (log_policy - trainer.old_log_policy)[batch.states, batch.actions]
    ratio = logratio.exp()
    groups = three_groups(ratio, judged.used_advantages, improving.clip_coef)
    inside = "unclipped" if improving.clip_coef is None else "inside"
    group = np.select([groups.inside.numpy(), groups.stopped.numpy()], [inside, "stopped"], "returning")
    tensors = {
        "value": judged.values, "next_value": judged.next_values, "advantage": judged.advantages,
        "delta": td_errors(batch.rewards, judged.values, judged.next_values, batch.terminated, judging.gamma),
        "return": judged.returns, "weight": judged.used_advantages, "ratio": ratio,
        "new_logprob": log_policy[batch.states, batch.actions],
    }  # fmt: skip
    clip = np.nan if improving.clip_coef is None else improving.clip_coef
    in_force = zip(IN_FORCE, (judging.gamma, judging.gae_lambda, clip), strict=True)
    columns = {name: tensor.numpy() for name, tensor in tensors.items()}
    return columns | {name: np.full(len(group), value) for name, value in in_force} | {"group": group}


def to_csv(columns: Mapping[str, Column]) -> str:
    """Return the table as CSV: a header, every digit of each figure, 0 and 1 for booleans, empty for no value."""
    cells: list[list[Any]] = [[""] * len(columns["t"])] * len(COLUMNS)
    for name, column in columns.items():
        if name != "clip_coef" or not np.isnan(column).any():
            cells[COLUMNS.index(name)] = (column.astype(int) if column.dtype == bool else column).tolist()
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows(zip(*cells, strict=True))
    return text.getvalue()
