"""The batch on screen: a row for every transition, and below them the selected one's advantage as a sum."""

from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from rich.cells import cell_len, set_cell_size
from rich.style import Style

from lakeppo.causes.results import Explanation
from lakeppo.cells import cut, padded
from lakeppo.config import Config
from lakeppo.figures import figure, signed, small_figure
from lakeppo.i18n import N_, _
from lakeppo.lake.transition import ARROWS
from lakeppo.session.snapshot import BatchColumns
from lakeppo.tui.drawing.lines import Line, length, shorten
from lakeppo.tui.panels.base import Panel
from lakeppo.tui.panels.part_table import PartCard, PartModel, part_model
from lakeppo.tui.panels.scroll_list import ListModel, ScrollList
from lakeppo.tui.state import AppState, TableFilter
from lakeppo.tui.text import sample
from lakeppo.tui.text.parts import DID, episodes_before, sample_words
from lakeppo.tui.text.sample import FIXED, Column, Term
from lakeppo.tui.text.words import named

LEFT_ALIGNED = ("state", "action", "went", "group", "end")
MEANT = {
    "delta": "δ", "advantage": "A", "weight": "A", "ratio": "ratio", "without_surprise": "no δ, no A",
    "without_push": "no δ, no A", "did_surprise": "δ did, A did", "did_push": "δ did, A did",
}  # fmt: skip
"""The words that the titles of columns stand for."""
SIGNED = ("delta", "advantage", "weight", *DID)


@dataclass(frozen=True, eq=False)
class BatchModel(ListModel):
    """The id of a row is its `t`."""

    batch: BatchColumns | None
    config: Config
    table_filter: TableFilter
    empty: str  # shown in place of the rows
    before: int  # episodes that had ended before the batch, where one of its episodes is listed

    @cached_property
    def ids(self) -> NDArray[np.intp]:
        return np.zeros(0, np.intp) if self.batch is None else sample.listed_rows(self.batch, self.table_filter)

    @cached_property
    def columns(self) -> tuple[Column, ...]:
        return sample.columns(self.config, self.batch)

    @property
    def sorted_by(self) -> str:
        return self.table_filter.sort

    def place(self, t: int) -> int:
        """Return the index of a row in the batch."""
        return t

    def title(self) -> str:
        """Return which rows are listed, and in which order."""
        chosen, batch = self.table_filter, self.batch
        if batch is None:
            return " " + _("THE BATCH, row by row: it is being read")
        sort = next((column.title for column in self.columns if column.name == chosen.sort), "t")
        order = _("by {column}, largest first") if chosen.down else _("by {column}")
        tile = "" if chosen.tile is None else sample.cell_words(chosen.tile, self.config)
        action = "" if chosen.action is None else f" {ARROWS[chosen.action]}"
        parts = [
            " " + _("BATCH  {rows} of {all} rows").format(rows=len(self.ids), all=len(batch["t"])),
            order.format(column=sort),
            _("group {group}").format(group=_(chosen.group)) if chosen.group else "",
            sample.sign_words(batch, chosen.sign) if chosen.sign else "",
            sample.ratio_words(chosen.ratios) if chosen.ratios is not None else "",
            _("tile {tile}").format(tile=tile) + action if tile else "",
            "" if chosen.episode is None else _("episode {number}").format(number=self.before + chosen.episode + 1),
        ]
        return "   ".join(filter(None, parts))


