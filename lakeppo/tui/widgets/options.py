"""Textual's lists, which fall over a page up or down while they have no lines: before they are laid out, or too low."""

from textual.command import CommandList, CommandPalette
from textual.widgets import OptionList


class Options(OptionList):
    """A list that stays where it is while none of it is seen."""

    def action_page_up(self) -> None:
        if self.scrollable_content_region:
            super().action_page_up()  # type: ignore[no-untyped-call]  # as Textual has it

    def action_page_down(self) -> None:
        if self.scrollable_content_region:
            super().action_page_down()  # type: ignore[no-untyped-call]  # as Textual has it


class Palette(CommandPalette):
    """The command palette, whose list is hidden until something is found."""

    def _action_command_list(self, action: str) -> None:
        if self.query_one(CommandList).scrollable_content_region:
            super()._action_command_list(action)
