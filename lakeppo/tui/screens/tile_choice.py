"""The choice of what the tile under the cursor becomes."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.widgets import Button, Static

from lakeppo.session.commands import Command, EditTile
from lakeppo.tui.keymap import On, bindings
from lakeppo.tui.screens.base import ClosableModal
from lakeppo.tui.state import KeyName

CHOICES = {"F": "ice", "H": "hole", "G": "goal"}


class TileChoice(ClosableModal[Command | None]):
    """Closes with the command that edits the tile, or with None."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings(On.TILE)]

    def __init__(self, title: str, tile: int, key: KeyName) -> None:
        super().__init__()
        self._title, self._tile, self._key = title, tile, key

    def compose(self) -> ComposeResult:
        with Vertical(id="tile_box"):
            yield Static(self._title)
            with Horizontal(id="tile_row"):
                for letter, name in CHOICES.items():
                    yield Button(f"{self._key(f'tile_{name}')} {name}", id=f"tile_{letter}", compact=True)
                yield Button(self._key("leave_tile"), id="tile_none", compact=True)

    def on_button_pressed(self, event: Button.Pressed) -> None:
        letter = (event.button.id or "").removeprefix("tile_")
        if letter in CHOICES:
            self.action_choose(letter)
        else:
            self.dismiss(None)

    def action_choose(self, letter: str) -> None:
        self.dismiss(EditTile(self._tile, letter))

    def action_leave(self) -> None:
        self.dismiss(None)
