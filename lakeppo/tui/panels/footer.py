"""The keys that work now; a click does what the key does."""

from dataclasses import dataclass

from rich.style import Style

from lakeppo.tui.drawing.lines import Line, fit, length
from lakeppo.tui.keymap import KEYS, Key, label
from lakeppo.tui.panels.base import Model, Panel
from lakeppo.tui.state import AppState

LAST = ("back", "help", "quit", "batch_help", "batch_close", "compare_close", "branches_close")
"""Keys that stay when there is room for few."""
FIRST = (
    *("toggle", "unit", "pass", "update", "earlier", "knobs", "phase", "batch"),
    *("goal", "slip_switch", "compare_side", "demo", "view"),
)
"""Keys a newcomer should see before the others; those chosen stand in the order of the table."""


@dataclass(frozen=True, eq=False)
class FooterModel(Model):
    labels: dict[Key, str]  # of the keys that work, in the order of the table
    comparable: bool  # there is something to compare with


class Footer(Panel[FooterModel]):
    """As many keys as fit, the most used first; help and quit always."""

    throttled = False

    def __init__(self, keys: tuple[Key, ...] = KEYS) -> None:
        super().__init__()
        self._keys = keys

    def model(self, state: AppState) -> FooterModel:
        beside = {key.back for key in self._keys}
        working = (key for key in self._keys if key.id not in beside and key.when(state))
        labels = {key: text for key in working if (text := label(key, state))}
        return FooterModel(labels, bool(state.snapshot and state.snapshot.rivals))

    def body(self, model: FooterModel, width: int, height: int) -> list[Line]:
        gap = "  " if width >= 100 else " "
        pieces = {key: self._piece(key, text) for key, text in model.labels.items()}
        tail = fit([piece for key, piece in pieces.items() if key.id in LAST], width, gap)
        room = width - length(tail)
        chosen: set[Key] = set()
        for key in sorted((key for key in pieces if key.id not in LAST), key=lambda key: _rank(key, model.comparable)):
            if (needed := length(pieces[key]) + len(gap)) <= room:
                chosen.add(key)
                room -= needed
        head = fit([piece for key, piece in pieces.items() if key in chosen], width, gap)
        return [[*head, (gap, self.palette.normal), *tail] if head else tail]

    def _piece(self, key: Key, text: str) -> Line:
        """Return ` . , sample`: the key, the one that goes back, and the label; each can be clicked."""
        back = next((other for other in self._keys if other.id == key.back), None)
        style = self.palette.strong + self.palette.blue
        keys: Line = [(f" {one.shown}", style + _click(one)) for one in (key, back) if one is not None]
        return [*keys, (f" {text.ljust(key.width)}", self.palette.normal + _click(key))]


def _click(key: Key) -> Style:
    return Style(meta={"@click": key.action if "." in key.action else f"screen.{key.action}"})


def _rank(key: Key, comparable: bool) -> int:
    """How early a key is chosen; comparing is, once there is something to compare."""
    if key.id == "compare" and comparable:
        return FIRST.index("phase")
    return FIRST.index(key.id) if key.id in FIRST else len(FIRST)
