"""The list of knobs, to change one and keep the weights or to start over with it; and the choice of a tile's kind."""

from rich.table import Table
from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.events import Key
from textual.getters import query_one
from textual.screen import ModalScreen
from textual.widgets import Button, Static
from textual.widgets.option_list import Option

from lakeppo.config import KNOBS, PRESETS, Preset
from lakeppo.errors import InvalidValue
from lakeppo.knob import parse_seed
from lakeppo.session.commands import Command, EditTile, SetKnob, SetSeed, StartOver, StartPreset, StartSeed
from lakeppo.tui.keymap import On, bindings
from lakeppo.tui.screens.base import ClosableScreen, Field, Options
from lakeppo.tui.screens.plain import Plain, PlainButton, add_row, closing_title
from lakeppo.tui.state import AppState, KeyName
from lakeppo.tui.text.formatting import value_in_force

TITLE = "KNOBS    digits, enter: change it    {}: start over with it    "
LONGEST_VALUE = 60
"""Characters of a value as it is typed or pasted."""
PRESET = "preset:"
SEED = "seed"
TILES = {"F": "ice", "H": "hole", "G": "goal"}


class KnobScreen(ClosableScreen[Command | None]):
    """Closes with the command that changes a knob or starts a run, or with None."""

    BINDINGS = bindings(On.KNOBS)
    AUTO_FOCUS = "#knobs_list"
    options = query_one(Options)
    box = query_one("#knob_value", Field)
    meaning = query_one("#knob_meaning", Static)
    keep = query_one("#knob_keep", Button)

    def __init__(self, state: AppState) -> None:
        super().__init__()
        self.config, self.seed = state.config, state.seed
        self._state = state

    def compose(self) -> ComposeResult:
        title = TITLE.format(self._state.key("start_over"))
        yield Plain(closing_title(title, self._state.key("close_knobs"), "screen.leave"), id="knobs_title")
        yield Options(*self._options(), id="knobs_list")
        yield Plain(id="knob_meaning")
        with Horizontal(id="knob_row"):
            yield Field(id="knob_value", max_length=LONGEST_VALUE, compact=True)
            yield PlainButton("keep the weights", id="knob_keep")
            yield PlainButton("start over", id="knob_over")

    def _options(self) -> list[Option]:
        overrides = self.config.overrides()
        knobs = [
            Option(_row(name, self._shown(name), name in overrides, knob.span), id=name) for name, knob in KNOBS.items()
        ]
        presets = [
            Option(f"  preset {name:<13}{_lake(preset)}, to {preset.limit}", id=PRESET + name)
            for name, preset in PRESETS.items()
        ]
        seed = Option(_row(SEED, str(self.seed), False, "0..2^63 - 1"), id=SEED)
        return [*knobs, seed, *presets]

    def _shown(self, name: str) -> str:
        return KNOBS[name].show(getattr(self.config, name))

    @property
    def chosen(self) -> str:
        """The knob, `seed` or `preset:NAME` that is highlighted."""
        option = self.options.highlighted_option
        return (option.id if option is not None else None) or next(iter(KNOBS))

    def on_option_list_option_highlighted(self) -> None:
        """Show what the knob means, and what it cannot do here."""
        name = self.chosen
        preset = name.startswith(PRESET)
        self.box.value = "" if preset else str(self.seed) if name == SEED else self._shown(name)
        self.box.disabled = preset
        self.keep.disabled = preset or _startup_only(name)
        self.meaning.update(self._meaning(name))

    def _meaning(self, name: str) -> Text:
        if name.startswith(PRESET):
            return Text(f"{PRESETS[name.removeprefix(PRESET)].reaches}. A preset starts a new run.")
        if name == SEED:
            return Text("Random seed. Keep the weights: for everything from here on. Start over: for a new run.")
        warnings = "".join(f"{warning} " for warning in self._warnings(name))
        return Text.assemble(f"{KNOBS[name].meaning}. {KNOBS[name].span}. ", (warnings, "bold"))

    def _warnings(self, name: str) -> list[str]:
        """Return the warnings that apply before this knob is changed."""
        epochs, annealed = self.config.epochs, bool(self.config.anneal_steps)
        value = value_in_force(self._state.snapshot.run, name)
        warnings = {
            "Only decides how a run starts: start over with it.": _startup_only(name),
            "With one epoch every ratio is 1: the clip cannot act.": name == "clip_coef" and epochs == 1,
            "The critic has an Adam of its own, which undoes any scale.": name == "vf_coef",
            "Nothing anneals while anneal_steps is 0.": name in ("learning_rate_end", "ent_coef_end") and not annealed,
            f"Annealed: {value} now.": name in ("learning_rate", "ent_coef") and annealed,
            "In a phase already left it is in force from the next update.": name in ("batch_size", "epochs"),
        }
        return [warning for warning, applies in warnings.items() if applies]

    def on_option_list_option_selected(self) -> None:
        """Go from a knob to its value; start over with a preset."""
        if self.chosen.startswith(PRESET):
            self._close(over=True)
        else:
            self.set_focus(self.box)

    def on_key(self, event: Key) -> None:
        """Let a number be typed at once."""
        if self.options.has_focus and not self.box.disabled and (event.character or "") in set(".0123456789"):
            event.stop()
            self.set_focus(self.box)
            self.box.post_message(Key(event.key, event.character))

    def on_input_submitted(self) -> None:
        self._close(over=_startup_only(self.chosen))

    def on_button_pressed(self, event: Button.Pressed) -> None:
        self._close(over=event.button.id != "knob_keep")

    def action_start_over(self) -> None:
        self._close(over=True)

    def action_leave(self) -> None:
        """Return from the value to the list, and from the list to the main screen."""
        if self.focused is self.options:
            self.dismiss(None)
        else:
            self.set_focus(self.options)

    def _close(self, over: bool) -> None:
        """Close with the command, or show what is wrong with the value."""
        try:
            command = self._command(over)
        except InvalidValue as error:
            self.meaning.update(Text(str(error), "bold reverse"))
        else:
            self.dismiss(command)

    def _command(self, over: bool) -> Command:
        """Return the command for the value as typed. Raise `InvalidValue` if it is none."""
        name, text = self.chosen, self.box.value
        if name.startswith(PRESET):
            return StartPreset(name.removeprefix(PRESET))
        if name == SEED:
            seed = parse_seed(text)
            return StartSeed(seed) if over else SetSeed(seed)
        value = KNOBS[name].parse(text)
        return StartOver(name, value) if over else SetKnob(name, value)


