"""The keymap of the settings: keys as people write them, and a check that no key has two meanings."""

from collections.abc import Mapping
from typing import Any

from lakeppo.errors import InvalidValue, Message, nearest
from lakeppo.i18n import N_
from lakeppo.settings import foreign, unknown_keys
from lakeppo.tui.key_names import NAMED, character_of, key_name, key_of
from lakeppo.tui.keymap import BY_ID, KEYS, On, keys_of

MODIFIERS = ("alt", "ctrl", "hyper", "meta", "shift", "super")
ALIASES = {"esc": "escape", "return": "enter", "del": "delete", "ins": "insert", "pgup": "pageup", "pgdn": "pagedown",
           "ctrl+space": "ctrl+at", "ctrl+@": "ctrl+at"}  # fmt: skip
SAME = {"ctrl+i": "tab", "ctrl+m": "enter", "ctrl+left_square_bracket": "escape"}
"""Keys that most terminals report as others."""
MOST_KEYS = 10
"""Keys of one action."""
ALWAYS = {"ctrl+q": "quit"}
"""Keys that Textual binds in any case."""


def parse_key(text: str) -> str:
    """Return the name that Textual has for a key: `full_stop` for `.`, `Q` for `shift+q`. Raises `InvalidValue`."""
    head, _, last = text[:-1].rpartition("+")
    last += text[-1:]
    single, modifiers = len(last) == 1 and last.isprintable(), sorted(head.lower().split("+")) if head else []
    key = key_of(last) if single else ALIASES.get(last.lower(), last.lower())
    if not set(modifiers) <= set(MODIFIERS) or not (single or _known(key)):
        near = nearest(text, [*NAMED, *ALIASES, *(f"ctrl+{letter}" for letter in "abcdefghijklmnopqrstuvwxyz")])
        template = N_("there is no key {key}; is it {near}?") if near else N_("there is no key {key}")
        raise InvalidValue(template, key=text, near=near)
    if modifiers == ["shift"] and len(key) == 1:
        return key.upper()
    whole = "+".join([*modifiers, key.lower()]) if modifiers else key
    whole = ALIASES.get(whole, whole)
    if whole in SAME:
        raise InvalidValue("most terminals report {key} as {same}", key=text, same=SAME[whole])
    return whole


def _known(key: str) -> bool:
    return key in NAMED or (character_of(key) or "\0").isprintable()


def read_keymap(table: object) -> tuple[dict[str, str], list[Message]]:
    """Return a keymap of Textual's from that of the settings, and what is wrong with the entries left out of it.

    What is left out keeps its keys, so that every action has one; then no two actions of a screen share a key.
    """
    if not isinstance(table, Mapping):
        return {}, [Message("keymap must be a table of actions and their keys, not {value}", value=foreign(table))]
    problems = unknown_keys("keymap", table, BY_ID)
    keymap = dict[str, str]()
    for id in (id for id in BY_ID if id in table):
        try:
            keymap[id] = ",".join(_keys(id, table[id]))
        except InvalidValue as error:
            problems.append(Message("keymap: {id}: {error}", id=id, error=error.message))
    while clashes := _clashes(keymap):
        for key, ids in clashes.items():
            template = N_("keymap: {ids} and {last} cannot share {key}")
            problems.append(Message(template, ids=", ".join(ids[:-1]), last=ids[-1], key=key_name(key)))
        for id in {id for ids in clashes.values() for id in ids}:
            keymap.pop(id, None)
    return keymap, problems


def _keys(id: str, value: Any) -> list[str]:
    """Return the keys of an action, written as a text or a list of texts. Raises `InvalidValue`."""
    texts = [value] if isinstance(value, str) else value
    if not isinstance(texts, list) or not 0 < len(texts) <= MOST_KEYS or not all(isinstance(t, str) for t in texts):
        raise InvalidValue('its keys must be a text, or a list such as ["k", "f5"], not {value}', value=foreign(value))
    keys = list(dict.fromkeys(map(parse_key, texts)))
    for key in keys:
        if BY_ID[id].on & On.APP and character_of(key) is not None:
            raise InvalidValue("it works everywhere, and {key} would be pressed by typing it", key=key_name(key))
    return keys


def _clashes(keymap: Mapping[str, str]) -> dict[str, list[str]]:
    """Return the keys that mean several things on one screen through this keymap, with the ids of all of them."""
    clashes = dict[str, dict[str, None]]()
    for screen in On:
        meanings = {key: {id: None} for key, id in ALWAYS.items()}
        for entry in keys_of(screen | On.APP):
            for key in keymap.get(entry.id, entry.keys).split(","):
                meanings.setdefault(key, {})[entry.id] = None
        for key, ids in meanings.items():
            if len(ids) > 1 and ids.keys() & keymap.keys():
                clashes.setdefault(key, {}).update(ids)
    return {key: list(ids) for key, ids in clashes.items()}


def written(keys: str) -> list[str]:
    """Return the keys of a keymap of Textual's as people write them."""
    return [key_name(key) for key in keys.split(",")]


ACTIONS = {key.id: (written(key.keys), key.help or key.label or BY_ID[key.series].help) for key in KEYS}
"""The actions that keys can be bound to, with their usual keys and what they do."""
