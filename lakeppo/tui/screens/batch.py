"""The batch table: every transition of the batch with its advantage, ratio and group."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from textual.app import ComposeResult
from textual.getters import query_one

from lakeppo.session.commands import Command
from lakeppo.tui.keymap import On, bindings
from lakeppo.tui.panels.base import Panel
from lakeppo.tui.panels.batch_table import BatchTable, SampleDetail
from lakeppo.tui.panels.footer import Footer
from lakeppo.tui.panels.message import MessageBar
from lakeppo.tui.panels.status import Status
from lakeppo.tui.screens.base import ListScreen, SampleCursor
from lakeppo.tui.state import AppState, TableFilter
from lakeppo.tui.text.sample import GROUPS, SIGNS, columns


class BatchScreen(ListScreen[AppState]):
    """A table over the newest snapshot. It closes with the state whose filter, sample and cursor were chosen."""

    BINDINGS = bindings(On.BATCH)
    closing = "batch_close"
    rows = query_one(BatchTable)

    def __init__(self, state: AppState, send: Callable[[Command], None], sample_cursor: SampleCursor) -> None:
        super().__init__(state, send)
        self._sample_cursor = sample_cursor

    def compose(self) -> ComposeResult:
        yield Status()
        yield BatchTable()
        yield SampleDetail()
        yield MessageBar(seen=self.state.snapshot.notice_count)
        yield Footer(On.BATCH)

    def keep(self, state: AppState) -> AppState:
        """Keep the filter, the row and the cursor."""
        return replace(state, table_filter=self.state.table_filter, sample=self.state.sample, cursor=self.state.cursor)

    def seen_by(self, panel: Panel[Any]) -> AppState:
        return replace(self.state, sample=self.selected) if isinstance(panel, SampleDetail) else self.state

    @property
    def selected(self) -> int:
        """The row under the cursor: the chosen one, or while that is filtered out the nearest; -1 without rows."""
        return self.rows.selected

    def _filter(self, table_filter: TableFilter) -> None:
        self.look(replace(self.state, sample=max(0, self.selected), table_filter=table_filter))

    def go_to(self, position: int) -> None:
        if len(self.rows.ids):
            self.look(replace(self.state, sample=self.rows.id_at(position)))

    def action_columns(self, right: int) -> None:
        self.rows.skipped = max(0, self.rows.skipped + right)
        self.rows.redraw()

    def action_sort(self, name: str) -> None:
        """Sort by a column; by the same one again, in reverse."""
        table_filter = self.state.table_filter
        self._filter(replace(table_filter, sort=name, down=name == table_filter.sort and not table_filter.down))

    def action_order(self) -> None:
        names = tuple(column.name for column in columns(self.state.config))
        table_filter = self.state.table_filter
        at = names.index(table_filter.sort) if table_filter.sort in names else -1
        self._filter(replace(table_filter, sort=names[(at + 1) % len(names)]))

    def action_turn(self) -> None:
        self._filter(replace(self.state.table_filter, down=not self.state.table_filter.down))

    def action_group(self) -> None:
        """Show the rows of the next group; after the last group, all."""
        self._filter(replace(self.state.table_filter, group=_next(self.state.table_filter.group, GROUPS[::-1])))

    def action_sign(self) -> None:
        """Show the rows with A > 0, then with A < 0, then all."""
        self._filter(replace(self.state.table_filter, sign=_next(self.state.table_filter.sign, SIGNS)))

    def action_cell(self) -> None:
        """Show the rows of the selected row's cell, or all again."""
        table_filter = self.state.table_filter
        self._filter(replace(table_filter, cell=self._cell if table_filter.cell is None else None))

    @property
    def _cell(self) -> int | None:
        batch = self.state.snapshot.batch
        return None if batch is None or self.selected < 0 else int(batch["state"][self.selected])

    def action_step(self, by: int) -> None:
        """Go to the next row or the previous one; beyond the last and the first, by a unit."""
        rows = len(self.rows.ids) if self.state.samples else 0
        step = self._sample_cursor.step(self.state, by, self.rows.position, rows)
        if step is not None and not isinstance(step, int):
            self.send(step)
            step = 0 if self.state.samples else None
        if step is not None:
            self.go_to(step)

    async def action_knobs(self) -> None:
        await self.app.run_action("knobs", self.app.screen_stack[0])

    def action_tile(self) -> None:
        """Close, with the lake's cursor on the selected row's cell."""
        if self._cell is not None:
            self.state = replace(self.state, cursor=self._cell, sample=self.selected)
        self.dismiss(self.state)

    def action_close(self) -> None:
        """Show all rows again; if all are shown, close."""
        if self.state.table_filter.filtered:
            self._filter(replace(self.state.table_filter, group=None, sign=None, cell=None, ratios=None))
        else:
            self.dismiss(self.state)

    def action_leave(self) -> None:
        self.dismiss(self.state)


def _next(value: str | None, values: tuple[str, ...]) -> str | None:
    """Return the value after `value`; after the last, None."""
    every = (None, *values)
    return every[(every.index(value) + 1) % len(every)]
