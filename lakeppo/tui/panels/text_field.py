"""A field of text in which keys act in the order they were pressed, however fast they came."""

from textual.events import Key
from textual.widgets import Input

ACTIONS = {
    key: binding.action
    for binding in Input.BINDINGS
    if not isinstance(binding, tuple)
    for key in binding.key.split(",")
}


class Field(Input):
    """Does at once what a key of its own asks for: Textual does it only after the letters that wait behind it."""

    async def on_key(self, event: Key) -> None:
        if not event.is_printable and event.key in ACTIONS:
            event.stop()
            event.prevent_default()
            await self.run_action(ACTIONS[event.key])
