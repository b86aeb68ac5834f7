"""A text field that handles keys in the order in which they are pressed."""

from textual.events import Key
from textual.widgets import Input

ACTIONS = {
    key: binding.action
    for binding in Input.BINDINGS
    if not isinstance(binding, tuple)
    for key in binding.key.split(",")
}


class Field(Input):
    """Textual's field, but its own keys act at once, not after the letters that are still queued."""

    async def on_key(self, event: Key) -> None:
        if not event.is_printable and event.key in ACTIONS:
            event.stop()
            event.prevent_default()
            await self.run_action(ACTIONS[event.key])
