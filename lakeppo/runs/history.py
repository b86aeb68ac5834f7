"""The history of a run: a row for each update, kept as one table of figures."""

from collections.abc import Iterable, Sequence
from typing import overload

import numpy as np
from numpy.typing import NDArray

from lakeppo.runs.statistics import COUNTS, OPTIONAL, Row

PLACES = {name: place for place, name in enumerate(Row._fields)}
COUNT_PLACES = tuple(PLACES[name] for name in COUNTS)
OPTIONAL_PLACES = tuple(PLACES[name] for name in OPTIONAL)


class History(Sequence[Row]):
    """Rows that are appended and do not change: 8 bytes a figure. Columns and slices share the memory of the table.

    A thread may read the rows of the length it knows while another one appends.
    """

    def __init__(self, rows: Iterable[Row] = ()) -> None:
        self._columns = np.empty((len(Row._fields), 16), np.float64)  # a column is contiguous, as a chart reads it
        self._length = 0
        for row in rows:
            self.append(row)

    @classmethod
    def of_table(cls, table: NDArray[np.float64]) -> "History":
        """Return a history of `table`, `(U, figures)`, which it shares; NaN where a figure has no value."""
        history = cls()
        history._columns, history._length = table.T, len(table)
        return history

    @property
    def table(self) -> NDArray[np.float64]:
        """All figures, `(U, figures)`; NaN where one has no value."""
        return self._columns[:, : self._length].T

    def column(self, name: str) -> NDArray[np.float64]:
        """Return a figure after each update, `(U,)`; NaN where it has no value."""
        return self._columns[PLACES[name], : self._length]

    def append(self, row: Row) -> None:
        if self._length == self._columns.shape[1]:
            larger = np.empty((len(Row._fields), self._length + self._length // 8 + 16), np.float64)
            larger[:, : self._length] = self._columns
            self._columns = larger
        self._columns[:, self._length] = row  # None becomes NaN
        self._length += 1

    def cut(self, length: int) -> None:
        """Drop the rows from number `length` on."""
        self._columns = self._columns[:, : min(self._length, length)]  # never written again: others may share it
        self._length = self._columns.shape[1]

    def __len__(self) -> int:
        return self._length

    @overload
    def __getitem__(self, index: int) -> Row: ...
    @overload
    def __getitem__(self, index: slice) -> "History": ...
    def __getitem__(self, index: int | slice) -> "Row | History":
        if isinstance(index, slice):
            return History.of_table(self.table[index])
        figures = self.table[index].tolist()
        for place in COUNT_PLACES:
            figures[place] = int(figures[place])
        for place in OPTIONAL_PLACES:
            figures[place] = None if figures[place] != figures[place] else figures[place]  # NaN
        return Row._make(figures)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, History):
            return NotImplemented
        return np.array_equal(self.table, other.table, equal_nan=True)

    __hash__ = None  # type: ignore[assignment]  # it grows

    def __repr__(self) -> str:
        return f"History({list(self)!r})"


class Rows(Sequence[Row]):
    """The first `length` rows of a history, without a copy.

    A history only grows, and another one has another generation: two views are equal when both figures are.
    """

    def __init__(self, history: History, length: int, generation: int) -> None:
        self._history = history
        self._key = generation, min(length, len(history))

    def column(self, name: str) -> NDArray[np.float64]:
        """Return a figure after each update, `(U,)`; NaN where it has no value."""
        return self._history.column(name)[: len(self)]

    def __len__(self) -> int:
        return self._key[1]

    @overload
    def __getitem__(self, index: int) -> Row: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Row]: ...
    def __getitem__(self, index: int | slice) -> Row | Sequence[Row]:
        place = range(len(self))[index]
        return [self._history[k] for k in place] if isinstance(place, range) else self._history[place]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Rows) and self._key == other._key

    def __hash__(self) -> int:
        return hash(self._key)
