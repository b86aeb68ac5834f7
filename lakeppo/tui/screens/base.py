"""The bases of the screens: they close once, and those over a run show its newest state."""

from collections.abc import Callable
from typing import Any

from textual.await_complete import AwaitComplete
from textual.command import CommandList, CommandPalette
from textual.getters import query_one
from textual.screen import ModalScreen, Screen, ScreenResultType

from lakeppo.session.commands import Back, Command, Step, Unit
from lakeppo.tui.keymap import BY_ID
from lakeppo.tui.panels.base import Panel
from lakeppo.tui.panels.message import MessageBar
from lakeppo.tui.state import AppState


class ClosableScreen(Screen[ScreenResultType]):
    """A screen that closes once, however many keys of a burst ask for it: Textual would pop the one below."""

    def dismiss(self, result: ScreenResultType | None = None) -> AwaitComplete:
        return super().dismiss(result) if self.app.screen is self else AwaitComplete()


class ClosableModal(ModalScreen[ScreenResultType], ClosableScreen[ScreenResultType]):
    """A closable screen that leaves the one below in sight."""


class SafeCommandPalette(CommandPalette, ClosableScreen[None]):
    """The command palette without Textual's exception on a page key while its list is hidden."""

    def _action_command_list(self, action: str) -> None:
        if self.query_one(CommandList).scrollable_content_region:
            super()._action_command_list(action)


class CommandScreen(ClosableScreen[ScreenResultType]):
    """A screen whose keys send commands to the worker."""

    def send(self, command: Command) -> None:
        """Queue a command for the worker, unless it has stopped."""
        raise NotImplementedError

    def action_send(self, id: str) -> None:
        """Send the command of a key."""
        command = BY_ID[id].command
        assert command is not None
        self.send(command)

    def action_step(self, by: int) -> None:
        """Go on by a unit, or back."""
        self.send(Step(Unit.NEXT) if by > 0 else Back(Unit.NEXT))


class LiveScreen(CommandScreen[ScreenResultType]):
    """A screen whose panels show the newest state of the run.

    A subclass overrides `keep` for what a newer state must not change, `seen_by` for panels that show something else
    than the screen's state, and `closing` for the key that leads to where the app can be left.
    """

    message_bar = query_one(MessageBar)
    closing = ""
    """Id of the key that closes the screen; empty for the main screen."""

    def __init__(self, state: AppState, send: Callable[[Command], None]) -> None:
        super().__init__()
        self.state = state
        self._send = send

    def on_mount(self) -> None:
        self.draw()

    def show(self, state: AppState) -> None:
        """Draw a newer state."""
        self.state = self.keep(state)
        if self.is_mounted:
            self.draw()

    def keep(self, state: AppState) -> AppState:
        """Return a newer state with what this screen keeps of its own."""
        return state

    def seen_by(self, panel: Panel[Any]) -> AppState:
        """Return the state that a panel draws from."""
        return self.state

    def draw(self) -> None:
        """Show the state on every panel, in one frame; those whose model has not changed draw nothing."""
        with self.app.batch_update():
            for panel in self.query(Panel[Any]):
                panel.show(self.seen_by(panel))

    def look(self, state: AppState) -> None:
        """Draw the same run in another way, as a person has chosen."""
        self.state = state
        self.draw()

    def show_message(self, message: str) -> None:
        """Show a message."""
        self.message_bar.show_message(message)

    def send(self, command: Command) -> None:
        """Queue a command for the worker; if it has stopped, show that."""
        key = self.state.key
        if self.state.failure is None:
            self._send(command)
        else:
            first = f"{key(self.closing)} closes, then " if self.closing else ""
            self.show_message(f"The worker has stopped: {first}{key('quit')} quits.")
