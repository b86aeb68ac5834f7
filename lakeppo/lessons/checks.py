"""Checking the promises of a lesson over many seeds."""

import time
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from lakeppo.conditions.expression import Call, Expression, Leaf, Name, Value, parts, to_text
from lakeppo.lessons.evaluation import Evaluation, split
from lakeppo.lessons.language import OVER_SEEDS, SEEDS, walk
from lakeppo.lessons.model import Lesson, Promise
from lakeppo.lessons.recording import Series, as_fleet, record
from lakeppo.runs.vocabulary import ACTION, NAMES


class Checked(NamedTuple):
    """A promise: whether it holds, its figures, and the wall time of the seeds that no earlier promise has used."""

    promise: Promise
    holds: bool
    figures: tuple[tuple[str, Value], ...]
    first_seed: int
    seconds: float


class Recording(NamedTuple):
    """What is run once for all promises that need it: the seeds of an arm, as a fleet or each by itself."""

    arm: str
    seeds: int
    fleet: bool


def check_promises(lesson: Lesson, first_seed: int = 0) -> Iterator[Checked]:
    """Check every promise of a lesson with the seeds from `first_seed` on."""
    leaves: dict[Recording, set[Leaf]] = {}
    updates: dict[Recording, int] = {}
    for promise in lesson.promises:
        for recording, found in _recordings(lesson, promise).items():
            leaves.setdefault(recording, set()).update(found)
            updates[recording] = max(updates.get(recording, 0), promise.updates)
    known: dict[Recording, Series] = {}
    for promise in lesson.promises:
        start = time.monotonic()
        series: dict[str, Series] = {}
        for recording in _recordings(lesson, promise):
            if recording not in known:
                seeds, wanted = range(first_seed, first_seed + recording.seeds), sorted(leaves[recording], key=to_text)
                known[recording] = record(lesson.arms[recording.arm], seeds, updates[recording], wanted)
            series[recording.arm] = known[recording]
        evaluation = Evaluation(series, promise.since, promise.updates)
        holds = bool(evaluation.value(promise.expression))
        figures = tuple((to_text(call), evaluation.value(call)) for call in calls_over_seeds(promise.expression))
        yield Checked(promise, holds, figures, first_seed, time.monotonic() - start)


def _recordings(lesson: Lesson, promise: Promise) -> dict[Recording, set[Leaf]]:
    """Return what a promise needs, and the figures of each."""
    found = leaves_of([promise.expression], promise.arms)
    return {Recording(arm, promise.seeds, as_fleet(lesson.arms[arm], f)): f for arm, f in found.items()}


def leaves_of(expressions: Iterable[Expression], arms: Iterable[str]) -> dict[str, set[Leaf]]:
    """Return the names and functions of each arm that expressions need, without their prefix."""
    found: dict[str, set[Leaf]] = {arm: set() for arm in arms}
    for expression in expressions:
        for part in walk(expression):
            if isinstance(part, Name | Call):
                arm, leaf = split(part)
                if arm in found and recorded(leaf):
                    found[arm].add(leaf)
    return found


def recorded(leaf: Leaf) -> bool:
    """Return whether a name or function without its prefix is a figure of a run, and not a word of the language."""
    if isinstance(leaf, Name):
        return leaf.name != SEEDS and NAMES.get(leaf.name) != ACTION
    return leaf.name in ("p", "within")


def calls_over_seeds(expression: Expression) -> list[Call]:
    """Return the functions of seeds in an expression, outermost and in their order."""
    found = list[Call]()
    for part in parts(expression):
        if isinstance(part, Call):
            if part.name in OVER_SEEDS:
                found.append(part)
            else:
                for argument in part.arguments:
                    found += calls_over_seeds(argument)
    return list(dict.fromkeys(found))
