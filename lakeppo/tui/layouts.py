"""The keys of keypads and of other keyboard layouts, as the keys that stand in their place elsewhere."""

from collections.abc import Container

from textual.events import Key as KeyPress

from lakeppo.tui.key_names import US, key_of

KEYPAD = {
    "add": ("plus", "+"), "subtract": ("minus", "-"), "decimal": ("full_stop", "."), "separator": ("comma", ","),
    "multiply": ("asterisk", "*"), "divide": ("slash", "/"), "equal": ("equals_sign", "="),
}  # fmt: skip
"""The keypad's keys as some terminals report them, and the keys and characters that are the same elsewhere."""


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
    return KeyPress(modifiers + plus + key_of(meant), None if plus else meant)
