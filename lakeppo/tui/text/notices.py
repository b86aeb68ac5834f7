"""The worker's notices, and how a session ended, in words."""

import shlex
from collections.abc import Callable
from itertools import groupby
from typing import assert_never

from lakeppo.config import KNOBS
from lakeppo.session.channel import PATIENCE, Ending
from lakeppo.session.notices import (
    AtBeginning,
    AtEnd,
    BaselineEnds,
    BookmarkRemoved,
    BookmarkSet,
    BranchAdded,
    BranchRenamed,
    Changed,
    ComparisonInTheWay,
    ComparisonOpened,
    Exported,
    ExportFailed,
    Finished,
    MoreSiblings,
    NoDifferenceYet,
    NoSuchBranch,
    NothingToCompare,
    Notice,
    OnBranch,
    OnlyOneBranch,
    Remark,
    Saved,
    SiblingDiverged,
    SiblingsRemoved,
    SiblingsStarted,
    SiblingsStopped,
    SiblingsTrained,
    TileUnchanged,
)  # fmt: skip
from lakeppo.wording import short_moment

KeyName = Callable[[str], str]
"""Gives the name of the key that is bound to an id now: `toggle` is `space`, unless the keymap says otherwise."""
TILES = {"F": "ice", "H": "a hole", "G": "a goal"}
"""What a tile can be, by its letter on the map."""


def notice_text(notice: Notice, key: KeyName) -> str:
    """Return the notice in one line."""
    match notice:
        case Remark(text):
            return text
        case Saved(path):
            return f"saved {path}"
        case Exported(path):
            return f"wrote {path} (tui --run opens it), .csv and .svg beside it"
        case ExportFailed(folder, reason):
            return f"cannot export into {folder}: {reason}"
        case Finished(limit, compared):
            if compared:
                return f"{limit} are done; {key('toggle')} goes on past the limit"
            keys = f"{key('new_seed')}: another seed, {key('slip_switch')}: the other ice, {key('toggle')}: go on"
            return f"finished after {limit}; {keys} past the limit"
        case BookmarkSet() | BookmarkRemoved() | AtEnd() | AtBeginning():
            return _time_text(notice, key)
        case BranchAdded() | BranchRenamed() | OnBranch() | OnlyOneBranch() | NoSuchBranch():
            return _branch_text(notice, key)
        case Changed():
            return _changed_text(notice, key)
        case TileUnchanged(tile, letter):
            place = "({},{})".format(*tile)
            start = f"episodes start on {place}: that tile stays as it is"
            return start if letter == "S" else f"{place} is {TILES[letter]} already"
        case ComparisonOpened() | NothingToCompare() | ComparisonInTheWay() | NoDifferenceYet() | BaselineEnds():
            return _comparison_text(notice, key)
        case (
            SiblingsStarted() | MoreSiblings() | SiblingsRemoved() | SiblingsTrained() | SiblingsStopped()
            | SiblingDiverged()
        ):  # fmt: skip
            return _siblings_text(notice, key)
        case _:
            assert_never(notice)


def _time_text(notice: BookmarkSet | BookmarkRemoved | AtEnd | AtBeginning, key: KeyName) -> str:
    match notice:
        case BookmarkSet(moment):
            return f"bookmark set at {short_moment(moment)}"
        case BookmarkRemoved(moment):
            return f"bookmark removed at {short_moment(moment)}"
        case AtEnd():
            return f"this is the end of the run so far; {key('update')} goes on"
        case AtBeginning():
            return "this is the beginning of the run"


def _branch_text(notice: BranchAdded | BranchRenamed | OnBranch | OnlyOneBranch | NoSuchBranch, key: KeyName) -> str:
    match notice:
        case BranchAdded(name, parent, moment):
            next_steps = f"change something and go on; {key('compare')} compares"
            return f"branch {name} leaves {parent} at {short_moment(moment)}; {next_steps}"
        case BranchRenamed(before, name):
            return f"branch {before} is now named {name}"
        case OnBranch(name, count):
            return f"this is {name}, one of {count} branches"
        case OnlyOneBranch():
            return f"there is only one branch so far; {key('branch')} adds one"
        case NoSuchBranch(name):
            return f"there is no branch named {name}"