class TileChoice(ModalScreen[Command | None], ClosableScreen[Command | None]):
    """Closes with the command that edits the tile, or with None."""

    BINDINGS = bindings(On.TILE)

    def __init__(self, title: str, tile: int, key: KeyName) -> None:
        super().__init__()
        self._title, self._tile, self._key = title, tile, key

    def compose(self) -> ComposeResult:
        with Vertical(id="tile_box"):
            yield Plain(self._title)
            with Horizontal(id="tile_row"):
                for letter, name in TILES.items():
                    yield PlainButton(f"{self._key(f'tile_{name}')} {name}", id=f"tile_{letter}")
                yield PlainButton(self._key("leave_tile"), id="tile_none")

    def on_button_pressed(self, event: Button.Pressed) -> None:
        letter = (event.button.id or "").removeprefix("tile_")
        self.dismiss(EditTile(self._tile, letter) if letter in TILES else None)

    def action_choose(self, letter: str) -> None:
        self.dismiss(EditTile(self._tile, letter))

    def action_leave(self) -> None:
        self.dismiss(None)


def _startup_only(name: str) -> bool:
    return name in KNOBS and KNOBS[name].startup_only


def _lake(preset: Preset) -> str:
    return f"{preset.map} {'slippery' if preset.knobs.get('slip') else 'firm'}"


def _row(name: str, value: str, overridden: bool, span: str) -> Table:
    """Return a row: name, value, a star where it is not the preset's, range."""
    table = Table.grid(padding=(0, 2, 0, 0))
    for width in (20, 10, 1, 24):
        table.add_column(width=width)
    add_row(table, f"  {name}", Text(value, "bold"), "*" if overridden else " ", Text(span, "dim"))
    return table
