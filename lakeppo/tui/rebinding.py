"""The keymap of the settings: keys as people write them, and a check that no key has two meanings."""

from collections.abc import Iterator, Mapping
from itertools import combinations
from typing import Any

from textual.keys import Keys, _character_to_key, key_to_character

from lakeppo.errors import InvalidValue, Message, nearest
from lakeppo.settings import unknown_keys
from lakeppo.tui.keymap import BY_ID, KEYS, On, key_name

MODIFIERS = ("alt", "ctrl", "hyper", "meta", "shift", "super")
ALIASES = {"esc": "escape", "return": "enter", "del": "delete", "ins": "insert", "pgup": "pageup", "pgdn": "pagedown",
           "ctrl+space": "ctrl+at", "ctrl+@": "ctrl+at"}  # fmt: skip
NAMED = {key.value for key in Keys if key.value.isalnum()} | {"space"}
SAME = {"ctrl+i": "tab", "ctrl+m": "enter", "ctrl+left_square_bracket": "escape"}
"""Keys that most terminals report as others."""
MOST_KEYS = 10
"""Keys of one action."""
ALWAYS = {"ctrl+q": "quit"}
"""Keys that Textual binds in any case."""


def parse_key(text: str) -> str:
    """Return the name that Textual has for a key: `full_stop` for `.`, `Q` for `shift+q`. Raises `InvalidValue`."""
    if len(text) == 1 and text.isprintable():
        return _character_to_key(text)
    head, _, last = text[:-1].rpartition("+")
    last = ALIASES.get((last + text[-1:]).lower(), last + text[-1:])
    key = _character_to_key(last) if len(last) == 1 and last.isprintable() else last.lower()
    modifiers = sorted(head.lower().split("+")) if head else []
    if not set(modifiers) <= set(MODIFIERS) or not _known(key):
        near = nearest(text, [*NAMED, *ALIASES, *(f"ctrl+{letter}" for letter in "abcdefghijklmnopqrstuvwxyz")])
        template = "there is no key {key}; is it {near}?" if near else "there is no key {key}"
        raise InvalidValue(template, key=text, near=near)
    if modifiers == ["shift"] and len(key) == 1:
        return key.upper()
    whole = "+".join([*modifiers, key.lower() if modifiers else key])
    whole = ALIASES.get(whole, whole)
    if whole in SAME:
        raise InvalidValue("most terminals report {key} as {same}", key=text, same=SAME[whole])
    return whole


def _known(key: str) -> bool:
    return key in NAMED or (key_to_character(key) or "\0").isprintable()


def read_keymap(table: object) -> tuple[dict[str, str], list[Message]]:
    """Return a keymap of Textual's from that of the settings, and what is wrong with the entries left out of it.

    What is left out keeps its keys, so that every action has one; then no two actions of a screen share a key.
    """
    if not isinstance(table, Mapping):
        return {}, [Message("keymap must be a table of actions and their keys, not {value}", value=_shown(table))]
    problems = unknown_keys("keymap", table, BY_ID)
    keymap = dict[str, str]()
    for id in (id for id in BY_ID if id in table):
        try:
            keymap[id] = ",".join(_keys(id, table[id]))
        except InvalidValue as error:
            problems.append(Message("keymap: {id}: {error}", id=id, error=error.message))
    while clashes := list(_clashes(keymap)):
        for key, first, second in clashes:
            template = "keymap: {key} is both {first} and {second}: give one of them another key"
            problems.append(Message(template, key=key_name(key), first=first, second=second))
        for id in {id for clash in clashes for id in clash[1:]}:
            keymap.pop(id, None)
    return keymap, problems


def _keys(id: str, value: Any) -> list[str]:
    """Return the keys of an action, written as a text or a list of texts. Raises `InvalidValue`."""
    texts = [value] if isinstance(value, str) else value
    if not isinstance(texts, list) or not 0 < len(texts) <= MOST_KEYS or not all(isinstance(t, str) for t in texts):
        raise InvalidValue('its keys must be a text, or a list such as ["k", "f5"], not {value}', value=_shown(value))
    keys = list(dict.fromkeys(map(parse_key, texts)))
    for key in keys:
        if BY_ID[id].on & On.APP and key_to_character(key) is not None:
            raise InvalidValue("it works everywhere, and {key} would be pressed by typing it", key=key_name(key))
    return keys


def _clashes(keymap: Mapping[str, str]) -> Iterator[tuple[str, str, str]]:
    """Yield the keys that mean two things on one screen, with both, once each."""
    seen = set[tuple[str, str, str]]()
    keys = {key.id: keymap[key.id].split(",") if key.id in keymap else key.keys.split(",") for key in KEYS}
    for screen in On:
        meanings: dict[str, list[str]] = {key: [id] for key, id in ALWAYS.items()}
        for entry in KEYS:
            if entry.on & (screen | On.APP):
                for key in keys[entry.id]:
                    meanings.setdefault(key, []).append(entry.id)
        for key, ids in meanings.items():
            for first, second in combinations(dict.fromkeys(ids), 2):
                if (clash := (key, first, second)) not in seen and {first, second} & keymap.keys():
                    seen.add(clash)
                    yield clash


def written(keys: str) -> list[str]:
    """Return the keys of a keymap of Textual's as people write them."""
    return [key_name(key) for key in keys.split(",")]


def _shown(value: object) -> object:
    return value if isinstance(value, str | int | float) else type(value).__name__


ACTIONS = {key.id: (written(key.keys), key.help or key.label or f"see {key.series}") for key in KEYS}
"""The actions that keys can be bound to, with their usual keys and what they do."""
