"""Textual's field and list without their exceptions and their markup."""

from textual.events import Click
from textual.widgets import Input, OptionList
from textual.widgets.option_list import Option


class Field(Input):
    """Textual's field; what is typed or pasted loses the characters that cannot be shown, and what is too long."""

    def replace(self, text: str, start: int, end: int) -> None:
        shown = "".join(filter(str.isprintable, text))
        kept = len(self.value) - abs(end - start)
        super().replace(shown[: max(0, self.max_length - kept)] if self.max_length else shown, start, end)


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
