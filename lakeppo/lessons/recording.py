"""Running the seeds of an arm and recording figures after every update.

Many seeds are trained together as a fleet where that gives all figures; else each seed is run by itself.
"""

import math
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from lakeppo.conditions.expression import Call, Leaf, Name, Number, Value
from lakeppo.config import Config
from lakeppo.faults import engine
from lakeppo.faults.table import find_fault
from lakeppo.fleets.exact import ExactSuccess
from lakeppo.fleets.fleet import Agent, Fleet
from lakeppo.fleets.interruption import Check, never
from lakeppo.lake.environment import transition_table
from lakeppo.lake.exact import reachable, solved_success, success_probability
from lakeppo.lake.transition import ACTIONS
from lakeppo.lessons.language import FLEET_NAMES, OWN, WITHIN
from lakeppo.lessons.model import Arm
from lakeppo.lessons.own_figures import UpdateFigures, uniform_success
from lakeppo.moment import Change, Phase
from lakeppo.ppo.trainer import Trainer
from lakeppo.runs.run import exact_success, probabilities
from lakeppo.runs.statistics import describe
from lakeppo.runs.vocabulary import EXACT, SOLVED

Series = dict[Leaf, NDArray[np.float64]]
"""A row an update, a column a seed."""


def record(arm: Arm, seeds: Sequence[int], updates: int, leaves: Iterable[Leaf], check: Check = never) -> Series:
    """Return the figures `(U, N)` of the seeds of an arm after each of its updates; NaN: no value."""
    wanted = list(dict.fromkeys([Name("exact"), *leaves]))
    if as_fleet(arm, wanted):
        return _stacked(wanted, list(_fleet_rows(arm, seeds, updates, wanted, check)))
    columns = []
    for seed in seeds:
        run = SingleRun(arm, seed, wanted)
        for _ in range(updates):
            check()
            run.update()
        columns.append(_stacked(wanted, [[row] for row in run.rows]))
    return {leaf: np.concatenate([column[leaf] for column in columns], axis=1) for leaf in wanted}


def as_fleet(arm: Arm, leaves: Iterable[Leaf]) -> bool:
    """Return whether a fleet gives all these figures of an arm."""
    if arm.fault is not None and not find_fault(arm.fault).symptom.fleet:
        return False
    return all(isinstance(leaf, Call) or leaf.name in FLEET_NAMES for leaf in leaves)


def _stacked(leaves: Sequence[Leaf], rows: Sequence[Any]) -> Series:
    """Return the columns of rows; a row has for each seed, or at once for all, a value for each leaf."""
    table = np.array(rows, dtype=np.float64)  # (U, N, L)
    return {leaf: table[:, :, place] for place, leaf in enumerate(leaves)}


def _fleet_rows(
    arm: Arm, seeds: Sequence[int], updates: int, leaves: Sequence[Leaf], check: Check
) -> Iterator[NDArray[np.float64]]:
    """Yield the figures `(N, L)` after each update of a fleet. A seed that has diverged has no success."""
    count = len(seeds)
    kind = Fleet if arm.fault is None else engine.fleet_class(find_fault(arm.fault))
    fleet = kind([Agent(seed, arm.config) for seed in seeds], check=check)
    goals, changes = np.zeros(len(fleet.agents)), list(arm.changes)
    lakes: dict[float, ExactSuccess] = {}
    for update in range(1, updates + 1):
        for change in due(changes, update - 1):
            fleet.change(change.name, change.value)
        batch = fleet.update()
        goals += batch.reached.sum(axis=0)
        success = np.where(fleet.finite().numpy(), fleet.success().numpy(), 0.0)
        known: dict[str, Any] = {"exact": success, "goals": goals, "update": update,
                                 "env_steps": fleet.env_steps, "episodes": fleet.episodes}  # fmt: skip
        row = np.empty((count, len(leaves)))
        for place, leaf in enumerate(leaves):
            value = known.get(leaf.name)
            if value is None:
                value = _fleet_leaf(fleet, leaf, success, lakes)
            row[:, place] = np.broadcast_to(value, len(fleet.agents))[:count]
        yield row


