"""The keys that are bound to the entries of the table of keys, and their names."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Protocol

from lakeppo.i18n import N_, _
from lakeppo.tui.key_names import key_name
from lakeppo.tui.keymap import KEYS, Key, On, keys_of

UNBOUND = N_("(no key)")
"""The name of an entry that no key is bound to."""
SERIES = {
    "up down left right": N_("arrows"),
    "left right": N_("left, right"),
    "up down pageup pagedown home end": N_("up, down, page keys"),
    "1 2 3 4 5 6 7 8 0": N_("1 to 8, 0"),
}
"""Keys that have one name together."""


class BoundKeys:
    """The keys that are bound to each entry of the table under a keymap of Textual's."""

    def __init__(self, keymap: Mapping[str, str] = MappingProxyType({})) -> None:
        found: dict[str, dict[str, None]] = {key.id: {} for key in KEYS}
        for screen in On:
            names = {key.id: keymap.get(key.id, key.keys).split(",") for key in keys_of(screen)}
            order = [*reversed(names)]
            order.sort(key=lambda id: id in keymap)  # what is bound wins, and the first of several
            bound = {name: id for id in order for name in names[id]}
            for id in names:
                found[id] |= dict.fromkeys(name for name in names[id] if bound[name] == id)
        self.keys = {id: tuple(names) for id, names in found.items()}
        self.names: Mapping[str, str] = {id: self._name(id) for id in found}
        """The name of each entry's first key, or of its series of keys, by the entry's id."""
        self.every = {name for names in self.keys.values() for name in names}
        self.once = {name for key in KEYS if key.once for name in self.keys[key.id]}
        """Keys that act once while they are held down."""
        self.commands = {name for key in keys_of(On.MAIN) if key.command is not None for name in self.keys[key.id]}
        """Keys of the main screen that send a command."""

    def all_names(self, id: str) -> str:
        """Return the names of all keys of an entry, separated by commas."""
        return self.names[id] if len(self._series(id)) > 1 else ", ".join(map(key_name, self.keys[id])) or _(UNBOUND)

    def _series(self, id: str) -> Sequence[Key]:
        return [key for key in KEYS if id in (key.id, key.series)]

    def _name(self, id: str) -> str:
        keys = [name for key in self._series(id) for name in self.keys[key.id][:1]]
        return _(SERIES.get(" ".join(keys), "")) or ", ".join(map(key_name, keys)) or _(UNBOUND)


class HasKeys(Protocol):
    """An app that knows which keys are bound."""

    bound: BoundKeys
