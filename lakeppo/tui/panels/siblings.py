"""The siblings and the run itself in a table, the best first."""

from dataclasses import dataclass, replace
from functools import cached_property
from math import isfinite

import numpy as np

from lakeppo.runs.history import Rows
from lakeppo.session.sibling_results import Sibling, SiblingResults, sibling_rows
from lakeppo.tui.drawing.lines import Line
from lakeppo.tui.panels.scroll_list import ListModel, ScrollList
from lakeppo.tui.state import AppState
from lakeppo.tui.text.formatting import OUTDATED, figure


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

    about = "runs with other seeds and the same changes, the best first"

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
            return f" SIBLINGS  there are none: {model.key} trains some"
        run = OUTDATED[siblings.outdated] if siblings.outdated else "this run"
        parted = siblings.diverged_at
        parts = [
            f" SIBLINGS  {len(siblings.seeds)} other seeds of {run}",
            f"by exact success after update {model.update}",
            f"solved: {figure(model.solved)} or better"
            if isfinite(model.solved)
            else "no policy reaches a goal in time",
            f"{siblings.training} still training, at update {siblings.reached}" if siblings.training else "",
            f"this run left its own at update {parted}" if parted is not None else "",
            "not shared: its change of seed" if siblings.reseeded else "",
        ]
        return "   ".join(filter(None, parts))

    def body(self, model: SiblingsModel, width: int, height: int) -> list[Line]:
        palette, at = self.palette, self.position
        titles = f" {'':>4}{'seed':>10}{'exact':>8}{'newest':>8}{'solved at update':>18}{'episode':>9}   status"
        lines: list[Line] = [[(titles, palette.faint)]]
        for rank in self.in_view(height - 1):
            row, text = model.listed[rank], _text(rank, model.listed[rank])
            style = palette.strong if row.own else palette.normal
            lines.append([(text.ljust(width), palette.inverse)] if rank == at else [(text, style)])
        return lines


def _text(rank: int, row: Sibling) -> str:
    solved, episode = ("never yet", "") if row.solved is None else (f"{row.solved:,}", f"{row.episode:,}")
    status = "this run" if row.own else "training" if row.ended is None else f"ended at #{row.ended}"
    figures = f"{figure(row.success, 4):>8}{figure(row.last, 4):>8}"
    return f" {rank + 1:>4}{row.seed:>10}{figures}{solved:>18}{episode:>9}   {status}"
