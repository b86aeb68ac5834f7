"""Whether the symptom of each fault shows: runs of many seeds, without the fault and with it."""

import time
from collections.abc import Iterable, Iterator
from typing import NamedTuple, cast

import numpy as np

from lakeppo.faults.engine import fleet_class, trainer_class
from lakeppo.faults.fault import Fault, Figure, Symptom
from lakeppo.faults.table import FAULTS
from lakeppo.fleets.fleet import Agent, Fleet
from lakeppo.lake.exact import Floats
from lakeppo.ppo.trainer import Trainer
from lakeppo.runs.run import Run

LONG = 100
"""The time limit in steps of `success_in_100`."""
Key = tuple[object, ...]


class SymptomCheck(NamedTuple):
    """The figures of N seeds `(N,)` without a fault and with it, and the numbers compared; `seconds` of both."""

    fault: Fault
    seeds: range
    right: Floats
    faulty: Floats
    right_number: float
    faulty_number: float
    holds: bool
    seconds: float


def check_symptoms(
    faults: Iterable[Fault] = FAULTS.values(), first_seed: int = 0, seeds: int | None = None
) -> Iterator[SymptomCheck]:
    """Check each fault's symptom with its own number of seeds, or with `seeds`; right runs in common are made once."""
    right: dict[Key, Floats] = {}
    for fault in faults:
        started, symptom = time.monotonic(), fault.symptom
        used = range(first_seed, first_seed + (symptom.seeds if seeds is None else seeds))
        key = (symptom.figure, symptom.updates, used, symptom.config(), symptom.fleet)
        if key not in right:
            right[key] = figures(symptom, None, used)
        faulty = figures(symptom, fault, used)
        numbers = number(symptom, right[key]), number(symptom, faulty)
        holds = all(low <= n <= high for n, (low, high) in zip(numbers, (symptom.right, symptom.faulty), strict=True))
        yield SymptomCheck(fault, used, right[key], faulty, *numbers, holds, time.monotonic() - started)


def number(symptom: Symptom, values: Floats) -> float:
    """Return the median of the values, or the share of those that are lower than `below`."""
    if symptom.below is None:
        return float(np.nanmedian(values))
    return float((values < symptom.below).mean())


def figures(symptom: Symptom, fault: Fault | None, seeds: range) -> Floats:
    """Return the symptom's figure of the run of each seed `(N,)`, with a fault or with the real trainer."""
    if symptom.fleet:
        return _of_fleet(symptom, Fleet if fault is None else fleet_class(fault), seeds)
    trainer = Trainer if fault is None else trainer_class(fault)
    return np.array([_of_run(symptom, Run(symptom.config(), seed, trainer)) for seed in seeds])


def _of_fleet(symptom: Symptom, kind: type[Fleet], seeds: range) -> Floats:
    fleet = kind([Agent(seed, symptom.config()) for seed in seeds])
    for _ in range(symptom.updates):
        fleet.update()
    if symptom.figure == "success_in_100":
        fleet.change("max_episode_steps", LONG)
    values = fleet.values().amax(dim=1) if symptom.figure == "largest_value" else fleet.success()
    return cast(Floats, values.numpy()[: len(seeds)])


def _of_run(symptom: Symptom, run: Run) -> float:
    while run.trainer.updates < symptom.updates:
        run.unit()
    row, figure = run.history[-1], symptom.figure
    known: dict[Figure, float | None] = {
        "success": row.success_probability,
        "explained_variance": row.explained_variance,
        "largest_value": run.trainer.values().max().item(),
    }
    value = known[figure]
    return np.nan if value is None else value
