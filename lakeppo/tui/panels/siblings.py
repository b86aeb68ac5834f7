"""The siblings and the run itself in a table, the best first."""

from dataclasses import dataclass, replace
from functools import cached_property
from math import isfinite

import numpy as np

from lakeppo.cells import padded
from lakeppo.figures import figure
from lakeppo.i18n import N_, _
from lakeppo.runs.history import Rows
from lakeppo.session.sibling_results import Sibling, SiblingResults, sibling_rows
from lakeppo.tui.drawing.lines import Line
from lakeppo.tui.panels.scroll_list import ListModel, ScrollList
from lakeppo.tui.state import AppState
from lakeppo.tui.text.formatting import OUTDATED

WIDTHS = 10, 8, 8, 18, 9
"""Columns of the seed, of both successes, and of the update and the episode that solved the lake."""


@dataclass(frozen=True, eq=False)
class SiblingsModel(ListModel):
    """The id of a row is its seed."""

    results: SiblingResults | None
    rows: Rows  # of the run on screen
    update: int  # after which all are compared
    seed: int
    solved: float  # the exact success that counts as solved
    key: str  # that trains siblings

    @cached_property
    def listed(self) -> list[Sibling]:
        if self.results is None:
            return []
        rows = [row for row in sibling_rows(self.results, self.update, self.solved) if row.seed != self.seed]
        if self.update:
            rows.append(self._run())
        return sorted(rows, key=lambda row: (-row.success, row.seed))

    def _run(self) -> Sibling:
        reached = np.flatnonzero(self.rows.column("success_probability") >= self.solved)
        solved = self.rows[int(reached[0])] if len(reached) else None
        success, newest = (self.rows[at].success_probability for at in (self.update - 1, -1))
        return Sibling(self.seed, success, newest, solved and solved.update, solved and solved.episodes, None, own=True)

    @property
    def ids(self) -> list[int]:
        return [row.seed for row in self.listed]


class SiblingList(ScrollList[SiblingsModel]):
    """A row for each run; at first the run on screen is selected."""

    about = N_("runs with other seeds and the same changes, the best first")

    _chosen: int | None = None  # a seed

    def model(self, state: AppState) -> SiblingsModel:
        siblings, rows, solved = state.siblings, state.rows, state.snapshot.run.exact.solved
        update = min(siblings.row(state.moment.update), len(rows)) if siblings else 0
        chosen = state.seed if self._chosen is None else self._chosen
        return SiblingsModel(chosen, siblings, rows, update, state.seed, solved, state.key("siblings"))

    def choose(self, position: int) -> None:
        """Select the row at `position`, or nearest to it."""
        if self._model is not None and len(self.ids):
            self._chosen = self.id_at(position)
            self._model = replace(self._model, selected=self._chosen)
            self.redraw()

    def title(self, model: SiblingsModel) -> str:
        siblings = model.results
        if siblings is None:
            return " " + _("SIBLINGS  there are none: {key} trains some").format(key=model.key)
        run = _(OUTDATED[siblings.outdated]) if siblings.outdated else _("this run")
        solved, parted = _("solved: {success} or better").format(success=figure(model.solved)), siblings.diverged_at
        training = _("{count} still training, at update {update}")
        parts = [
            " " + _("SIBLINGS  {count} other seeds of {run}").format(count=len(siblings.seeds), run=run),
            _("by exact success after update {update}").format(update=model.update),
            solved if isfinite(model.solved) else _("no policy reaches a goal in time"),
            training.format(count=siblings.training, update=siblings.reached) if siblings.training else "",
            "" if parted is None else _("this run left its own at update {update}").format(update=parted),
            _("not shared: its change of seed") if siblings.reseeded else "",
        ]
        return "   ".join(filter(None, parts))

    def body(self, model: SiblingsModel, width: int, height: int) -> list[Line]:
        palette, at = self.palette, self.position
        heads = zip((_("seed"), _("exact"), _("newest"), _("solved at update"), _("episode")), WIDTHS, strict=True)
        titles = f" {'':>4}{''.join(padded(head, width, 'right') for head, width in heads)}   " + _("status")
        lines: list[Line] = [[(titles, palette.faint)]]
        for rank in self.in_view(height - 1):
            row, text = model.listed[rank], _text(rank, model.listed[rank])
            style = palette.strong if row.own else palette.normal
            lines.append([(padded(text, width), palette.inverse)] if rank == at else [(text, style)])
        return lines


def _text(rank: int, row: Sibling) -> str:
    solved, episode = (_("never yet"), "") if row.solved is None else (f"{row.solved:,}", f"{row.episode:,}")
    status = _("ended at #{update}").format(update=row.ended)
    if row.own or row.ended is None:
        status = _("this run") if row.own else _("training")
    cells = (str(row.seed), figure(row.success, 4), figure(row.last, 4), solved, episode)
    figures = (padded(cell, width, "right") for cell, width in zip(cells, WIDTHS, strict=True))
    return f" {rank + 1:>4}{''.join(figures)}   {status}"
