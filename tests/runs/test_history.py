"""The history of a run: rows go in and come out as they were, and columns are views of one table."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.fake_session import make_row

from lakeppo.runs.history import History, Rows
from lakeppo.runs.statistics import COUNTS, OPTIONAL, Row

ROWS = [make_row(update) for update in range(1, 101)]
FIGURES = st.floats(allow_nan=False, allow_infinity=True)
MADE = st.builds(
    Row,
    **{
        name: st.integers(0, 2**53) if name in COUNTS else st.none() | FIGURES if name in OPTIONAL else FIGURES
        for name in Row._fields
    },
)


@given(st.lists(MADE, max_size=40))
def test_every_row_comes_out_as_it_went_in(rows):
    history = History(rows)
    assert list(history) == rows
    assert [type(value) for row in history for value in row] == [type(value) for row in rows for value in row]
    assert History.of_table(history.table) == history


@pytest.mark.parametrize("name", Row._fields)
def test_a_column_has_a_figure_of_each_row(name):
    values = [math.nan if getattr(row, name) is None else getattr(row, name) for row in ROWS]
    assert np.array_equal(History(ROWS).column(name), values, equal_nan=True)
    assert np.array_equal(Rows(History(ROWS), 37, 0).column(name), values[:37], equal_nan=True)


def test_a_figure_without_a_value_is_none_again():
    rows = [row._replace(**dict.fromkeys(OPTIONAL)) for row in ROWS[:3]]
    assert list(History(rows)) == rows


@pytest.mark.parametrize(
    "index", [slice(None), slice(3), slice(90, 200), slice(None, None, 7), slice(5, 2), slice(-4, None)]
)
def test_a_slice_is_a_history_of_its_own(index):
    history = History(ROWS)
    part = history[index]
    assert list(part) == ROWS[index]
    part.append(ROWS[0])
    assert list(history) == ROWS


def test_what_a_reader_knows_stays_while_rows_are_appended():
    history = History(ROWS[:3])
    known, column = Rows(history, 3, 0), history.column("kl")
    for row in ROWS[3:]:
        history.append(row)
    assert list(known) == ROWS[:3]
    assert column.tolist() == [row.kl for row in ROWS[:3]]


def test_a_cut_history_goes_on_with_other_rows():
    history = History(ROWS)
    history.cut(10)
    history.append(ROWS[50])
    assert list(history) == [*ROWS[:10], ROWS[50]]
    history.cut(99)
    assert len(history) == 11


def test_histories_are_equal_by_their_figures():
    assert History(ROWS) == History(ROWS)
    assert History(ROWS) != History(ROWS[:-1])
    assert History(ROWS) != History([*ROWS[:-1], ROWS[-1]._replace(kl=0.5)])
    assert History(ROWS) != ROWS


@pytest.mark.parametrize("index", [100, -101])
def test_a_row_beyond_the_end_is_an_error(index):
    with pytest.raises(IndexError):
        History(ROWS)[index]
