"""One tile opened: its four actions under both policies, and the critic's guess beside the truth."""

from lakeppo.session.snapshot import Snapshot
from lakeppo.tui.panels.panel import Line, Panel, wrapped
from lakeppo.tui.panels.sample import Card
from lakeppo.tui.state import Scene
from lakeppo.tui.text.formatting import figure, signed
from lakeppo.tui.theme import ACTIONS, ARROWS

LONG = 12
"""Lines from which a tile is told in full."""
KINDS = {"S": "start", "F": "ice", "H": "hole", "G": "goal"}


class Inspector(Panel):
    """The tile under the cursor, or the one the agent is on; in its place the sample that is looked at."""

    def looks_at(self, scene: Scene) -> tuple[object, ...]:
        s, tile = scene.snapshot, scene.inspected
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
        return (tile, scene.cursor is None, scene.config, figures, scene.sample, scene.sampled and id(scene.sampled[0]))

    def heading(self, scene: Scene) -> str:
        if scene.sampled is not None:
            return Card(scene, *scene.sampled, self.ink).heading(self.size.width, bool(self.size.height >= 12))
        row, column = divmod(scene.inspected, scene.config.shape[1])
        whose = "agent" if scene.cursor is None else "cursor"
        kind = scene.config.tile(scene.inspected)
        short = self.size.height < LONG and kind not in "HG"
        return f"TILE ({row},{column}) {KINDS[kind]}  ({whose})" + "  old ▸ new" * short

    def body(self, scene: Scene, width: int, height: int) -> list[Line]:
        if scene.sampled is not None:
            return Card(scene, *scene.sampled, self.ink).lines(width, height)
        ink, snapshot, tile = self.ink, scene.snapshot, scene.inspected
        kind = scene.config.tile(tile)
        if kind in "HG":
            end = "The episode ends here, in a hole." if kind == "H" else "The episode ends here, with reward 1."
            return [[(line, ink.normal)] for line in wrapped(end, width)][:height]
        if snapshot is None:
            return [[("No policy yet.", ink.faint)]]
        return self._long(scene, width, height) if height >= LONG else self._short(scene)[:height]

    def _short(self, scene: Scene) -> list[Line]:
        ink, s, tile = self.ink, scene.snapshot, scene.inspected
        assert s is not None
        head: Line = [
            ("V ", ink.faint),
            (figure(float(s.values[tile])), ink.strong),
            (" true ", ink.faint),
            (figure(float(s.true_values[tile])), ink.strong),
            (f" best {figure(float(s.optimal_values[tile]))}  visits {int(s.visits[tile])}", ink.faint),
        ]
        pairs = [[*self._action(scene, a), ("  ", ink.normal), *self._action(scene, b)] for a, b in ((0, 2), (3, 1))]
        return [head, *pairs]

    def _action(self, scene: Scene, action: int) -> Line:
        """`down  .62 ▸ .64`: an action's probability, old and new."""
        s, tile = scene.snapshot, scene.inspected
        assert s is not None
        old, new = float(s.old_policy[tile, action]), float(s.policy[tile, action])
        best = action == int(s.policy[tile].argmax())
        return [
            (f"{ACTIONS[action]:<5}", self.ink.strong if best else self.ink.normal),
            (f"{figure(old):>5} ▸ ", self.ink.faint),
            (f"{figure(new):<5}", self.ink.strong if best else self.ink.normal),
        ]

    def _long(self, scene: Scene, width: int, height: int) -> list[Line]:
        ink, s, tile = self.ink, scene.snapshot, scene.inspected
        assert s is not None
        policies = [[(f"{'':<8}  old   new   pass", ink.faint)], *(self._policies(scene, a) for a in range(4))]
        advantages = [[(f"{'A':<8}sampled  exact", ink.faint)], *(self._advantages(scene, a) for a in range(4))]
        values = zip(("V (critic)", "true V", "optimal V"), (s.values, s.true_values, s.optimal_values), strict=True)
        lines: list[Line] = [
            *policies,
            [],
            *([(f"{name:<12}", ink.faint), (figure(float(table[tile])), ink.strong)] for name, table in values),
            [("visits      ", ink.faint), (f"{int(s.visits[tile]):,} in batch", ink.normal)],
        ]
        hint: Line = [("arrows or click; esc: agent", ink.faint)]
        return lines if height < 16 else [*lines, [], *advantages, hint]

    def _policies(self, scene: Scene, action: int) -> Line:
        """An action's probability, old and new, and what the newest pass made of it."""
        s, tile = scene.snapshot, scene.inspected
        assert s is not None
        old, new = float(s.old_policy[tile, action]), float(s.policy[tile, action])
        change = "-" if s.last_pass is None else signed(new - float(s.last_pass.policy[tile, action]), 3)
        best = self.ink.strong if action == int(s.policy[tile].argmax()) else self.ink.normal
        return [
            (f"{ARROWS[action]} {ACTIONS[action]:<6}", best),
            (f"{figure(old):>5} ", self.ink.faint),
            (f"{figure(new):>5} ", best),
            (f"{change:>6}", self.ink.faint),
        ]

    def _advantages(self, scene: Scene, action: int) -> Line:
        """An action's advantage: the batch's mean here, and the exact one of the new actor."""
        s, tile = scene.snapshot, scene.inspected
        assert s is not None
        sampled = sampled_advantage(s, tile, action)
        exact = round(float(s.true_advantages[tile, action]), 3)
        return [
            (f"{ARROWS[action]} {ACTIONS[action]:<6}", self.ink.normal),
            (f"{'-' if sampled is None else signed(sampled, 3):>7}", self.ink.faint),
            (
                f"{signed(exact, 3):>7}",
                self.ink.blue if exact > 0 else self.ink.orange if exact < 0 else self.ink.faint,
            ),
        ]


def sampled_advantage(s: Snapshot, tile: int, action: int) -> float | None:
    """Mean of what GAE found for this batch's samples of an action on a tile; None where there is none."""
    if s.judged is None:
        return None
    found = s.judged.raw[(s.judged.states == tile) & (s.judged.actions == action)]
    return float(found.mean()) if len(found) else None
