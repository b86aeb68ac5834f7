"""The help: keys, words, figures and knobs, made from the tables that the app itself runs on."""

from collections.abc import Mapping
from typing import ClassVar

from rich.console import Group
from rich.style import Style
from rich.table import Table
from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.widgets import Static

from lakeppo.config import KNOBS
from lakeppo.runs.statistics import STATS
from lakeppo.tui.keymap import BATCH_KEYS, BRANCHES_KEYS, COMPARE_KEYS, FAMILY_KEYS, KEYS
from lakeppo.tui.screens.base import Over

TITLE = " HELP   arrows, wheel: scroll   click a key: press it   [@click=screen.dismiss]esc closes[/]"
NO_STYLES: Mapping[str, Style] = {}
WORDS = {
    "old actor": "the policy that walked the batch; it stays as it is until the copy",
    "new actor": "the policy that learns from the batch; the copy makes it the old one",
    "ratio": "new over old probability of an action that was taken; exactly 1 in the first pass",
    "inside": "samples whose ratio is inside the clip band; their gradient is alive",
    "returning": "samples outside the band that still push, back towards it",
    "stopped": "samples past the band in their own direction: their gradient is exactly zero",
    "slip": "probability that the ice sends a move sideways, half to each side",
    "meant, went": "the direction chosen, and the one the ice made of it; x where they differ",
    "exact": "success computed from the lake's own table, nothing drawn: no luck in it",
    "sampled": "success counted over the last 100 episodes, ± its standard error",
    "greedy": "exact success of always taking the likeliest action",
    "optimum": "the best there is within the time limit, for one that looks at the clock",
    "ceiling": "the best for a policy blind to the clock, as PPO's is; ≥: at least; unknown above 64 slippery tiles",
    "V, true V": "the critic's guess of the discounted return, and the exact value of the new policy",
    "siblings": "the same run with other seeds, its changes included: where it stands among them is its luck",
    "fan": "shades: 5-95 % of the siblings, 25-75 %, the median; drawn until half of them have ended",
    "moment": "update, phase, and the units already done in the phase",
    "!": "behind a figure: outside its healthy range, which stands under FIGURES",
}


UNPRESSED = ("help", "interrupt", "suspend", "cursor_up")
"""Keys that a click on their name does not press."""


class HelpScreen(Over[str | None]):
    """Everything explained, scrolling; escape, ? or q closes it. A click on a key closes it with the key's action."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,question_mark,q", "dismiss", "close", id="close_help")]

    def compose(self) -> ComposeResult:
        yield Static(TITLE, id="help_title")
        with VerticalScroll(id="help_scroll"):
            yield Static(help_text(), id="help_text")

    def on_mount(self) -> None:
        self.query_one("#help_scroll").focus()


def help_text() -> Group:
    """The whole help."""
    knobs = {}
    for name, knob in KNOBS.items():
        alias = f" (also called {knob.alias})" if knob.alias else ""
        knobs[name] = f"{knob.meaning}{alias}; {knob.span}, default {knob.show(knob.default)}"
    return Group(
        *_section("KEYS", {key.shown: key.help for key in KEYS if key.shown and key.help}, _clicks()),
        *_section("WORDS", WORDS),
        *_section("FIGURES  what they mean; healthy", {n: f"{s.meaning}; {s.healthy}" for n, s in STATS.items()}),
        *_section("KEYS of the batch's table", {key.shown: key.help for key in BATCH_KEYS if key.shown and key.help}),
        *_section("KEYS of a comparison", {key.shown: key.help for key in COMPARE_KEYS if key.shown and key.help}),
        *_section(
            "KEYS of the branches' list", {key.shown: key.help for key in BRANCHES_KEYS if key.shown and key.help}
        ),
        *_section("KEYS of the siblings' list", {key.shown: key.help for key in FAMILY_KEYS if key.shown and key.help}),
        *_section("KNOBS", knobs),
    )


def _clicks() -> dict[str, Style]:
    """What makes a key's name one to click on."""
    keys = (key for key in KEYS if key.id not in UNPRESSED)
    return {key.shown: Style(meta={"@click": f"screen.dismiss({key.action!r})"}) for key in keys}


def _section(title: str, entries: dict[str, str], styles: Mapping[str, Style] = NO_STYLES) -> tuple[Text, Table]:
    """A heading, then name and meaning side by side, each wrapped in its own column."""
    table = Table.grid(padding=(0, 2, 0, 0), expand=True)
    table.add_column(style="bold", max_width=max(map(len, STATS)) + 2, overflow="fold")
    table.add_column(ratio=1)
    for name, meaning in entries.items():
        table.add_row(Text.assemble("  ", (name, styles.get(name, Style.null()))), Text(meaning))
    return Text(f"\n{title}", "bold"), table
