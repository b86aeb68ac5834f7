"""The grammar of conditions: every tree is read back from its text, and every wrong text gets one line."""

import math
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.conditions import VOCABULARY, trees

from lakeppo.conditions.expression import After, And, Arithmetic, Call, Comparison, Name, Not, Number, to_text
from lakeppo.conditions.parser import DEEPEST, LONGEST, parse
from lakeppo.errors import InvalidValue


def refused(text: str) -> str:
    with pytest.raises(InvalidValue) as refusal:
        parse(text, VOCABULARY)
    return str(refusal.value)


@settings(max_examples=120, deadline=None, derandomize=True)
@given(trees())
def test_every_tree_is_read_back_from_its_text(tree):
    text = to_text(tree)
    if len(text) <= LONGEST:
        assert parse(text, VOCABULARY) == tree


@settings(max_examples=60, deadline=None, derandomize=True)
@given(trees(), st.randoms(use_true_random=False))
def test_spaces_between_tokens_change_nothing(tree, dice):
    text = to_text(tree)
    spaced = text.replace(" ", "\t  " if dice.random() < 0.5 else "  ").replace("(", "( ").replace(",", " ,")
    if len(spaced) <= LONGEST:
        assert parse(spaced, VOCABULARY) == tree


EXACT, KL, SOLVED = Name("exact"), Name("kl"), Name("solved")
LOW = Comparison((EXACT, Number(0.5)), ("<",))


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("exact < .5 after solved", After(LOW, SOLVED)),
        ("exact<50%", LOW),
        ("((exact) < (5e-1))", LOW),
        ("not exact < .5", Not(LOW)),
        ("not solved after solved", After(Not(SOLVED), SOLVED)),
        ("not (solved after solved)", Not(After(SOLVED, SOLVED))),
        ("solved after solved after exact < .5", After(SOLVED, After(SOLVED, LOW))),
        ("solved and solved after solved", And((SOLVED, After(SOLVED, SOLVED)))),
        ("-1 <= kl < exact", Comparison((Number(-1), KL, EXACT), ("<=", "<"))),
        ("p(6, right) >= 90%", Comparison((Call("p", (Number(6), Name("right"))), Number(0.9)), (">=",))),
        ("median(B.exact) < 0.5 < median(A.exact)", Comparison(
            (Call("median", (Name("B.exact"),)), Number(0.5), Call("median", (Name("A.exact"),))), ("<", "<"))),
        ("exact - kl - 1 < kl", Comparison(
            (Arithmetic(Arithmetic(EXACT, "-", KL), "-", Number(1)), KL), ("<",))),
        ("exact -1 < 2 * kl + -3", Comparison(
            (Arithmetic(EXACT, "-", Number(1)), Arithmetic(Arithmetic(Number(2), "*", KL), "+", Number(-3))), ("<",))),
        ("exact / (kl + 1) < 1", Comparison(
            (Arithmetic(EXACT, "/", Arithmetic(KL, "+", Number(1))), Number(1)), ("<",))),
        ("share(exact < .5) > .9", Comparison((Call("share", (LOW,)), Number(0.9)), (">",))),
    ],
)  # fmt: skip
def test_words_bind_as_the_grammar_says(text, tree):
    assert parse(text, VOCABULARY) == tree


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("exat < 1", "character 1: there is no exat here; the nearest is exact"),
        ("exact < .5 aftr solved", "character 12: there is no aftr here; the nearest is after"),
        ("qqqqqq < 1", "character 1: there is no qqqqqq here"),
        ("EXACT < .5", "character 1: there is no EXACT here; the nearest is exact"),
        ("nt solved", "character 1: there is no nt here; the nearest is not"),
        ("pp(1, left) < 1", "character 1: there is no pp here; the nearest is p"),
        ("p(1, rihgt) < 1", "character 6: there is no rihgt here; the nearest is right"),
        ("solved and sloved", "character 12: there is no sloved here; the nearest is solved"),
        ("C.exact < 1", "character 1: there is no C.exact here; the nearest is B.exact"),
        ("exact < .5 solved", "character 12: solved cannot stand here"),
        ("exact <", "character 8: a name or a number is missing at the end"),
        ("", "character 1: a name or a number is missing at the end"),
        ("exact < after", "character 9: a name or a number must stand here, not after"),
        ("exact", "character 1: exact is no condition: compare it with < <= > >= or =="),
        ("solved or 0.5", "character 11: 0.5 is no condition: compare it with < <= > >= or =="),
        ("kl < solved", "character 6: solved is no number: it cannot be compared"),
        ("exact < 1 < (kl < 2)", "character 13: kl < 2 is no number: it cannot be compared"),
        ("p(16, left) < 1", "character 3: tile must be a whole number from 0 to 15"),
        ("p(-1, left) < 1", "character 3: tile must be a whole number from 0 to 15"),
        ("p(.5, left) < 1", "character 3: tile must be a whole number from 0 to 15"),
        ("p(kl, left) < 1", "character 3: tile must be a whole number from 0 to 15"),
        ("p(1, 2) < 1", "character 6: one of left, down, right, up must stand here, not 2"),
        ("p(1) < 1", "character 1: write p(tile, action)"),
        ("p < 1", "character 1: write p(tile, action)"),
        ("p(1, left, 2) < 1", "character 1: write p(tile, action)"),
        ("exact(3) < 1", "character 1: exact has no arguments"),
        ("left", "character 1: left is no condition: compare it with < <= > >= or =="),
        ("exact +", "character 8: a name or a number is missing at the end"),
        ("exact * < 1", "character 9: a name or a number must stand here, not <"),
        ("exact + kl", "character 1: exact + kl is no condition: compare it with < <= > >= or =="),
        ("solved + 1 < 2", "character 1: solved is no number: it cannot be compared"),
        ("(solved", "character 8: ) is missing at the end"),
        ("(solved kl", "character 9: ) must stand here, not kl"),
        ("solved)", "character 7: ) cannot stand here"),
        ("kl = 1", "character 4: write == for equal"),
        ("kl ≤ 1", "character 4: ≤ cannot be read"),
        ("kl < -exact", "character 7: a number must stand here, not exact"),
        ("kl < 1e999", "character 6: 1e999 is too large"),
        ("kl < ١", "character 6: ١ cannot be read"),
        ("kl < 1\n", "character 7: \\n cannot be read"),
        ("\x1b[2Jkl", "character 1: \\x1b cannot be read"),
        ("__import__('os')", "character 12: ' cannot be read"),
    ],
)
def test_a_wrong_text_gets_one_line_with_its_place(text, line):
    assert refused(text) == line


