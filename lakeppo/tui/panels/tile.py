"""The inspector: one tile with its actions under both policies and its values; or the selected sample."""

from dataclasses import dataclass

from lakeppo.lake.transition import ACTIONS, ARROWS
from lakeppo.session.snapshot import Floats, JudgedView, Snapshot
from lakeppo.tui.drawing.lines import Line, wrapped
from lakeppo.tui.panels.base import Model, Panel
from lakeppo.tui.panels.sample import LONG, SampleCard, SampleModel, sample_model
from lakeppo.tui.state import AppState
from lakeppo.tui.text.formatting import figure, signed
from lakeppo.tui.text.sample import cell_words

FULL = 16
"""Lines from which a tile is shown with its advantages."""
KINDS = {"S": "start", "F": "ice", "H": "hole", "G": "goal"}
ENDS = {"H": "The episode ends here, in a hole.", "G": "The episode ends here, with reward 1."}


@dataclass(frozen=True, eq=False)
class TileFigures(Model):
    """The figures of one tile; arrays are by action, `(4,)`."""

    old: Floats
    new: Floats
    before_pass: Floats | None  # the probabilities before the newest pass
    sampled: list[float | None]  # the mean of the batch's advantages
    advantages: Floats  # the exact ones of the new actor
    values: list[float]  # the critic's, the true and the optimal V
    visits: int


@dataclass(frozen=True, eq=False)
class TileModel(Model):
    cell: str
    kind: str
    owner: str  # agent or cursor
    figures: TileFigures | None  # None on holes and goals
    hint: str


class TilePanel(Panel[TileModel | SampleModel]):
    """The tile under the cursor, or the agent's; in its place the selected sample."""

    def model(self, state: AppState) -> TileModel | SampleModel:
        if (sample := sample_model(state)) is not None:
            return sample
        tile, config = state.inspected, state.config
        kind, owner = config.tile(tile), "agent" if state.cursor is None else "cursor"
        figures = None if kind in ENDS else tile_figures(state.snapshot, tile)
        hint = f"{state.key('cursor_up')} or click; {state.key('back')}: agent"
        return TileModel(cell_words(tile, config), kind, owner, figures, hint)

    def title(self, model: TileModel | SampleModel) -> str:
        long = self.size.height >= LONG
        if isinstance(model, SampleModel):
            return SampleCard(model, self.palette).title(self.size.width, long)
        order = "" if long or model.kind in ENDS else "  old ▸ new"
        return f"TILE {model.cell} {KINDS[model.kind]}  ({model.owner}){order}"

    def body(self, model: TileModel | SampleModel, width: int, height: int) -> list[Line]:
        if isinstance(model, SampleModel):
            return SampleCard(model, self.palette).lines(width, height)
        if model.figures is None:
            return [[(line, self.palette.normal)] for line in wrapped(ENDS[model.kind], width)][:height]
        lines = self._long(model.figures, height) if height >= LONG else self._short(model.figures)[:height]
        return [*lines, [(model.hint, self.palette.faint)]] if height >= FULL else lines

    def _short(self, tile: TileFigures) -> list[Line]:
        faint, strong = self.palette.faint, self.palette.strong
        values = [(figure(value), strong) for value in tile.values[:2]]
        best: Line = [(f" best {figure(tile.values[2])}  visits {tile.visits}", faint)]
        gap: Line = [("  ", self.palette.normal)]
        return [
            [("V ", faint), values[0], (" true ", faint), values[1], *best],
            *(self._change(tile, a) + gap + self._change(tile, b) for a, b in ((0, 2), (3, 1))),
        ]

    def _change(self, tile: TileFigures, action: int) -> Line:
        """Return an action's probability, old and new: `down  .62 ▸ .64`."""
        style = self.palette.strong if action == tile.new.argmax() else self.palette.normal
        old, new = figure(float(tile.old[action])), figure(float(tile.new[action]))
        return [(f"{ACTIONS[action]:<5}", style), (f"{old:>5} ▸ ", self.palette.faint), (f"{new:<5}", style)]

    def _long(self, tile: TileFigures, height: int) -> list[Line]:
        faint, strong = self.palette.faint, self.palette.strong
        values = zip(("V (critic)", "true V", "optimal V"), tile.values, strict=True)
        lines: list[Line] = [
            [(f"{'':<8}  old   new   pass", faint)],
            *(self._policies(tile, action) for action in range(4)),
            [],
            *([(f"{name:<12}", faint), (figure(value), strong)] for name, value in values),
            [("visits      ", faint), (f"{tile.visits:,} in batch", self.palette.normal)],
        ]
        if height >= FULL:
            lines += [[], [(f"{'A':<8}sampled  exact", faint)], *(self._advantages(tile, a) for a in range(4))]
        return lines

    def _policies(self, tile: TileFigures, action: int) -> Line:
        """Return an action's probability, old and new, and its change by the newest pass."""
        old, new = float(tile.old[action]), float(tile.new[action])
        change = "-" if tile.before_pass is None else signed(new - float(tile.before_pass[action]), 3)
        style = self.palette.strong if action == tile.new.argmax() else self.palette.normal
        return [
            (f"{ARROWS[action]} {ACTIONS[action]:<6}", style),
            (f"{figure(old):>5} ", self.palette.faint),
            (f"{figure(new):>5} ", style),
            (f"{change:>6}", self.palette.faint),
        ]

    def _advantages(self, tile: TileFigures, action: int) -> Line:
        """Return an action's advantage: the batch's mean and the exact one."""
        palette, sampled, exact = self.palette, tile.sampled[action], round(float(tile.advantages[action]), 3)
        return [
            (f"{ARROWS[action]} {ACTIONS[action]:<6}", palette.normal),
            (f"{'-' if sampled is None else signed(sampled, 3):>7}", palette.faint),
            (f"{signed(exact, 3):>7}", palette.blue if exact > 0 else palette.orange if exact < 0 else palette.faint),
        ]


def tile_figures(s: Snapshot, tile: int) -> TileFigures:
    """Return the figures of one tile."""
    return TileFigures(
        s.run.old_policy[tile],
        s.run.policy[tile],
        None if s.run.last_pass is None else s.run.last_pass.policy[tile],
        [sampled_advantage(s.run.judged, tile, action) for action in range(4)],
        s.run.true_advantages[tile],
        [float(table[tile]) for table in (s.run.values, s.run.true_values, s.run.optimal_values)],
        int(s.run.visits[tile]),
    )


def sampled_advantage(judged: JudgedView | None, tile: int, action: int) -> float | None:
    """Return the mean of GAE's advantages of an action on a tile; None if the batch has none."""
    if judged is None:
        return None
    found = judged.raw[(judged.states == tile) & (judged.actions == action)]
    return float(found.mean()) if len(found) else None
