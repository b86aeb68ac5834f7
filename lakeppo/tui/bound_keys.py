"""The keys that are bound now: their names on screen, and which of them repeat."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Protocol

from textual.binding import BindingsMap
from textual.events import Key as KeyPress
from textual.keys import format_key

from lakeppo.tui.keymap import KEYS, Key, On, bindings, keys_of

UNBOUND = "(no key)"
"""The name of an entry that no key is bound to."""
REPEAT = 0.1
"""Seconds within which the same key counts as the keyboard's repeat rather than as another press."""
SPELLED = frozenset("up down left right enter backspace".split())
"""Keys written by their names, where Textual has glyphs that some terminals draw two cells wide."""
SERIES = {
    "up down left right": "arrows",
    "up down pageup pagedown home end": "up, down, page keys",
    "1 2 3 4 5 6 7 8 9": "1 to 9",
}
"""Keys that have one name together."""


def key_name(key: str) -> str:
    """Return a key of Textual's as people write it: `.` for `full_stop`, `esc` for `escape`."""
    return key if key in SPELLED else format_key(key)


class BoundKeys:
    """The keys that are bound to each entry of the table under a keymap of Textual's."""

    def __init__(self, keymap: Mapping[str, str] = MappingProxyType({})) -> None:
        found: dict[str, dict[str, None]] = {key.id: {} for key in KEYS}
        for screen in On:
            bound = BindingsMap(bindings(screen))
            bound.apply_keymap(keymap)
            for name, binding in bound:
                found[binding.id or ""][name] = None
        self.keys = {id: tuple(names) for id, names in found.items()}
        self.names: Mapping[str, str] = {id: self._name(id) for id in found}
        """The name of each entry's first key, or of its series of keys, by the entry's id."""
        self.once = {name for key in KEYS if not key.repeats for name in self.keys[key.id]}
        """Keys that act once while they are held down."""
        self.commands = {name for key in keys_of(On.MAIN) if key.command is not None for name in self.keys[key.id]}
        """Keys of the main screen that send a command."""

    def all_names(self, id: str) -> str:
        """Return the names of all keys of an entry, separated by commas."""
        series = self._series(id)
        return self.names[id] if len(series) > 1 else ", ".join(map(key_name, self.keys[id])) or UNBOUND

    def _series(self, id: str) -> Sequence[Key]:
        return [key for key in KEYS if id in (key.id, key.series)]

    def _name(self, id: str) -> str:
        keys = [name for key in self._series(id) for name in self.keys[key.id][:1]]
        whole = SERIES.get(" ".join(keys))
        return whole or ", ".join(map(key_name, keys)) or UNBOUND


class HasKeys(Protocol):
    """An app that knows which keys are bound."""

    bound: BoundKeys


class HeldKeys:
    """Tells repeats of a key that is held down from presses, by the time each event came in."""

    def __init__(self) -> None:
        self._last: tuple[str, float] = ("", 0.0)

    def repeats(self, press: KeyPress, once: set[str]) -> bool:
        """Return whether `press`, the newest, repeats one of the keys that act `once`."""
        (name, then), self._last = self._last, (press.key, press.time)
        return press.key == name and name in once and press.time - then < REPEAT
