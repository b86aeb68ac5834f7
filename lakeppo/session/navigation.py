"""Steps forwards and backwards, and the other commands that go through a run. Only the worker thread imports this."""

import time
from collections.abc import Callable

from lakeppo.errors import Message
from lakeppo.moment import BEGINNING, Moment, Phase
from lakeppo.runs.branch import check_caption
from lakeppo.runs.stop_condition import StopCondition
from lakeppo.runs.timeline import Timeline, TravelInterrupted
from lakeppo.session import commands, notices

FAR = 60
"""Updates that are computed again before anything else is done; longer ways are computed in sight."""
PATIENCE = 0.3
"""Seconds of a search after which the next command stops it."""
Arrival = Message | Moment | None
"""A notice, a moment that is still to be reached, or None: arrived, with nothing to report."""


def step_ends(unit: commands.Unit, timeline: Timeline, phase: Phase) -> bool:
    """Return whether a step of `unit` ends where the timeline stands, right after a unit of `phase`."""
    match unit:
        case commands.Unit.NEXT:
            return True
        case commands.Unit.PASS:
            return phase is Phase.IMPROVE
        case commands.Unit.PHASE:
            return timeline.run.moment.index == 0
        case commands.Unit.COPY:
            return phase is Phase.COPY
        case commands.Unit.GOAL:
            return _reached_goal(timeline, phase)
        case commands.Unit.EPISODE:
            return phase is Phase.COLLECT and _ended_episode(timeline)


def _ended_episode(timeline: Timeline) -> bool:
    step = timeline.run.trainer.transitions[-1]
    return step.terminated or step.truncated


def _reached_goal(timeline: Timeline, phase: Phase) -> bool:
    if phase is not Phase.COLLECT:
        return False
    step = timeline.run.trainer.transitions[-1]
    return step.terminated and timeline.run.config.tile(step.next_state) == "G"


def travel(
    timeline: Timeline, command: commands.Travel, condition: StopCondition | None = None,
    waiting: Callable[[], bool] = bool,
) -> Arrival:  # fmt: skip
    """Carry the command out; an event must have been found before.

    `condition` is the one on the timeline's run. `waiting`: whether another command waits, which stops a long search.
    """
    match command:
        case commands.Back(unit):
            moved = timeline.back(lambda phase: step_ends(unit, timeline, phase))
            return None if moved else notices.AT_BEGINNING
        case commands.GoTo(moment, ""):
            return timeline.go_to(max(moment, BEGINNING), FAR)
        case commands.GoTo(moment, name):
            return _go_to_branch(timeline, name, moment)
        case commands.GoToEvent(event):
            return timeline.go_to(event.moment, FAR)
        case commands.NextEvent():
            return notices.NO_EVENT_AFTER if command.by > 0 else notices.NO_EVENT_BEFORE
        case commands.GoBy(updates):
            return _go_by(timeline, updates)
        case commands.GoToEnd():
            return timeline.go_to(timeline.branch.end, FAR)
        case commands.ToggleBookmark():
            return _toggle_bookmark(timeline)
        case commands.AddBranch():
            moment, parent = timeline.run.moment, timeline.branch.name
            return notices.branch_added(timeline.add_branch().name, parent, moment)
        case commands.NextBranch():
            names = [branch.name for branch in timeline.branches]
            following = names[(timeline.branches.index(timeline.branch) + 1) % len(names)]
            return notices.ONLY_ONE_BRANCH if len(names) == 1 else _go_to_branch(timeline, following)
        case commands.BackToCondition():
            return notices.NO_CONDITION if condition is None else _back_to(timeline, condition, waiting)
        case commands.GoToBranch(name):
            return _go_to_branch(timeline, name)


def _go_by(timeline: Timeline, updates: int) -> Arrival:
    """Go by whole updates; back from within an update, its beginning counts as the first."""
    here = timeline.run.moment
    if updates > 0 and not timeline.rewound:
        return notices.AT_END
    within = updates < 0 and here > Moment(here.update, Phase.COLLECT, 0)
    return timeline.go_to(Moment(max(0, here.update + updates + within), Phase.COLLECT, 0), FAR)


def _back_to(timeline: Timeline, condition: StopCondition, waiting: Callable[[], bool]) -> Arrival:
    here, ends, patient = timeline.run.moment, timeline.interrupted, time.monotonic() + PATIENCE
    timeline.interrupted = lambda: ends() or (time.monotonic() > patient and waiting())
    try:
        found = condition.last_true()
    except TravelInterrupted:
        timeline.interrupted = ends
        timeline.go_to(here)
        return notices.search_stopped(condition.text)
    finally:
        timeline.interrupted = ends
    return notices.never_true(condition.text) if found is None else timeline.go_to(found, FAR)


def _toggle_bookmark(timeline: Timeline) -> Message:
    bookmarks, moment = timeline.branch.bookmarks, timeline.run.moment
    if moment in bookmarks:
        timeline.branch.edited.add(moment)
        bookmarks.remove(moment)
        timeline.branch.captions.pop(moment, None)
        return notices.bookmark_removed(moment)
    bookmarks.append(moment)
    bookmarks.sort()
    return notices.bookmark_set(moment)


def caption(timeline: Timeline, moment: Moment, text: str) -> Message:
    """Set a bookmark with a caption; an empty one removes only the caption. Raises `InvalidValue` if it is invalid."""
    branch, text = timeline.branch, text.strip()
    if text:
        check_caption(text)
    branch.edited.add(moment)
    if not text:
        branch.captions.pop(moment, None)
        return notices.caption_removed(moment)
    branch.captions[moment] = text
    if moment not in branch.bookmarks:
        branch.bookmarks.append(moment)
        branch.bookmarks.sort()
    return notices.caption_set(moment, text)


def _go_to_branch(timeline: Timeline, name: str, moment: Moment | None = None) -> Arrival:
    """Go to a moment of a branch, its end if None."""
    branches = {branch.name: branch for branch in timeline.branches}
    if name not in branches:
        return notices.no_such_branch(name)
    if branches[name] is timeline.branch and moment is not None:
        return timeline.go_to(moment, FAR)
    return timeline.switch(branches[name], FAR, moment) or notices.on_branch(name, len(branches))
