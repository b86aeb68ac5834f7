"""One tile opened: its four actions under both policies, and the critic's guess beside the truth."""

from textwrap import wrap

from lakeppo.tui.palette import ACTIONS, ARROWS
from lakeppo.tui.scene import Scene
from lakeppo.tui.widgets.panel import Line, Panel
from lakeppo.tui.words import figure, obeys, signed

KINDS = {"S": "start", "F": "ice", "H": "hole", "G": "goal"}


class Inspector(Panel):
    """The tile under the cursor, or the one the agent is on."""

    def looks_at(self, scene: Scene) -> tuple[object, ...]:
        s, tile = scene.snapshot, scene.inspected
        figures = s and (
            tuple(s.policy[tile]),
            tuple(s.old_policy[tile]),
            s.values[tile],
            s.true_values[tile],
            s.visits[tile],
        )
        return (tile, scene.cursor is None, scene.config, figures)

    def heading(self, scene: Scene) -> str:
        row, column = divmod(scene.inspected, scene.config.shape[1])
        whose = "agent" if scene.cursor is None else "cursor"
        return f"TILE ({row},{column}) {KINDS[scene.config.tile(scene.inspected)]}  ({whose})"

    def body(self, scene: Scene, width: int, height: int) -> list[Line]:
        ink, snapshot, tile = self.ink, scene.snapshot, scene.inspected
        kind = scene.config.tile(tile)
        if kind in "HG":
            end = "the agent drowns" if kind == "H" else "reward 1: the agent has arrived"
            return [[(line, ink.normal)] for line in wrap(f"Here the episode ends: {end}.", max(8, width))][:height]
        if snapshot is None:
            return [[("No policy yet.", ink.faint)]]
        return self._long(scene, width) if height >= 12 else self._short(scene)[:height]

    def _short(self, scene: Scene) -> list[Line]:
        ink, s, tile = self.ink, scene.snapshot, scene.inspected
        assert s is not None
        head: Line = [
            ("V ", ink.faint),
            (figure(float(s.values[tile])), ink.strong),
            ("  true ", ink.faint),
            (figure(float(s.true_values[tile])), ink.strong),
            (f"   visits {int(s.visits[tile])}", ink.faint),
        ]
        pairs = [[*self._action(scene, a), ("    ", ink.normal), *self._action(scene, b)] for a, b in ((0, 2), (3, 1))]
        return [head, *pairs]

    def _action(self, scene: Scene, action: int) -> Line:
        """`▾ .62▸.64`: an action's probability, old and new."""
        s, tile = scene.snapshot, scene.inspected
        assert s is not None
        old, new = float(s.old_policy[tile, action]), float(s.policy[tile, action])
        best = action == int(s.policy[tile].argmax())
        return [
            (f"{ARROWS[action]} ", self.ink.strong if best else self.ink.normal),
            (f"{figure(old):>5} ▸ ", self.ink.faint),
            (f"{figure(new):<5}", self.ink.strong if best else self.ink.normal),
        ]

    def _long(self, scene: Scene, width: int) -> list[Line]:
        ink, s, tile = self.ink, scene.snapshot, scene.inspected
        assert s is not None
        value, truth = float(s.values[tile]), float(s.true_values[tile])
        actions = [[(f"{ACTIONS[a]:<6}", ink.faint), *self._action(scene, a)] for a in (0, 1, 2, 3)]
        return [
            [("action  old     new", ink.faint)],
            *actions,
            [],
            [("V (critic)  ", ink.faint), (figure(value), ink.strong)],
            [("true V      ", ink.faint), (figure(truth), ink.strong)],
            [("V - true V  ", ink.faint), (signed(value - truth, 3), ink.strong)],
            [],
            [("visits      ", ink.faint), (f"{int(s.visits[tile])} in this batch"[: width - 12], ink.normal)],
            [],
            [("The ice", ink.faint)],
            [(f"{obeys(scene.config)}.", ink.faint)],
            [],
            [("arrows or a click: another", ink.faint)],
            [("esc: follow the agent", ink.faint)],
        ]
