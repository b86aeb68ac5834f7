"""A tiny chooser: what the tile under the cursor is to be."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.widgets import Button, Static

from lakeppo.tui.screens.base import ModalOver

CHOICES = {"F": ("i", "ice"), "H": ("h", "hole"), "G": ("g", "goal")}


class TileChoice(ModalOver[str | None]):
    """Closes with the letter of the map, or with None."""

    BINDINGS: ClassVar[list[BindingType]] = [
        *(Binding(key, f"dismiss('{letter}')", name, id=f"tile_{name}") for letter, (key, name) in CHOICES.items()),
        Binding("escape,t,q", "leave", "leave it", id="leave_tile"),
    ]

    def __init__(self, said: str) -> None:
        super().__init__()
        self._said = said

    def compose(self) -> ComposeResult:
        with Vertical(id="tile_box"):
            yield Static(self._said, id="tile_said")
            with Horizontal(id="tile_row"):
                for letter, (key, name) in CHOICES.items():
                    yield Button(f"{key} {name}", id=f"tile_{letter}", compact=True)
                yield Button("esc", id="tile_none", compact=True)

    def on_button_pressed(self, event: Button.Pressed) -> None:
        letter = (event.button.id or "").removeprefix("tile_")
        self.dismiss(letter if letter in CHOICES else None)

    def action_leave(self) -> None:
        self.dismiss(None)
