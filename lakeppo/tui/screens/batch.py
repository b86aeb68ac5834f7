"""The batch, row by row: every transition with all that the update has found out about it."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.getters import query_one

from lakeppo.tui.keymap import BATCH_KEYS, screen_bindings
from lakeppo.tui.panels.base import Panel
from lakeppo.tui.panels.batch_table import BatchTable, SampleDetail
from lakeppo.tui.panels.footer import Footer
from lakeppo.tui.panels.message import MessageBar
from lakeppo.tui.panels.scroll_list import ScrollList
from lakeppo.tui.panels.status import Status
from lakeppo.tui.screens.base import Over
from lakeppo.tui.screens.sample_cursor import SampleCursor
from lakeppo.tui.state import AppState, TableFilter
from lakeppo.tui.text.sample import GROUPS, SIGNS, columns


class BatchScreen(Over[AppState]):
    """A table over the newest snapshot. It hands back the scene with the rows and the tile that were chosen."""

    BINDINGS: ClassVar[list[BindingType]] = [*screen_bindings(BATCH_KEYS)]

    rows = query_one(BatchTable)
    message_bar = query_one(MessageBar)

    def __init__(self, state: AppState, send: Callable[[str], None], sample_cursor: SampleCursor) -> None:
        super().__init__()
        self.state = state
        self._send, self._sample_cursor = send, sample_cursor

    def compose(self) -> ComposeResult:
        yield Status()
        yield BatchTable()
        yield SampleDetail()
        yield MessageBar(heard=self.state.snapshot.notice_count if self.state.snapshot else 0)
        yield Footer(BATCH_KEYS)

    def on_mount(self) -> None:
        self._draw()

    def show(self, state: AppState) -> None:
        """Look at a newer snapshot, in the same way and at the same row."""
        mine = self.state
        self.state = replace(state, table_filter=mine.table_filter, sample=mine.sample, cursor=mine.cursor)
        if self.is_mounted:
            self._draw()

    def _draw(self) -> None:
        with self.app.batch_update():
            for panel in self.query(Panel[Any]):
                panel.show(replace(self.state, sample=self.selected) if isinstance(panel, SampleDetail) else self.state)

    @property
    def selected(self) -> int:
        """The row the cursor is on: the one chosen, or while that one is not shown the nearest."""
        return self.rows.selected

    def _look(self, table_filter: TableFilter) -> None:
        self.state = replace(self.state, sample=max(0, self.selected), table_filter=table_filter)
        self._draw()

    def _go_to(self, position: int) -> None:
        if len(self.rows.keys):
            self.state = replace(self.state, sample=self.rows.key_at(position))
            self._draw()

    def on_scroll_list_picked(self, message: ScrollList.Picked) -> None:
        self._go_to(message.position)

    def action_rows(self, down: int) -> None:
        self._go_to(self.rows.position + down)

    def action_page(self, down: int) -> None:
        self.action_rows(down * self.rows.page)

    def action_top(self) -> None:
        self._go_to(0)

    def action_bottom(self) -> None:
        self._go_to(len(self.rows.keys) - 1)

    def action_columns(self, right: int) -> None:
        self.rows.skipped = max(0, self.rows.skipped + right)
        self.rows.redraw()

    def action_sort(self, name: str) -> None:
        """Sort by a column; by the same one again, the other way round."""
        table_filter = self.state.table_filter
        self._look(replace(table_filter, sort=name, down=not table_filter.down if name == table_filter.sort else False))

    def action_order(self) -> None:
        names = [column.name for column in columns(self.state.config)]
        at = names.index(self.state.table_filter.sort) if self.state.table_filter.sort in names else -1
        self._look(replace(self.state.table_filter, sort=names[(at + 1) % len(names)]))

    def action_turn(self) -> None:
        self._look(replace(self.state.table_filter, down=not self.state.table_filter.down))

    def action_group(self) -> None:
        self._look(replace(self.state.table_filter, group=_after(self.state.table_filter.group, GROUPS[::-1])))

    def action_sign(self) -> None:
        self._look(replace(self.state.table_filter, sign=_after(self.state.table_filter.sign, SIGNS)))

    def action_cell(self) -> None:
        table_filter = self.state.table_filter
        self._look(replace(table_filter, cell=self._cell if table_filter.cell is None else None))

    @property
    def _cell(self) -> int | None:
        """The tile of the selected row."""
        sheet = self.state.snapshot.sheet if self.state.snapshot else None
        return None if sheet is None or self.selected < 0 else int(sheet["state"][self.selected])

    def action_step(self, down: int) -> None:
        """The next row or the one before; beyond the last and the first, a unit."""
        rows = len(self.rows.keys) if self.state.samples else 0
        step = self._sample_cursor.step(self.state, down, self.rows.position, rows)
        if isinstance(step, str):
            self._send(step)
            step = 0 if self.state.samples else None
        if step is not None:
            self._go_to(step)

    def action_send(self, command: str) -> None:
        """Pass a key on to the worker, as the desk does."""
        self._send(command)

    async def action_desk(self, action: str) -> None:
        """What the key does on the desk, which is the first of the screens."""
        await self.app.run_action(action, self.app.screen_stack[0])

    def action_tile(self) -> None:
        """Close, with the lake's cursor on the selected row's cell."""
        if self._cell is not None:
            self.state = replace(self.state, cursor=self._cell, sample=self.selected)
        self.dismiss(self.state)

    def action_close(self) -> None:
        """Show all rows again; where all are shown, close."""
        if self.state.table_filter.filtered:
            self._look(replace(self.state.table_filter, group=None, sign=None, cell=None))
        else:
            self.dismiss(self.state)

    def action_leave(self) -> None:
        self.dismiss(self.state)


def _after(value: str | None, values: tuple[str, ...]) -> str | None:
    """The next of `values`, and after the last none."""
    every = (None, *values)
    return every[(every.index(value) + 1) % len(every)]
