"""The knob dock beside the live lake: to change a knob here, on a branch of its own, or in a run that starts over."""

from typing import NamedTuple

from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.events import Key, Resize
from textual.getters import query_one
from textual.screen import ModalScreen
from textual.widgets import Button, Static
from textual.widgets.option_list import Option

from lakeppo.cells import padded
from lakeppo.config import KNOBS
from lakeppo.errors import InvalidValue
from lakeppo.i18n import N_, _, joined
from lakeppo.knob import parse_seed
from lakeppo.presets import PRESETS, Preset
from lakeppo.session.commands import Command, SetKnob, SetSeed, StartOver, StartPreset, StartSeed
from lakeppo.tui.keymap import On, bindings
from lakeppo.tui.screens.base import BesideScreen
from lakeppo.tui.screens.layout import dock_place
from lakeppo.tui.screens.plain import Plain, PlainButton, closing_title
from lakeppo.tui.screens.safe_widgets import Options
from lakeppo.tui.screens.value_field import ValueField
from lakeppo.tui.state import AppState
from lakeppo.tui.text.formatting import SHORT, value_in_force

LONGEST_VALUE = 60
"""Characters of a value as it is typed or pasted."""
ORDER = (*SHORT, *(name for name in KNOBS if name not in SHORT))
"""The knobs, the most important first, as in the strip."""
PRESET = "preset:"
SEED = "seed"
ACTIONS = {
    "change": ("change_here", N_("change here, keep the weights")),
    "branch": ("branch_and_compare", N_("branch here and compare")),
    "over": ("start_over", N_("start over with it")),
}
"""The actions of the dock: the id of each one's key, and what it does."""


class BranchAndCompare(NamedTuple):
    """What the dock closes with to add a branch, change it there, and compare it with its parent."""

    change: SetKnob | SetSeed