def _fleet_leaf(fleet: Fleet, leaf: Leaf, success: NDArray[np.float64], lakes: dict[float, ExactSuccess]) -> Any:
    match leaf:
        case Call(name, (Number(tile), Name(action))) if name != WITHIN:
            return fleet.log_policy()[:, int(tile), ACTIONS.index(action)].exp().numpy()
        case Call(_, (Number(steps),)):
            config = fleet.config
            if steps not in lakes:
                slips = torch.tensor([agent.config.slip for agent in fleet.agents], dtype=torch.float64)
                lakes[steps] = ExactSuccess(config.map_rows, slips, int(steps))
            return lakes[steps].success(fleet.log_policy().exp()).numpy()
    if leaf.name == SOLVED:
        return success >= solved_success(fleet.config)
    return of_lake(fleet.config, leaf.name)


def of_lake(config: Config, name: str) -> float:
    """Return a figure that belongs to the lake: `ceiling` or `random`."""
    return reachable(config) if name == "ceiling" else uniform_success(config)


def due(changes: list[Change], updates: int) -> Iterator[Change]:
    """Take and yield the changes that are made after `updates` updates."""
    while changes and changes[0].moment.update <= updates:
        yield changes.pop(0)


class SingleRun:
    """One seed of an arm, and the figures `leaves` after each update so far, a row each."""

    def __init__(self, arm: Arm, seed: int, leaves: Iterable[Leaf]) -> None:
        self.trainer = trainer_class(arm.fault)(arm.config, seed)
        self.leaves = list(dict.fromkeys(leaves))
        self.rows: list[list[float]] = []
        self._changes = list(arm.changes)
        self._described = any(leaf.name not in FLEET_NAMES | OWN.keys() for leaf in self.leaves)
        self._own = UpdateFigures()

    def series(self) -> Series:
        """Return the figures so far `(U, 1)`."""
        return _stacked(self.leaves, [[row] for row in self.rows])

    def last(self, leaf: Leaf) -> Value:
        """Return a figure after the last update; None: no value."""
        found = self.rows[-1][self.leaves.index(leaf)]
        return None if math.isnan(found) else found

    def update(self) -> None:
        """Do the next update and record it."""
        trainer = self.trainer
        for change in due(self._changes, trainer.updates):
            trainer.change(trainer.config.changed([change]))
        while trainer.phase is not Phase.COPY:
            trainer.unit()
        own = self._own.of(trainer, {leaf.name for leaf in self.leaves})
        row = describe(trainer) if self._described else {}
        if row:
            row["clipfrac"], row["old_approx_kl"] = 1 - row["inside"], row["approx_kl"] + 1 - row["ratio_mean"]
        trainer.unit()
        exact, greedy = exact_success(trainer.config, probabilities(trainer.policy()))
        known = {
            **row, **own, "exact": exact, "greedy": greedy, EXACT["exact"]: exact, EXACT["greedy"]: greedy,
            "update": trainer.updates, "env_steps": trainer.env_steps, "episodes": trainer.episodes,
            SOLVED: exact >= solved_success(trainer.config),
        }  # fmt: skip
        self.rows.append([self._value(leaf, known) for leaf in self.leaves])

    def _value(self, leaf: Leaf, known: dict[str, Any]) -> float:
        config = self.trainer.config
        match leaf:
            case Call(name, (Number(tile), Name(action))) if name != WITHIN:
                return self.trainer.policy()[int(tile), ACTIONS.index(action)].exp().item()
            case Call(_, (Number(steps),)):
                table = transition_table(config.map_rows, config.slip)
                return float(success_probability(table, probabilities(self.trainer.policy()), int(steps)))
        if leaf.name in ("ceiling", "random"):
            return of_lake(config, leaf.name)
        value = known[leaf.name]
        return float("nan") if value is None else float(value)


def trainer_class(fault: str | None) -> type[Trainer]:
    """Return the trainer, or the one with this fault."""
    return Trainer if fault is None else engine.trainer_class(find_fault(fault))
