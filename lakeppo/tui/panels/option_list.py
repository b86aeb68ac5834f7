"""A list of options without Textual's exception on a page key."""

from textual.widgets import OptionList


class Options(OptionList):
    """Textual's list, but a page key does nothing while no line of it is visible."""

    def action_page_up(self) -> None:
        if self.scrollable_content_region:
            super().action_page_up()  # type: ignore[no-untyped-call]  # as Textual has it

    def action_page_down(self) -> None:
        if self.scrollable_content_region:
            super().action_page_down()  # type: ignore[no-untyped-call]  # as Textual has it
