"""A run: a seed, a config and a list of changes, which decide everything; and what it has computed so far."""

from typing import Any, NamedTuple

import numpy as np
import torch

from lakeppo.config import KNOBS, Config, Limit
from lakeppo.errors import InvalidValue, MapError
from lakeppo.knob import check_seed
from lakeppo.lake.exact import Floats, greedy, success_probability
from lakeppo.lake.maps import check_rows
from lakeppo.lake.transition_table import transition_table
from lakeppo.moment import Change, Moment, Phase
from lakeppo.ppo.trainer import Trainer
from lakeppo.runs.statistics import Row, describe
from lakeppo.runs.trainer_state import load_trainer_state, trainer_state


class Best(NamedTuple):
    """The policy with the highest exact success on the present lake, with the trainer's whole state."""

    update: int
    success_probability: float
    config: Config
    changes: tuple[Change, ...]
    state: dict[str, Any]


class Run:
    """A trainer with its first config (`origin`), changes, append-only history (a row per update) and best policy."""

    def __init__(self, config: Config, seed: int) -> None:
        self.seed = seed
        self.origin = config
        self.changes: list[Change] = []
        self.trainer = Trainer(config, seed)
        self.history: list[Row] = []
        self.best: Best | None = None
        self._measured: tuple[object, tuple[float, float]] | None = None

    @property
    def config(self) -> Config:
        """The config in force, changes included."""
        return self.trainer.config

    @property
    def moment(self) -> Moment:
        return self.trainer.moment

    def unit(self) -> Phase:
        """Do the next unit and return its phase. A copy also appends to the history and may be the new best."""
        trainer = self.trainer
        if trainer.phase is not Phase.COPY:
            return trainer.unit()
        known = trainer.updates < len(self.history)
        figures = {} if known else describe(trainer)
        trainer.unit()
        if not known:
            sampling, greedily = self.success()
            self.history.append(Row(**figures, success_probability=sampling, greedy_success_probability=greedily))
        self._keep_best(self.history[trainer.updates - 1])
        return Phase.COPY

    def _keep_best(self, row: Row) -> None:
        """Keep the present policy, described by `row`, if it is better than the best."""
        highest = -1.0 if self.best is None else self.best.success_probability
        if row.success_probability > highest:  # false for NaN
            self.best = Best(
                row.update, row.success_probability, self.config, tuple(self.changes), trainer_state(self.trainer)
            )

    def done(self, limit: Limit) -> int:
        """Return how far the run is, in the unit of `limit`."""
        trainer = self.trainer
        return limit.done(episodes=trainer.episodes, updates=trainer.updates, env_steps=trainer.env_steps)

    def reached(self, limit: Limit) -> bool:
        """Return whether the run is at `limit` or past it."""
        return self.done(limit) >= limit.count

    def change(self, name: str, value: object) -> None:
        """Change a knob, the map (`map_rows`) or the seed of all that follows (`seed`), and record the change.

        Raises `InvalidValue` for a value out of range, and for what cannot change while a run keeps its weights.
        """
        checked = self.check(name, value)
        if name == "seed" or getattr(self.config, name) != checked:
            self.apply(Change(self.moment, name, checked))

    def apply(self, change: Change) -> None:
        """Apply a checked change. On another lake the best policy is forgotten."""
        self.changes.append(change)
        if change.name == "seed":
            assert isinstance(change.value, int)
            self.trainer.reseed(change.value)
            return
        before = self.config.lake
        self.trainer.change(self.config.changed([change]))
        if self.config.lake != before:
            self.best = None

    def check(self, name: str, value: object) -> Any:
        """Return the value as a change would record it. Raises as `change` does."""
        if name == "seed":
            return check_seed(value)
        if name == "map_rows" and isinstance(value, tuple):
            return self._check_rows(value)
        if name not in KNOBS or KNOBS[name].startup_only:
            raise InvalidValue("{name} cannot change while a run keeps its weights", name=name)
        return KNOBS[name].check(value)

    def _check_rows(self, rows: tuple[str, ...]) -> tuple[str, ...]:
        try:
            check_rows(rows)
        except MapError as error:
            raise InvalidValue(error.template, **error.arguments) from None
        if (len(rows), len(rows[0])) != self.config.shape:
            raise InvalidValue("the lake's size cannot change while a run keeps its weights")
        if "".join(rows)[self.trainer.state] in "HG":
            raise InvalidValue("the agent stands there")
        return rows

    def restore(self, state: dict[str, Any], changes: list[Change]) -> None:
        """Load a trainer's state, taken after `changes`. History and best stay as they are."""
        self.changes = list(changes)
        self.trainer.change(self.origin.changed(changes))
        load_trainer_state(self.trainer, state)
        self._measured = None

    def policy(self) -> Floats:
        """Return the new actor's policy `(S, 4)`, which is displayed and from which all exact figures come."""
        return probabilities(self.trainer.policy())

    def old_policy(self) -> Floats:
        """Return the old actor's policy `(S, 4)`, from which the batch is sampled."""
        return probabilities(self.trainer.old_log_policy)

    def success(self) -> tuple[float, float]:
        """Return the exact success of the new actor, sampling and greedy, on the present lake."""
        key = (self.trainer.updates, len(self.trainer.passes), self.config.lake)
        if self._measured is None or self._measured[0] != key:
            self._measured = (key, exact_success(self.config, self.policy()))
        return self._measured[1]


def probabilities(log_policy: torch.Tensor) -> Floats:
    """Return a log policy `(S, 4)` as probabilities in float64."""
    table: Floats = log_policy.exp().numpy()
    return table


def exact_success(config: Config, policy: Floats) -> tuple[float, float]:
    """Return the success of `policy` `(S, 4)` on the config's lake, sampling and greedy."""
    table = transition_table(config.map_rows, config.slip)
    both = np.stack([policy, greedy(policy)])
    sampling, greedily = success_probability(table, both, config.max_episode_steps).tolist()
    return sampling, greedily
