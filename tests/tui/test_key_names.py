"""Names of keys without Textual: they are Textual's."""

import string

import pytest
from textual.binding import BindingsMap
from textual.keys import Keys, _character_to_key, format_key, key_to_character

from lakeppo.tui.bound_keys import BoundKeys
from lakeppo.tui.key_names import LAYOUTS, NAMED, RENAMED, SPELLED, character_of, key_name, key_of
from lakeppo.tui.keymap import KEYS, On, bindings

PRINTABLE = [c for c in string.printable if c.isprintable()] + [*"".join(LAYOUTS), *"éß漢？，"]


@pytest.mark.parametrize("character", PRINTABLE)
def test_a_characters_key_is_textuals(character):
    key = key_of(character)
    assert key == _character_to_key(character)
    assert character_of(key) == character


def test_the_named_keys_are_textuals():
    assert {key.value for key in Keys if key.value.isalnum()} <= NAMED
    for key in {name for entry in KEYS for name in entry.keys.split(",")} | NAMED | {"ctrl+a", "ctrl+at", "nothing"}:
        modifiers, plus, last = key.rpartition("+")
        assert character_of(key) == key_to_character(key) or key in RENAMED.values()
        if last not in SPELLED:
            assert key_name(key) == modifiers + plus + format_key(last)


@pytest.mark.parametrize(
    "keymap", [{}, {"pass": "k", "help": "f1,question_mark"}, {"pass": "n", "phase": "e"}], ids=["usual", "own", "swap"]
)
def test_the_bound_keys_are_those_that_textual_binds(keymap):
    found: dict[str, set[str]] = {key.id: set() for key in KEYS}
    for screen in On:
        bound = BindingsMap(bindings(screen))
        bound.apply_keymap(keymap)
        for name, binding in bound:
            found[binding.id or ""].add(name)
    assert {id: set(names) for id, names in BoundKeys(keymap).keys.items()} == found