@pytest.mark.parametrize("opening", ["(", "not ", "not(", "p(", "-", "median(", "share(not "])
def test_deep_nesting_is_refused_before_it_is_followed(opening):
    assert "\n" not in refused((opening * LONGEST)[:LONGEST])


def test_a_condition_has_a_depth_and_a_length_up_to_which_it_is_read():
    assert parse("(" * DEEPEST + "solved" + ")" * DEEPEST, VOCABULARY) == SOLVED
    assert "inside one another" in refused("(" * (DEEPEST + 1) + "solved" + ")" * (DEEPEST + 1))
    assert parse("solved".ljust(LONGEST), VOCABULARY) == SOLVED
    assert refused("solved".ljust(LONGEST + 1)) == "a condition has at most 300 characters, not 301"
    for piece in ("(", "not ", "solved after ", "\x00", "9", "kl < "):
        assert refused(piece * 2**20) == f"a condition has at most 300 characters, not {len(piece) << 20:,}"


def test_any_text_is_read_or_refused_in_one_printable_line():
    dice = random.Random(11)
    words = ["exact", "solved", "p", "(", ")", ",", "left", "3", ".5", "%", "<", "==", "=", "not", "and", "or", "after",
             "-", ".", "1e9", "\x9b", "\u202e", "\ud800", "é", ""]  # fmt: skip
    whole = "not ( solved or p ( 3 , left ) < 50% after 1e9 < exact )".split()
    refusals, read = [], 0
    for _ in range(3000):
        text = whole.copy()
        for _ in range(dice.randrange(1, 4)):
            text[dice.randrange(len(text))] = dice.choice(words)
        try:
            tree = parse(" ".join(text), VOCABULARY)
        except InvalidValue as error:
            refusals.append(str(error))
        else:
            read += 1
            assert parse(to_text(tree), VOCABULARY) == tree
    assert read > 50
    assert len(set(refusals)) > 50
    assert [line for line in refusals if not line.isprintable() or len(line) > 200] == []


def test_a_percentage_is_a_hundredth():
    tree = parse("kl < 12.5%", VOCABULARY)
    assert isinstance(tree, Comparison)
    assert tree.operands[1] == Number(0.125)
    assert math.isclose(parse("kl < 0.1%", VOCABULARY).operands[1].value, 0.001)


def test_parentheses_beside_one_another_are_not_deep():
    text = "or".join(["(kl<1)"] * (DEEPEST + 4))
    assert len(text) <= LONGEST
    assert len(parse(text, VOCABULARY).parts) == DEEPEST + 4
