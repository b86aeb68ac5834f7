"""The field of the knob dock in which a value is typed."""

from textual.events import Key

from lakeppo.config import KNOBS
from lakeppo.knob import SWITCH
from lakeppo.tui.screens.safe_widgets import Field

VALUE_CHARACTERS = frozenset("0123456789.+-/_e").union(
    *SWITCH, *(word for knob in KNOBS.values() for word in (*knob.choices, knob.word or ""))
)
"""Characters of values; in a field they are typed, whichever action they are bound to."""


class ValueField(Field):
    """The field of a value; the keys of actions stay actions there, unless a value has their characters."""

    actions: tuple[str, ...] = ()

    def check_consume_key(self, key: str, character: str | None) -> bool:
        return not self._acts(key, character) and super().check_consume_key(key, character)

    def _acts(self, key: str, character: str | None) -> bool:
        return key in self.actions and (character or "").lower() not in VALUE_CHARACTERS

    def on_key(self, event: Key) -> None:
        if self._acts(event.key, event.character):
            event.prevent_default()
