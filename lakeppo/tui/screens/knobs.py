"""Every knob with its value, range and meaning: change one and keep the weights, or start over with it."""

from typing import ClassVar

from rich.table import Table
from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.events import Key
from textual.getters import query_one
from textual.widgets import Button, Static
from textual.widgets.option_list import Option

from lakeppo.config import KNOBS, PRESETS, Config, Preset
from lakeppo.errors import InvalidValue
from lakeppo.knob import Value, parse_seed
from lakeppo.tui.panels.option_list import Options
from lakeppo.tui.panels.text_field import Field
from lakeppo.tui.screens.base import Over
from lakeppo.tui.screens.help import HelpScreen

TITLE = " KNOBS    digits, enter: change it    ctrl+o: start over with it    [@click=screen.leave]esc closes[/]"
PRESET = "preset:"
SEED = "seed"


class KnobScreen(Over[str | None]):
    """Closes with the command for the worker, or with None."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,p,q", "leave", "close", id="close_knobs"),
        Binding("question_mark", "help", "help", id="knobs_help"),
        Binding("ctrl+o", "over", "start over", id="start_over"),
    ]
    options = query_one(Options)
    box = query_one("#knob_value", Field)
    meaning = query_one("#knob_meaning", Static)
    keep = query_one("#knob_keep", Button)

    def __init__(self, config: Config, env_steps: int, seed: int) -> None:
        super().__init__()
        self.config = config
        self.seed = seed
        self.env_steps = env_steps

    def compose(self) -> ComposeResult:
        yield Static(TITLE, id="knobs_title")
        yield Options(*self._options(), id="knobs_list")
        yield Static(id="knob_meaning")
        with Horizontal(id="knob_row"):
            yield Field(id="knob_value", compact=True)
            yield Button("keep the weights", id="knob_keep", compact=True)
            yield Button("start over", id="knob_over", compact=True)

    def on_mount(self) -> None:
        self.options.focus()

    def _options(self) -> list[Option]:
        knobs = [Option(_line(name, self._value(name), self.config), id=name) for name in KNOBS]
        presets = [
            Option(f"  preset {name:<13}{_lake(preset)}, to {preset.limit}", id=PRESET + name)
            for name, preset in PRESETS.items()
        ]
        seed = Option(_row(SEED, str(self.seed), " ", "0..2^63 - 1"), id=SEED)
        return [*knobs, seed, *presets]

    def _value(self, name: str) -> Value:
        value: Value = getattr(self.config, name)
        return value

    @property
    def chosen(self) -> str:
        """The knob or `preset:NAME` under the bar."""
        option = self.options.highlighted_option
        return (option.id if option is not None else None) or next(iter(KNOBS))

    def on_option_list_option_highlighted(self) -> None:
        """Show what the knob means, and what it cannot do here."""
        name = self.chosen
        preset = name.startswith(PRESET)
        self.box.value = "" if preset else str(self.seed) if name == SEED else KNOBS[name].show(self._value(name))
        self.box.disabled = preset
        self.keep.disabled = preset or _startup_only(name)
        self.meaning.update(self._meaning(name))

    def _meaning(self, name: str) -> Text:
        if name.startswith(PRESET):
            preset = PRESETS[name.removeprefix(PRESET)]
            return Text(f"{preset.reaches}. A preset starts a new run.")
        if name == SEED:
            return Text(
                "What all chance comes from. Kept weights: that of all that follows. Start over: a new run of it."
            )
        knob = KNOBS[name]
        text = Text(f"{knob.meaning}. {knob.span}. ")
        for warning in self._warnings(name):
            text.append(f"{warning} ", "bold")
        return text

    def _warnings(self, name: str) -> list[str]:
        """What the knob cannot do, said where it stands."""
        config, said = self.config, []
        if _startup_only(name):
            said.append("Only decides how a run starts: start over with it.")
        if name == "clip_coef" and config.epochs == 1:
            said.append("With one epoch every ratio is 1: the clip cannot act.")
        if name == "vf_coef":
            said.append("The critic has an Adam of its own, which undoes any scale.")
        if name in ("learning_rate_end", "ent_coef_end") and config.anneal_steps == 0:
            said.append("Nothing anneals while anneal_steps is 0.")
        if name in ("learning_rate", "ent_coef") and config.anneal_steps:
            said.append(f"Annealed: {KNOBS[name].show(config.annealed(name, self.env_steps))} now.")  # type: ignore[arg-type]  # one of two
        if name in ("batch_size", "epochs"):
            said.append("In a phase already left it is in force from the next update.")
        return said

    def on_option_list_option_selected(self) -> None:
        """Enter on a knob goes to its value; on a preset it starts over."""
        if self.chosen.startswith(PRESET):
            self.dismiss(self.chosen)
        else:
            self.box.focus()

    def on_key(self, event: Key) -> None:
        """A number can be typed at once."""
        if self.options.has_focus and not self.box.disabled and (event.character or "") in set(".0123456789"):
            event.stop()
            self.set_focus(self.box)
            self.box.post_message(Key(event.key, event.character))

    def on_input_submitted(self) -> None:
        self._close("over" if _startup_only(self.chosen) else "set")

    def on_button_pressed(self, event: Button.Pressed) -> None:
        self._close("set" if event.button.id == "knob_keep" else "over")

    def action_over(self) -> None:
        """Start over with the knob as typed."""
        self._close("over")

    def action_leave(self) -> None:
        """From the value back to the list, from the list back to the desk."""
        if self.options.has_focus:
            self.dismiss(None)
        else:
            self.options.focus()

    def action_help(self) -> None:
        self.app.push_screen(HelpScreen())

    def _close(self, how: str) -> None:
        """Close with the command, or say what is wrong with the value."""
        name = self.chosen
        if name.startswith(PRESET):
            self.dismiss(name)
            return
        try:
            parse_seed(self.box.value) if name == SEED else KNOBS[name].parse(self.box.value)
        except InvalidValue as error:
            self.meaning.update(Text(str(error), "bold reverse"))
            return
        self.dismiss(f"{how}:{name}={self.box.value}")


def _startup_only(name: str) -> bool:
    return name in KNOBS and KNOBS[name].startup_only


def _lake(preset: Preset) -> str:
    return f"{preset.map} {'slippery' if preset.knobs.get('slip') else 'firm'}"


def _line(name: str, value: Value, config: Config) -> Table:
    """A knob's row: name, value, whether it is the preset's, range."""
    mine = "*" if name in config.overrides() else " "
    return _row(name, KNOBS[name].show(value), mine, KNOBS[name].span)


def _row(name: str, value: str, mine: str, span: str) -> Table:
    table = Table.grid(padding=(0, 2, 0, 0))
    for width in (20, 10, 1, 24):
        table.add_column(width=width)
    table.add_row(f"  {name}", Text(value, "bold"), mine, Text(span, "dim"))
    return table
