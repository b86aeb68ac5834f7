"""What every screen over the desk is: it closes once."""

from textual.await_complete import AwaitComplete
from textual.command import CommandList, CommandPalette
from textual.screen import ModalScreen, Screen, ScreenResultType


class Over(Screen[ScreenResultType]):
    """Keys in a burst may tell a screen to close that has closed already: Textual would pop the one below."""

    def dismiss(self, result: ScreenResultType | None = None) -> AwaitComplete:
        return super().dismiss(result) if self.app.screen is self else AwaitComplete()


class ModalOver(ModalScreen[ScreenResultType], Over[ScreenResultType]):
    """The same, with the desk in sight."""


class SafeCommandPalette(CommandPalette, Over[None]):
    """The command palette. Its list is hidden until something is found, and could not be paged through till then."""

    def _action_command_list(self, action: str) -> None:
        if self.query_one(CommandList).scrollable_content_region:
            super()._action_command_list(action)
