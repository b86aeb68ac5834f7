"""Whether a condition may hold where some of its figures are only known to lie between two bounds."""

import math
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import NamedTuple

from lakeppo.conditions.expression import (
    ARITHMETIC,
    OPERATORS,
    After,
    And,
    Arithmetic,
    Call,
    Comparison,
    Expression,
    Leaf,
    Name,
    Not,
    Number,
    Or,
    Value,
    calculated,
)


class Bounds(NamedTuple):
    """The least and the largest value that a part may have; of a condition whether it surely holds, and may hold."""

    low: Value
    high: Value


UNKNOWN = Bounds(-math.inf, math.inf)
"""Any figure, NaN included."""
FALSE, PERHAPS = Bounds(False, False), Bounds(False, True)


def exactly(value: Value) -> Bounds:
    """Return the bounds of a value that is known."""
    return Bounds(value, value)


def bounds_of(
    expression: Expression, values: Callable[[Leaf], Bounds], held_before: Callable[[Expression], Bounds]
) -> Bounds:
    """Return the bounds of an expression from those of its names and functions, in the order of `evaluate`'s."""

    def inner(part: Expression) -> Bounds:
        return bounds_of(part, values, held_before)

    match expression:
        case Number(value):
            return exactly(value)
        case Name() | Call():
            return values(expression)
        case Arithmetic(left, sign, right):
            return _calculated(inner(left), sign, inner(right))
        case Comparison(operands, operators):
            pairs = pairwise(map(inner, operands))
            return _all([_compared(a, sign, b) for sign, (a, b) in zip(operators, pairs, strict=True)])
        case Not(part):
            low, high = inner(part)
            return Bounds(not high, not low)
        case After(now, before):
            return _all([held_before(before), inner(now)])
        case And(several):
            return _all(list(map(inner, several)))
        case Or(several):
            found = list(map(inner, several))
            return Bounds(any(low for low, _ in found), any(high for _, high in found))


def _all(parts: Sequence[Bounds]) -> Bounds:
    return Bounds(all(low for low, _ in parts), all(high for _, high in parts))


def _calculated(left: Bounds, sign: str, right: Bounds) -> Bounds:
    """Return the bounds of a calculation, whose rounding keeps the order of its results."""
    if left is UNKNOWN or right is UNKNOWN:
        return UNKNOWN
    (a, b), (c, d) = left, right
    if a is None or b is None or c is None or d is None:
        return exactly(None)
    if a == b and c == d:
        return exactly(calculated(a, sign, c))
    if sign == "/" and c <= 0 <= d:
        return UNKNOWN
    ends = [ARITHMETIC[sign](x, y) for x in (a, b) for y in (c, d)]
    return UNKNOWN if any(end != end for end in ends) else Bounds(min(ends), max(ends))


def _compared(left: Bounds, sign: str, right: Bounds) -> Bounds:
    if left.low is None or left.high is None or right.low is None or right.high is None:
        return FALSE
    if left is UNKNOWN or right is UNKNOWN:
        return PERHAPS
    if sign == "==":
        may = left.low <= right.high and right.low <= left.high
        return Bounds(may and left.low == left.high and right.low == right.high, may)
    holds = OPERATORS[sign]
    ways = holds(left.high, right.low), holds(left.low, right.high)
    return Bounds(*(ways if sign in ("<", "<=") else ways[::-1]))
