"""The keys of keypads and of other keyboard layouts, as the keys that stand in their place elsewhere."""

from collections.abc import Container

from textual.events import Key as KeyPress
from textual.keys import _character_to_key

KEYPAD = {
    "add": ("plus", "+"), "subtract": ("minus", "-"), "decimal": ("full_stop", "."), "separator": ("comma", ","),
    "multiply": ("asterisk", "*"), "divide": ("slash", "/"), "equal": ("equals_sign", "="),
}  # fmt: skip
"""The keypad's keys as some terminals report them, and the keys and characters that are the same elsewhere."""
LAYOUTS = {
    "йцукенгшщзхъ": "qwertyuiop[]", "фывапролджэ": "asdfghjkl;'", "ячсмитьбю": "zxcvbnm,.", "ёіїєґ": "`s]'\\",
    "ЙЦУКЕНГШЩЗХЪ": "QWERTYUIOP{}", "ФЫВАПРОЛДЖЭ": 'ASDFGHJKL:"', "ЯЧСМИТЬБЮ": "ZXCVBNM<>", "ЁІЇЄҐ": '~S}"|',
    "。、｡【】「」《》〈〉　": ".,.[]{}<><> ",
}  # fmt: skip
"""Letters of the Russian and Ukrainian layouts and what a US layout has on the same keys; East Asian punctuation."""
US = {ord(typed): meant for pair in LAYOUTS.items() for typed, meant in zip(*pair, strict=True)}
US |= {code: chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F)}  # the full-width forms of ASCII


def without_keypad(event: KeyPress) -> KeyPress:
    """Return the press of a key of the keypad as that of the same key elsewhere."""
    return KeyPress(*KEYPAD[event.key]) if event.key in KEYPAD else event


def on_us_layout(event: KeyPress, bound: Container[str]) -> KeyPress:
    """Return a press on another layout as that of the US key in its place, unless the key itself is `bound`."""
    modifiers, plus, last = event.key.rpartition("+")
    typed = last if plus else event.character or last
    meant = US.get(ord(typed)) if len(typed) == 1 else None
    if meant is None or event.key in bound:
        return event
    return KeyPress(modifiers + plus + _character_to_key(meant), None if plus else meant)
