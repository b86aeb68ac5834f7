"""The names of keys, as Textual has them, and what other keyboards have in their place. No Textual."""

import unicodedata
from functools import lru_cache

SPELLED = frozenset("up down left right enter backspace space tab".split())
"""Keys written by their names, where Textual has glyphs that some terminals draw two cells wide."""
SHORT = {"escape": "esc", "pagedown": "pgdn", "pageup": "pgup", "delete": "del"}
NAMED = {f"f{number}" for number in range(1, 25)}
NAMED |= set("at backslash delete end escape home insert minus pagedown pageup plus return slash underscore".split())
NAMED |= SPELLED
"""Keys that have a name of their own."""
RENAMED = {
    "solidus": "slash", "reverse_solidus": "backslash", "commercial_at": "at", "hyphen_minus": "minus",
    "plus_sign": "plus", "low_line": "underscore",
}  # fmt: skip
LAYOUTS = {
    "йцукенгшщзхъ": "qwertyuiop[]", "фывапролджэ": "asdfghjkl;'", "ячсмитьбю": "zxcvbnm,.", "ёіїєґ": "`s]'\\",
    "ЙЦУКЕНГШЩЗХЪ": "QWERTYUIOP{}", "ФЫВАПРОЛДЖЭ": 'ASDFGHJKL:"', "ЯЧСМИТЬБЮ": "ZXCVBNM<>", "ЁІЇЄҐ": '~S}"|',
    "。、｡【】「」《》〈〉　": ".,.[]{}<><> ",
}  # fmt: skip
"""Letters of the Russian and Ukrainian layouts and what a US layout has on the same keys; East Asian punctuation."""
US = {ord(typed): meant for pair in LAYOUTS.items() for typed, meant in zip(*pair, strict=True)}
US |= {code: chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F)}  # the full-width forms of ASCII


def key_of(character: str) -> str:
    """Return the name of the key that types a character: `full_stop` for `.`, `a` for `a`."""
    if character.isalnum():
        return character
    name = unicodedata.name(character, character).lower().replace("-", "_").replace(" ", "_")
    return RENAMED.get(name, name)


ASCII = {key_of(character): character for character in map(chr, range(33, 127))}


@lru_cache(1024)
def character_of(key: str) -> str | None:
    """Return the character that a key types; None for one that types none, or with a modifier."""
    if len(key) == 1 or key in ASCII:
        return ASCII.get(key, key)
    try:
        return None if "+" in key else unicodedata.lookup(key.replace("_", " ").upper())
    except KeyError:
        return None


def key_name(key: str) -> str:
    """Return a key of Textual's as people write it: `.` for `full_stop`, `esc` for `escape`."""
    modifiers, plus, last = key.rpartition("+")
    name, character = SHORT.get(last, last), character_of(last) or " "
    written = last not in SPELLED and name == last and character.isprintable() and character != " "
    return modifiers + plus + (character if written else name)
