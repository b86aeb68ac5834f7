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
from lakeppo.tui.text.words import WORDS

TITLE = "HELP   arrows, wheel: scroll   click a key: press it   "
SCREENS = {
    On.BATCH: "the batch table",
    On.COMPARE: "a comparison",
    On.BRANCHES: "the list of branches",
    On.SIBLINGS: "the list of siblings",
    On.EVENTS: "the list of events",
    On.SHOW: "show mode",
    On.HISTORIES: "the histories",
}
"""The screens with keys of their own."""
FIRST = "toggle unit pass update earlier knobs compare batch view help".split()
"""The ten keys that matter most."""
AIMS = {
    "PLAY": "toggle slower faster demo new_seed",
    "STEP": "unit pass phase update goal",
    "TIME": "back_unit back_pass back_phase back_update back_goal earlier later earlier10 later10 start end bookmark",
    "COMPARE": "branch compare branches next_branch siblings sibling_list",
    "LOOK": "cursor_up view batch back large_next large_lake words",
    "CHANGE": "knobs slip_switch slip_down slip_up tile",
}
"""The other keys by what a person wants to do; all that are not listed come last."""
REST = "FILES AND THE PROGRAM"
UNPRESSED = ("help", "interrupt", "suspend", "cursor_up")
"""Keys that a click on their name does not press."""


class HelpScreen(ClosableScreen[str | None]):
    """Everything explained, scrolling. A click on a key closes it with the key's id."""

    BINDINGS = bindings(On.HELP)
    AUTO_FOCUS = "#help_scroll"

    def __init__(self, bound: BoundKeys, words: bool = False) -> None:
        """`words`: show the meaning of words, figures and knobs alone."""
        super().__init__()
        self._bound, self._words = bound, words

    def compose(self) -> ComposeResult:
        yield Plain(closing_title(TITLE, self._bound.names["close_help"], "screen.dismiss"), id="help_title")
        with VerticalScroll(id="help_scroll"):
            yield Plain(words_text() if self._words else help_text(self._bound), id="help_text")


def help_text(bound: BoundKeys) -> Group:
    """Return the whole help, with the keys that are bound now."""
    groups = (_section(title, _helps(keys, bound, clickable=True)) for title, keys in key_groups().items())
    return Group(
        *(part for group in groups for part in group),
        *(part for screen in SCREENS for part in _own(screen, bound)),
        words_text(),
    )


def key_groups() -> dict[str, list[Key]]:
    """Return the keys of the main screen and of the app that the help lists, by what a person wants to do."""
    keys = {key.id: key for key in (*keys_of(On.MAIN), *keys_of(On.APP)) if key.help}
    groups = {title: [keys[id] for id in ids.split() if id in keys] for title, ids in AIMS.items()}
    listed = {key.id for group in groups.values() for key in group}
    first = {"THE TEN THAT MATTER": [keys[id] for id in FIRST]}
    return {**first, **groups, REST: [key for key in keys.values() if key.id not in listed]}


def words_text() -> Group:
    """Return the meaning of the words, the figures and the knobs."""
    knobs = []
    for name, knob in KNOBS.items():
        alias = f" (also called {knob.alias})" if knob.alias else ""
        knobs.append((name, f"{knob.meaning}{alias}; {knob.span}, default {knob.show(knob.default)}"))
    return Group(
        *_section("WORDS", WORDS.items()),
        *_section("FIGURES  meaning; healthy range", ((n, f"{s.meaning}; {s.healthy}") for n, s in STATS.items())),
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
