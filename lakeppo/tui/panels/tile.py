"""One tile opened: its four actions under both policies, and the critic's guess beside the truth."""

from typing import Any

from lakeppo.lake.actions import ACTIONS, ARROWS
from lakeppo.session.snapshot import Snapshot
from lakeppo.tui.drawing.lines import Line, wrapped
from lakeppo.tui.panels.base import Panel
from lakeppo.tui.panels.sample import Card
from lakeppo.tui.state import AppState
from lakeppo.tui.text.formatting import figure, signed

LONG = 12
"""Lines from which a tile is told in full."""
KINDS = {"S": "start", "F": "ice", "H": "hole", "G": "goal"}


class TilePanel(Panel[Any]):
    """The tile under the cursor, or the one the agent is on; in its place the sample that is looked at."""

    def looks_at(self, state: AppState) -> tuple[object, ...]:
        s, tile = state.snapshot, state.inspected
        figures = s and (
            tuple(s.policy[tile]),
            tuple(s.old_policy[tile]),
            s.values[tile],
            s.true_values[tile],
            s.visits[tile],
            s.optimal_values[tile],
            s.moment if s.judged is not None else None,
            tuple(s.true_advantages[tile]),
        )
        return (tile, state.cursor is None, state.config, figures, state.sample, state.sampled and id(state.sampled[0]))

    def title(self, state: AppState) -> str:
        if state.sampled is not None:
            return Card(state, *state.sampled, self.palette).title(self.size.width, bool(self.size.height >= 12))
        row, column = divmod(state.inspected, state.config.shape[1])
        whose = "agent" if state.cursor is None else "cursor"
        kind = state.config.tile(state.inspected)
        short = self.size.height < LONG and kind not in "HG"
        return f"TILE ({row},{column}) {KINDS[kind]}  ({whose})" + "  old ▸ new" * short

    def body(self, state: AppState, width: int, height: int) -> list[Line]:
        if state.sampled is not None:
            return Card(state, *state.sampled, self.palette).lines(width, height)
        palette, snapshot, tile = self.palette, state.snapshot, state.inspected
        kind = state.config.tile(tile)
        if kind in "HG":
            end = "The episode ends here, in a hole." if kind == "H" else "The episode ends here, with reward 1."
            return [[(line, palette.normal)] for line in wrapped(end, width)][:height]
        if snapshot is None:
            return [[("No policy yet.", palette.faint)]]
        return self._long(state, width, height) if height >= LONG else self._short(state)[:height]

    def _short(self, state: AppState) -> list[Line]:
        palette, s, tile = self.palette, state.snapshot, state.inspected
        assert s is not None
        head: Line = [
            ("V ", palette.faint),
            (figure(float(s.values[tile])), palette.strong),
            (" true ", palette.faint),
            (figure(float(s.true_values[tile])), palette.strong),
            (f" best {figure(float(s.optimal_values[tile]))}  visits {int(s.visits[tile])}", palette.faint),
        ]
        pairs = [
            [*self._action(state, a), ("  ", palette.normal), *self._action(state, b)] for a, b in ((0, 2), (3, 1))
        ]
        return [head, *pairs]

    def _action(self, state: AppState, action: int) -> Line:
        """`down  .62 ▸ .64`: an action's probability, old and new."""
        s, tile = state.snapshot, state.inspected
        assert s is not None
        old, new = float(s.old_policy[tile, action]), float(s.policy[tile, action])
        best = action == int(s.policy[tile].argmax())
        return [
            (f"{ACTIONS[action]:<5}", self.palette.strong if best else self.palette.normal),
            (f"{figure(old):>5} ▸ ", self.palette.faint),
            (f"{figure(new):<5}", self.palette.strong if best else self.palette.normal),
        ]

    def _long(self, state: AppState, width: int, height: int) -> list[Line]:
        palette, s, tile = self.palette, state.snapshot, state.inspected
        assert s is not None
        policies = [[(f"{'':<8}  old   new   pass", palette.faint)], *(self._policies(state, a) for a in range(4))]
        advantages = [[(f"{'A':<8}sampled  exact", palette.faint)], *(self._advantages(state, a) for a in range(4))]
        values = zip(("V (critic)", "true V", "optimal V"), (s.values, s.true_values, s.optimal_values), strict=True)
        lines: list[Line] = [
            *policies,
            [],
            *([(f"{name:<12}", palette.faint), (figure(float(table[tile])), palette.strong)] for name, table in values),
            [("visits      ", palette.faint), (f"{int(s.visits[tile]):,} in batch", palette.normal)],
        ]
        hint: Line = [("arrows or click; esc: agent", palette.faint)]
        return lines if height < 16 else [*lines, [], *advantages, hint]

    def _policies(self, state: AppState, action: int) -> Line:
        """An action's probability, old and new, and what the newest pass made of it."""
        s, tile = state.snapshot, state.inspected
        assert s is not None
        old, new = float(s.old_policy[tile, action]), float(s.policy[tile, action])
        change = "-" if s.last_pass is None else signed(new - float(s.last_pass.policy[tile, action]), 3)
        best = self.palette.strong if action == int(s.policy[tile].argmax()) else self.palette.normal
        return [
            (f"{ARROWS[action]} {ACTIONS[action]:<6}", best),
            (f"{figure(old):>5} ", self.palette.faint),
            (f"{figure(new):>5} ", best),
            (f"{change:>6}", self.palette.faint),
        ]

    def _advantages(self, state: AppState, action: int) -> Line:
        """An action's advantage: the batch's mean here, and the exact one of the new actor."""
        s, tile = state.snapshot, state.inspected
        assert s is not None
        sampled = sampled_advantage(s, tile, action)
        exact = round(float(s.true_advantages[tile, action]), 3)
        return [
            (f"{ARROWS[action]} {ACTIONS[action]:<6}", self.palette.normal),
            (f"{'-' if sampled is None else signed(sampled, 3):>7}", self.palette.faint),
            (
                f"{signed(exact, 3):>7}",
                self.palette.blue if exact > 0 else self.palette.orange if exact < 0 else self.palette.faint,
            ),
        ]


def sampled_advantage(s: Snapshot, tile: int, action: int) -> float | None:
    """Mean of what GAE found for this batch's samples of an action on a tile; None where there is none."""
    if s.judged is None:
        return None
    found = s.judged.raw[(s.judged.states == tile) & (s.judged.actions == action)]
    return float(found.mean()) if len(found) else None
