"""The help: keys, words, figures and knobs, made from the tables that the app itself runs on."""

from collections.abc import Iterable, Sequence

from rich.console import Group
from rich.style import Style
from rich.table import Table
from rich.text import Text
from textual.app import ComposeResult
from textual.containers import VerticalScroll

from lakeppo.config import KNOBS
from lakeppo.runs.statistics import STATS
from lakeppo.tui.keymap import BoundKeys, Key, On, bindings, keys_of
from lakeppo.tui.screens.base import ClosableScreen
from lakeppo.tui.screens.plain import Plain, add_row, closing_title

TITLE = "HELP   arrows, wheel: scroll   click a key: press it   "
WORDS = {
    "old actor": "the policy that collects the batch; unchanged until the copy",
    "new actor": "the policy that learns from the batch; the copy makes it the old one",
    "ratio": "new over old probability of an action that was taken; exactly 1 in the first pass",
    "inside": "samples whose ratio is inside the clip band; they have a gradient",
    "returning": "samples outside the band whose gradient points back towards it",
    "stopped": "samples outside the band on the side that their advantage favours: their gradient is exactly zero",
    "clipfrac": "CleanRL's clip fraction: returning + stopped",
    "slip": "probability that the ice turns a move to the side, half to each",
    "meant, went": "the direction chosen, and the direction moved; x where they differ",
    "exact": "success probability computed from the lake's transition table, without sampling",
    "sampled": "success rate over the last 100 episodes, ± its standard error",
    "greedy": "exact success of always taking the likeliest action",
    "optimum": "the best success within the time limit of any policy, one that knows the time left included",
    "ceiling": "the same without the time left, as for PPO's; ≥: at least; not known above 64 slippery tiles",
    "V, true V": "the critic's estimate of the discounted return, and its exact value under the new policy",
    "siblings": "runs with other seeds and the same changes: they show how much of a result is luck",
    "fan": "shades: 5-95 % of the siblings, 25-75 %, the median; drawn until half of them have ended",
    "moment": "update, phase, and the units already done in the phase",
    "!": "after a figure: outside its healthy range, which is given under FIGURES",
}
SCREENS = {
    On.BATCH: "the batch table",
    On.COMPARE: "a comparison",
    On.BRANCHES: "the list of branches",
    On.SIBLINGS: "the list of siblings",
    On.HISTORIES: "the histories",
}
"""The screens with keys of their own."""
UNPRESSED = ("help", "interrupt", "suspend", "cursor_up")
"""Keys that a click on their name does not press."""


class HelpScreen(ClosableScreen[str | None]):
    """Everything explained, scrolling. A click on a key closes it with the key's id."""

    BINDINGS = bindings(On.HELP)
    AUTO_FOCUS = "#help_scroll"

    def __init__(self, bound: BoundKeys) -> None:
        super().__init__()
        self._bound = bound

    def compose(self) -> ComposeResult:
        yield Plain(closing_title(TITLE, self._bound.names["close_help"], "screen.dismiss"), id="help_title")
        with VerticalScroll(id="help_scroll"):
            yield Plain(help_text(self._bound), id="help_text")


def help_text(bound: BoundKeys) -> Group:
    """Return the whole help, with the keys that are bound now."""
    knobs = []
    for name, knob in KNOBS.items():
        alias = f" (also called {knob.alias})" if knob.alias else ""
        knobs.append((name, f"{knob.meaning}{alias}; {knob.span}, default {knob.show(knob.default)}"))
    return Group(
        *_section("KEYS", _helps([*keys_of(On.MAIN), *keys_of(On.APP)], bound, clickable=True)),
        *_section("WORDS", WORDS.items()),
        *_section("FIGURES  meaning; healthy range", ((n, f"{s.meaning}; {s.healthy}") for n, s in STATS.items())),
        *(part for screen in SCREENS for part in _own(screen, bound)),
        *_section("KNOBS", knobs),
    )


def _helps(keys: Sequence[Key], bound: BoundKeys, *, clickable: bool = False) -> list[tuple[Text, str]]:
    """Return the names and the help of keys; a click on a `clickable` name presses its key."""
    pressed = {key.id: f"screen.dismiss({key.id!r})" for key in keys if clickable and key.id not in UNPRESSED}
    styles = {id: Style(meta={"@click": action}) for id, action in pressed.items()}
    return [(Text(bound.all_names(key.id), styles.get(key.id, "")), key.help) for key in keys if key.help]


def _own(screen: On, bound: BoundKeys) -> tuple[Text, Table]:
    """Return the section of a screen's own keys; its heading names those of the main screen that work there too."""
    keys = keys_of(screen)
    shared = [bound.names[key.id] for key in keys if key.on & On.MAIN and key.command is None and key.help]
    also = f"; {', '.join(shared)} and the keys of the run work there too" if shared else ""
    return _section(f"KEYS of {SCREENS[screen]}{also}", _helps([key for key in keys if not key.on & On.MAIN], bound))


def _section(title: str, entries: Iterable[tuple[str | Text, str]]) -> tuple[Text, Table]:
    """Return a heading, and name and meaning side by side, each wrapped in its own column."""
    table = Table.grid(padding=(0, 2, 0, 0), expand=True)
    table.add_column(style="bold", max_width=max(map(len, STATS)) + 2, overflow="fold")
    table.add_column(ratio=1)
    for name, meaning in entries:
        add_row(table, Text.assemble("  ", name), meaning)
    return Text(f"\n{title}", "bold"), table
