"""A key held down: it goes on stepping, but what opens, makes or saves something does so once."""

from textual.events import Key

ONCE = frozenset("space s b c i p r t w x B F question_mark".split())
"""Keys, as Textual names them, whose repeats would only pile up screens, branches, runs or files; a pause saves."""
REPEAT = 0.1
"""Seconds within which the same key is the keyboard's own repeat: nobody presses one as fast."""


class HeldKeys:
    """Tells a key's repeats from presses, by the time each one came in and not by when there was time for it."""

    def __init__(self) -> None:
        self._last: tuple[str, float] = ("", 0.0)

    def repeats(self, key: Key) -> bool:
        """Whether `key`, the newest that came in, is to be left out."""
        (name, then), self._last = self._last, (key.key, key.time)
        return key.key == name and name in ONCE and key.time - then < REPEAT