class KnobScreen(ModalScreen[Command | BranchAndCompare | None], BesideScreen[Command | BranchAndCompare | None]):
    """Closes with what is to be done, or with None; the run goes on to be drawn beside it."""

    BINDINGS = bindings(On.KNOBS)
    AUTO_FOCUS = "#knobs_list"
    options = query_one(Options)
    box = query_one("#knob_value", ValueField)
    meaning = query_one("#knob_meaning", Static)

    def __init__(self, state: AppState, name: str = "", action_keys: tuple[str, ...] = (), tried: str = "") -> None:
        """`name`: the knob that is selected at first; `tried`: the one whose values a lesson tries in new runs."""
        super().__init__()
        self.config, self.seed = state.config, state.seed
        self._state, self._first, self._action_keys, self._tried = state, name, action_keys, tried

    def compose(self) -> ComposeResult:
        with Vertical(id="knob_dock"):
            yield Plain(id="knobs_title")
            yield Options(id="knobs_list")
            yield Plain(id="knob_meaning")
            with Horizontal(id="knob_row"):
                yield PlainButton("◂", id="knob_less")
                yield (box := ValueField(id="knob_value", max_length=LONGEST_VALUE, compact=True))
                yield PlainButton("▸", id="knob_more")
            with Vertical(id="knob_actions"):
                for name in ACTIONS:
                    yield PlainButton(self._label(name), id=f"knob_{name}")
        box.actions = self._action_keys

    def translate(self) -> None:
        key = self._state.key
        title = closing_title(_("KNOBS") + " ", key("close_knobs"), "screen.leave")
        self.query_one("#knobs_title", Plain).update(title)
        self._name_actions()
        self.meaning.update(self._meaning(self.chosen))
        at = self.options.highlighted
        self.options.set_options(self._options())
        self.options.highlighted = at or 0

    def on_mount(self) -> None:
        if not self.is_attached:
            return
        self.translate()
        self._place()
        if self._first:
            self.options.highlighted = self.options.get_option_index(self._first)

    def on_resize(self, event: Resize) -> None:
        if self.whole:
            self._place()

    def _place(self) -> None:
        """Stand beside the lake, or cover all where there is no room beside it."""
        x, y, width, height = dock_place(*self.app.size, self.config)
        dock = self.query_one("#knob_dock")
        dock.styles.offset, dock.styles.width, dock.styles.height = (x, y), width, height

    def _name_actions(self) -> None:
        """Say what each action does; there is one alone for a knob that a lesson tries."""
        trying = bool(self._tried) and self.chosen == self._tried
        for name in ACTIONS:
            button = self.query_one(f"#knob_{name}", Button)
            button.label, button.visible = Content(self._label(name, trying)), name == "change" or not trying

    def _label(self, name: str, trying: bool = False) -> str:
        id, words = ACTIONS[name]
        if trying:
            words = N_("try it in a new run")
        return f"{padded(self._state.key(id), 5, 'right')}  {_(words)}"

    def _options(self) -> list[Option]:
        overrides = self.config.overrides()
        knobs = [Option(_row(knob_name(name), self._shown(name), name in overrides), id=name) for name in ORDER]
        preset = _("preset")
        presets = [Option(f" {preset} {name:<13}{_lake(one)}", id=PRESET + name) for name, one in PRESETS.items()]
        return [*knobs, Option(_row(_("seed"), str(self.seed), False), id=SEED), *presets]

    def _shown(self, name: str) -> str:
        return KNOBS[name].show(getattr(self.config, name))

    @property
    def chosen(self) -> str:
        """The knob, `seed` or `preset:NAME` that is highlighted."""
        option = self.options.highlighted_option
        return (option.id if option is not None else None) or ORDER[0]

    def on_option_list_option_highlighted(self) -> None:
        """Show what the knob means, and what it cannot do here."""
        name = self.chosen
        preset = name.startswith(PRESET)
        self.box.value = "" if preset else str(self.seed) if name == SEED else self._shown(name)
        self.box.disabled = preset
        for action in ("change", "branch"):
            self.query_one(f"#knob_{action}", Button).disabled = preset or _startup_only(name)
        self._name_actions()
        self.meaning.update(self._meaning(name))

    def _meaning(self, name: str) -> Text:
        if name.startswith(PRESET):
            preset = PRESETS[name.removeprefix(PRESET)]
            words = _("{reaches}; to {limit}. A preset starts a new run.")
            return Text(words.format(reaches=_(preset.reaches), limit=preset.limit))
        if name == SEED:
            return Text(_("Random seed. Here: for everything from now on. Start over: for a new run.") + "\n--seed")
        knob, (low, high) = KNOBS[name], KNOBS[name].effects
        ends = f"\n◂ {_(low)}\n▸ {_(high)}\n"
        flag, meant = f"{knob.span}   --{name.replace('_', '-')}", _(knob.meaning)
        meant = _("{sentence}.").format(sentence=f"{meant[0].upper()}{meant[1:]}" if meant[0].isascii() else meant)
        warnings = joined(*self._warnings(name))
        told = joined(meant, knob.in_tutorial, warnings).removesuffix(warnings)
        return Text.assemble(told, (warnings, "bold"), ends, flag)

    def _warnings(self, name: str) -> list[str]:
        """Return the warnings that apply before this knob is changed."""
        epochs, annealed = self.config.epochs, bool(self.config.anneal_steps)
        value = value_in_force(self._state.snapshot.run, name)
        warnings = {
            _("Only decides how a run starts: start over with it."): _startup_only(name),
            _("With one epoch every ratio is 1: the clip cannot act."): name == "clip_coef" and epochs == 1,
            _("The critic has an Adam of its own, which undoes any scale."): name == "vf_coef",
            _("Nothing anneals while anneal_steps is 0."): name.endswith("_end") and not annealed,
            _("Annealed: {value} now.").format(value=value): name in ("learning_rate", "ent_coef") and annealed,
            _("In a phase already left it is in force from the next update."): name in ("batch_size", "epochs"),
        }
        return [warning for warning, applies in warnings.items() if applies]

    def on_option_list_option_selected(self) -> None:
        """Start over with a preset; go from a knob to its value, and with a value that has been typed, change it."""
        if self.chosen.startswith(PRESET):
            self.action_start_over()
        elif self.chosen == SEED or self.box.value == self._shown(self.chosen):
            self.box.focus()
        else:
            self.on_input_submitted()

    def types(self, event: Key) -> bool:
        """Return whether a key begins a value: a number, or the word of a switch or a choice."""
        letters = set(".0123456789") | {word[0] for word in self._words()}
        return self.options.has_focus and not self.box.disabled and (event.character or "") in letters

    def on_key(self, event: Key) -> None:
        """Let a value be typed at once."""
        if self.types(event):
            event.stop()
            self.set_focus(self.box)
            self.box.post_message(Key(event.key, event.character))

    def _words(self) -> tuple[str, ...]:
        knob = KNOBS.get(self.chosen)
        if knob is None:
            return ()
        return (*knob.choices, *(("on", "off") if knob.kind == "switch" else ()), *((knob.word,) if knob.word else ()))

    def action_value(self, by: int) -> None:
        """Put the next value worth trying into the field."""
        knob = KNOBS.get(self.chosen)
        if knob is not None:
            try:
                self.box.value = knob.show(knob.step(knob.parse(self.box.value), by))
            except InvalidValue:
                self.box.value = self._shown(self.chosen)

    def on_input_submitted(self) -> None:
        self._close("over" if _startup_only(self.chosen) else "change")

    def on_button_pressed(self, event: Button.Pressed) -> None:
        name = (event.button.id or "").removeprefix("knob_")
        if name in ACTIONS:
            self._close(name)
        else:
            self.action_value(1 if name == "more" else -1)

    def action_change_here(self) -> None:
        self.on_input_submitted()

    def action_branch_and_compare(self) -> None:
        if not (self.chosen.startswith(PRESET) or _startup_only(self.chosen)):
            self._close("branch")

    def action_start_over(self) -> None:
        self._close("over")

    def action_leave(self) -> None:
        """Return from the value to the list, and from the list to the main screen."""
        if self.focused is self.options:
            self.dismiss(None)
        else:
            self.set_focus(self.options)

    def _close(self, action: str) -> None:
        """Close with the command, or show what is wrong with the value."""
        try:
            command = self._command(over=action == "over")
        except InvalidValue as error:
            self.meaning.update(Text(str(error), "bold reverse"))
            return
        branched = action == "branch" and isinstance(command, SetKnob | SetSeed)
        self.dismiss(BranchAndCompare(command) if branched else command)  # type: ignore[arg-type]  # as just checked

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


def knob_name(name: str) -> str:
    """Return a knob's name as the strip of knobs has it."""
    return SHORT.get(name, name)


def _startup_only(name: str) -> bool:
    return name in KNOBS and KNOBS[name].startup_only


def _lake(preset: Preset) -> str:
    ice = _("slippery") if preset.knobs.get("slip") else _("firm")
    return f"{preset.map} {ice}"


def _row(name: str, value: str, overridden: bool) -> Content:
    """Return a row: name, value, a star where it is not the preset's."""
    star = "*" if overridden else " "
    return Content.assemble(padded(f" {name}", 19), (padded(value, 11), "bold"), star)
