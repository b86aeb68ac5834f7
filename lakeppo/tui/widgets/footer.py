"""The keys that work now; a click does what the key does."""

from rich.style import Style

from lakeppo.tui.keys import KEYS, Key, label
from lakeppo.tui.scene import Scene
from lakeppo.tui.widgets.panel import Line, Panel, fit

LAST = ("help", "quit", "batch_close", "compare_close")
"""Keys that stay when there is room for few."""
FIRST = (
    "toggle",
    "unit",
    "pass",
    "update",
    "earlier",
    "knobs",
    "slip_switch",
    "batch",
    "compare_side",
    "demo",
    "view",
    "phase",
    "goal",
)
"""Keys a newcomer should see before the others."""


class Footer(Panel):
    """As many keys as fit, the most used first; help and quit always."""

    def __init__(self, keys: tuple[Key, ...] = KEYS) -> None:
        super().__init__()
        self._keys = keys

    def looks_at(self, scene: Scene) -> tuple[object, ...]:
        return tuple(label(key, scene) for key in self._keys if key.label and key.when(scene))

    def body(self, scene: Scene, width: int, height: int) -> list[Line]:
        working = sorted((key for key in self._keys if key.label and key.when(scene)), key=_rank)
        gap = "  " if width >= 100 else " "

        def piece(name: str, what: str, action: str) -> Line:
            click = Style(meta={"@click": action if "." in action else f"screen.{action}"})
            return [(f" {name}", self.ink.strong + self.ink.blue + click), (f" {what}", self.ink.normal + click)]

        last = [piece(key.shown, label(key, scene), key.action) for key in working if key.id in LAST]
        first = [piece(key.shown, label(key, scene), key.action) for key in working if key.id not in LAST]
        tail = fit(last, width, gap)
        room = width - sum(len(text) for text, _ in tail) - len(gap)
        head = fit(first, room, gap)
        return [[*head, (gap, self.ink.normal), *tail] if head else tail]


def _rank(key: Key) -> int:
    return FIRST.index(key.id) if key.id in FIRST else len(FIRST)
