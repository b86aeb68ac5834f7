"""How much work a lesson may be: steps, passes, figures that are kept, and what evaluating them takes. No torch."""

from collections.abc import Iterable, Sequence

from lakeppo.conditions.expression import After, Call, Expression, Name, Number, children
from lakeppo.config import Config
from lakeppo.errors import Message
from lakeppo.i18n import N_
from lakeppo.lessons.language import OVER_SEEDS, OVER_UPDATES, walk
from lakeppo.lessons.lines import Path
from lakeppo.lessons.model import Part, Promise
from lakeppo.lessons.schema import Wrong

MOST_STEPS, MOST_PASSES = 50_000_000, 5_000_000
"""Environment steps and gradient passes of all seeds of an arm: some minutes."""
MOST_KEPT, MOST_EVALUATIONS = 10_000_000, 10_000_000
"""Figures of all updates and seeds of a lesson, 8 bytes each, and parts of expressions that are evaluated: seconds."""
DRAW = 70
"""The cost of `p_larger` for each seed that it draws, in evaluations."""


def check_work(config: Config, seeds: int, updates: int, path: Path) -> None:
    """Raise `Wrong` for more work than anybody waits for."""
    steps, passes = seeds * updates * config.batch_size, seeds * updates * config.epochs
    if steps > MOST_STEPS:
        raise Wrong(path, Message("it takes {steps:,} environment steps; the most are {most:,}",
                                  steps=steps, most=MOST_STEPS))  # fmt: skip
    if passes > MOST_PASSES:
        raise Wrong(path, Message("it takes {passes:,} gradient passes; the most are {most:,}",
                                  passes=passes, most=MOST_PASSES))  # fmt: skip


def check_figures(parts: Sequence[Part], promises: Sequence[Promise]) -> None:
    """Raise `Wrong` where the figures of a lesson become more than are kept, or take too long to evaluate."""
    work = _Figures()
    for place, part in enumerate(parts):
        reveal = part.reveal
        for number, row in enumerate(reveal.rows):
            for expression in row.expressions.values():
                work.add(expression, 1, part.run.most, ("parts", place, "reveal", "rows", number, "figure"))
        for name, figure in part.figures.items():
            seeds, updates = (reveal.seeds, reveal.updates) if figure.seeds else (1, part.run.most)
            work.add(figure.expression, seeds, updates, ("parts", place, "figures", name))
    for place, promise in enumerate(promises):
        work.add(promise.expression, promise.seeds, promise.updates, ("promises", place, "condition"))


class _Figures:
    """Counts the figures of a lesson, and what evaluating them takes."""

    def __init__(self) -> None:
        self.kept = self.evaluations = 0

    def add(self, expression: Expression, seeds: int, updates: int, path: Path) -> None:
        """Count an expression. Raises `Wrong` once they are too many."""
        self.kept += seeds * updates * (1 + len(_figures(expression)))
        self.evaluations += evaluations(expression, seeds, updates)
        if self.kept > MOST_KEPT:
            template = N_("up to this figure more than {most:,} numbers are kept, for all seeds and updates")
            raise Wrong(path, Message(template, most=MOST_KEPT))
        if self.evaluations > MOST_EVALUATIONS:
            template = N_("up to this figure more than {most:,} evaluations are made: nest fewer functions")
            raise Wrong(path, Message(template, most=MOST_EVALUATIONS))


def _figures(expression: Expression) -> set[Expression]:
    """Return the figures that an expression needs; a function without an arm is computed from others."""
    found = (part for part in walk(expression) if isinstance(part, Name | Call))
    return {leaf for leaf in found if isinstance(leaf, Name) or "." in leaf.name}


def evaluations(expression: Expression, seeds: int, updates: int) -> int:
    """Return how many parts are evaluated for one value of an expression, at most."""
    match expression:
        case Call(name, arguments):
            times = seeds if name in OVER_SEEDS else updates if name in OVER_UPDATES and name != "before" else 1
            draws = sum(int(argument.value) for argument in arguments if isinstance(argument, Number))
            return 1 + times * _sum(arguments, seeds, updates) + (DRAW * draws if name == "p_larger" else 0)
        case After(now, before):
            return 1 + evaluations(now, seeds, updates) + updates * evaluations(before, seeds, updates)
    return 1 + _sum(children(expression), seeds, updates)


def _sum(expressions: Iterable[Expression], seeds: int, updates: int) -> int:
    return sum(evaluations(part, seeds, updates) for part in expressions)
