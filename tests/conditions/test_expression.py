"""Whether a condition holds: against Python's own operators, and against the definition of `after`, spelled out."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.conditions import NUMBERS, VOCABULARY, trees

from lakeppo.conditions.expression import After, And, Comparison, Expression, Name, Not, Number, Watch, leaves
from lakeppo.conditions.parser import parse

FIGURES = st.one_of(st.none(), st.just(math.nan), st.sampled_from([0.0, 0.25, 0.5, 1.0]), st.floats(-2, 2))
MOMENTS = st.fixed_dictionaries(dict.fromkeys(NUMBERS, FIGURES) | {"solved": st.booleans()})


def compared(a: float, sign: str, b: float) -> bool:
    return {"<": a < b, "<=": a <= b, ">": a > b, ">=": a >= b, "==": a == b}[sign]


def number(expression: Expression, values: dict[str, float | None]) -> float | None:
    """The value of an operand, by Python's operators; NaN for what Python refuses to divide."""
    if isinstance(expression, Number):
        return expression.value
    if isinstance(expression, Name):
        return values[expression.name]
    a, b = number(expression.left, values), number(expression.right, values)
    if a is None or b is None:
        return None
    if expression.sign == "/":
        return math.nan if b == 0 else a / b
    return {"+": a + b, "-": a - b, "*": a * b}[expression.sign]


def python(expression: Expression, history: list[dict[str, float | None]], at: int) -> bool:
    """Whether a condition holds at a moment of a history, by Python's operators and every earlier moment."""
    match expression:
        case Name(name):
            return bool(history[at][name])
        case Comparison(operands, signs):
            values = [number(operand, history[at]) for operand in operands]
            pairs = list(zip(values, signs, values[1:], strict=False))
            return all(a is not None and b is not None and compared(a, sign, b) for a, sign, b in pairs)
        case Not(part):
            return not python(part, history, at)
        case After(now, before):
            return python(now, history, at) and any(python(before, history, earlier) for earlier in range(at))
    combine = all if isinstance(expression, And) else any
    return combine(python(part, history, at) for part in expression.parts)


@settings(max_examples=150, deadline=None, derandomize=True)
@given(trees(functions=False), st.lists(MOMENTS, min_size=1, max_size=12))
def test_a_condition_holds_where_python_says_so(tree, history):
    expected = [python(tree, history, at) for at in range(len(history))]
    watch, found = Watch(tree), []
    for at, values in enumerate(history):
        watch.note(at, lambda leaf, values=values: values[leaf.name])
        found.append(watch.holds(at, lambda leaf, values=values: values[leaf.name]))
    assert found == expected
    again = [watch.holds(at, lambda leaf, at=at: history[at][leaf.name]) for at in range(len(history))]
    assert again == expected


def holding(text: str, *history: dict[str, float]) -> str:
    """The moments at which a condition holds, as 1 and 0."""
    watch, found = Watch(parse(text, VOCABULARY)), ""
    for at, values in enumerate(history):
        watch.note(at, lambda leaf, values=values: values[leaf.name])
        found += str(int(watch.holds(at, lambda leaf, values=values: values[leaf.name])))
    return found


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ("solved", "01100000"),
        ("exact < .5 after solved", "00010011"),
        ("solved after solved", "00100000"),
        ("not solved after solved", "00011111"),
        ("not (exact < .5 after solved)", "11101100"),
        ("exact < .5 after exact > .5 after exact < .5", "00010011"),
        ("exact > .5 after exact < .5 after solved", "00001100"),
        ("exact < .5 < .6", "10010011"),
    ],
)
def test_after_looks_at_strictly_earlier_moments(text, holds):
    exact = (0.0, 0.96, 0.97, 0.3, 0.8, 0.9, 0.2, 0.1)
    assert holding(text, *({"exact": x, "solved": x > 0.95} for x in exact)) == holds


def test_the_names_of_a_condition_are_listed_once_in_order():
    tree = parse("kl < 1 and p(3, up) < exact < 2 after not (solved or kl > 3)", VOCABULARY)
    assert [getattr(leaf, "name", "") for leaf in leaves(tree)] == ["kl", "p", "exact", "solved"]


def test_names_that_only_an_after_needs_can_be_left_out():
    tree = parse("kl < 1 and (exact < .5 after solved after kl > A.exact)", VOCABULARY)
    assert [leaf.name for leaf in leaves(tree, befores=False)] == ["kl", "exact"]
    assert [leaf.name for leaf in leaves(tree)] == ["kl", "exact", "solved", "A.exact"]