def _changed_text(notice: Changed, key: KeyName) -> str:
    where = short_moment(notice.moment)
    match notice.name:
        case "tile":
            text = "({},{}) is {}".format(*(notice.tile or (0, 0)), TILES[str(notice.value)])
        case "seed":
            text = f"random numbers come from seed {notice.value}"
        case name:
            text = f"{name} is {KNOBS[name].show(notice.value)}"
    if notice.branch is None:
        return f"from {where} on: {text}"
    return f"branch {notice.branch} leaves {notice.parent} at {where}: {text}; {key('compare')} compares"


def _comparison_text(
    notice: ComparisonOpened | NothingToCompare | ComparisonInTheWay | NoDifferenceYet | BaselineEnds, key: KeyName
) -> str:
    match notice:
        case ComparisonOpened():
            go_on = f"{key('update')} goes on with both; {key('end')}: as far as both have been computed"
            return f"both stand where they part: {go_on}"
        case NothingToCompare():
            return "there is nothing to compare with yet"
        case ComparisonInTheWay():
            return f"two runs are being compared: close with {key('compare_close')} first"
        case NoDifferenceYet():
            return "no difference is known yet"
        case BaselineEnds(name):
            return f"{name} has been computed only up to here; {key('update')} goes on"


def _siblings_text(
    notice: SiblingsStarted | MoreSiblings | SiblingsRemoved | SiblingsTrained | SiblingsStopped | SiblingDiverged,
    key: KeyName,
) -> str:
    match notice:
        case SiblingsStarted(first, last, with_changes, reseeded):
            changes = " with its changes, made where updates begin" if with_changes else ""
            rest = "; not shared: its change of seed" if reseeded else f"; {key('sibling_list')} lists them"
            return f"{last - first + 1} siblings, seeds {first} to {last}, train beside this run{changes}{rest}"
        case MoreSiblings(more, total, by_themselves):
            if by_themselves:
                return f"the {total} siblings are trained; {more} more follow, {key('siblings')} removes them all"
            return f"{more} more siblings train: {total} in all; {key('siblings')} removes them"
        case SiblingsRemoved():
            return f"the siblings are removed; {key('siblings')} trains new ones"
        case SiblingsTrained(count):
            return f"all {count} siblings are trained"
        case SiblingsStopped(reason, started):
            return f"the siblings have stopped: {reason}" if started else f"no siblings can be trained: {reason}"
        case SiblingDiverged(seed, update, single, sibling):
            return (
                f"seed {seed} parts from its sibling at update {update}: exact {single:.3f} here, {sibling:.3f} there. "
                "Rounding (float32 sums in another order), not luck"
            )


def ending_text(failure: str | None, ending: Ending) -> str | None:
    """Return what went wrong by the end of a session, if anything did."""
    if failure:
        return f"the worker failed: {failure}"
    if ending.save_error:
        return f"the run was not saved: {ending.save_error.partition(';')[0]}"
    if ending.dropped:
        names = groupby(type(command).__name__ for command in ending.dropped)
        counted = ((name, len(list(same))) for name, same in names)
        dropped = ", ".join(name if count == 1 else f"{name} x{count}" for name, count in counted)
        return f"quit after {PATIENCE:g} s; dropped commands: {dropped}"
    return None


def resume_text(failure: str | None, ending: Ending) -> str | None:
    """Return how to resume the run, if it is saved as it stood at the end."""
    if ending.saved is None or failure:
        return None
    return f"Saved. To resume: lakeppo tui --resume {shlex.quote(str(ending.saved))}"
