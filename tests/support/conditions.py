"""Random conditions, and the names that they may use."""

from hypothesis import strategies as st

from lakeppo.conditions.expression import After, And, Arithmetic, Call, Comparison, Expression, Name, Not, Number, Or
from lakeppo.conditions.parser import NUMBER, TRUTH, Function, Parameter, Vocabulary

ACTIONS = ("left", "down", "right", "up")
NUMBERS = ("exact", "kl", "A.exact", "B.exact")
VOCABULARY = Vocabulary(
    dict.fromkeys(NUMBERS, NUMBER) | {"solved": TRUTH} | dict.fromkeys(ACTIONS, "action"),
    {
        "p": Function((Parameter("tile", last=15), Parameter("action", "action"))),
        "median": Function((Parameter("figure"),)),
        "share": Function((Parameter("condition", TRUTH),)),
    },
)


def trees(functions: bool = True) -> st.SearchStrategy[Expression]:
    """Conditions of every kind of part; without `functions` only of names."""
    figures = st.floats(allow_nan=False, allow_infinity=False)
    percent = st.integers(0, 100).map(lambda n: n / 100)
    numbers = st.one_of(figures, percent).map(lambda x: Number(x))
    names = st.sampled_from(NUMBERS).map(Name)
    cells = st.tuples(st.integers(0, 15).map(lambda n: Number(float(n))), st.sampled_from(ACTIONS).map(Name))
    calls = st.one_of(cells.map(lambda pair: Call("p", pair)), names.map(lambda name: Call("median", (name,))))
    leaves = st.one_of(names, numbers, *([calls] if functions else []))
    sums = st.recursive(
        leaves, lambda inner: st.builds(Arithmetic, inner, st.sampled_from("+-*/"), inner), max_leaves=4
    )
    operands = st.lists(sums, min_size=2, max_size=4)
    signs = st.lists(st.sampled_from(("<", "<=", ">", ">=", "==")), min_size=3, max_size=3)
    comparisons = st.builds(lambda o, s: Comparison(tuple(o), tuple(s[: len(o) - 1])), operands, signs)

    def larger(inner: st.SearchStrategy[Expression]) -> st.SearchStrategy[Expression]:
        several = st.lists(inner, min_size=2, max_size=3).map(tuple)
        return st.one_of(st.builds(Not, inner), st.builds(After, inner, inner), several.map(And), several.map(Or))

    return st.recursive(st.one_of(st.just(Name("solved")), comparisons), larger, max_leaves=6)
