"""The batch by episodes, tiles or cells: what its table lists, and what is said of the selected part below it."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from lakeppo.causes.results import Explanation, Lens, Part
from lakeppo.cells import padded
from lakeppo.config import Config
from lakeppo.figures import signed, small_figure
from lakeppo.i18n import _, ngettext
from lakeppo.lake.transition import ACTION_COUNT, ACTIONS, ARROWS
from lakeppo.session.snapshot import BatchColumns
from lakeppo.tui.drawing.lines import Line, styled
from lakeppo.tui.panels.scroll_list import ListModel
from lakeppo.tui.state import AppState, TableFilter
from lakeppo.tui.text import parts
from lakeppo.tui.text.formatting import steps_words
from lakeppo.tui.text.sample import Column, episodes_of
from lakeppo.tui.theme import Palette


@dataclass(frozen=True, eq=False)
class PartModel(ListModel):
    """The id of a row is the number of the part."""

    part: Part
    rows: BatchColumns  # of the batch
    config: Config
    table_filter: TableFilter
    explanation: Explanation | None
    before: int  # episodes that had ended before the batch
    missing: str  # why some effects are not known, if so
    hint: str

    @cached_property
    def batch(self) -> BatchColumns:
        """The parts, by column."""
        return parts.part_table(self.rows, self.part, self.explanation, self.before)

    @cached_property
    def columns(self) -> tuple[Column, ...]:
        return parts.part_columns(self.part, self.config, self.batch)

    @cached_property
    def ids(self) -> NDArray[np.intp]:
        keys: NDArray[np.intp] = self.batch["key"][parts.listed_parts(self.batch, self.table_filter, self.columns)]
        return keys

    @property
    def sorted_by(self) -> str:
        return parts.sorted_by(self.batch, self.table_filter, self.columns)

    def place(self, key: int) -> int:
        """Return the index of a part in the table."""
        return int(np.searchsorted(self.batch["key"], key))

    @property
    def empty(self) -> str:
        return ""

    def title(self) -> str:
        """Return what is listed, in which order, and exact success as it is."""
        actual = ""
        if self.explanation is not None:
            actual = _("exact success now {actual}").format(actual=small_figure(self.explanation.success.actual))
        count = _("{count:,} {parts}").format(count=len(self.ids), parts=_(parts.NAMES[self.part]))
        order = parts.order_words(self.batch, self.table_filter, self.columns)
        return "   ".join(filter(None, (f" {_(parts.HEADS[self.part])}  {count}", actual, order)))


def part_model(state: AppState) -> PartModel | None:
    """Return the parts that are listed; None while steps are, or while there is no batch."""
    batch, table_filter, part = state.snapshot.batch, state.table_filter, state.table_filter.part
    if batch is None or not len(batch["t"]) or part is None or part is Part.STEP:
        return None
    hint = _("{batch_cell}: its steps   {batch_tile}: the tile on the lake")
    if part is Part.EPISODE:
        hint = _("{batch_cell}: its steps   {batch_tile}: its path on the lake")
    return PartModel(
        table_filter.key, part, batch, state.config, table_filter, state.snapshot.explanation,
        parts.episodes_before(batch, state.snapshot.run), parts.missing_words(state), hint.format(**state.keys),
    )  # fmt: skip


class PartCard:
    """The selected part: in sentences what it did, then its path or what it is made of."""

    def __init__(self, model: PartModel, palette: Palette) -> None:
        self.model, self.palette = model, palette
        self.at = model.place(model.selected)

    def title(self) -> str:
        model, table = self.model, self.model.batch
        name = parts.part_name(model.part, table, self.at, model.config)
        return f" {name}   {steps_words(int(table['steps'][self.at]))}"

    def lines(self, width: int, height: int) -> list[Line]:
        """Return at most `height` lines; the last one names the keys, if there is room."""
        model, palette, table = self.model, self.palette, self.model.batch
        told = parts.effect_words(model.part, table, self.at, model.explanation)
        lines = [line for words in told for line in styled(f" {words}", width, palette.strong, " ")]
        unknown = [np.isnan(table[f"without_{lens}"][self.at]) for lens in (Lens.PUSH, Lens.SURPRISE)]
        if any(unknown):
            lines += styled(f" {model.missing}", width, palette.faint, " ")
        lines += styled(f" {parts.mean_words(table, self.at)}".rstrip(), width, palette.normal, " ")
        room = height - len(lines) - 1
        lines += (self._cells() if model.part is Part.TILE else self._steps(width))[: max(0, room)]
        return [*lines[: height - 1], [(f" {model.hint}", palette.faint)]]

    def _cells(self) -> list[Line]:
        """Return what each action on the tile did."""
        model, palette = self.model, self.palette
        cells = parts.part_table(model.rows, Part.CELL, model.explanation, model.before)
        lines: list[Line] = []
        for k in np.flatnonzero(cells["key"] // ACTION_COUNT == model.selected).tolist():
            action, pieces = int(cells["action"][k]), [steps_words(int(cells["steps"][k]))]
            if "advantage" in cells:
                mean = signed(float(cells["advantage"][k]), 4)
                pieces.append(_("mean A {advantage}").format(advantage=mean))
            if not np.isnan(without := float(cells["without_push"][k])):
                pieces.append(_("no A") + f" {small_figure(without)}")
            name = f" {ARROWS[action]} {padded(_(ACTIONS[action]), 6)}"
            lines.append([(name, palette.strong), ("  ".join(pieces), palette.normal)])
        return lines

    def _steps(self, width: int) -> list[Line]:
        """Return the path of the episode, or the numbers of the steps of the cell."""
        model, table = self.model, self.model.batch
        if model.part is Part.EPISODE:
            path = parts.path_words(model.rows, int(table["first"][self.at]), int(table["last"][self.at]), model.config)
            return styled(f" {path}", width, self.palette.normal, " ")
        rows = np.flatnonzero(parts.labels(model.rows, model.part) == model.selected)
        episodes = len(np.unique(episodes_of(model.rows)[rows]))
        listed = _(", ").join(map(str, rows.tolist()))
        template = ngettext("in one episode, at t {rows}", "in {episodes} episodes, at t {rows}", episodes)
        return styled(f" {template.format(episodes=episodes, rows=listed)}", width, self.palette.normal, " ")
