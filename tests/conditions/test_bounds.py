"""Bounds of a condition: every value that it can have within the bounds of its figures lies between them."""

import math

from hypothesis import given, settings
from hypothesis import strategies as st
from support.conditions import NUMBERS, VOCABULARY, trees

from lakeppo.conditions.bounds import PERHAPS, UNKNOWN, Bounds, bounds_of, exactly
from lakeppo.conditions.expression import evaluate
from lakeppo.conditions.parser import parse

KNOWN = st.one_of(st.none(), st.just(math.nan), st.sampled_from([0.0, 0.25, 0.5]), st.floats(-2, 2)).map(
    lambda value: (value, exactly(value))
)
BETWEEN = st.tuples(st.floats(-2, 2), st.floats(0, 1), st.floats(0, 1)).map(
    lambda drawn: (drawn[0], Bounds(drawn[0] - drawn[1], drawn[0] + drawn[2]))
)
HIDDEN = st.one_of(st.just(math.nan), st.floats(allow_nan=False, allow_infinity=False)).map(
    lambda value: (value, UNKNOWN)
)
FIGURES = st.fixed_dictionaries(
    dict.fromkeys(NUMBERS, st.one_of(KNOWN, BETWEEN, HIDDEN))
    | {"solved": st.booleans().flatmap(lambda held: st.sampled_from([(held, exactly(held)), (held, PERHAPS)]))}
)


@settings(max_examples=400, deadline=None, derandomize=True)
@given(trees(functions=False), FIGURES, st.booleans(), st.booleans())
def test_a_condition_that_holds_is_one_that_may_hold(tree, figures, held, known):
    def value(leaf):
        return figures[leaf.name][0]

    def bounds(leaf):
        return figures[leaf.name][1]

    holds = bool(evaluate(tree, value, lambda before: held))
    low, high = bounds_of(tree, bounds, lambda before: exactly(held) if known else Bounds(False, True))
    assert bool(low) <= holds <= bool(high)


def may_hold(text: str, **bounds: Bounds) -> tuple[bool, bool]:
    found = bounds_of(parse(text, VOCABULARY), lambda leaf: bounds[leaf.name], lambda before: exactly(True))
    return bool(found.low), bool(found.high)


def test_what_cannot_hold_within_the_bounds_is_known_not_to():
    kl = Bounds(0.25, 0.5)
    assert may_hold("kl > .5", kl=kl) == (False, False)
    assert may_hold("kl >= .5", kl=kl) == (False, True)
    assert may_hold("kl < .6", kl=kl) == (True, True)
    assert may_hold("2 * kl - 1 > 0", kl=kl) == (False, False)
    assert may_hold("1 / kl < 1.9 or not kl >= .2", kl=kl) == (False, False)
    assert may_hold("kl == .4 after solved", kl=kl, solved=exactly(False)) == (False, True)


def test_a_figure_that_may_be_anything_decides_nothing():
    assert may_hold("kl > 1e300", kl=UNKNOWN) == (False, True)
    assert may_hold("1 / kl > 9", kl=Bounds(-1.0, 1.0)) == (False, True)
    assert may_hold("kl > 0 and exact > 1", kl=UNKNOWN, exact=exactly(0.5)) == (False, False)
    assert may_hold("kl > 0", kl=exactly(None)) == (False, False)
