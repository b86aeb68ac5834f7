"""One table of keys: bindings, footer, command palette and help are all made from it."""

from collections.abc import Callable
from typing import NamedTuple

from textual.binding import Binding

from lakeppo.moment import Phase
from lakeppo.tui.state import AppState


def _always(state: AppState) -> bool:
    return True


def _running(state: AppState) -> bool:
    """The worker is alive; what is typed while it still imports torch waits for it."""
    return state.failure is None


def _differs(state: AppState) -> bool:
    """Whether two runs that are compared are known to differ."""
    beside = state.snapshot.beside if state.snapshot else None
    return beside is not None and beside.differs_at is not None


def _choice(state: AppState) -> bool:
    """Whether there are several runs to compare with."""
    beside = state.snapshot.beside if state.snapshot else None
    return beside is not None and beside.choices > 1


def _one_side(state: AppState) -> bool:
    """Whether one of two runs is shown at a time."""
    return bool(state.side)


def _has_siblings(state: AppState) -> bool:
    return state.fan is not None


LabelFor = Callable[[AppState], str | None]


def _as_it_is(state: AppState) -> str | None:
    return None


class Key(NamedTuple):
    """One thing a key does. `label` is for the footer, `help` for the help screen and the palette."""

    id: str
    keys: str  # as Textual names them, separated by commas
    shown: str  # as people read them
    action: str
    label: str
    help: str
    when: Callable[[AppState], bool] = _running
    other: LabelFor = _as_it_is  # another label, for the state the run is in
    back: str | None = None  # the key of the way back, which stands beside it in the footer
    width: int = 0  # of the longest label, so that the footer never moves


def _toggle_label(state: AppState) -> str | None:
    return {"playing": "pause", "finished": "go on"}.get(state.status)


def _unit_label(state: AppState) -> str | None:
    """What `.` does next: while a run plays it pauses it, and steps."""
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
    fan = state.fan
    return None if fan is None or fan.stale else "256 siblings" if len(fan.seeds) == 64 else "no siblings"


def _command(
    id: str,
    keys: str,
    shown: str,
    label: str,
    help: str,
    other: LabelFor = _as_it_is,
    back: str | None = None,
    width: int = 0,
) -> Key:
    """A key that only sends its id to the worker."""
    return Key(id, keys, shown, f"send('{id}')", label, help, other=other, back=back, width=width)


