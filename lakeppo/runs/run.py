"""A run is a seed, a config and a list of changes; and here, what it has done so far.

Whoever drives it calls `unit` until `reached` says the limit is there. Nothing but the seed, the config and the
changes decides what happens.
"""

import hashlib
import struct
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
import torch

from lakeppo.config import KNOBS, Config, InvalidValue, Limit
from lakeppo.lake.environment import MapError, check_rows, transition_table
from lakeppo.lake.exact import Floats, greedy, success_probability
from lakeppo.moment import Change, Moment, Phase
from lakeppo.ppo.trainer import Trainer, lake_of
from lakeppo.runs.statistics import Row, describe

STARTUP_ONLY = ("activation", "init")
"""Knobs that only decide how a run starts."""


class Best(NamedTuple):
    """The policy with the highest exact success on the present lake: where it was, and the whole state it was in."""

    update: int
    success_probability: float
    config: Config
    changes: tuple[Change, ...]
    state: dict[str, Any]


class Run:
    """A trainer with its origin, its append-only history (a row an update) and its best policy so far."""

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
        """The values in force, changes included."""
        return self.trainer.config

    @property
    def moment(self) -> Moment:
        return self.trainer.moment

    def moment_in_words(self) -> str:
        return self.moment.words(self.trainer.batch_size, self.trainer.epochs)

    def unit(self) -> Phase:
        """Do the next unit; a copy also writes the history and judges whether the policy is the best."""
        trainer = self.trainer
        if trainer.phase is not Phase.COPY:
            return trainer.unit()
        lived = trainer.updates < len(self.history)
        figures = {} if lived else describe(trainer)
        trainer.unit()
        if not lived:
            sampling, greedily = self.success()
            self.history.append(Row(**figures, success_probability=sampling, greedy_success_probability=greedily))
        self._judge(self.history[trainer.updates - 1])
        return Phase.COPY

    def _judge(self, row: Row) -> None:
        """Keep the policy of this row, the present one, if none was better."""
        beaten = -1.0 if self.best is None else self.best.success_probability
        if row.success_probability > beaten:  # never true of NaN
            self.best = Best(
                row.update, row.success_probability, self.config, tuple(self.changes), self.trainer.state_dict()
            )

    def reached(self, limit: Limit) -> bool:
        """Whether the run stands at `limit` or past it."""
        done: int = getattr(self.trainer, {"steps": "env_steps"}.get(limit.unit, limit.unit))
        return done >= limit.count

    def change(self, name: str, value: object) -> None:
        """Give a knob, the map (`map_rows`) or the seed of what follows (`seed`) another value, and write it down.

        Raises `BadValue` for what cannot be, or cannot change while the weights are kept.
        """
        checked = self.check(name, value)
        if name == "seed" or getattr(self.config, name) != checked:
            self.apply(Change(self.moment, name, checked))

    def apply(self, change: Change) -> None:
        """Make a change that has been checked; the best starts afresh with another lake."""
        self.changes.append(change)
        if change.name == "seed":
            assert isinstance(change.value, int)
            self.trainer.reseed(change.value)
            return
        before = lake_of(self.config)
        self.trainer.change(self.config.changed([change]))
        if lake_of(self.config) != before:
            self.best = None

    def check(self, name: str, value: object) -> Any:
        """The value as it would be written down; raises `BadValue` for what cannot be, or cannot change now."""
        if name == "seed" and isinstance(value, int) and value >= 0:
            return value
        if name == "map_rows" and isinstance(value, tuple):
            return self._check_rows(value)
        if name in STARTUP_ONLY or name not in KNOBS:
            raise InvalidValue(f"{name} cannot change while a run keeps its weights")
        return KNOBS[name].check(value)

    def _check_rows(self, rows: tuple[str, ...]) -> tuple[str, ...]:
        try:
            check_rows(rows)
        except MapError as error:
            raise InvalidValue(str(error)) from None
        if (len(rows), len(rows[0])) != self.config.shape:
            raise InvalidValue("the lake's size cannot change while a run keeps its weights")
        if "".join(rows)[self.trainer.state] in "HG":
            raise InvalidValue("the agent stands there")
        return rows

    def restore(self, state: dict[str, Any], changes: list[Change]) -> None:
        """Stand where `state` was taken, with `changes` made so far. History and best stay as they are."""
        self.changes = list(changes)
        self.trainer.change(self.origin.changed(changes))
        self.trainer.load_state_dict(state)
        self._measured = None

    def policy(self) -> Floats:
        """The new actor's table `(S, 4)`: what is shown, printed, and what every exact figure comes from."""
        return probabilities(self.trainer.policy())

    def old_policy(self) -> Floats:
        """The table `(S, 4)` the batch is sampled from."""
        return probabilities(self.trainer.old_log_policy)

    def success(self) -> tuple[float, float]:
        """Exact success within the time limit of the new actor, sampling and greedy, on the present lake."""
        key = (self.trainer.updates, len(self.trainer.passes), lake_of(self.config))
        if self._measured is None or self._measured[0] != key:
            self._measured = (key, exact_success(self.config, self.policy()))
        return self._measured[1]


def probabilities(log_policy: torch.Tensor) -> Floats:
    """The one softmax: a float64 table `(S, 4)`."""
    table: Floats = log_policy.exp().numpy()
    return table


def exact_success(config: Config, policy: Floats) -> tuple[float, float]:
    """Success within the time limit of `policy` `(S, 4)` on the config's lake, sampling and greedy."""
    table = transition_table(config.map_rows, config.slip)
    both = np.stack([policy, greedy(policy)])
    sampling, greedily = success_probability(table, both, config.max_episode_steps).tolist()
    return sampling, greedily


def weights_sha256(state: dict[str, Any]) -> str:
    """SHA-256 over actor, old actor and critic of a trainer's state, as contiguous little-endian float32."""
    digest = hashlib.sha256()
    for network in ("actor", "old_actor", "critic"):
        for tensor in state["weights"][network].values():
            digest.update(tensor.detach().numpy().astype("<f4").tobytes())
    return digest.hexdigest()


def state_sha256(seed: int, config: Config, state: dict[str, Any]) -> str:
    """SHA-256 over all of a trainer's state that `weights_sha256` leaves out, its seed and config included."""
    digest = hashlib.sha256()
    rest = {key: value for key, value in state.items() if key != "weights"}
    for piece in _pieces([seed, config.as_json(), rest]):
        digest.update(struct.pack("<Q", len(piece)) + piece)
    return digest.hexdigest()


def _pieces(value: object) -> Iterator[bytes]:
    """A nest of dicts, sequences, tensors and plain values as bytes, the same wherever and however it was built."""
    if isinstance(value, dict):
        yield b"dict"
        for key in sorted(value):
            yield str(key).encode()
            yield from _pieces(value[key])
    elif isinstance(value, list | tuple):
        yield f"list {len(value)}".encode()
        for item in value:
            yield from _pieces(item)
    elif isinstance(value, torch.Tensor):
        yield f"{value.dtype} {tuple(value.shape)}".encode()
        yield value.detach().contiguous().numpy().tobytes()
    else:
        yield repr(value).encode()
