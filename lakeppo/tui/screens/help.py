"""The help: keys, words, figures and knobs, made from the tables that the app itself runs on."""

from collections.abc import Sequence
from typing import cast

from textual.app import ComposeResult

from lakeppo.config import KNOBS
from lakeppo.i18n import N_, _, joined
from lakeppo.runs.statistics import STATS
from lakeppo.tui.bound_keys import BoundKeys, HasKeys
from lakeppo.tui.keymap import RUN, Key, On, bindings, keys_of
from lakeppo.tui.screens.base import ClosableScreen
from lakeppo.tui.screens.plain import Plain, closing_title
from lakeppo.tui.screens.sections import Entry, Section, Sections
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
        yield Sections(max(map(len, STATS)) + 2, id="help_scroll")

    def on_mount(self) -> None:
        if self.is_attached:
            self.translate()

    def translate(self) -> None:
        bound = cast(HasKeys, self.app).bound
        title = closing_title(_(TITLE), bound.names["close_help"], "screen.dismiss")
        self.query_one("#help_title", Plain).update(title)
        self.query_one(Sections).update(word_sections() if self._words else help_sections(bound))


def help_sections(bound: BoundKeys) -> list[Section]:
    """Return the whole help, with the keys that are bound now."""
    groups = (Section(_(title), _helps(keys, bound, clickable=True)) for title, keys in key_groups().items())
    return [*groups, *(_own(screen, bound) for screen in SCREENS), *word_sections()]


def key_groups() -> dict[str, list[Key]]:
    """Return the keys of the main screen and of the app that the help lists, by what a person wants to do."""
    keys = {key.id: key for key in (*keys_of(On.MAIN), *keys_of(On.APP)) if key.help}
    groups = {title: [keys[id] for id in ids.split() if id in keys] for title, ids in AIMS.items()}
    listed = {key.id for group in groups.values() for key in group}
    first = {TEN: [keys[id] for id in FIRST]}
    return {**first, **groups, REST: [key for key in keys.values() if key.id not in listed]}


def word_sections() -> list[Section]:
    """Return the meaning of the words, the figures and the knobs."""
    knobs = []
    for name, knob in KNOBS.items():
        default, meant = knob.show(knob.default), _(knob.meaning)
        told = _("{meaning}; {span}, default {default}").format(meaning=meant, span=knob.span, default=default)
        sentence = _("{sentence}.").format(sentence=told)
        knobs.append(Entry(name, joined(sentence, knob.in_tutorial) if knob.alias else told))
    both = _("{meaning}; {range}")
    figures = [Entry(n, both.format(meaning=_(stat.meaning), range=_(stat.healthy))) for n, stat in STATS.items()]
    return [
        Section(_("WORDS"), [Entry(_(word), _(meant)) for word, meant in WORDS.items()]),
        Section(_("FIGURES  meaning; healthy range"), figures),
        Section(_("KNOBS"), knobs),
    ]


def _helps(keys: Sequence[Key], bound: BoundKeys, *, clickable: bool = False) -> list[Entry]:
    """Return the names and the help of keys; a click on a `clickable` name presses its key."""
    pressed = {key.id: f"screen.dismiss({key.id!r})" for key in keys if clickable and key.id not in UNPRESSED}
    return [Entry(bound.all_names(key.id), key.meaning, pressed.get(key.id, "")) for key in keys if key.help]


def _own(screen: On, bound: BoundKeys) -> Section:
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
    return Section(title, _helps([key for key in keys if not key.on & On.MAIN], bound))
