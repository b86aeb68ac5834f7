"""The keys that work now; a click does what the key does."""

from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

from rich.style import Style

from lakeppo.cells import padded, widest
from lakeppo.i18n import _
from lakeppo.tui.bound_keys import UNBOUND
from lakeppo.tui.drawing.lines import Line, fit, length
from lakeppo.tui.keymap import BY_ID, Key, On, keys_of
from lakeppo.tui.panels.base import Panel
from lakeppo.tui.state import AppState
from lakeppo.tui.text.key_texts import every_label
from lakeppo.tui.theme import Palette

FIRST = "toggle unit pass update earlier knobs phase batch goal slip_switch demo view next_event".split()
"""Keys of the main screen to show before the others."""
SHOWN = {
    On.BATCH: "batch_part batch_order batch_tile batch_cell batch_turn batch_group batch_sign export batch_close knobs "
    "help",
    On.COMPARE: "toggle unit pass update compare_side compare_next first_difference view compare_close export help "
    "cursor_up",
    On.BRANCHES: "branches_name branches_compare branches_close play_beside",
    On.SIBLINGS: "sibling_open siblings_close export",
    On.EVENTS: "event_open event_caption events_close play_beside export",
    On.HISTORIES: "row_up histories_close toggle update earlier later export",
}
"""The keys of the other footers, by their ids, the first ones first to be shown."""
LAST = {
    On.LOADING: ("help", "quit"),
    On.MAIN: ("back", "help", "quit"),
    On.BATCH: ("batch_close", "help"),
    On.COMPARE: ("compare_close",),
    On.BRANCHES: ("branches_close",),
    On.SIBLINGS: (),
    On.EVENTS: (),
    On.HISTORIES: ("histories_close",),
}
"""Keys that stay at the end, however little room there is."""


class Entry(NamedTuple):
    """One key of a footer."""

    keys: tuple[tuple[str, str], ...]  # its name and action, and those of the key that undoes it
    label: str
    rank: int  # how early it is chosen; negative: always shown


class Footer(Panel[list[Entry]]):
    """As many of the keys of a screen that work as fit."""

    throttled = False

    def __init__(self, screen: On = On.MAIN) -> None:
        super().__init__()
        self._screen = screen

    def model(self, state: AppState) -> list[Entry]:
        keys = [BY_ID[id] for id in SHOWN[self._screen].split()] if self._screen in SHOWN else keys_of(self._screen)
        working = (key for key in keys if key.works(state))
        comparable = state.snapshot.choices > 0
        return entries(working, self._screen, state.keys, lambda key: key.label_in(state), comparable)

    def body(self, model: list[Entry], width: int, height: int) -> list[Line]:
        return [footer_line(model, width, self.palette)]


def entries(
    keys: Iterable[Key], screen: On, names: Mapping[str, str], label: Callable[[Key], str], comparable: bool = False
) -> list[Entry]:
    """Return the footer entries of those keys that have a name and a label."""
    shown = [key for key in keys if names[key.id] != _(UNBOUND) and label(key)]
    by_id, undoing = {key.id: key for key in shown}, {key.back for key in shown}
    found = []
    for place, key in enumerate(shown):
        if key.id in undoing:
            continue
        pair = [key, by_id[key.back]] if key.back in by_id else [key]
        rank = -1 if key.id in LAST[screen] else place if screen in SHOWN else _rank(key, comparable)
        text = padded(label(key), widest(every_label(key.id)))
        found.append(Entry(tuple((names[k.id], _click(k)) for k in pair), text, rank))
    return found


def footer_line(shown: Iterable[Entry], width: int, palette: Palette) -> Line:
    """Return one line with as many entries as fit, those of the lowest rank first to be chosen."""
    gap = "  " if width >= 100 else " "
    pieces = {entry: _piece(entry, palette) for entry in shown}
    tail = fit([piece for entry, piece in pieces.items() if entry.rank < 0], width, gap)
    room = width - length(tail)
    chosen = set()
    for entry in sorted((entry for entry in pieces if entry.rank >= 0), key=lambda entry: entry.rank):
        if (needed := length(pieces[entry]) + len(gap)) <= room:
            chosen.add(entry)
            room -= needed
    head = fit([piece for entry, piece in pieces.items() if entry in chosen], width, gap)
    return [*head, (gap, palette.normal), *tail] if head else tail


def _piece(entry: Entry, palette: Palette) -> Line:
    """Return ` . , sample`: the key, the one that undoes it, and what they do; each can be clicked."""
    named = palette.strong
    keys: Line = [(f" {name}", named + _style(action)) for name, action in entry.keys]
    return [*keys, (f" {entry.label}", palette.faint + _style(entry.keys[0][1]))]


def _style(action: str) -> Style:
    return Style(meta={"@click": action})


def _click(key: Key) -> str:
    return key.run if "." in key.run else f"screen.{key.run}"


def _rank(key: Key, comparable: bool) -> int:
    """Return how early a key of the main screen is chosen; comparing is, once there is something to compare."""
    if key.id == "compare" and comparable:
        return FIRST.index("phase")
    return FIRST.index(key.id) if key.id in FIRST else len(FIRST)
