"""The keys that work now; a click does what the key does."""

from typing import Any

from rich.style import Style

from lakeppo.tui.drawing.lines import Line, fit, length
from lakeppo.tui.keymap import KEYS, Key, label
from lakeppo.tui.panels.base import Panel
from lakeppo.tui.state import AppState

LAST = ("back", "help", "quit", "batch_help", "batch_close", "compare_close", "branches_close")
"""Keys that stay when there is room for few."""
FIRST = (
    *("toggle", "unit", "pass", "update", "earlier", "knobs", "phase", "batch"),
    *("goal", "slip_switch", "compare_side", "demo", "view"),
)
"""Keys a newcomer should see before the others; those chosen stand in the order of the table."""


class Footer(Panel[Any]):
    """As many keys as fit, the most used first; help and quit always."""

    throttled = False

    def __init__(self, keys: tuple[Key, ...] = KEYS) -> None:
        super().__init__()
        self._keys = keys

    def looks_at(self, state: AppState) -> tuple[object, ...]:
        rivals = bool(state.snapshot and state.snapshot.rivals)
        return (rivals, *((key.id, label(key, state)) for key in self._working(state)))

    def _working(self, state: AppState) -> list[Key]:
        beside = {key.back for key in self._keys}
        return [key for key in self._keys if label(key, state) and key.when(state) and key.id not in beside]

    def body(self, state: AppState, width: int, height: int) -> list[Line]:
        gap = "  " if width >= 100 else " "
        working = self._working(state)
        tail = fit([self._piece(key, state) for key in working if key.id in LAST], width, gap)
        room = width - length(tail)
        chosen: list[Key] = []
        rivals = state.snapshot.rivals if state.snapshot else 0
        for key in sorted((key for key in working if key.id not in LAST), key=lambda key: _rank(key, rivals > 0)):
            if (needed := length(self._piece(key, state)) + len(gap)) <= room:
                chosen.append(key)
                room -= needed
        head = fit([self._piece(key, state) for key in working if key in chosen], width, gap)
        return [[*head, (gap, self.palette.normal), *tail] if head else tail]

    def _piece(self, key: Key, state: AppState) -> Line:
        """` . , sample`: the key, the one that goes back, and what they do; each of them can be clicked."""
        back = next((other for other in self._keys if other.id == key.back), None)
        named = self.palette.strong + self.palette.blue
        keys: Line = [(f" {one.shown}", named + _click(one)) for one in (key, back) if one is not None]
        return [*keys, (f" {label(key, state).ljust(key.width)}", self.palette.normal + _click(key))]


def _click(key: Key) -> Style:
    return Style(meta={"@click": key.action if "." in key.action else f"screen.{key.action}"})


def _rank(key: Key, comparable: bool) -> int:
    """How early a key is chosen; comparing is, once there is something to compare."""
    if key.id == "compare" and comparable:
        return FIRST.index("phase")
    return FIRST.index(key.id) if key.id in FIRST else len(FIRST)
