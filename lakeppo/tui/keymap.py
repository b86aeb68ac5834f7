"""The table of keys: bindings, footers, command palette, help and messages are all made from it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import Flag
from types import MappingProxyType
from typing import TYPE_CHECKING, Protocol

from lakeppo.moment import Moment, Phase
from lakeppo.session import commands
from lakeppo.session.commands import Command, Unit
from lakeppo.tui.key_names import key_name
from lakeppo.tui.state import AppState

if TYPE_CHECKING:
    from textual.binding import BindingType

UNBOUND = "(no key)"
"""The name of an entry that no key is bound to."""
REPEAT = 0.1
"""Seconds within which the same key counts as the keyboard's repeat rather than as another press."""
SERIES = {
    "up down left right": "arrows",
    "left right": "left, right",
    "up down pageup pagedown home end": "up, down, page keys",
    "1 2 3 4 5 6 7 8 0": "1 to 8, 0",
}
"""Keys that have one name together."""


On = Flag(
    "On", "APP LOADING MAIN BATCH COMPARE BRANCHES SIBLINGS HISTORIES EVENTS SHOW LESSONS KNOBS HELP TILE CONDITION"
)
"""The screens on which a key works."""
RUN = On.LOADING | On.MAIN | On.BATCH | On.COMPARE | On.SIBLINGS | On.HISTORIES
"""Screens from which the run goes on."""


def _unit_label(state: AppState) -> str | None:
    if not state.samples:
        return None
    if state.sample is None or state.sample + 1 < state.samples:
        return "sample"
    return {Phase.JUDGE: "judge", Phase.IMPROVE: "pass", Phase.COPY: "copy"}.get(state.moment.phase)


def _pass_label(state: AppState) -> str | None:
    if not state.resting or state.config.epochs > 99:
        return None
    return f"pass {state.moment.index + 1 if state.moment.phase is Phase.IMPROVE else 1}"


def _demo_label(state: AppState) -> str | None:
    return None if state.demo is None else "back" if state.demo.greedy else "greedy"


def _siblings_label(state: AppState) -> str | None:
    siblings = state.siblings
    if siblings is None or siblings.outdated:
        return None
    return "256 siblings" if len(siblings.seeds) == 64 else "no siblings"


@dataclass(frozen=True)
class Key:
    """One entry of the table: the keys that do one thing.

    Either `command` goes to the worker, or `action` is run on the screen; with both, the action decides when the
    command is sent.
    """

    id: str
    keys: str  # as Textual names them, separated by commas
    label: str = ""  # for the footer
    help: str = ""
    on: On = On.MAIN
    command: Command | None = None
    action: str = ""
    once: bool = False  # whether a key held down acts only once
    when: Callable[[AppState], bool] = bool  # every state is true
    state_label: Callable[[AppState], str | None] | None = None  # a label that follows the state
    back: str = ""  # id of the entry that undoes this one and shares its place in the footer
    width: int = 0  # of the longest label: the footer does not move
    series: str = ""  # id of the entry whose name and help cover this one

    @property
    def run(self) -> str:
        """The action that a press, or a click on the key's name, runs."""
        return self.action or f"send('{self.id}')"

    def works(self, state: AppState) -> bool:
        """Whether the key has an effect now: the worker takes no command after a failure."""
        return (self.command is None or state.failure is None) and self.when(state)

    def label_in(self, state: AppState) -> str:
        """Return what the key does now, in a word or two."""
        return (self.state_label and self.state_label(state)) or self.label


