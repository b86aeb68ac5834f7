"""The table of keys: bindings, footers, command palette, help and messages are all made from it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Flag, auto

from textual.binding import Binding

from lakeppo.moment import Moment, Phase
from lakeppo.session.commands import (
    AddBranch,
    Back,
    ChangePace,
    ChangeSlip,
    Command,
    CompareNext,
    CycleDemo,
    CycleSiblings,
    GoBy,
    GoTo,
    GoToDifference,
    GoToEnd,
    NextBranch,
    Save,
    StartSeed,
    Step,
    ToggleBookmark,
    TogglePlay,
    Unit,
)
from lakeppo.tui.state import AppState


class On(Flag):
    """The screens on which a key works."""

    APP = auto()
    LOADING = auto()
    MAIN = auto()
    BATCH = auto()
    COMPARE = auto()
    BRANCHES = auto()
    SIBLINGS = auto()
    KNOBS = auto()
    HELP = auto()
    TILE = auto()


RUN = On.LOADING | On.MAIN | On.BATCH | On.COMPARE | On.SIBLINGS
"""Screens from which the run goes on."""


def _always(state: AppState) -> bool:
    return True


def _running(state: AppState) -> bool:
    return state.failure is None


def _has_siblings(state: AppState) -> bool:
    return state.siblings is not None


def _differs(state: AppState) -> bool:
    beside = state.snapshot.comparison
    return beside is not None and beside.differs_at is not None


def _choice(state: AppState) -> bool:
    beside = state.snapshot.comparison
    return beside is not None and beside.choices > 1


def _one_side(state: AppState) -> bool:
    return bool(state.side)


def _toggle_label(state: AppState) -> str | None:
    return {"playing": "pause", "finished": "go on"}.get(state.status)


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


def _phase_label(state: AppState) -> str | None:
    return Phase((state.moment.phase + 1) % 4).name.lower() if state.resting else None


def _demo_label(state: AppState) -> str | None:
    return None if state.demo is None else "back" if state.demo.greedy else "greedy"


def _slip_label(state: AppState) -> str | None:
    return "slippery" if state.config.slip == 0 else "firm"


def _siblings_label(state: AppState) -> str | None:
    siblings = state.siblings
    if siblings is None or siblings.outdated:
        return None
    return "256 siblings" if len(siblings.seeds) == 64 else "no siblings"


def _back_label(state: AppState) -> str | None:
    return "all panels" if state.large else None


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
    repeats: bool = True  # whether a key held down acts again
    when: Callable[[AppState], bool] = _always
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
OVER = On.BATCH | On.COMPARE | On.SIBLINGS
LIST = On.BATCH | On.SIBLINGS
GRID = On.MAIN | On.COMPARE
START = GoTo(Moment(0, Phase.COLLECT, 0))
UNIT = "one environment step; while a batch rests its next sample, and after the last one the next unit of the phase"
DEMO = "demonstrate the policy without learning: sampled actions, then greedy ones, then back to the run"
EXPORT = "write the screen as SVG, the batch as CSV and the run as TOML into the exports folder of the saves"
SIBLINGS = "train 64, then 256 runs with other seeds beside this one and draw their fan; then none"
PANELS = f"one panel alone (or double-click it): {', '.join(PANEL_NAMES)}; the same key again shows all"
KEYS: tuple[Key, ...] = (
    Key("toggle", "space", "play", "play or pause", RUN, TogglePlay(),
        repeats=False, state_label=_toggle_label, width=5),
    Key("unit", "full_stop", "step", UNIT, RUN, Step(Unit.NEXT), "step(1)",
        state_label=_unit_label, back="back_unit", width=6),
    Key("pass", "e", "pass", "through the next gradient pass", RUN, Step(Unit.PASS), state_label=_pass_label, width=7),
    Key("phase", "n", "phase", "to the next phase", RUN, Step(Unit.PHASE), state_label=_phase_label, width=7),
    Key("update", "u", "update", "through the next copy: the rest of this update", RUN, Step(Unit.COPY)),
    Key("goal", "g", "goal", "to the next step that reaches the goal; any key stops it", RUN, Step(Unit.GOAL)),
    Key("slip_switch", "s", "slip", "set slip to 0 if it is above 0, else to 2/3", RUN, ChangeSlip(0),
        repeats=False, state_label=_slip_label, width=8),
    Key("demo", "d", "demo", DEMO, RUN, CycleDemo(), state_label=_demo_label, width=6),
    Key("siblings", "f", "siblings", SIBLINGS, On.LOADING | On.MAIN | On.SIBLINGS, CycleSiblings(),
        state_label=_siblings_label, width=12),
    Key("sibling_list", "F", "list them", "list the siblings, the best first; each can be opened as a run",
        action="siblings", repeats=False, when=_has_siblings),
    Key("view", "v", "view", "show arrows, values, value error, visits, old and new, or optimal actions",
        GRID, action="cycle_view"),
    Key("tile", "t", "tile", "make the tile under the cursor ice, a hole or a goal",
        action="tile", repeats=False, when=_running),
    Key("batch", "i", "batch", "the batch table: the rows of the tile under the cursor, or all rows",
        action="batch", repeats=False),
    Key("help", "question_mark", "help", "this help", On.LOADING | On.MAIN | On.BATCH | On.COMPARE | On.KNOBS,
        action="app.help", repeats=False),
    Key("quit", "q", "quit", "save and quit", On.LOADING | On.MAIN, action="app.quit"),
    Key("slower", "less_than_sign", "slower", "slower: down to one environment step in two seconds", RUN,
        ChangePace(-1)),
    Key("faster", "greater_than_sign", "faster", "faster: up to full speed", RUN, ChangePace(1)),
    Key("slip_down", "minus", "less slip", "decrease slip to the next multiple of 0.05, or 2/3", RUN, ChangeSlip(-1)),
    Key("slip_up", "plus,equals_sign", "more slip", "increase slip to the next multiple of 0.05, or 2/3", RUN,
        ChangeSlip(1)),
    Key("back_unit", "comma", "step back", "one sample or unit back", RUN, Back(Unit.NEXT), "step(-1)"),
    Key("back_pass", "E", "pass back", "back to the end of the previous pass", RUN, Back(Unit.PASS)),
    Key("back_phase", "N", "phase back", "back to the previous start of a phase", RUN, Back(Unit.PHASE)),
    Key("back_update", "U", "update back", "back to the end of the previous copy", RUN, Back(Unit.COPY)),
    Key("back_goal", "G", "goal back", "back to the previous step that reached the goal", RUN, Back(Unit.GOAL)),
    Key("earlier", "left_square_bracket", "time", "one update back", RUN, GoBy(-1), back="later"),
    Key("later", "right_square_bracket", "forward", "one update forward, as far as the branch goes", RUN, GoBy(1)),
    Key("earlier10", "left_curly_bracket", "10 earlier", "ten updates back", RUN, GoBy(-10)),
    Key("later10", "right_curly_bracket", "10 later", "ten updates forward, as far as the branch goes", RUN, GoBy(10)),
    Key("start", "home", "start", "to the start of the run", RUN & ~LIST, START),
    Key("end", "end", "now", "to now: the end of the branch", RUN & ~LIST, GoToEnd()),
    Key("bookmark", "m", "bookmark", "set a bookmark here, or remove it", RUN, ToggleBookmark()),
    Key("branch", "b", "branch", "start a branch here; a change in the past starts one too", RUN, AddBranch(),
        repeats=False),
    Key("compare", "c", "compare", "compare this branch with its parent, or with an earlier run, in lock-step",
        action="compare", repeats=False),
    Key("branches", "B", "branches", "all branches of this run: go to one, or compare with it",
        action="branches", repeats=False),
    Key("next_branch", "tab", "next branch", "go to the end of the next branch", RUN & ~On.COMPARE, NextBranch()),
    Key("knobs", "p", "knobs", "change a knob: keep the weights, or start over; presets", On.MAIN | On.BATCH,
        action="knobs", repeats=False, when=_running),
    Key("new_seed", "r", "new seed", "start a new run with the next seed", RUN, StartSeed(), repeats=False),
    Key("save", "w", "save", "save now", RUN, Save(), repeats=False),
    Key("export", "x", "export", EXPORT, On.MAIN | OVER, action="app.export", repeats=False),
    Key("cursor_up", "up", "tile", "move the cursor (or click a tile)", GRID, action="cursor(-1,0)"),
    Key("cursor_down", "down", on=GRID, action="cursor(1,0)", series="cursor_up"),
    Key("cursor_left", "left", on=GRID, action="cursor(0,-1)", series="cursor_up"),
    Key("cursor_right", "right", on=GRID, action="cursor(0,1)", series="cursor_up"),
    Key("back", "escape", "", "show all panels; leave the sample; let the cursor follow the agent again",
        action="back", state_label=_back_label),
    Key("large_next", "z", "large", "one panel alone, then the next one, then all", action="enlarge_next"),
    *(Key(f"large_{name}", digit, "", PANELS if digit == "1" else "", action=f"enlarge('{name}')",
          series="" if digit == "1" else f"large_{PANEL_NAMES[0]}")
      for digit, name in zip("123456789", PANEL_NAMES, strict=True)),
    Key("palette", "ctrl+p", "", "command palette; the colour themes too", On.APP, action="app.command_palette"),
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
        action="side", when=_one_side),
    Key("compare_next", "o", "other", "compare with the next branch or earlier run", On.COMPARE, CompareNext(),
        "compare_next", when=_choice),
    Key("first_difference", "f", "differ", "go to the first difference", On.COMPARE, GoToDifference(), when=_differs),
    Key("compare_close", "escape,c,q", "close", "close; the run stays where it is", On.COMPARE, action="close"),

    Key("branches_name", "n", "rename", "rename the selected branch", On.BRANCHES, action="rename"),
    Key("branches_compare", "c", "compare", "compare the present branch with the selected one", On.BRANCHES,
        action="compare"),
    Key("branches_close", "escape,q,B", "close", "close", On.BRANCHES, action="leave"),

    Key("sibling_open", "enter", "open", "open the selected sibling as a run, from its start", On.SIBLINGS,
        action="open"),
    Key("siblings_close", "escape,F,q", "close", "close", On.SIBLINGS, action="leave"),

    Key("close_knobs", "escape,p,q", "", "close", On.KNOBS, action="leave"),
    Key("start_over", "ctrl+o", "", "start over", On.KNOBS, action="start_over"),
    Key("close_help", "escape,question_mark,q", "", "close", On.HELP, action="dismiss"),
    Key("tile_ice", "i", "ice", on=On.TILE, action="choose('F')"),
    Key("tile_hole", "h", "hole", on=On.TILE, action="choose('H')"),
    Key("tile_goal", "g", "goal", on=On.TILE, action="choose('G')"),
    Key("leave_tile", "escape,t,q", "", "close", On.TILE, action="leave"),
)  # fmt: skip
BY_ID: Mapping[str, Key] = {key.id: key for key in KEYS}


def keys_of(screen: On) -> list[Key]:
    """Return the entries for a screen, in the order of the table."""
    return [key for key in KEYS if key.on & screen]


def bindings(screen: On) -> list[Binding]:
    """Return Textual's bindings of a screen; those of the app come before any other."""
    return [
        Binding(key.keys, key.run, key.label or key.help, show=False, id=key.id, priority=screen is On.APP)
        for key in keys_of(screen)
    ]
