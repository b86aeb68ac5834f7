"""The help: keys, words, figures and knobs, made from the tables that the app itself runs on."""

from collections.abc import Iterable, Sequence
from typing import cast

from rich.console import Group
from rich.style import Style
from rich.table import Table
from rich.text import Text
from textual.app import ComposeResult
from textual.containers import VerticalScroll

from lakeppo.config import KNOBS
from lakeppo.i18n import N_, _, joined
from lakeppo.runs.statistics import STATS
from lakeppo.tui.bound_keys import BoundKeys, HasKeys
from lakeppo.tui.keymap import RUN, Key, On, bindings, keys_of
from lakeppo.tui.screens.base import ClosableScreen
from lakeppo.tui.screens.plain import Plain, add_row, closing_title
from lakeppo.tui.text.words import WORDS

TITLE = N_("HELP   arrows, wheel: scroll   click a key: press it")
SCREENS = {
    On.BATCH: N_("the batch table"),
    On.COMPARE: N_("a comparison"),
    On.BRANCHES: N_("the list of branches"),
    On.SIBLINGS: N_("the list of siblings"),
    On.EVENTS: N_("the list of events"),
    On.SHOW: N_("show mode"),
    On.SPOT: N_("spot the bug"),
    On.HISTORIES: N_("the histories"),
}
"""The screens with keys of their own."""
FIRST = "toggle unit pass update earlier knobs compare batch view help".split()
"""The ten keys that matter most."""
AIMS = {
    N_("PLAY"): "toggle slower faster demo new_seed",
    N_("STEP"): "unit pass phase update goal",
    N_("TIME"): (
        "back_unit back_pass back_phase back_update back_goal earlier later earlier10 later10 start end bookmark"
    ),
    N_("COMPARE"): "branch compare branches next_branch siblings sibling_list",
    N_("LOOK"): "cursor_up view batch back large_next large_lake words",
    N_("CHANGE"): "knobs slip_switch slip_down slip_up tile",
}
"""The other keys by what a person wants to do; all that are not listed come last."""
TEN, REST = N_("THE TEN THAT MATTER"), N_("FILES AND THE PROGRAM")
UNPRESSED = ("help", "interrupt", "suspend", "cursor_up")
"""Keys that a click on their name does not press."""


class HelpScreen(ClosableScreen[str | None]):
    """Everything explained, scrolling. A click on a key closes it with the key's id."""

    BINDINGS = bindings(On.HELP)
    AUTO_FOCUS = "#help_scroll"

    def __init__(self, words: bool = False) -> None:
        """`words`: show the meaning of words, figures and knobs alone."""
        super().__init__()
        self._words = words

    def compose(self) -> ComposeResult:
        yield Plain(id="help_title")
        with VerticalScroll(id="help_scroll"):
            yield Plain(id="help_text")

    def on_mount(self) -> None:
        if self.is_attached:
            self.translate()

    def translate(self) -> None:
        bound = cast(HasKeys, self.app).bound
        title = closing_title(_(TITLE), bound.names["close_help"], "screen.dismiss")
        self.query_one("#help_title", Plain).update(title)
        self.query_one("#help_text", Plain).update(words_text() if self._words else help_text(bound))


def help_text(bound: BoundKeys) -> Group:
    """Return the whole help, with the keys that are bound now."""
    groups = (_section(_(title), _helps(keys, bound, clickable=True)) for title, keys in key_groups().items())
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
    first = {TEN: [keys[id] for id in FIRST]}
    return {**first, **groups, REST: [key for key in keys.values() if key.id not in listed]}


def words_text() -> Group:
    """Return the meaning of the words, the figures and the knobs."""
    knobs = []
    for name, knob in KNOBS.items():
        default, meant = knob.show(knob.default), _(knob.meaning)
        told = _("{meaning}; {span}, default {default}").format(meaning=meant, span=knob.span, default=default)
        sentence = _("{sentence}.").format(sentence=told)
        knobs.append((name, joined(sentence, knob.in_tutorial) if knob.alias else told))
    both = _("{meaning}; {range}")
    figures = ((n, both.format(meaning=_(stat.meaning), range=_(stat.healthy))) for n, stat in STATS.items())
    return Group(
        *_section(_("WORDS"), ((_(word), _(meant)) for word, meant in WORDS.items())),
        *_section(_("FIGURES  meaning; healthy range"), figures),
        *_section(_("KNOBS"), knobs),
    )


def _helps(keys: Sequence[Key], bound: BoundKeys, *, clickable: bool = False) -> list[tuple[Text, str]]:
    """Return the names and the help of keys; a click on a `clickable` name presses its key."""
    pressed = {key.id: f"screen.dismiss({key.id!r})" for key in keys if clickable and key.id not in UNPRESSED}
    styles = {id: Style(meta={"@click": action}) for id, action in pressed.items()}
    return [(Text(bound.all_names(key.id), styles.get(key.id, "")), key.meaning) for key in keys if key.help]


def _own(screen: On, bound: BoundKeys) -> tuple[Text, Table]:
    """Return the section of a screen's own keys; its heading names those of the main screen that work there too."""
    keys = keys_of(screen)
    runs = bool(screen & RUN)
    main = [key for key in keys if key.on & On.MAIN and key.help]
    shared = [bound.names[key.id] for key in main if key.command is None or not runs]
    title = _("KEYS of {screen}")
    if shared:
        title = _("KEYS of {screen}; {keys} too")
    if shared and runs:
        title = _("KEYS of {screen}; {keys} and the keys of the run work there too")
    title = title.format(screen=_(SCREENS[screen]), keys=", ".join(shared))
    return _section(title, _helps([key for key in keys if not key.on & On.MAIN], bound))


def _section(title: str, entries: Iterable[tuple[str | Text, str]]) -> tuple[Text, Table]:
    """Return a heading, and name and meaning side by side, each wrapped in its own column."""
    table = Table.grid(padding=(0, 2, 0, 0), expand=True)
    table.add_column(style="bold", max_width=max(map(len, STATS)) + 2, overflow="fold")
    table.add_column(ratio=1)
    for name, meaning in entries:
        add_row(table, Text.assemble("  ", name), meaning)
    return Text(f"\n{title}", "bold"), table
