"""Guesses, the hint and the answer."""

import pytest

from lakeppo.errors import Message
from lakeppo.faults.fault import FILES
from lakeppo.faults.spotting import SHOWN, FirstNumber, Spotting
from lakeppo.faults.table import FAULTS, NO_RATIO
from lakeppo.moment import Moment, Phase

FIRST = FirstNumber(Moment(0, Phase.IMPROVE, 1), Message("the policy loss"), 0.164018, -0.0)


def test_all_four_files_are_shown_with_the_fault_in_one_of_them():
    spotting = Spotting(NO_RATIO)
    assert sorted(SHOWN) == sorted(FILES)
    assert spotting.lines("objective")[21] == "    gain = logratio * advantages"
    assert "    td_errors" not in spotting.lines("gae")[21]


def test_a_guess_is_answered_truly_and_counted():
    spotting = Spotting(NO_RATIO)
    assert str(spotting.guess("gae", 22)) == "Line 22 of gae.py is as it should be"
    assert str(spotting.guess("objective", 21)) == "Line 21 of objective.py is as it should be"
    assert not spotting.over
    assert str(spotting.guess("objective", 25)) == "Yes: line 25 of objective.py is the faulty one. Guesses: 3"
    assert spotting.found


@pytest.mark.parametrize("line", [0, -1, 44, 10**9])
def test_what_is_no_line_is_no_guess(line):
    spotting = Spotting(NO_RATIO)
    assert str(spotting.guess("gae", line)) == "gae.py has the lines 1 to 43"
    assert spotting.guesses == 0


def test_a_hint_costs_nothing():
    spotting = Spotting(NO_RATIO)
    assert spotting.hint == NO_RATIO.hint
    assert spotting.guesses == 0


def test_a_line_named_after_the_answer_was_shown_is_not_found():
    spotting = Spotting(NO_RATIO, shown=True)
    spotting.guess("objective", 22)
    assert not spotting.found
    assert spotting.guesses == 0


def test_the_answer_explains_names_the_number_and_shows_the_lines():
    explanation, number, *lines = Spotting(NO_RATIO).answer(FIRST, NO_RATIO.symptom.config())
    assert explanation == NO_RATIO.explanation
    assert number == (
        "The first number that differs is the policy loss (update 0 · improve · pass 1 of 10): "
        "the right program has 0.164, this one 0."
    )
    assert lines[0] == "line 22 of objective.py\n- gain = logratio * advantages\n+ gain = logratio.exp() * advantages"
    assert len(lines) == 2


def test_figures_have_enough_digits_to_differ():
    close = FIRST._replace(right=0.10000001, faulty=0.10000002)
    assert close.texts() == ("0.10000001", "0.10000002")
    closer = FIRST._replace(right=0.3, faulty=0.1 + 0.2)
    assert closer.texts() == (repr(closer.right), repr(closer.faulty))


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_neither_title_nor_report_nor_hint_quotes_the_line(fault):
    for edit in fault.edits:
        assert all(
            edit.right not in text and edit.faulty not in text for text in (fault.title, fault.report, fault.hint)
        )
