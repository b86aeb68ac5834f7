"""What a key press means: on which keyboard it was typed, whether it is a repeat, and which keys are bound."""

from collections.abc import Mapping

from textual.events import Event, Key
from textual.widgets import Input, Tooltip

from lakeppo.tui.bound_keys import BoundKeys
from lakeppo.tui.layouts import on_us_layout, without_keypad
from lakeppo.tui.safe_app import SafeApp
from lakeppo.tui.screens.base import ClosableScreen

REPEAT = 0.1
"""Seconds within which the same key counts as the keyboard's repeat rather than as another press."""


class KeyedApp(SafeApp):
    """An app whose keys can be rebound and are found on other keyboards. A subclass overrides `name_keys`."""

    def __init__(self) -> None:
        super().__init__()
        self.bound = BoundKeys()
        self._last_key = ("", 0.0)  # and when it came in

    async def on_event(self, event: Event) -> None:
        """Pass events on, except the repeats of a key that acts once, unless it is text: in a field every key is."""
        if isinstance(event, Key) and not event.is_forwarded and self.screen_stack:
            in_field = isinstance(self.focused, Input)
            event = without_keypad(event)
            if not (event.is_printable and in_field):
                event = on_us_layout(event, self.bound.every)
            (key, then), self._last_key = self._last_key, (event.key, event.time)
            repeated = event.key == key and key in self.bound.once and event.time - then < REPEAT
            if repeated and not (in_field or self._types(event)):
                return
            for tooltip in self.screen.query_children(Tooltip):  # where the mouse rests, it would cover the answer
                tooltip.display = False
        await super().on_event(event)

    def _types(self, event: Key) -> bool:
        screen = self.screen
        return isinstance(screen, ClosableScreen) and screen.whole and screen.types(event)

    def set_keymap(self, keymap: Mapping[str, str]) -> None:
        """Bind other keys, by the ids of the table of keys, and name them everywhere."""
        super().set_keymap(keymap)
        self._bind()

    def update_keymap(self, keymap: Mapping[str, str]) -> None:
        """Bind some other keys, and keep the rest of the keymap."""
        super().update_keymap(keymap)
        self._bind()

    def _bind(self) -> None:
        self.bound = BoundKeys(self._keymap)
        self.name_keys()

    def name_keys(self) -> None:
        """Show the names of the keys that are bound now."""
        raise NotImplementedError
