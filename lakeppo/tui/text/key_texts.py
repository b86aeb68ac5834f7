"""Labels of keys that follow the state, the room that the longest of them need, and the longest helps."""

from collections.abc import Iterable

from lakeppo.i18n import N_, _, pgettext
from lakeppo.moment import Phase, phase_name
from lakeppo.tui.state import AppState
from lakeppo.tui.text.parts import NAMES, next_part

UNIT = N_(
    "one environment step; while a batch rests its next sample, and after the last one the next unit of the phase"
)
DEMO = N_("demonstrate the policy without learning: sampled actions, then greedy ones, then back to the run")
EVENT = N_("to the next event: first goal, solved, falls, rises, a large KL, changes, branches, bookmarks")
EXPORT = N_("write the screen as SVG, batch and history as CSV, the run as TOML into the exports folder of the saves")
SIBLINGS = N_("train 64, then 256 runs with other seeds beside this one and draw their fan; then none")
PANELS = N_(
    "one panel alone (or double-click it): lake, question, tile, readouts, success, why, knobs, phases, timeline; the "
    "same key again shows all"
)
PART = N_("list the batch by episodes, by tiles, by cells (tile and action), or by steps again, with what each did")
ROWS = N_("only the rows of the selected row's tile; of an episode, a tile or a cell, its steps")
TO_LAKE = N_("close, with the lake's cursor on the row's tile, or at the end of the episode")
STOP_WHEN = N_(
    "pause whenever a condition becomes true, such as exact < .5 after solved; :? goes back to where it was true"
)


def play_label(state: AppState) -> str | None:
    if state.guide:
        return pgettext("key", "answer") if state.guide.asks else _("go on")
    return {"playing": _("pause"), "finished": _("go on")}.get(state.status)


def unit_label(state: AppState) -> str | None:
    if not state.samples:
        return None
    if state.sample is None or state.sample + 1 < state.samples:
        return _("sample")
    phase = state.moment.phase
    return _("pass") if phase is Phase.IMPROVE else None if phase is Phase.COLLECT else phase_name(phase)


def pass_label(state: AppState) -> str | None:
    if not state.resting or state.config.epochs > 99:
        return None
    return _pass(state.moment.index + 1 if state.moment.phase is Phase.IMPROVE else 1)


def _pass(number: int) -> str:
    return _("pass {number}").format(number=number)


def phase_label(state: AppState) -> str | None:
    return phase_name(Phase((state.moment.phase + 1) % 4)) if state.resting else None


def slip_label(state: AppState) -> str | None:
    return _("slippery") if state.config.slip == 0 else _("firm")


def demo_label(state: AppState) -> str | None:
    return None if state.demo is None else _("back") if state.demo.greedy else _("greedy")


def siblings_label(state: AppState) -> str | None:
    siblings = state.siblings
    if siblings is None or siblings.outdated:
        return None
    return _all_siblings() if len(siblings.seeds) == 64 else _("no siblings")


def _all_siblings() -> str:
    return _("{count} siblings").format(count=256)


def part_label(state: AppState) -> str | None:
    return _(NAMES[next_part(state)])


def rows_label(state: AppState) -> str | None:
    return _("its steps") if state.table_filter.by_part else None


def back_label(state: AppState) -> str | None:
    return _("all panels") if state.enlarged else None


def every_label(id: str) -> Iterable[str]:
    """Return the labels that the key with an id may have, the longest at least; none if it has always the same."""
    match id:
        case "toggle":
            return _("play"), _("pause"), _("go on")
        case "unit":
            return _("step"), _("sample")
        case "pass":
            return (_pass(99),)
        case "phase":
            return map(phase_name, Phase)
        case "slip_switch":
            return _("slippery"), _("firm")
        case "demo":
            return _("demo"), _("greedy"), _("back")
        case "siblings":
            return _("siblings"), _all_siblings()
        case "batch_part":
            return map(_, NAMES.values())
        case "batch_cell":
            return _("tile"), _("its steps")
    return ()