PANEL_NAMES = ("lake", "question", "tile", "readouts", "success", "why", "knobs", "phases", "timeline")
LIST = On.BATCH | On.SIBLINGS | On.HISTORIES | On.EVENTS
GRID = On.MAIN | On.COMPARE
UNIT = "one environment step; while a batch rests its next sample, and after the last one the next unit of the phase"
DEMO = "demonstrate the policy without learning: sampled actions, then greedy ones, then back to the run"
EVENT = "to the next event: first goal, solved, falls, rises, a large KL, changes, branches, bookmarks"
EXPORT = "write the screen as SVG, batch and history as CSV, the run as TOML into the exports folder of the saves"
SIBLINGS = "train 64, then 256 runs with other seeds beside this one and draw their fan; then none"
PANELS = f"one panel alone (or double-click it): {', '.join(PANEL_NAMES)}; the same key again shows all"
STOP_WHEN = (
    "pause whenever a condition becomes true, such as exact < .5 after solved; :? goes back to where it was true"
)
KEYS: tuple[Key, ...] = (
    Key("toggle", "space", "play", "play or pause", RUN | On.SHOW, commands.TogglePlay(), "play", once=True, width=5,
        state_label=lambda s: "go on" if s.guide else {"playing": "pause", "finished": "go on"}.get(s.status)),
    Key("unit", "full_stop", "step", UNIT, RUN, commands.Step(Unit.NEXT), "step(1)",
        state_label=_unit_label, back="back_unit", width=6),
    Key("pass", "e", "pass", "through the next gradient pass", RUN, commands.Step(Unit.PASS),
        state_label=_pass_label, width=7),
    Key("phase", "n", "phase", "to the next phase", RUN, commands.Step(Unit.PHASE), width=7,
        state_label=lambda state: Phase((state.moment.phase + 1) % 4).name.lower() if state.resting else None),
    Key("update", "u", "update", "through the next copy: the rest of this update", RUN, commands.Step(Unit.COPY)),
    Key("goal", "g", "goal", "to the next step that reaches the goal; any key stops it", RUN, commands.Step(Unit.GOAL)),
    Key("slip_switch", "s", "slip", "set slip to 0 if it is above 0, else to 2/3", RUN, commands.ChangeSlip(0),
        once=True, state_label=lambda state: "slippery" if state.config.slip == 0 else "firm", width=8),
    Key("demo", "d", "demo", DEMO, RUN, commands.CycleDemo(), state_label=_demo_label, width=6),
    Key("siblings", "f", "siblings", SIBLINGS, On.LOADING | On.MAIN | On.SIBLINGS, commands.CycleSiblings(),
        state_label=_siblings_label, width=12),
    Key("sibling_list", "F", "list them", "list the siblings, the best first; each can be opened as a run",
        action="siblings", once=True, when=lambda state: state.siblings is not None),
    Key("view", "v", "view", "show arrows, values, value error, visits, old and new, or optimal actions",
        GRID, action="cycle_view"),
    Key("tile", "t", "tile", "make the tile under the cursor ice, a hole or a goal", action="tile", once=True,
        when=lambda state: state.failure is None),
    Key("batch", "i", "batch", "the batch table: the rows of the tile under the cursor, or all rows",
        action="batch", once=True),
    Key("why_there", "y", "why there", "why the arrow on this tile points where it does; again: further back",
        action="why_there", when=lambda state: state.failure is None),
    Key("spot", "X", "spot", "spot the bug: the four files of a program with a fault (tui --spot)", GRID,
        action="app.spot", once=True, when=lambda state: state.snapshot.spot is not None),
    Key("histories", "h", "histories", "every statistic of an update over the whole run, as charts",
        action="histories", once=True),
    Key("help", "question_mark", "help", "this help", On.LOADING | On.MAIN | On.BATCH | On.COMPARE | On.KNOBS,
        action="app.help", once=True),
    Key("words", "W", "", "what the words and figures mean (or let the mouse rest on one)",
        On.LOADING | On.MAIN | On.BATCH | On.COMPARE | On.SIBLINGS, action="app.words", once=True),
    Key("quit", "q", "quit", "save and quit", On.LOADING | On.MAIN, action="app.quit"),
    Key("slower", "less_than_sign", "slower", "slower: down to one environment step in two seconds", RUN,
        commands.ChangePace(-1)),
    Key("faster", "greater_than_sign", "faster", "faster: up to full speed", RUN, commands.ChangePace(1)),
    Key("stop_when", "colon", "stop when", STOP_WHEN, action="stop_when", once=True,
        when=lambda state: state.failure is None),
    Key("slip_down", "minus", "less slip", "decrease slip to the next multiple of 0.05, or 2/3", RUN,
        commands.ChangeSlip(-1)),
    Key("slip_up", "plus,equals_sign", "more slip", "increase slip to the next multiple of 0.05, or 2/3", RUN,
        commands.ChangeSlip(1)),
    Key("back_unit", "comma", "step back", "one sample or unit back", RUN, commands.Back(Unit.NEXT), "step(-1)"),
    Key("back_pass", "E", "pass back", "back to the end of the previous pass", RUN, commands.Back(Unit.PASS)),
    Key("back_phase", "N", "phase back", "back to the previous start of a phase", RUN, commands.Back(Unit.PHASE)),
    Key("back_update", "U", "update back", "back to the end of the previous copy", RUN, commands.Back(Unit.COPY)),
    Key("back_goal", "G", "goal back", "back to the previous step into the goal", RUN, commands.Back(Unit.GOAL)),
    Key("earlier", "left_square_bracket", "time", "one update back", RUN, commands.GoBy(-1), back="later"),
    Key("later", "right_square_bracket", "forward", "one update forward, within the branch", RUN, commands.GoBy(1)),
    Key("earlier10", "left_curly_bracket", "10 earlier", "ten updates back", RUN, commands.GoBy(-10)),
    Key("later10", "right_curly_bracket", "10 later", "ten updates forward, within the branch", RUN, commands.GoBy(10)),
    Key("start", "home", "start", "to the start of the run", RUN & ~LIST, commands.GoTo(Moment(0, Phase.COLLECT, 0))),
    Key("end", "end", "now", "to now: the end of the branch", RUN & ~LIST, commands.GoToEnd()),
    Key("next_event", "exclamation_mark", "event", EVENT, RUN, commands.NextEvent(1), back="previous_event"),
    Key("previous_event", "at", "event back", "to the last event before this moment", RUN, commands.NextEvent(-1)),
    Key("events", "9", "events", "the list of events: go to one, or give it a caption", action="events", once=True),
    Key("bookmark", "m", "bookmark", "set a bookmark here, or remove it", RUN, commands.ToggleBookmark()),
    Key("caption", "M", "caption", "set a bookmark with a caption here", action="caption", once=True,
        when=lambda state: state.failure is None),
    Key("branch", "b", "branch", "start a branch here; a change in the past starts one too", RUN, commands.AddBranch(),
        once=True),
    Key("compare", "c", "compare", "compare this branch with its parent, or with an earlier run, in lock-step",
        action="compare", once=True),
    Key("branches", "B", "branches", "all branches of this run: go to one, or compare with it",
        action="branches", once=True),
    Key("next_branch", "tab", "next branch", "to the end of the next branch", RUN & ~On.COMPARE, commands.NextBranch()),
    Key("knobs", "p", "knobs", "the knobs: change one here, on a branch beside it, or start over", On.MAIN | On.BATCH,
        action="knobs", once=True, when=lambda state: state.failure is None),
    Key("show", "S", "show", "show mode: the lake and one sentence, from caption to caption", action="show", once=True),
    Key("lessons", "l", "lessons", "the lessons: predict, run, compare, and try yourself", action="lessons", once=True,
        when=lambda state: state.failure is None),
    Key("tour", "T", "tour", "the first minute: six texts on the run on screen, each with what it is about",
        action="tour", once=True, when=lambda state: state.failure is None),
    Key("new_seed", "r", "new seed", "start a new run with the next seed", RUN, commands.StartSeed(), once=True),
    Key("save", "w", "save", "save now", RUN, commands.Save(), once=True),
    Key("export", "x", "export", EXPORT, RUN & ~On.LOADING, action="app.export", once=True),
    Key("cursor_up", "up", "tile", "move the cursor (or click a tile)", GRID, action="cursor(-1,0)"),
    Key("cursor_down", "down", on=GRID, action="cursor(1,0)", series="cursor_up"),
    Key("cursor_left", "left", on=GRID, action="cursor(0,-1)", series="cursor_up"),
    Key("cursor_right", "right", on=GRID, action="cursor(0,1)", series="cursor_up"),
    Key("back", "escape", "", "show all panels; leave the sample; let the cursor follow the agent again",
        action="back", state_label=lambda state: "all panels" if state.large else None),
    Key("large_next", "z", "large", "one panel alone, then the next one, then all", action="enlarge_next"),
    *(Key(f"large_{name}", digit, "", PANELS if digit == "1" else "", action=f"enlarge('{name}')",
          series="" if digit == "1" else f"large_{PANEL_NAMES[0]}")
      for digit, name in zip("123456780", PANEL_NAMES, strict=True)),
    Key("palette", "ctrl+p", "", "command palette; the colour themes too", On.APP, action="app.command_palette"),
    Key("redraw", "ctrl+l", "", "redraw the screen", On.APP, action="app.redraw"),
    Key("suspend", "ctrl+z", "", "suspend to the shell; fg returns", On.APP, action="app.suspend_process"),
    Key("interrupt", "ctrl+c", "", "leave at once, with exit status 130", On.APP, action="app.interrupt"),

    Key("batch_order", "o", "order", "sort by the next column (or click its title)", On.BATCH, action="order"),
    Key("batch_turn", "O", "turn", "reverse the order", On.BATCH, action="turn"),
    Key("batch_group", "f", "group", "only the rows of one group", On.BATCH, action="group"),
    Key("batch_sign", "a", "A sign", "only the rows with A > 0, or with A < 0", On.BATCH, action="sign"),
    Key("batch_cell", "c", "cell", "only the rows of the selected row's cell", On.BATCH, action="cell"),
    Key("batch_tile", "enter", "to lake", "close, with the lake's cursor on the row's cell", On.BATCH, action="tile"),
    Key("batch_close", "escape", "close", "show all rows again; then close", On.BATCH, action="close"),
    Key("batch_leave", "i,q", "", "close and keep the filters", On.BATCH, action="leave"),
    Key("batch_left", "left", "", "other columns", On.BATCH, action="columns(-1)"),
    Key("batch_right", "right", on=On.BATCH, action="columns(1)", series="batch_left"),
    Key("row_up", "up", "", "another row", LIST, action="rows(-1)"),
    Key("row_down", "down", on=LIST, action="rows(1)", series="row_up"),
    Key("row_page_up", "pageup", on=LIST, action="page(-1)", series="row_up"),
    Key("row_page_down", "pagedown", on=LIST, action="page(1)", series="row_up"),
    Key("row_top", "home", on=LIST, action="top", series="row_up"),
    Key("row_bottom", "end", on=LIST, action="bottom", series="row_up"),

    Key("compare_side", "tab", "side", "show this run, the other one, or one against the other", On.COMPARE,
        action="side", when=lambda state: bool(state.side)),
    Key("compare_next", "o", "other", "compare with the next branch or earlier run", On.COMPARE, commands.CompareNext(),
        "compare_next",
        when=lambda state: state.snapshot.comparison is not None and state.snapshot.comparison.choices > 1),
    Key("first_difference", "f", "differ", "go to the first difference", On.COMPARE, commands.GoToDifference(),
        when=lambda state: state.snapshot.comparison is not None and state.snapshot.comparison.differs_at is not None),
    Key("compare_close", "escape,c,q", "close", "close; the run stays where it is", On.COMPARE, action="close"),

    Key("branches_name", "n", "rename", "rename the selected branch", On.BRANCHES, action="rename"),
    Key("branches_compare", "c", "compare", "compare this branch with the selected one", On.BRANCHES, action="compare"),
    Key("branches_close", "escape,q,B", "close", "close", On.BRANCHES, action="leave"),

    Key("lessons_close", "escape,l,q", "", "close", On.LESSONS, action="leave"),
    Key("show_next", "right,pagedown", "", "to the next captioned bookmark", On.SHOW, action="stop(1)"),
    Key("show_previous", "left,pageup", "", "to the previous captioned bookmark", On.SHOW, action="stop(-1)"),
    Key("show_close", "escape,S,q", "", "leave show mode", On.SHOW, action="leave"),

    Key("event_open", "enter", "go there", "go to the selected event", On.EVENTS, action="open"),
    Key("event_caption", "n", "caption", "a caption for the selected event, as a bookmark", On.EVENTS, action="caption",
        when=lambda state: state.failure is None),
    Key("events_close", "escape,9,q", "close", "close", On.EVENTS, action="leave"),

    Key("sibling_open", "enter", "open", "open the selected sibling's run from its start", On.SIBLINGS, action="open"),
    Key("siblings_close", "escape,F,q", "close", "close", On.SIBLINGS, action="leave"),

    Key("histories_close", "escape,h,q", "close", "close", On.HISTORIES, action="leave"),

    Key("close_knobs", "escape,p,q", "", "close", On.KNOBS, action="leave"),
    Key("change_here", "enter", "", "change the knob here and keep the weights", On.KNOBS, action="change_here"),
    Key("branch_and_compare", "b", "", "branch here, change the knob there, and compare with the parent", On.KNOBS,
        action="branch_and_compare"),
    Key("start_over", "z,ctrl+o", "", "start a new run with it", On.KNOBS, action="start_over"),
    Key("less", "left", "", "another value", On.KNOBS, action="value(-1)"),
    Key("more", "right", on=On.KNOBS, action="value(1)", series="less"),
    Key("close_help", "escape,question_mark,q", "", "close", On.HELP, action="dismiss"),
    Key("tile_ice", "i", "ice", on=On.TILE, action="choose('F')"),
    Key("tile_hole", "h", "hole", on=On.TILE, action="choose('H')"),
    Key("tile_goal", "g", "goal", on=On.TILE, action="choose('G')"),
    Key("leave_tile", "escape,t,q", "", "close", On.TILE, action="leave"),
    Key("earlier_condition", "up", "", "an earlier condition", On.CONDITION, action="recall(-1)"),
    Key("later_condition", "down", "", "a later condition", On.CONDITION, action="recall(1)"),
    Key("leave_condition", "escape", "", "close", On.CONDITION, action="leave"),
)  # fmt: skip
BY_ID: Mapping[str, Key] = {key.id: key for key in KEYS}


