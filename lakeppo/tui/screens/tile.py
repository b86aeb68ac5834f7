"""The choice of what a tile becomes, beside it."""

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.geometry import Region
from textual.screen import ModalScreen
from textual.widgets import Button

from lakeppo.config import Config
from lakeppo.i18n import _
from lakeppo.session.commands import Command, EditTile
from lakeppo.tui.keymap import On, bindings
from lakeppo.tui.panels.tile import KINDS
from lakeppo.tui.screens.base import BesideScreen
from lakeppo.tui.screens.plain import Plain, PlainButton
from lakeppo.tui.state import KeyName
from lakeppo.tui.text.sample import cell_words

TILES = {"F": "ice", "H": "hole", "G": "goal"}
"""What a tile can become, by its letter, as the ids of the keys have it."""
BOX = 39, 5
"""Columns and lines of the box."""


class TileChoice(ModalScreen[Command | None], BesideScreen[Command | None]):
    """Closes with the command that edits the tile, or with None."""

    BINDINGS = bindings(On.TILE)

    def __init__(self, config: Config, tile: int, key: KeyName, beside: Region) -> None:
        """`beside` is where the tile is drawn."""
        super().__init__()
        self._config, self._tile, self._key, self._beside = config, tile, key, beside

    def compose(self) -> ComposeResult:
        with Vertical(id="tile_box"):
            yield Plain(id="tile_title")
            with Horizontal(id="tile_row"):
                for letter in TILES:
                    yield PlainButton(self._label(letter), id=f"tile_{letter}")
                yield PlainButton(self._key("leave_tile"), id="tile_none")

    def on_mount(self) -> None:
        if self.is_attached:
            self.translate()
            self._place()

    def translate(self) -> None:
        kind, tile = _(KINDS[self._config.tile(self._tile)]), cell_words(self._tile, self._config)
        self.query_one("#tile_title", Plain).update(_("TILE {tile} {kind}: make it").format(tile=tile, kind=kind))
        for letter in TILES:
            self.query_one(f"#tile_{letter}", Button).label = Content(self._label(letter))

    def _label(self, letter: str) -> str:
        return f"{self._key(f'tile_{TILES[letter]}')} {_(KINDS[letter])}"

    def on_resize(self) -> None:
        if self.whole:
            self._place()

    def _place(self) -> None:
        """Stand at the right of the tile, at its left where there is no room, and always on the screen."""
        tile, (width, height) = self._beside, self.app.size
        x = tile.right + 1 if tile.right + 1 + BOX[0] <= width else tile.x - 1 - BOX[0]
        place = max(0, min(x, width - BOX[0])), max(0, min(tile.y - 1, height - BOX[1]))
        self.query_one("#tile_box").styles.offset = place

    def on_button_pressed(self, event: Button.Pressed) -> None:
        letter = (event.button.id or "").removeprefix("tile_")
        self.dismiss(EditTile(self._tile, letter) if letter in TILES else None)

    def action_choose(self, letter: str) -> None:
        self.dismiss(EditTile(self._tile, letter))

    def action_leave(self) -> None:
        self.dismiss(None)
