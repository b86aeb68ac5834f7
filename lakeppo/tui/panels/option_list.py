"""A list that keys do not harm while none of it is seen."""

from textual.widgets import OptionList


class Options(OptionList):
    """Textual's falls over a page up or down while it has no lines: before it is laid out, or too low."""

    def action_page_up(self) -> None:
        if self.scrollable_content_region:
            super().action_page_up()  # type: ignore[no-untyped-call]  # as Textual has it

    def action_page_down(self) -> None:
        if self.scrollable_content_region:
            super().action_page_down()  # type: ignore[no-untyped-call]  # as Textual has it