def keys_of(screen: On) -> list[Key]:
    """Return the entries for a screen, in the order of the table."""
    return [key for key in KEYS if key.on & screen]


def bindings(screen: On) -> "list[BindingType]":
    """Return Textual's bindings of a screen; those of the app come before any other."""
    from textual.binding import Binding  # only the screens need it

    return [
        Binding(key.keys, key.run, key.label or key.help, show=False, id=key.id, priority=screen is On.APP)
        for key in keys_of(screen)
    ]


class BoundKeys:
    """The keys that are bound to each entry of the table under a keymap of Textual's."""

    def __init__(self, keymap: Mapping[str, str] = MappingProxyType({})) -> None:
        found: dict[str, dict[str, None]] = {key.id: {} for key in KEYS}
        for screen in On:
            bound = dict[str, str]()
            for key in sorted(keys_of(screen), key=lambda key: key.id in keymap):
                bound |= dict.fromkeys(keymap.get(key.id, key.keys).split(","), key.id)
            for name, id in bound.items():
                found[id][name] = None
        self.keys = {id: tuple(names) for id, names in found.items()}
        self.names: Mapping[str, str] = {id: self._name(id) for id in found}
        """The name of each entry's first key, or of its series of keys, by the entry's id."""
        self.every = {name for names in self.keys.values() for name in names}
        self.once = {name for key in KEYS if key.once for name in self.keys[key.id]}
        """Keys that act once while they are held down."""
        self.commands = {name for key in keys_of(On.MAIN) if key.command is not None for name in self.keys[key.id]}
        """Keys of the main screen that send a command."""

    def all_names(self, id: str) -> str:
        """Return the names of all keys of an entry, separated by commas."""
        series = self._series(id)
        return self.names[id] if len(series) > 1 else ", ".join(map(key_name, self.keys[id])) or UNBOUND

    def _series(self, id: str) -> Sequence[Key]:
        return [key for key in KEYS if id in (key.id, key.series)]

    def _name(self, id: str) -> str:
        keys = [name for key in self._series(id) for name in self.keys[key.id][:1]]
        whole = SERIES.get(" ".join(keys))
        return whole or ", ".join(map(key_name, keys)) or UNBOUND


class HasKeys(Protocol):
    """An app that knows which keys are bound."""

    bound: BoundKeys
