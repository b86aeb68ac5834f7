"""Commands as the strings that the worker loop still takes."""

from lakeppo.config import KNOBS
from lakeppo.session.commands import (
    AddBranch,
    Back,
    ChangePace,
    ChangeSlip,
    Command,
    Compare,
    CompareNext,
    CycleDemo,
    CycleSiblings,
    EditTile,
    EndComparison,
    Export,
    GoBy,
    GoTo,
    GoToBranch,
    GoToDifference,
    GoToEnd,
    NextBranch,
    OpenSibling,
    Quit,
    RenameBranch,
    Save,
    SetKnob,
    SetSeed,
    StartOver,
    StartPreset,
    StartSeed,
    Step,
    Stop,
    ToggleBookmark,
    TogglePlay,
    WatchBatch,
)


def as_string(command: Command) -> str:
    """Return the string of a command."""
    match command:
        case Step(unit):
            return unit.value
        case Back(unit):
            return f"back_{unit.value}"
        case GoTo(moment):
            return f"go:{moment.update}"
        case GoBy(updates):
            return {-1: "earlier", 1: "later", -10: "earlier10", 10: "later10"}[updates]
        case GoToBranch(name):
            return f"line:{name}"
        case RenameBranch(index, name):
            return f"name:{index}={name}"
        case ChangePace(by):
            return "faster" if by > 0 else "slower"
        case ChangeSlip(by):
            return {-1: "slip_down", 0: "slip_switch", 1: "slip_up"}[by]
        case OpenSibling(seed):
            return f"sibling:{seed}"
        case SetKnob(name, value):
            return f"set:{name}={KNOBS[name].show(value)}"
        case SetSeed(seed):
            return f"set:seed={seed}"
        case StartOver(name, value):
            return f"over:{name}={KNOBS[name].show(value)}"
        case StartSeed(seed):
            return "fresh" if seed is None else f"over:seed={seed}"
        case StartPreset(name):
            return f"preset:{name}"
        case EditTile(tile, letter):
            return f"tile:{tile}={letter}"
        case Compare(name):
            return "compare" if name is None else f"compare:{name}"
        case WatchBatch(on):
            return "watch_batch" if on else "leave_batch"
        case _:
            return PLAIN[type(command)]


PLAIN: dict[type, str] = {
    TogglePlay: "toggle", GoToEnd: "end", NextBranch: "next_line", AddBranch: "branch", ToggleBookmark: "bookmark",
    CycleDemo: "demo", CycleSiblings: "siblings", CompareNext: "next_rival", GoToDifference: "first_difference",
    EndComparison: "end_comparison", Save: "save", Export: "export", Stop: "hush", Quit: "quit",
}  # fmt: skip
