"""Parsed conditions: their parts, their text, and whether they hold.

As in Python, `a < b < c` is `a < b and b < c`, and a comparison with NaN is false; so is one with a name that has no
value yet. `A after B` holds at a moment if A holds at it and B held at an earlier one.
"""

import math
import operator
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Generic, TypeVar

from lakeppo.moment import Moment

OPERATORS: dict[str, Callable[[float, float], bool]] = {
    "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge, "==": operator.eq,
}  # fmt: skip
ARITHMETIC: dict[str, Callable[[float, float], float]] = {
    "+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv,
}  # fmt: skip
Value = float | bool | None
"""A figure or a truth; None: no value yet."""
MomentT = TypeVar("MomentT", int, Moment)


@dataclass(frozen=True, slots=True)
class Number:
    """A constant."""

    value: float


@dataclass(frozen=True, slots=True)
class Name:
    """A name, dots included, whose value the caller knows."""

    name: str


@dataclass(frozen=True, slots=True)
class Call:
    """A function, which the caller computes: it may evaluate the arguments once, or for each of many seeds."""

    name: str
    arguments: tuple["Expression", ...]


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """A sum, difference, product or quotient; a division by zero gives NaN."""

    left: "Expression"
    sign: str
    right: "Expression"


@dataclass(frozen=True, slots=True)
class Comparison:
    """A chain of comparisons: one operator fewer than operands."""

    operands: tuple["Expression", ...]
    operators: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """The opposite of `part`."""

    part: "Expression"


@dataclass(frozen=True, slots=True)
class After:
    """`now` at a moment later than some moment of `before`."""

    now: "Expression"
    before: "Expression"


@dataclass(frozen=True, slots=True)
class And:
    """Two or more conditions together."""

    parts: tuple["Expression", ...]


@dataclass(frozen=True, slots=True)
class Or:
    """At least one of two or more conditions."""

    parts: tuple["Expression", ...]


Leaf = Name | Call
Expression = Number | Leaf | Arithmetic | Comparison | Not | After | And | Or
Values = Callable[[Leaf], Value]
"""Gives the value that a name or a function has at one moment."""
BINDING: dict[type, int] = {Or: 0, And: 1, After: 2, Not: 3, Comparison: 4, Arithmetic: 5, Number: 7, Name: 7, Call: 7}
"""How tightly each kind of part binds; products and quotients bind more tightly than sums and differences."""
PRODUCTS = ("*", "/")


def to_text(expression: Expression, least: int = 0) -> str:
    """Return the text that `parse` reads as this expression, in parentheses if it binds less than `least`."""
    match expression:
        case Number(value):
            text = str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
        case Name(name):
            text = name
        case Call(name, arguments):
            text = f"{name}({', '.join(map(to_text, arguments))})"
        case Arithmetic(left, sign, right):
            text = f"{to_text(left, _binding(expression))} {sign} {to_text(right, _binding(expression) + 1)}"
        case Comparison(operands, operators):
            first, *others = (to_text(operand, 5) for operand in operands)
            text = " ".join([first, *(f"{sign} {other}" for sign, other in zip(operators, others, strict=True))])
        case Not(part):
            text = f"not {to_text(part, 3)}"
        case After(now, before):
            text = f"{to_text(now, 3)} after {to_text(before, 2)}"
        case And(parts):
            text = " and ".join(to_text(part, 2) for part in parts)
        case Or(parts):
            text = " or ".join(to_text(part, 1) for part in parts)
    return text if _binding(expression) >= least else f"({text})"


def _binding(expression: Expression) -> int:
    return BINDING[type(expression)] + (isinstance(expression, Arithmetic) and expression.sign in PRODUCTS)


def parts(expression: Expression, befores: bool = True) -> Iterator[Expression]:
    """Yield the parts of an expression, innermost first, and itself; arguments belong to their function.

    Without `befores` the right sides of `after` are left out.
    """
    for part in children(expression, befores):
        yield from parts(part, befores)
    yield expression


def children(expression: Expression, befores: bool = True) -> tuple[Expression, ...]:
    """Return the parts that an expression is made of, as `parts` does, but not the parts of those."""
    match expression:
        case Arithmetic(left, _, right):
            return left, right
        case Comparison(operands):
            return operands
        case Not(part):
            return (part,)
        case After(now, before):
            return (now, before) if befores else (now,)
        case And(several) | Or(several):
            return several
    return ()


def leaves(expression: Expression, befores: bool = True) -> list[Leaf]:
    """Return the different names and functions of an expression, in their order, as `parts` does."""
    return list(dict.fromkeys(part for part in parts(expression, befores) if isinstance(part, Name | Call)))


def evaluate(expression: Expression, values: Values, held_before: Callable[[Expression], bool]) -> Value:
    """Return the value at one moment; `held_before`: whether the right side of an `after` held at an earlier one."""
    match expression:
        case Number(value):
            return value
        case Name() | Call():
            return values(expression)
        case Arithmetic(left, sign, right):
            return calculated(evaluate(left, values, held_before), sign, evaluate(right, values, held_before))
        case Comparison(operands, operators):
            found = [evaluate(operand, values, held_before) for operand in operands]
            return _all_hold(found, operators)
        case Not(part):
            return not evaluate(part, values, held_before)
        case After(now, before):
            return held_before(before) and bool(evaluate(now, values, held_before))
        case And(several):
            return all(evaluate(part, values, held_before) for part in several)
        case Or(several):
            return any(evaluate(part, values, held_before) for part in several)


def calculated(left: Value, sign: str, right: Value) -> Value:
    """Return a sum, difference, product or quotient; NaN for a division by zero, None where a side has no value."""
    if left is None or right is None:
        return None
    try:
        return ARITHMETIC[sign](left, right)
    except (ZeroDivisionError, OverflowError):
        return math.nan


def _all_hold(values: list[Value], operators: tuple[str, ...]) -> bool:
    pairs = zip(operators, pairwise(values), strict=True)
    return all(a is not None and b is not None and OPERATORS[sign](a, b) for sign, (a, b) in pairs)


class Watch(Generic[MomentT]):
    """Whether a condition holds at moments, once the moments before them were noted in their order.

    All it keeps of them is the first one at which the right side of each `after` held; so any moment can be looked at
    again.
    """

    def __init__(self, expression: Expression) -> None:
        self.expression = expression
        self.befores = list(dict.fromkeys(part.before for part in parts(expression) if isinstance(part, After)))
        """The right sides of `after`, innermost first."""
        self.first: dict[Expression, MomentT] = {}

    def holds(self, moment: MomentT, values: Values) -> bool:
        """Return whether the condition holds at a moment, after the moments that were noted."""
        return self._holds(self.expression, moment, values)

    def note(self, moment: MomentT, values: Values) -> None:
        """Note a moment for every `after`."""
        for before in self.befores:
            if not (before in self.first and self.first[before] <= moment) and self._holds(before, moment, values):
                self.first[before] = moment

    def _holds(self, expression: Expression, moment: MomentT, values: Values) -> bool:
        def held_before(before: Expression) -> bool:
            return before in self.first and self.first[before] < moment

        return bool(evaluate(expression, values, held_before))
