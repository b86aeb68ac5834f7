"""The names that a condition on a run may use. No torch: a condition is checked where it is typed."""

from lakeppo.conditions.expression import Expression
from lakeppo.conditions.parser import NUMBER, TRUTH, Function, Parameter, Vocabulary, parse
from lakeppo.errors import InvalidValue
from lakeppo.lake.transition import ACTIONS
from lakeppo.runs.statistics import DERIVED, Row

EXACT = {"exact": "success_probability", "greedy": "greedy_success_probability"}
"""Short names of the exact figures."""
SOLVED, PROBABILITY, ACTION = "solved", "p", "action"
NAMES = dict.fromkeys((*EXACT, *Row._fields, *DERIVED), NUMBER) | {SOLVED: TRUTH} | dict.fromkeys(ACTIONS, ACTION)


def parse_condition(text: str, tiles: int) -> Expression:
    """Return the condition on a run whose lake has `tiles` tiles. Raises `InvalidValue` as `parse` does."""
    probability = Function((Parameter("tile", last=tiles - 1), Parameter("action", ACTION)))
    return parse(text, Vocabulary(NAMES, {PROBABILITY: probability}))


def check_option(text: str, tiles: int) -> None:
    """Raise `InvalidValue` unless the value of `--stop-when` is a condition."""
    try:
        parse_condition(text, tiles)
    except InvalidValue as error:
        raise InvalidValue("--stop-when: {error}", error=error.message) from None
