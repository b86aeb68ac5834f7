"""The batch, row by row: every transition with all that the update has found out about it."""

from collections.abc import Callable
from dataclasses import replace
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.getters import query_one

from lakeppo.tui.keymap import BATCH_KEYS, screen_bindings
from lakeppo.tui.panels.batch_table import Rows, Unfolded, sheet_of
from lakeppo.tui.panels.footer import Footer
from lakeppo.tui.panels.message import Voice
from lakeppo.tui.panels.panel import Panel
from lakeppo.tui.panels.status import Status
from lakeppo.tui.screens.base import Over
from lakeppo.tui.screens.sample_cursor import Ladder
from lakeppo.tui.state import Looking, Scene
from lakeppo.tui.text.sample import GROUPS, SIGNS, fields


class Batch(Over[Scene]):
    """A table over the newest snapshot. It hands back the scene with the rows and the tile that were chosen."""

    BINDINGS: ClassVar[list[BindingType]] = [*screen_bindings(BATCH_KEYS)]

    rows = query_one(Rows)
    voice = query_one(Voice)

    def __init__(self, scene: Scene, send: Callable[[str], None], ladder: Ladder) -> None:
        super().__init__()
        self.scene = scene
        self._send, self._ladder = send, ladder

    def compose(self) -> ComposeResult:
        yield Status()
        yield Rows()
        yield Unfolded()
        yield Voice(heard=self.scene.snapshot.notice_count if self.scene.snapshot else 0)
        yield Footer(BATCH_KEYS)

    def on_mount(self) -> None:
        self._draw()

    def show(self, scene: Scene) -> None:
        """Look at a newer snapshot, in the same way and at the same row."""
        mine = self.scene
        self.scene = replace(scene, looking=mine.looking, sample=mine.sample, cursor=mine.cursor)
        if self.is_mounted:
            self._draw()

    def _draw(self) -> None:
        with self.app.batch_update():
            for panel in self.query(Panel):
                panel.show(replace(self.scene, sample=self.selected) if isinstance(panel, Unfolded) else self.scene)

    @property
    def selected(self) -> int:
        """The row the cursor is on: the one chosen, or while that one is not shown the nearest."""
        listed = self.rows.listed(self.scene)
        return int(listed[self.rows.position(self.scene)]) if len(listed) else -1

    def _look(self, looking: Looking) -> None:
        self.scene = replace(self.scene, sample=max(0, self.selected), looking=looking)
        self._draw()

    def _go_to(self, position: int) -> None:
        listed = self.rows.listed(self.scene)
        if len(listed):
            self.scene = replace(self.scene, sample=int(listed[max(0, min(position, len(listed) - 1))]))
            self._draw()

    def on_rows_picked(self, message: Rows.Picked) -> None:
        self._go_to(message.position)

    def action_rows(self, down: int) -> None:
        self._go_to(self.rows.position(self.scene) + down)

    def action_page(self, down: int) -> None:
        self.action_rows(down * max(1, self.rows.size.height - 3))

    def action_top(self) -> None:
        self._go_to(0)

    def action_bottom(self) -> None:
        self._go_to(len(self.rows.listed(self.scene)) - 1)

    def action_columns(self, right: int) -> None:
        self.rows.skipped = max(0, self.rows.skipped + right)
        self.rows.redraw()

    def action_sort(self, name: str) -> None:
        """Sort by a column; by the same one again, the other way round."""
        looking = self.scene.looking
        self._look(replace(looking, sort=name, down=not looking.down if name == looking.sort else False))

    def action_order(self) -> None:
        names = [field.name for field in fields(self.scene.config)]
        at = names.index(self.scene.looking.sort) if self.scene.looking.sort in names else -1
        self._look(replace(self.scene.looking, sort=names[(at + 1) % len(names)]))

    def action_turn(self) -> None:
        self._look(replace(self.scene.looking, down=not self.scene.looking.down))

    def action_group(self) -> None:
        self._look(replace(self.scene.looking, group=_after(self.scene.looking.group, GROUPS[::-1])))

    def action_sign(self) -> None:
        self._look(replace(self.scene.looking, sign=_after(self.scene.looking.sign, SIGNS)))

    def action_cell(self) -> None:
        looking, sheet = self.scene.looking, sheet_of(self.scene)
        if looking.cell is not None or sheet is None or self.selected < 0:
            self._look(replace(looking, cell=None))
        else:
            self._look(replace(looking, cell=int(sheet["state"][self.selected])))

    def action_step(self, down: int) -> None:
        """The next row or the one before; beyond the last and the first, a unit."""
        rows = len(self.rows.listed(self.scene)) if self.scene.samples else 0
        step = self._ladder.step(self.scene, down, self.rows.position(self.scene), rows)
        if isinstance(step, str):
            self._send(step)
            step = 0 if self.scene.samples else None
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
        sheet = sheet_of(self.scene)
        if sheet is not None and self.selected >= 0:
            self.scene = replace(self.scene, cursor=int(sheet["state"][self.selected]), sample=self.selected)
        self.dismiss(self.scene)

    def action_close(self) -> None:
        """Show all rows again; where all are shown, close."""
        if self.scene.looking.filtered:
            self._look(replace(self.scene.looking, group=None, sign=None, cell=None))
        else:
            self.dismiss(self.scene)

    def action_leave(self) -> None:
        self.dismiss(self.scene)


def _after(value: str | None, values: tuple[str, ...]) -> str | None:
    """The next of `values`, and after the last none."""
    every = (None, *values)
    return every[(every.index(value) + 1) % len(every)]