UNIT = "one environment step; where a batch lies still, its next sample, and after the last the phase's next unit"
DEMO = "demonstrate without learning: drawn actions, then greedy, then back"
BACK = "all panels again; leave the sample; let the inspector follow the agent again"
PANEL_NAMES = ("lake", "question", "tile", "readouts", "success", "why", "knobs", "phases", "timeline")
PANELS = f"a panel alone (or double-click it): {', '.join(PANEL_NAMES)}; again or esc: all"
EXPORT = "write the screen as SVG, the batch as CSV and the run as TOML into the saves folder's exports"
SIBLINGS = "train 64, then 256 runs with other seeds beside this one, and draw their fan; then none"
KEYS: tuple[Key, ...] = (
    _command("toggle", "space", "space", "play", "play or pause", other=_toggle_label, width=5),
    Key("unit", "full_stop", ".", "step(1)", "step", UNIT, other=_unit_label, back="back_unit", width=6),
    _command("pass", "e", "e", "pass", "through the next gradient pass", other=_pass_label, width=7),
    _command("phase", "n", "n", "phase", "to the next phase", other=_phase_label, width=7),
    _command("update", "u", "u", "update", "through the next copy: the rest of this update"),
    _command("goal", "g", "g", "goal", "to the step that next reaches the goal; any key stops it"),
    _command("slip_switch", "s", "s", "slip", "slip to 0 if it is above, else to 2/3", other=_slip_label, width=8),
    _command("demo", "d", "d", "demo", DEMO, other=_demo_label, width=6),
    _command("siblings", "f", "f", "siblings", SIBLINGS, other=_siblings_label, width=12),
    Key(
        "family",
        "F",
        "F",
        "siblings",
        "list them",
        "list the siblings, the best first; enter opens one as a run",
        _has_siblings,
    ),
    Key("view", "v", "v", "cycle_view", "view", "arrows, values, value error, visits, old and new, optimal", _always),
    Key("tile", "t", "t", "tile", "tile", "make the tile under the cursor ice, a hole or a goal"),
    Key("batch", "i", "i", "batch", "batch", "the batch, row by row: of the tile under the cursor, or all", _always),
    Key("help", "question_mark", "?", "help", "help", "this help", _always),
    Key("quit", "q", "q", "quit", "quit", "save and leave", _always),
    _command("slower", "less_than_sign", "<", "slower", "slower: down to one environment step in two seconds"),
    _command("faster", "greater_than_sign", ">", "faster", "faster: up to as fast as it goes"),
    _command("slip_down", "minus", "-", "less slip", "slip down to the next multiple of 0.05, or 2/3"),
    _command(
        "slip_up", "plus,equals_sign", "+", "more slip", "slip up to the next multiple of 0.05, or 2/3 (= works too)"
    ),
    Key("back_unit", "comma", ",", "step(-1)", "step back", "one sample or unit back"),
    _command("back_pass", "E", "E", "pass back", "back to right after the pass before"),
    _command("back_phase", "N", "N", "phase back", "back to where a phase began"),
    _command("back_update", "U", "U", "update back", "back to right after the copy before"),
    _command("back_goal", "G", "G", "goal back", "back to the step that reached a goal before"),
    _command("earlier", "left_square_bracket", "[", "time", "one update back", back="later"),
    _command("later", "right_square_bracket", "]", "forward", "one update forward, as far as the run has gone"),
    _command("earlier10", "left_curly_bracket", "{", "10 earlier", "ten updates back"),
    _command("later10", "right_curly_bracket", "}", "10 later", "ten updates forward, as far as the run has gone"),
    _command("start", "home", "home", "start", "to the beginning of the run"),
    _command("end", "end", "end", "now", "to now: as far as the run has gone"),
    _command("bookmark", "m", "m", "bookmark", "set a bookmark here, or take it away"),
    _command("branch", "b", "b", "branch", "begin a new line of the run here; a change in the past does so by itself"),
    Key(
        "compare",
        "c",
        "c",
        "compare",
        "compare",
        "this line beside its parent, or an earlier run, in lock-step",
        _always,
    ),
    Key("branches", "B", "B", "branches", "branches", "all lines of this run: go to one, or compare with it", _always),
    _command("next_line", "tab", "tab", "next line", "go to the end of the next branch"),
    Key("knobs", "p", "p", "knobs", "knobs", "change a knob: keep the weights, or start over; presets"),
    _command("fresh", "r", "r", "new seed", "a fresh run with the next seed"),
    _command("save", "w", "w", "save", "save now"),
    Key("export", "x", "x", "app.export", "export", EXPORT, _always),
    Key("cursor_up", "up", "arrows", "cursor(-1,0)", "tile", "move the inspector (or click a tile)", _always),
    Key("cursor_down", "down", "", "cursor(1,0)", "", "", _always),
    Key("cursor_left", "left", "", "cursor(0,-1)", "", "", _always),
    Key("cursor_right", "right", "", "cursor(0,1)", "", "", _always),
    Key("back", "escape", "esc", "back", "", BACK, _always, lambda state: "all panels" if state.large else None),
    Key("large_next", "z", "z", "enlarge_next", "large", "one panel alone, then the next; esc: all", _always),
    *(
        Key(f"large_{name}", digit, "1 to 9" if digit == "1" else "", f"enlarge('{name}')", "", PANELS, _always)
        for digit, name in zip("123456789", PANEL_NAMES, strict=True)
    ),
    Key(
        "palette",
        "ctrl+p",
        "ctrl+p",
        "app.command_palette",
        "",
        "command palette; it has the colour themes too",
        _always,
    ),
    Key("suspend", "ctrl+z", "ctrl+z", "app.suspend_process", "", "suspend to the shell; fg comes back", _always),
    Key("interrupt", "ctrl+c", "ctrl+c", "app.interrupt", "", "leave at once, with exit status 130", _always),
)
BATCH_KEYS: tuple[Key, ...] = (
    Key("batch_order", "o", "o", "order", "order", "sort by the next column (or click on its title)", _always),
    Key("batch_turn", "O", "O", "turn", "turn", "the largest first, or the smallest", _always),
    Key("batch_group", "f", "f", "group", "group", "only rows of one group", _always),
    Key("batch_sign", "a", "a", "sign", "A sign", "only rows with A > 0, or with A < 0", _always),
    Key("batch_cell", "c", "c", "cell", "cell", "only rows of the selected row's cell", _always),
    Key("batch_tile", "enter", "enter", "tile", "to lake", "close, the lake's cursor on the row's cell", _always),
    Key("batch_export", "x", "x", "app.export", "export", EXPORT, _always),
    Key("batch_close", "escape", "esc", "close", "close", "all rows again; then close", _always),
    Key("batch_leave", "i,q", "i, q", "leave", "", "close, and keep the filters", _always),
    Key("batch_knobs", "p", "p", "desk('knobs')", "knobs", "the knobs, as on the desk", _always),
    Key("batch_help", "question_mark", "?", "desk('help')", "help", "the help", _always),
    Key("batch_up", "up", "arrows", "rows(-1)", "", "another row; sideways, other columns", _always),
    Key("batch_down", "down", "", "rows(1)", "", "", _always),
    Key("batch_left", "left", "", "columns(-1)", "", "", _always),
    Key("batch_right", "right", "", "columns(1)", "", "", _always),
    Key("batch_page_up", "pageup", "", "page(-1)", "", "", _always),
    Key("batch_page_down", "pagedown", "", "page(1)", "", "", _always),
    Key("batch_top", "home", "", "top", "", "", _always),
    Key("batch_bottom", "end", "", "bottom", "", "", _always),
)
"""The keys of the batch's table; beside them all that only speak to the worker."""
COMPARE_KEYS: tuple[Key, ...] = (
    Key("compare_side", "tab", "tab", "side", "side", "this run, the other, one against the other", _one_side),
    Key("next_rival", "o", "o", "send('next_rival')", "other", "compare with the next line or earlier run", _choice),
    Key(
        "first_difference",
        "f",
        "f",
        "send('first_difference')",
        "differ",
        "go to where the two first differ",
        _differs,
    ),
    Key("compare_view", "v", "v", "cycle_view", "view", "what the lakes show", _always),
    Key(
        "compare_close",
        "escape,c,q",
        "esc",
        "close",
        "close",
        "close; the run stays where it stands (c, q too)",
        _always,
    ),
    Key("compare_export", "x", "x", "app.export", "export", EXPORT, _always),
    Key("compare_help", "question_mark", "?", "help", "help", "the help", _always),
    Key("compare_up", "up", "arrows", "cursor(-1,0)", "tile", "a tile in both lakes (or click it)", _always),
    Key("compare_down", "down", "", "cursor(1,0)", "", "", _always),
    Key("compare_left", "left", "", "cursor(0,-1)", "", "", _always),
    Key("compare_right", "right", "", "cursor(0,1)", "", "", _always),
)
"""The keys of a comparison; beside them all that only speak to the worker, which move both runs."""
BRANCHES_KEYS: tuple[Key, ...] = (
    Key("branches_name", "n", "n", "rename", "rename", "call this line something else", _always),
    Key("branches_compare", "c", "c", "compare", "compare", "compare the present line with this one", _always),
    Key("branches_close", "escape,q,B", "esc", "leave", "close", "close", _always),
)
"""The keys of the list of branches; enter and a click go to one."""
FAMILY_KEYS: tuple[Key, ...] = (
    Key(
        "family_live",
        "enter",
        "enter",
        "live",
        "open",
        "open the chosen sibling as a run, from its start",
        _always,
    ),
    Key("family_close", "escape,F,q", "esc", "leave", "close", "close (F, q too)", _always),
    Key("family_export", "x", "x", "app.export", "export", EXPORT, _always),
    Key("family_up", "up", "arrows", "rows(-1)", "", "another row", _always),
    Key("family_down", "down", "", "rows(1)", "", "", _always),
    Key("family_page_up", "pageup", "", "page(-1)", "", "", _always),
    Key("family_page_down", "pagedown", "", "page(1)", "", "", _always),
    Key("family_top", "home", "", "top", "", "", _always),
    Key("family_bottom", "end", "", "bottom", "", "", _always),
)
"""The keys of the list of siblings; beside them all that only speak to the worker."""
TO_WORKER = ("send(", "step(")
COMMAND_KEYS = frozenset(name for key in KEYS if key.action.startswith(TO_WORKER) for name in key.keys.split(","))
APP_WIDE = ("interrupt", "suspend")
"""Keys that work on every screen; the palette's own is Textual's."""


def bindings(*, app_wide: bool) -> list[Binding]:
    """The bindings of the app, or of the desk."""
    return [
        Binding(key.keys, key.action, key.label or key.help, show=False, id=key.id, priority=app_wide)
        for key in KEYS
        if (key.id in APP_WIDE) == app_wide and key.id != "palette"
    ]


def with_commands(keys: tuple[Key, ...]) -> tuple[Key, ...]:
    """A screen's own keys, and of the desk's all that only speak to the worker and are not taken."""
    taken = {name for key in keys for name in key.keys.split(",")}
    passed_on = (key for key in KEYS if key.action.startswith(TO_WORKER) and not taken & set(key.keys.split(",")))
    return (*keys, *passed_on)


def screen_bindings(keys: tuple[Key, ...]) -> list[Binding]:
    """The bindings of a screen over the desk that lets the run go on."""
    return own_bindings(with_commands(keys))


def own_bindings(keys: tuple[Key, ...]) -> list[Binding]:
    """The bindings of keys as they are in their table."""
    return [Binding(key.keys, key.action, key.label or key.help, show=False, id=key.id) for key in keys]


def label(key: Key, state: AppState) -> str:
    """What the key does now, in a word or two."""
    return key.other(state) or key.label
