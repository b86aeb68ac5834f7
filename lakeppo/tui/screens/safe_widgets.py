"""Textual's field and list without their exceptions, their markup, and keys out of their order."""

from textual.events import Click, Key
from textual.widgets import Input, OptionList
from textual.widgets.option_list import Option

FIELD_KEYS = {key: b.action for b in Input.BINDINGS if not isinstance(b, tuple) for key in b.key.split(",")}
"""The actions of a field's own keys."""


class Field(Input):
    """Textual's field, but its own keys act at once, not after the letters that are still queued.

    What is typed or pasted loses the characters that cannot be shown, and what is too long.
    """

    def replace(self, text: str, start: int, end: int) -> None:
        shown = "".join(filter(str.isprintable, text))
        kept = len(self.value) - abs(end - start)
        super().replace(shown[: max(0, self.max_length - kept)] if self.max_length else shown, start, end)

    async def on_key(self, event: Key) -> None:
        if not event.is_printable and event.key in FIELD_KEYS:
            event.stop()
            event.prevent_default()
            await self.run_action(FIELD_KEYS[event.key])


class SafeOptionList(OptionList):
    """Textual's list without its exceptions.

    They come of a click on a line that has gone since it was drawn, and of a page key while no line is visible.
    """

    def on_click(self, event: Click) -> None:
        if event.style.meta.get("option", -1) >= self.option_count:
            event.prevent_default()

    def action_page_up(self) -> None:
        if self.scrollable_content_region:
            super().action_page_up()  # type: ignore[no-untyped-call]  # as Textual has it

    def action_page_down(self) -> None:
        if self.scrollable_content_region:
            super().action_page_down()  # type: ignore[no-untyped-call]  # as Textual has it


class Options(SafeOptionList):
    """A list of texts without markup."""

    def __init__(self, *options: Option, id: str | None = None) -> None:
        super().__init__(*options, id=id, markup=False)
