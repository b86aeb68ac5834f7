"""The values of promises and figures, from what was recorded after every update of every seed. NumPy only.

A figure of one seed is that of the last update looked at, unless a function of updates stands around it; a function of
seeds evaluates its argument for each seed.
"""

import math
from collections.abc import Callable, Mapping
from statistics import correlation, median

import numpy as np
from numpy.typing import NDArray

from lakeppo.conditions.expression import Call, Expression, Leaf, Name, Number, Value, evaluate
from lakeppo.fleets.interruption import Check, never
from lakeppo.lessons.language import OVER_SEEDS, OVER_UPDATES, SEEDS

Series = Mapping[Leaf, NDArray[np.float64]]
"""Of one arm: for each name and function, without its prefix, a row an update and a column a seed; NaN: no value."""
DRAWS = 10_000
"""How often `p_larger` compares two groups of seeds."""


class Evaluation:
    """Evaluates expressions on the series of arms `(U, N)`; an arm named "" belongs to names without a prefix.

    `since`: the first update that functions of updates look at, from 1 on; `last`: the last one (default: all).
    """

    def __init__(
        self, series: Mapping[str, Series], since: int = 1, last: int | None = None, check: Check = never
    ) -> None:
        """`check` is called again and again; it may raise to give the work up."""
        self.series, self.since, self._check = series, since, check
        shape = next((rows.shape for arm in series.values() for rows in arm.values()), (1, 1))
        self.seeds = int(shape[1])
        self.last = int(shape[0]) if last is None else last
        self._first: dict[tuple[Expression, int], int | None] = {}
        """The first update at which the right side of an `after` held for a seed."""

    def value(self, expression: Expression) -> Value:
        """Return the value at the last update; figures outside functions of seeds are those of the first seed."""
        return self._at(expression, self.last, 0)

    def _at(self, expression: Expression, update: int, seed: int) -> Value:
        def held_before(before: Expression) -> bool:
            first = self._first_held(before, update, seed)
            return first is not None and first < update

        return evaluate(expression, lambda leaf: self._leaf(leaf, update, seed), held_before)

    def _first_held(self, before: Expression, update: int, seed: int) -> int | None:
        known = self._first.get((before, seed))
        if known is not None:
            return known
        first = next((u for u in range(1, update) if self._at(before, u, seed)), None)
        if first is not None:
            self._first[before, seed] = first
        return first

    def _leaf(self, leaf: Leaf, update: int, seed: int) -> Value:
        if isinstance(leaf, Call) and leaf.name in OVER_SEEDS:
            return self._over_seeds(leaf, update)
        if isinstance(leaf, Call) and leaf.name in OVER_UPDATES:
            return self._over_updates(leaf, update, seed)
        if isinstance(leaf, Call) and leaf.name == "abs":
            value = self._at(leaf.arguments[0], update, seed)
            return None if value is None else abs(value)
        if leaf == Name(SEEDS):
            return self.seeds
        arm, bare = split(leaf)
        found = float(self.series[arm][bare][update - 1, seed]) if update > 0 else math.nan
        return None if math.isnan(found) else found

    def _over_seeds(self, call: Call, update: int) -> Value:
        each = [[self._at(argument, update, seed) for seed in range(self.seeds)] for argument in call.arguments[:2]]
        if call.name == "share":
            return sum(map(bool, each[0])) / self.seeds
        if call.name == "count":
            return sum(map(bool, each[0]))
        known = [[float(value) for value in values if value is not None] for values in each]
        if not all(known):
            return None
        if call.name == "p_larger":
            (count,) = (argument for argument in call.arguments[2:] if isinstance(argument, Number))
            return p_larger(np.array(known[0]), np.array(known[1]), int(count.value))
        return median(known[0]) if call.name == "median" else sum(known[0]) / len(known[0])

    def _over_updates(self, call: Call, update: int, seed: int) -> Value:
        self._check()
        if call.name == "before":
            return self._at(call.arguments[0], update - 1, seed) if update > 1 else None
        updates = range(self.since, update + 1)
        if call.name == "ever":
            return any(self._at(call.arguments[0], u, seed) for u in updates)
        figure, *others = call.arguments
        if call.name in CONDITIONAL:
            held = [u for u in updates if self._at(others[0], u, seed)]
            updates = range(0) if not held else CONDITIONAL[call.name](held, update)
        found = [(u, value) for u in updates if (value := self._at(figure, u, seed)) is not None]
        values = [float(value) for _, value in found]
        if not values:
            return None
        if call.name == "correlation":
            pairs = [(value, self._at(others[0], u, seed)) for u, value in found]
            return _correlation([(float(a), float(b)) for a, b in pairs if b is not None])
        return REDUCTIONS[call.name](values)


CONDITIONAL: dict[str, Callable[[list[int], int], range]] = {
    "at_last": lambda held, update: range(held[-1], held[-1] + 1),
    "min_since": lambda held, update: range(held[0], update + 1),
}
"""The updates that a function with a condition looks at, from those at which it held."""
REDUCTIONS: dict[str, Callable[[list[float]], float]] = {
    "max": max, "min": min, "min_since": min, "at_last": lambda values: values[-1], "first": lambda values: values[0],
    "average": lambda values: sum(values) / len(values),
}  # fmt: skip


def split(leaf: Leaf) -> tuple[str, Leaf]:
    """Return the arm of a name or function, and it without the arm; the arm is empty where it has none."""
    arm, dot, word = leaf.name.rpartition(".")
    if not dot:
        return "", leaf
    return arm, Name(word) if isinstance(leaf, Name) else Call(word, leaf.arguments)


def p_larger(x: NDArray[np.float64], y: NDArray[np.float64], count: int) -> float:
    """Return how often the mean of `count` values of `x`, drawn at random, is larger than that of `count` of `y`.

    Of single values all pairs are compared; of more, 10,000 draws with fixed random numbers.
    """
    if count <= 1:
        return float((x[:, None] > y).mean())
    generator = np.random.default_rng(0)
    means = [values[generator.integers(len(values), size=(DRAWS, count))].mean(axis=1) for values in (x, y)]
    return float((means[0] > means[1]).mean())


def _correlation(pairs: list[tuple[float, float]]) -> float | None:
    if len(pairs) < 2:
        return None
    try:
        return correlation(*zip(*pairs, strict=True))
    except ValueError:  # one of the two is constant
        return None
