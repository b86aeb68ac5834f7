"""A run: a seed, a config and a list of changes, which determine everything it computes."""

from typing import Any, NamedTuple

import numpy as np
import torch

from lakeppo.config import KNOBS, Config
from lakeppo.errors import InvalidValue, MapError
from lakeppo.knob import check_seed
from lakeppo.lake.environment import transition_table
from lakeppo.lake.exact import Floats, greedy, success_probability
from lakeppo.lake.maps import check_rows
from lakeppo.moment import Change, Moment, Phase
from lakeppo.ppo.trainer import Trainer
from lakeppo.presets import Limit
from lakeppo.runs.history import History
from lakeppo.runs.pass_tables import PassTables
from lakeppo.runs.statistics import Row, describe
from lakeppo.runs.trainer_state import load_trainer_state, trainer_state


class Best(NamedTuple):
    """The policy of highest exact success on the current lake, with the trainer's whole state after `update`."""

    update: int
    success_probability: float
    config: Config
    changes: tuple[Change, ...]
    state: dict[str, Any]


class PassKnobs(NamedTuple):
    """The knobs in force in one pass that concern the actor."""

    learning_rate: float
    ent_coef: float
    clip_coef: float | None


class ImproveStart(NamedTuple):
    """What the passes of an update start from and change in place, and the knobs of every pass so far."""

    weights: torch.Tensor  # flat, as in `Adam`
    first: torch.Tensor
    second: torch.Tensor
    steps: int
    knobs: list[PassKnobs]


class Run:
    """A trainer with its initial config `origin`, its changes, its append-only history and its best policy.

    `improve_start` is that of the present update; it is None before the first pass, and after a restore that skipped
    it. `tables` records the policies of every pass, if it is set. `trainer` is the class of its trainer.
    """

    def __init__(self, config: Config, seed: int, trainer: type[Trainer] = Trainer) -> None:
        self.seed = seed
        self.origin = config
        self.changes: list[Change] = []
        self.trainer = trainer(config, seed)
        self.history = History()
        self.best: Best | None = None
        self.improve_start: ImproveStart | None = None
        self.tables: PassTables | None = None
        self._measured: tuple[object, tuple[float, float]] | None = None

    def again(self) -> "Run":
        """Return the same run at its beginning, without its changes."""
        return Run(self.origin, self.seed, type(self.trainer))

    @property
    def config(self) -> Config:
        """The config in force, changes included."""
        return self.trainer.config

    @property
    def moment(self) -> Moment:
        return self.trainer.moment

    def unit(self) -> Phase:
        """Do the next unit and return its phase. A copy also appends a row to the history and may be the best."""
        trainer, phase = self.trainer, self.trainer.phase
        if phase is Phase.IMPROVE:
            self._note_pass()
        if phase is not Phase.COPY:
            return trainer.unit()
        known = trainer.updates < len(self.history)
        figures = {} if known else describe(trainer)
        passes, self.improve_start = trainer.passes, None
        trainer.unit()
        if self.tables is not None:
            tables = [*(p.log_policy for p in passes[1:]), trainer.old_log_policy]
            self.tables.add(trainer.updates - 1, tuple(self.changes), tables)
        if not known:
            sampling, greedily = self.success()
            self.history.append(Row(**figures, success_probability=sampling, greedy_success_probability=greedily))
        success = self.history[trainer.updates - 1].success_probability
        if success > (-1.0 if self.best is None else self.best.success_probability):  # false for NaN
            self.best = Best(trainer.updates, success, self.config, tuple(self.changes), trainer_state(trainer))
        return Phase.COPY

    def _note_pass(self) -> None:
        trainer, adam = self.trainer, self.trainer.adam
        if not trainer.passes:
            moments = adam.first.clone(), adam.second.clone()
            self.improve_start = ImproveStart(adam.weights.clone(), *moments, adam.steps, [])
        if self.improve_start is not None:
            knobs = PassKnobs(trainer.learning_rate, trainer.ent_coef, trainer.config.clip_coef)
            self.improve_start.knobs.append(knobs)

    def progress(self, limit: Limit) -> int:
        """Return the run's episodes, updates or steps, whichever `limit` counts."""
        trainer = self.trainer
        return limit.progress(episodes=trainer.episodes, updates=trainer.updates, env_steps=trainer.env_steps)

    def reached(self, limit: Limit) -> bool:
        """Return whether the run is at `limit` or past it."""
        return self.progress(limit) >= limit.count

    def change(self, name: str, value: object) -> None:
        """Change a knob, the map (`map_rows`) or the seed of all later draws (`seed`), and record the change.

        Raises `InvalidValue` for a value out of range and for what cannot change while a run keeps its weights.
        """
        checked = self.check(name, value)
        if name == "seed" or getattr(self.config, name) != checked:
            self.apply(Change(self.moment, name, checked))

    def apply(self, change: Change) -> None:
        """Apply a checked change. A change of the lake discards the best policy."""
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
        """Return the value as a change records it. Raises `InvalidValue` as `change` does."""
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
        """Load a trainer's state taken after `changes`. History and best are not touched."""
        self.changes = list(changes)
        self.trainer.change(self.origin.changed(changes))
        load_trainer_state(self.trainer, state)
        self.improve_start = self._measured = None

    def policy(self) -> Floats:
        """Return the new actor's policy `(S, 4)`, which is displayed and evaluated exactly."""
        return probabilities(self.trainer.policy())

    def old_policy(self) -> Floats:
        """Return the old actor's policy `(S, 4)`, from which the batch is sampled."""
        return probabilities(self.trainer.old_log_policy)

    def success(self) -> tuple[float, float]:
        """Return the exact success of the new actor on the current lake, sampling and greedy."""
        key = (self.trainer.updates, len(self.trainer.passes), self.config.lake)
        if self._measured is None or self._measured[0] != key:
            self._measured = (key, exact_success(self.config, self.policy()))
        return self._measured[1]


def probabilities(log_policy: torch.Tensor) -> Floats:
    """Return the probabilities `(S, 4)` of a log policy."""
    table: Floats = log_policy.exp().numpy()
    return table


def exact_success(config: Config, policy: Floats) -> tuple[float, float]:
    """Return the exact success of `policy` `(S, 4)` on the config's lake, sampling and greedy."""
    table = transition_table(config.map_rows, config.slip)
    both = np.stack([policy, greedy(policy)])
    sampling, greedily = success_probability(table, both, config.max_episode_steps).tolist()
    return sampling, greedily
