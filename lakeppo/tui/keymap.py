"""The table of keys: bindings, footers, command palette, help and messages are all made from it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Flag
from typing import TYPE_CHECKING

from lakeppo.i18n import N_, _
from lakeppo.moment import BEGINNING
from lakeppo.session import commands
from lakeppo.session.commands import Command, Unit
from lakeppo.tui.state import AppState
from lakeppo.tui.text import key_texts as texts

if TYPE_CHECKING:
    from textual.binding import BindingType


On = Flag(
    "On",
    "APP LOADING MAIN BATCH COMPARE BRANCHES SIBLINGS HISTORIES EVENTS SHOW LESSONS SPOT KNOBS HELP TILE CONDITION",
)
"""The screens on which a key works."""
RUN = On.LOADING | On.MAIN | On.BATCH | On.COMPARE | On.SIBLINGS | On.HISTORIES
"""Screens from which the run goes on."""
READ = RUN | On.BRANCHES | On.EVENTS | On.SHOW | On.LESSONS | On.SPOT | On.KNOBS | On.HELP | On.TILE
"""Screens on which a letter is a key, except in a field."""


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
        return (self.state_label and self.state_label(state)) or self.name

    @property
    def name(self) -> str:
        """What the key does, in a word or two, whatever the state is."""
        return _(self.label)

    @property
    def meaning(self) -> str:
        """What the key does, in a sentence."""
        return _(self.help)


PANEL_NAMES = ("lake", "question", "tile", "readouts", "success", "why", "knobs", "phases", "timeline")
LIST = On.BATCH | On.SIBLINGS | On.HISTORIES | On.EVENTS
GRID = On.MAIN | On.COMPARE
KEYS: tuple[Key, ...] = (
    Key("toggle", "space", N_("play"), N_("play or pause"), RUN | On.SHOW, commands.TogglePlay(), "play", once=True,
        state_label=texts.play_label),
    Key("play_beside", "space", N_("play"), N_("play or pause the run beside it"),
        On.BRANCHES | On.EVENTS | On.KNOBS | On.TILE, commands.TogglePlay(), "play", once=True,
        state_label=texts.play_label),
    Key("unit", "full_stop", N_("step"), texts.UNIT, RUN, commands.Step(Unit.NEXT), "step(1)",
        state_label=texts.unit_label, back="back_unit"),
    Key("pass", "e", N_("pass"), N_("through the next gradient pass"), RUN, commands.Step(Unit.PASS),
        state_label=texts.pass_label),
    Key("phase", "n", N_("phase"), N_("to the next phase"), RUN, commands.Step(Unit.PHASE),
        state_label=texts.phase_label),
    Key("update", "u", N_("update"), N_("through the next copy: the rest of this update"), RUN,
        commands.Step(Unit.COPY)),
    Key("goal", "g", N_("goal"), N_("to the next step that reaches the goal; any key stops it"), RUN,
        commands.Step(Unit.GOAL)),
    Key("slip_switch", "s", N_("slip"), N_("set slip to 0 if it is above 0, else to 2/3"), RUN, commands.ChangeSlip(0),
        once=True, state_label=texts.slip_label),
    Key("demo", "d", N_("demo"), texts.DEMO, RUN, commands.CycleDemo(), state_label=texts.demo_label),
    Key("siblings", "f", N_("siblings"), texts.SIBLINGS, On.LOADING | On.MAIN | On.SIBLINGS, commands.CycleSiblings(),
        state_label=texts.siblings_label),
    Key("sibling_list", "F", N_("list them"), N_("list the siblings, the best first; each can be opened as a run"),
        action="siblings", once=True, when=lambda state: state.siblings is not None),
    Key("view", "v", N_("view"), N_("show arrows, values, value error, visits, old and new, or optimal actions"),
        GRID, action="cycle_view"),
    Key("tile", "t", N_("tile"), N_("make the tile under the cursor ice, a hole or a goal"), action="tile", once=True,
        when=lambda state: state.failure is None),
    Key("batch", "i", N_("batch"), N_("the batch table: the rows of the tile under the cursor, or all rows"),
        action="batch", once=True),
    Key("why_there", "y", N_("why there"), N_("why the arrow on this tile points where it does; again: further back"),
        action="why_there", when=lambda state: state.failure is None),
    Key("spot", "X", N_("spot"), N_("spot the bug: the four files of a program with a fault (tui --spot)"), GRID,
        action="app.spot", once=True, when=lambda state: state.snapshot.spot is not None),
    Key("histories", "h", N_("histories"), N_("every statistic of an update over the whole run, as charts"),
        action="histories", once=True),
    Key("help", "question_mark", N_("help"), N_("this help"), On.LOADING | On.MAIN | On.BATCH | On.COMPARE | On.KNOBS,
        action="app.help", once=True),
    Key("words", "W", "", N_("what the words and figures mean (or let the mouse rest on one)"),
        On.LOADING | On.MAIN | On.BATCH | On.COMPARE | On.SIBLINGS, action="app.words", once=True),
    Key("quit", "q", N_("quit"), N_("save and quit"), On.LOADING | On.MAIN, action="app.quit"),
    Key("slower", "less_than_sign", N_("slower"), N_("slower: down to one environment step in two seconds"), RUN,
        commands.ChangePace(-1)),
    Key("faster", "greater_than_sign", N_("faster"), N_("faster: up to full speed"), RUN, commands.ChangePace(1)),
    Key("stop_when", "colon", N_("stop when"), texts.STOP_WHEN, action="stop_when", once=True,
        when=lambda state: state.failure is None),
    Key("slip_down", "minus", N_("less slip"), N_("decrease slip to the next multiple of 0.05, or 2/3"), RUN,
        commands.ChangeSlip(-1)),
    Key("slip_up", "plus,equals_sign", N_("more slip"), N_("increase slip to the next multiple of 0.05, or 2/3"), RUN,
        commands.ChangeSlip(1)),
    Key("back_unit", "comma", N_("step back"), N_("one sample or unit back"), RUN,
        commands.Back(Unit.NEXT), "step(-1)"),
    Key("back_pass", "E", N_("pass back"), N_("back to the end of the previous pass"), RUN, commands.Back(Unit.PASS)),
    Key("back_phase", "N", N_("phase back"), N_("back to the previous start of a phase"), RUN,
        commands.Back(Unit.PHASE)),
    Key("back_update", "U", N_("update back"), N_("back to the end of the previous copy"), RUN,
        commands.Back(Unit.COPY)),
    Key("back_goal", "G", N_("goal back"), N_("back to the previous step into the goal"), RUN,
        commands.Back(Unit.GOAL)),
    Key("earlier", "left_square_bracket", N_("time"), N_("one update back"), RUN, commands.GoBy(-1), back="later"),
    Key("later", "right_square_bracket", N_("forward"), N_("one update forward, within the branch"), RUN,
        commands.GoBy(1)),
    Key("earlier10", "left_curly_bracket", N_("10 earlier"), N_("ten updates back"), RUN, commands.GoBy(-10)),
    Key("later10", "right_curly_bracket", N_("10 later"), N_("ten updates forward, within the branch"), RUN,
        commands.GoBy(10)),
    Key("start", "home", N_("start"), N_("to the start of the run"), RUN & ~LIST,
        commands.GoTo(BEGINNING)),
    Key("end", "end", N_("now"), N_("to now: the end of the branch"), RUN & ~LIST, commands.GoToEnd()),
    Key("next_event", "exclamation_mark", N_("event"), texts.EVENT, RUN, commands.NextEvent(1), back="previous_event"),
    Key("previous_event", "at", N_("event back"), N_("to the last event before this moment"), RUN,
        commands.NextEvent(-1)),
    Key("events", "9", N_("events"), N_("the list of events: go to one, or give it a caption"),
        action="events", once=True),
    Key("bookmark", "m", N_("bookmark"), N_("set a bookmark here, or remove it"), RUN, commands.ToggleBookmark()),
    Key("caption", "M", N_("caption"), N_("set a bookmark with a caption here"), action="caption", once=True,
        when=lambda state: state.failure is None),
    Key("branch", "b", N_("branch"), N_("start a branch here; a change in the past starts one too"), RUN,
        commands.AddBranch(),
        once=True),
    Key("compare", "c", N_("compare"), N_("compare this branch with its parent, or with an earlier run, in lock-step"),
        action="compare", once=True),
    Key("branches", "B", N_("branches"), N_("all branches of this run: go to one, or compare with it"),
        action="branches", once=True),
    Key("next_branch", "tab", N_("next branch"), N_("to the end of the next branch"), RUN & ~On.COMPARE,
        commands.NextBranch()),
    Key("knobs", "p", N_("knobs"), N_("the knobs: change one here, on a branch beside it, or start over"),
        On.MAIN | On.BATCH,
        action="knobs", once=True, when=lambda state: state.failure is None),
    Key("show", "S", N_("show"), N_("show mode: the lake and one sentence, from caption to caption"),
        action="show", once=True),
    Key("lessons", "l", N_("lessons"), N_("the lessons: predict, run, compare, try"), action="lessons", once=True),
    Key("tour", "T", N_("tour"), N_("the first minute: six texts on the run on screen"), action="tour", once=True),
    Key("new_seed", "r", N_("new seed"), N_("start a new run with the next seed"), RUN,
        commands.StartSeed(), once=True),
    Key("save", "w", N_("save"), N_("save now"), RUN, commands.Save(), once=True),
    Key("export", "x", N_("export"), texts.EXPORT, RUN & ~On.LOADING | On.EVENTS, action="app.export", once=True),
    Key("cursor_up", "up", N_("tile"), N_("move the cursor (or click a tile)"), GRID, action="cursor(-1,0)"),
    Key("cursor_down", "down", on=GRID, action="cursor(1,0)", series="cursor_up"),
    Key("cursor_left", "left", on=GRID, action="cursor(0,-1)", series="cursor_up"),
    Key("cursor_right", "right", on=GRID, action="cursor(0,1)", series="cursor_up"),
    Key("back", "escape", "", N_("show all panels; leave the sample; let the cursor follow the agent again"),
        action="back", state_label=texts.back_label),
    Key("large_next", "z", N_("large"), N_("one panel alone, then the next one, then all"), action="enlarge_next"),
    *(Key(f"large_{name}", digit, "", texts.PANELS if digit == "1" else "", action=f"enlarge('{name}')",
          series="" if digit == "1" else f"large_{PANEL_NAMES[0]}")
      for digit, name in zip("123456780", PANEL_NAMES, strict=True)),
    Key("palette", "ctrl+p", "", N_("command palette; the colour themes too"), On.APP, action="app.command_palette"),
    Key("redraw", "ctrl+l", "", N_("redraw the screen"), On.APP, action="app.redraw"),
    Key("suspend", "ctrl+z", "", N_("suspend to the shell; fg returns"), On.APP, action="app.suspend_process"),
    Key("language", "L", "", N_("the other language: English, Chinese"), READ, action="app.language", once=True),
    Key("interrupt", "ctrl+c", "", N_("leave at once, with exit status 130"), On.APP, action="app.interrupt"),

    Key("batch_part", "V", N_("parts"), texts.PART, On.BATCH, action="part", state_label=texts.part_label),
    Key("batch_order", "o", N_("order"), N_("sort by the next column (or click its title)"), On.BATCH, action="order"),
    Key("batch_turn", "O", N_("turn"), N_("reverse the order"), On.BATCH, action="turn"),
    Key("batch_group", "f", N_("group"), N_("only the rows of one group"), On.BATCH, action="group"),
    Key("batch_sign", "a", N_("A sign"), N_("only the rows with A > 0, or with A < 0"), On.BATCH, action="sign"),
    Key("batch_cell", "c", N_("tile"), texts.ROWS, On.BATCH, action="rows_of", state_label=texts.rows_label),
    Key("batch_tile", "enter", N_("to lake"), texts.TO_LAKE, On.BATCH, action="tile"),
    Key("batch_close", "escape", N_("close"), N_("show all rows again; then close"), On.BATCH, action="close"),
    Key("batch_leave", "i,q", "", N_("close and keep the filters"), On.BATCH, action="leave"),
    Key("batch_left", "left", "", N_("other columns"), On.BATCH, action="columns(-1)"),
    Key("batch_right", "right", on=On.BATCH, action="columns(1)", series="batch_left"),
    Key("row_up", "up", "", N_("another row"), LIST, action="rows(-1)"),
    Key("row_down", "down", on=LIST, action="rows(1)", series="row_up"),
    Key("row_page_up", "pageup", on=LIST, action="page(-1)", series="row_up"),
    Key("row_page_down", "pagedown", on=LIST, action="page(1)", series="row_up"),
    Key("row_top", "home", on=LIST, action="top", series="row_up"),
    Key("row_bottom", "end", on=LIST, action="bottom", series="row_up"),

    Key("compare_side", "tab", N_("side"), N_("show this run, the other one, or one against the other"), On.COMPARE,
        action="side", when=lambda state: bool(state.side)),
    Key("compare_next", "o", N_("other"), N_("compare with the next branch or earlier run"), On.COMPARE,
        commands.CompareNext(),
        "compare_next",
        when=lambda state: state.snapshot.comparison is not None and state.snapshot.comparison.choices > 1),
    Key("first_difference", "f", N_("differ"), N_("go to the first difference"), On.COMPARE, commands.GoToDifference(),
        when=lambda state: state.snapshot.comparison is not None and state.snapshot.comparison.differs_at is not None),
    Key("compare_close", "escape,c,q", N_("close"), N_("close; the run stays where it is"), On.COMPARE, action="close"),

    Key("branches_name", "n", N_("rename"), N_("rename the selected branch"), On.BRANCHES, action="rename"),
    Key("branches_compare", "c", N_("compare"), N_("compare this branch with the selected one"), On.BRANCHES,
        action="compare"),
    Key("branches_close", "escape,q,B", N_("close"), N_("close"), On.BRANCHES, action="leave"),

    Key("lessons_close", "escape,l,q", "", N_("close"), On.LESSONS, action="leave"),
    Key("spot_next", "tab,right", N_("file"), N_("the next file"), On.SPOT, action="file(1)"),
    Key("spot_previous", "shift+tab,left", "", N_("the file before"), On.SPOT, action="file(-1)"),
    Key("spot_hint", "h", N_("hint"), N_("a hint, which costs nothing"), On.SPOT, action="hint"),
    Key("spot_answer", "a", N_("answer"), N_("the faulty line, why, and the first number that differs"), On.SPOT,
        action="answer"),
    Key("spot_erase", "backspace", "", N_("take back a digit of the line"), On.SPOT, action="erase"),
    Key("spot_back", "b", N_("own run"), N_("close, and go back to the run before"), On.SPOT, action="back"),
    Key("spot_close", "escape,X,q", "", N_("close"), On.SPOT, action="leave"),
    Key("show_next", "right,pagedown", "", N_("to the next captioned bookmark"), On.SHOW, action="stop(1)"),
    Key("show_previous", "left,pageup", "", N_("to the previous captioned bookmark"), On.SHOW, action="stop(-1)"),
    Key("show_close", "escape,S,q", "", N_("leave show mode"), On.SHOW, action="leave"),

    Key("event_open", "enter", N_("go there"), N_("go to the selected event"), On.EVENTS, action="open"),
    Key("event_caption", "n", N_("caption"), N_("a caption for the selected event, as a bookmark"), On.EVENTS,
        action="caption",
        when=lambda state: state.failure is None),
    Key("events_close", "escape,9,q", N_("close"), N_("close"), On.EVENTS, action="leave"),

    Key("sibling_open", "enter", N_("open"), N_("open the selected sibling's run from its start"), On.SIBLINGS,
        action="open"),
    Key("siblings_close", "escape,F,q", N_("close"), N_("close"), On.SIBLINGS, action="leave"),

    Key("histories_close", "escape,h,q", N_("close"), N_("close"), On.HISTORIES, action="leave"),

    Key("close_knobs", "escape,p,q", "", N_("close"), On.KNOBS, action="leave"),
    Key("change_here", "enter", "", N_("change the knob here and keep the weights"), On.KNOBS, action="change_here"),
    Key("branch_and_compare", "b", "", N_("branch here, change the knob there, and compare with the parent"), On.KNOBS,
        action="branch_and_compare"),
    Key("start_over", "z,ctrl+o", "", N_("start a new run with it"), On.KNOBS, action="start_over"),
    Key("less", "left", "", N_("another value"), On.KNOBS, action="value(-1)"),
    Key("more", "right", on=On.KNOBS, action="value(1)", series="less"),
    Key("close_help", "escape,question_mark,q", "", N_("close"), On.HELP, action="dismiss"),
    Key("tile_ice", "i", N_("ice"), on=On.TILE, action="choose('F')"),
    Key("tile_hole", "h", N_("hole"), on=On.TILE, action="choose('H')"),
    Key("tile_goal", "g", N_("goal"), on=On.TILE, action="choose('G')"),
    Key("leave_tile", "escape,t,q", "", N_("close"), On.TILE, action="leave"),
    Key("earlier_condition", "up", "", N_("an earlier condition"), On.CONDITION, action="recall(-1)"),
    Key("later_condition", "down", "", N_("a later condition"), On.CONDITION, action="recall(1)"),
    Key("leave_condition", "escape", "", N_("close"), On.CONDITION, action="leave"),
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