class BatchTable(ScrollList[BatchModel | PartModel]):
    """The rows that pass the filter, or the parts of the batch."""

    throttled = False
    about = N_("every step of the batch, or its episodes, tiles or cells, with what each did; a click on a title sorts")
    skipped = 0
    """Columns scrolled out at the left."""

    def model(self, state: AppState) -> BatchModel | PartModel:
        if (parts := part_model(state)) is not None:
            return parts
        batch = state.snapshot.batch
        empty = _("no step has been taken yet; {key} takes one").format(key=state.key("unit"))
        if batch is not None and len(batch["t"]):
            none = _("no row like that in this batch; {key} shows all rows")
            empty = none.format(key=state.key("batch_close"))
        listed = batch if state.table_filter.episode is not None else None
        before = 0 if listed is None else episodes_before(listed, state.snapshot.run)
        return BatchModel(state.sample or 0, batch, state.config, state.table_filter, empty, before)

    @property
    def columns(self) -> tuple[Column, ...]:
        """All columns, also those that are out of view."""
        return () if self._model is None else self._model.columns

    def title(self, model: BatchModel | PartModel) -> str:
        if model.batch is None:
            return model.title()
        scrolls = self.skipped or len(self._columns(model, self.size.width)) < len(model.columns)
        return "   ".join([model.title(), *([_("left, right: more columns")] if scrolls else [])])

    def body(self, model: BatchModel | PartModel, width: int, height: int) -> list[Line]:
        if model.batch is None:
            return []
        shown, at = self._columns(model, width), self.position
        lines = [self._titles(model, shown)]
        for position in self.in_view(height - 1):
            line = _cut(self._row(model, model.batch, model.place(int(model.ids[position])), shown, width), width)
            text = padded("".join(piece[0] for piece in line), width)
            lines.append([(text, self.palette.inverse)] if position == at else line)
        if not len(model.ids):
            lines.append([(f"  {model.empty}", self.palette.faint)])
        return lines

    def _columns(self, model: BatchModel | PartModel, width: int) -> tuple[Column, ...]:
        """Return the columns that fit in whole."""
        every = model.columns
        self.skipped = max(0, min(self.skipped, len(every) - FIXED - 1))
        scrolled = every[:FIXED] + every[FIXED + self.skipped :]
        ends = accumulate(column.width + 1 for column in scrolled)
        return tuple(column for column, end in zip(scrolled, ends, strict=True) if end <= width)

    def _titles(self, model: BatchModel | PartModel, shown: tuple[Column, ...]) -> Line:
        palette = self.palette
        line: Line = []
        for column in shown:
            sorted_by = column.name == model.sorted_by
            style = palette.strong + Style(underline=True) if sorted_by else palette.faint
            click = Style(meta={"@click": f"screen.sort('{column.name}')"}) + named(MEANT.get(column.name, ""))
            before, after = _aligned(column.title, column).split(column.title)
            line += [(f" {before}", palette.normal), (column.title, style + click), (after, palette.normal)]
        return [*line, (" " + _("why"), palette.faint)] if _reaches_end(shown) else line

    def _row(
        self, model: BatchModel | PartModel, batch: BatchColumns, t: int, shown: tuple[Column, ...], width: int
    ) -> Line:
        line: Line = []
        unused = "advantage" if sample.normalised(batch) else ""
        for column in shown:
            text = column.text(batch, t, model.config) if column.name in batch else ""
            group = str(batch["group"][t]) if column.name == "group" and column.name in batch else ""
            style = self._style("" if column.name == unused else column.name, text, group)
            line += [(" ", self.palette.normal), (_aligned(text, column), style)]
        words = f" {sample.verdict(batch, t)}" if _reaches_end(shown) else ""
        if length(line) + cell_len(words) > width:
            words = words.partition(";")[0]  # the rest is in V' and below the table too
        return [*line, (words, self.palette.normal)]

    def _style(self, name: str, text: str, group: str) -> Style:
        if name in DID and text == "0":
            return self.palette.faint
        if name in SIGNED:
            return self.palette.blue if text.startswith("+") else self.palette.normal
        if text == _("no clip") or group == "inside":
            return self.palette.faint
        return self.palette.strong + self.palette.orange if group == "stopped" else self.palette.normal


class DetailModel(NamedTuple):
    batch: BatchColumns
    t: int
    config: Config
    explanation: Explanation | None


