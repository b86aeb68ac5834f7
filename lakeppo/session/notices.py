"""The messages of the worker thread; `{keys[ID]}` in a template is the name of the key that is bound to an id."""

from pathlib import Path

from lakeppo.config import KNOBS
from lakeppo.errors import Message
from lakeppo.i18n import N_
from lakeppo.knob import Value
from lakeppo.moment import Moment, short_moment
from lakeppo.presets import Limit

TILES = {"F": Message("ice"), "H": Message("a hole"), "G": Message("a goal")}
"""What a tile can be, by its letter on the map."""

AT_END = Message("this is the end of the run so far; {keys[update]} goes on")
NO_EVENT_AFTER = Message(
    "there is no event after this moment so far; {keys[previous_event]} goes back to one, {keys[events]} lists all"
)
NO_EARLIER_CAUSE = Message("there is no earlier cause: no update had made these actions likelier")
NO_EVENT_BEFORE = Message("there is no event before this moment")
AT_BEGINNING = Message("this is the beginning of the run")
ONLY_ONE_BRANCH = Message("there is only one branch so far; {keys[branch]} adds one")
COMPARISON_OPENED = Message(
    "both stand where they part: {keys[update]} goes on with both, {keys[end]} to where both are known"
)
NOTHING_TO_COMPARE = Message("there is nothing to compare with yet")
COMPARISON_IN_THE_WAY = Message("two runs are being compared: close with {keys[compare_close]} first")
NO_DIFFERENCE_YET = Message("no difference is known yet")
LESSON_NOT_SAVED = Message("the runs of a lesson are not saved; {keys[export]} exports this one")
NO_CONDITION = Message("no condition is set; {keys[stop_when]} sets one")
CONDITION_REMOVED = Message("the run stops at no condition now")
FAULTY_NOT_SAVED = Message("a program with a fault is neither saved nor exported")
FAULTY_ALONE = Message("siblings and explanations are of the right program: one with a fault has none")
SIBLINGS_REMOVED = Message("the siblings are removed; {keys[siblings]} trains new ones")


def fault_to_spot(number: int) -> Message:
    return Message(
        "spot the bug {number}: {keys[spot]} shows its four files, {keys[compare]} the right program beside it",
        number=number,
    )


def condition_set(text: str, true: bool) -> Message:
    if true:
        return Message("stops when {condition} becomes true again; it is true here", condition=text)
    return Message("stops when {condition}", condition=text)


def condition_dropped(text: str, error: Message) -> Message:
    return Message("{condition} is no condition on this run: {error}", condition=text, error=error)


def never_true(text: str) -> Message:
    return Message("{condition} was never true before this moment", condition=text)


def search_stopped(text: str) -> Message:
    return Message("the search for where {condition} was true was stopped", condition=text)


def saved(path: Path) -> Message:
    return Message("saved {path}", path=path)


def exported(path: Path) -> Message:
    return Message("wrote {path} (tui --run opens it), .csv and .history.csv beside it", path=path)


def export_failed(folder: Path, reason: str) -> Message:
    return Message("cannot export into {folder}: {reason}", folder=folder, reason=reason)


def finished(limit: Limit, compared: bool) -> Message:
    if compared:
        return Message("{limit} are done; {keys[toggle]} goes on past the limit", limit=limit)
    return Message(
        "finished after {limit}; {keys[new_seed]}: new seed, {keys[slip_switch]}: other ice, "
        "{keys[toggle]}: past the limit",
        limit=limit,
    )


def diverged(divergence: Message) -> Message:
    template = N_("{divergence}; {keys[earlier10]} goes back ten updates, and a change there starts a branch")
    return Message(template, divergence=divergence)


def bookmark_set(moment: Moment) -> Message:
    return Message("bookmark set at {moment}", moment=short_moment(moment))


def caption_set(moment: Moment, caption: str) -> Message:
    return Message("bookmark at {moment}: {caption}", moment=short_moment(moment), caption=caption)


def caption_removed(moment: Moment) -> Message:
    return Message("the bookmark at {moment} has no caption", moment=short_moment(moment))


def bookmark_removed(moment: Moment) -> Message:
    return Message("bookmark removed at {moment}", moment=short_moment(moment))


def branch_added(name: str, parent: str, moment: Moment) -> Message:
    template = N_("branch {name} leaves {parent} at {moment}; change something and go on; {keys[compare]} compares")
    return Message(template, name=name, parent=parent, moment=short_moment(moment))


def branch_renamed(before: str, name: str) -> Message:
    return Message("branch {before} is now named {name}", before=before, name=name)


def on_branch(name: str, count: int) -> Message:
    return Message("this is {name}, one of {count} branches", name=name, count=count)


def no_such_branch(name: str) -> Message:
    return Message("there is no branch named {name}", name=name)


def baseline_ends(name: str) -> Message:
    return Message("{name} has been computed only up to here; {keys[update]} goes on", name=name)


def knob_change(name: str, value: Value) -> Message:
    """Return the new value of a knob or of the seed."""
    if name == "seed":
        return Message("random numbers come from seed {seed}", seed=value)
    return Message("{name} is {value}", name=name, value=KNOBS[name].show(value))


def tile_change(tile: tuple[int, int], letter: str) -> Message:
    return Message("{tile} is {kind}", tile=_place(tile), kind=TILES[letter])


def changed(change: Message, moment: Moment, branches: tuple[str, str] | None = None) -> Message:
    """Return the notice of a change; `branches` are the branch that it has added and its parent."""
    if branches is None:
        return Message("from {moment} on: {change}", moment=short_moment(moment), change=change)
    template = N_("branch {name} leaves {parent} at {moment}: {change}; {keys[compare]} compares")
    return Message(template, name=branches[0], parent=branches[1], moment=short_moment(moment), change=change)


def tile_unchanged(tile: tuple[int, int], letter: str) -> Message:
    if letter == "S":
        return Message("episodes start on {tile}: that tile stays as it is", tile=_place(tile))
    return Message("{tile} is {kind} already", tile=_place(tile), kind=TILES[letter])


def _place(tile: tuple[int, int]) -> str:
    return "({},{})".format(*tile)


def siblings_started(first: int, last: int, with_changes: bool, reseeded: bool) -> Message:
    changes = Message(N_(", with its changes, made where updates begin") if with_changes else "")
    rest = Message("not shared: its change of seed") if reseeded else Message("{keys[sibling_list]} lists them")
    template = N_("{count} siblings, seeds {first} to {last}, train beside this run ({rest}){changes}")
    return Message(template, count=last - first + 1, first=first, last=last, changes=changes, rest=rest)


def more_siblings(more: int, total: int, by_themselves: bool) -> Message:
    if by_themselves:
        template = N_("the {total} siblings are trained; {more} more follow, {keys[siblings]} removes them all")
    else:
        template = N_("{more} more siblings train: {total} in all; {keys[siblings]} removes them")
    return Message(template, more=more, total=total)


def siblings_trained(count: int) -> Message:
    return Message("all {count} siblings are trained", count=count)


def siblings_stopped(reason: str, started: bool) -> Message:
    template = N_("the siblings have stopped: {reason}") if started else N_("no siblings can be trained: {reason}")
    return Message(template, reason=reason)


def sibling_diverged(seed: int, update: int, single: float, sibling: float) -> Message:
    template = N_(
        "seed {seed} parts from its sibling at update {update}: exact {single} here, {sibling} there. "
        "Rounding (float32 sums in another order), not luck"
    )
    here, there = f"{single:.3f}", f"{sibling:.3f}"
    return Message(template, seed=seed, update=update, single=here, sibling=there)
