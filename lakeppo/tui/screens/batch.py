"""The batch table: every transition with its advantage, ratio and group, or the batch by its parts."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
from textual.app import ComposeResult
from textual.getters import query_one

from lakeppo.causes.results import Part
from lakeppo.session.commands import Command, WatchBatch
from lakeppo.tui.keymap import On, bindings
from lakeppo.tui.panels.base import Panel
from lakeppo.tui.panels.batch_table import BatchTable, SampleDetail
from lakeppo.tui.panels.footer import Footer
from lakeppo.tui.panels.message import MessageBar
from lakeppo.tui.panels.status import Status
from lakeppo.tui.screens.base import ListScreen, SampleCursor
from lakeppo.tui.state import AppState, TableFilter
from lakeppo.tui.text.parts import first_part, labels, listed_by, next_part
from lakeppo.tui.text.sample import GROUPS, SIGNS


class BatchScreen(ListScreen[AppState]):
    """A table over the newest snapshot. It closes with the state whose filter, sample and cursor were chosen."""

    BINDINGS = bindings(On.BATCH)
    closing = "batch_close"
    rows = query_one(BatchTable)

    def __init__(self, state: AppState, send: Callable[[Command], None], sample_cursor: SampleCursor) -> None:
        table_filter = listed_by(state.table_filter, first_part(state), state.table_filter.key)
        super().__init__(replace(state, table_filter=table_filter), send)
        self._sample_cursor = sample_cursor
        self._chosen = state.table_filter.part  # None: what comes first where nothing is chosen
        self._parts: AppState | None = None  # the list of parts from which the steps of one were opened

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
        if isinstance(panel, SampleDetail):
            return self._with_row(self.selected)
        selected = isinstance(panel, MessageBar)  # the detail tells of it
        return replace(self.state, sample=None, cursor=None) if selected else self.state

    @property
    def selected(self) -> int:
        """The row under the cursor: the chosen one, or while that is filtered out the nearest; -1 without rows."""
        return self.rows.selected

    def _with_row(self, id: int) -> AppState:
        """Return the state with another row selected: a step, or a part of the batch."""
        if self.state.table_filter.by_part:
            return replace(self.state, table_filter=replace(self.state.table_filter, key=id))
        return replace(self.state, sample=id)

    def _filter(self, table_filter: TableFilter) -> None:
        """List the steps that pass a filter."""
        row = self._row if self.state.table_filter.by_part else self.selected
        self._look_at(replace(table_filter, part=Part.STEP), max(0, row))

    def _look_at(self, table_filter: TableFilter, sample: int | None) -> None:
        part = table_filter.part or Part.STEP
        if part is not self.state.table_filter.part and self.state.failure is None:
            self.send(WatchBatch(True, part))
        self.look(replace(self.state, sample=sample, table_filter=table_filter))

    def go_to(self, position: int) -> None:
        if len(self.rows.ids):
            self.look(self._with_row(self.rows.id_at(position)))

    @property
    def _row(self) -> int:
        """The selected sample if the selected part has it, else the part's first step; -1 without any."""
        batch, part = self.state.snapshot.batch, self.state.table_filter.part or Part.STEP
        if batch is None or self.selected < 0:
            return -1
        its = labels(batch, part) == self.selected
        sample = self.state.sample
        return sample if sample is not None and sample < len(its) and its[sample] else int(np.argmax(its))

    def action_part(self) -> None:
        """List the batch by its next parts, with the selected row's selected."""
        state, batch, before = self.state, self.state.snapshot.batch, self.state.table_filter
        self._chosen, self._parts = next_part(state), None
        selected = before.key >= 0 if before.by_part else state.sample is not None  # by a person
        row = self._row if selected else -1
        key = -1 if batch is None or row < 0 else int(labels(batch, self._chosen)[row])
        sample = row if self._chosen is Part.STEP and row >= 0 else state.sample
        self._look_at(listed_by(before, self._chosen, key), sample)

    def action_columns(self, right: int) -> None:
        self.rows.skipped = max(0, self.rows.skipped + right)
        self.rows.redraw()

    def action_sort(self, name: str) -> None:
        """Sort by a column; by the same one again, in reverse."""
        before = self.state.table_filter
        self._sort(name, name == before.sort and not before.down)

    def action_order(self) -> None:
        before, names = self.state.table_filter, [column.name for column in self.rows.columns]
        at = names.index(before.sort) if before.sort in names else -1
        self._sort(names[(at + 1) % len(names)], before.down)

    def action_turn(self) -> None:
        before = self.state.table_filter
        self._sort(before.sort, not before.down)

    def _sort(self, name: str, down: bool) -> None:
        """Sort the rows, and keep the selected one."""
        state = self._with_row(max(0, self.selected))
        self.look(replace(state, table_filter=replace(state.table_filter, sort=name, down=down)))

    def action_group(self) -> None:
        """Show the rows of the next group; after the last group, all."""
        self._filter(replace(self.state.table_filter, group=_next(self.state.table_filter.group, GROUPS[::-1])))

    def action_sign(self) -> None:
        """Show the rows with A > 0, then with A < 0, then all."""
        self._filter(replace(self.state.table_filter, sign=_next(self.state.table_filter.sign, SIGNS)))

    def action_rows_of(self) -> None:
        """Show the steps of the selected part, or of the selected step's tile; or all again."""
        before, batch, key = self.state.table_filter, self.state.snapshot.batch, self.selected
        if batch is None or key < 0:
            return
        if before.by_part and before.part is not None:
            self._parts = self._with_row(key)
            self._filter(before.steps_of(before.part, key))
        else:
            self._filter(replace(before, tile=int(batch["state"][key]) if before.tile is None else None, action=None))

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
        """Close, with the lake's cursor on the selected row's tile; at the last step of an episode, with its path."""
        batch, part, row = self.state.snapshot.batch, self.state.table_filter.part, self._row
        if batch is not None and row >= 0:
            if part is Part.EPISODE:
                row = int(np.flatnonzero(labels(batch, part) == self.selected)[-1])
            sample = None if part in (Part.TILE, Part.CELL) else row
            self.state = replace(self.state, cursor=int(batch["state"][row]), sample=sample)
        self.action_leave()

    def action_close(self) -> None:
        """Go back to the parts whose steps were opened, or show all rows again; if all are shown, close."""
        before = self.state.table_filter
        if self._parts is not None:
            parts, self._parts = self._parts, None
            self._look_at(parts.table_filter, parts.sample)
        elif before.filtered and not before.by_part:
            self._filter(before.whole)
        else:
            self.action_leave()

    def action_leave(self) -> None:
        self.dismiss(replace(self.state, table_filter=replace(self.state.table_filter, part=self._chosen)))


def _next(value: str | None, values: tuple[str, ...]) -> str | None:
    """Return the value after `value`; after the last, None."""
    every = (None, *values)
    return every[(every.index(value) + 1) % len(every)]