class SampleDetail(Panel[DetailModel | PartModel]):
    """The selected row: the clip's verdict, what it did, its δ in figures, and the terms of its advantage."""

    throttled = False
    about = N_(
        "the selected step: what the clip does with it, what it did, and its advantage as a sum of TD errors; or what "
        "the selected episode, tile or cell did"
    )

    def model(self, state: AppState) -> DetailModel | PartModel | None:
        if state.table_filter.by_part:
            return part_model(state)
        return DetailModel(*state.sampled, state.config, state.snapshot.explanation) if state.sampled else None

    def title(self, model: DetailModel | PartModel) -> str:
        if isinstance(model, PartModel):
            return PartCard(model, self.palette).title()
        batch, t = model.batch, model.t
        action, went = (ARROWS[batch[name][t]] for name in ("action", "went"))
        template = _("t {t}, sample {number}   {path}   meant {action} went {went}")
        if action != went:
            template = _("t {t}, sample {number}   {path}   meant {action} went {went}, slipped")
        path = sample.path_words(batch, t, model.config)
        return " " + template.format(t=t, number=t + 1, path=path, action=action, went=went)

    def body(self, model: DetailModel | PartModel, width: int, height: int) -> list[Line]:
        if isinstance(model, PartModel):
            return PartCard(model, self.palette).lines(width, height)
        batch, t, palette = model.batch, model.t, self.palette
        lines: list[Line] = [[(f" {sample.verdict(batch, t)}", palette.strong)]]
        if "delta" not in batch:
            return lines
        lines += self._effects(model, width)
        terms = sample.advantage_terms(batch, t)
        titles = f" {'k':>4}{'t':>7}{'(γλ)^k':>10}{'δ':>10}{'(γλ)^k δ':>11}" + padded(_("sum"), 10, "right")
        lines += [[(f" {sample.delta_words(batch, t)}", palette.normal)], [(titles, palette.faint)]]
        lines += self._terms(terms, max(1, height - len(lines) - 1))
        where, returned = sample.trace_end_words(batch, terms[-1].t), figure(float(batch["return"][t]), 4)
        total: Line = [
            (f" A = {signed(float(batch['advantage'][t]), 4)}", palette.strong),
            ("   " + _("the trace ends {where}").format(where=where), palette.normal),
            ("   " + _("return = A + V = {value}").format(value=returned), palette.faint),
        ]
        return [*lines, total]

    def _effects(self, model: DetailModel, width: int) -> list[Line]:
        """Return what exact success is, and what it would be without the step; nothing before that is known."""
        words = sample_words(model.batch, model.t, model.explanation)
        return [[(shorten(f" {words}", width), self.palette.normal)]] if words else []

    def _terms(self, terms: list[Term], room: int) -> list[Line]:
        if len(terms) <= room:
            return [self._term(term) for term in terms]
        head = terms[: max(0, room - 2)]
        hidden = terms[len(head) : -1]
        together = signed(sum(term.product for term in hidden), 4)
        more = _("... {count} more, together {sum}").format(count=len(hidden), sum=together)
        between: Line = [(f"     {more}", self.palette.faint)]
        return [*(self._term(term) for term in head), between, self._term(terms[-1])][-room:]

    def _term(self, term: Term) -> Line:
        palette, product = self.palette, signed(term.product, 4)
        start = f" {term.k:>4}{term.t:>7}{small_figure(term.weight, 4):>10}{signed(term.delta, 4):>10}"
        return [
            (start, palette.normal),
            (f"{product:>11}", palette.blue if product.startswith("+") else palette.normal),
            (f"{signed(term.total, 4):>10}", palette.normal),
        ]


def _reaches_end(shown: tuple[Column, ...]) -> bool:
    """Return whether the last column is in view, so that the verdict can follow it."""
    return bool(shown) and shown[-1].name == "group"


def _aligned(text: str, column: Column) -> str:
    return padded(cut(text, column.width), column.width, "left" if column.name in LEFT_ALIGNED else "right")


def _cut(line: Line, width: int) -> Line:
    """Return the line in at most `width` cells, with an ellipsis if it is cut."""
    text, style = line[-1]
    room = width - length(line[:-1])
    return line if cell_len(text) <= room or room <= 1 else [*line[:-1], (f"{set_cell_size(text, room - 1)}…", style)]
