"""Commands that a person gave while another run was on screen: its lake was larger, its branches and seeds others."""

import pytest
from support.runs import small
from support.session import see, send

from lakeppo.causes.results import Part
from lakeppo.moment import Change, Moment, Phase
from lakeppo.runs.events import Event, Kind
from lakeppo.runs.run import Run
from lakeppo.runs.timeline import Timeline
from lakeppo.session.commands import (
    BackToCondition,
    CaptionBookmark,
    Compare,
    CompareNext,
    EditTile,
    Explain,
    GoTo,
    GoToBranch,
    GoToDifference,
    GoToEvent,
    OpenSibling,
    PlayTo,
    RenameBranch,
    Stop,
    StopWhen,
    ToggleBookmark,
    WatchBatch,
    WhyThere,
)
from lakeppo.session.lesson_commands import LeaveLesson, ShowArm

LATER = Moment(90, Phase.IMPROVE, 40)
STALE = [
    WhyThere(33), WhyThere(63), EditTile(33, "H"), RenameBranch(7, "gone"), GoToBranch("gone"), GoTo(LATER, "gone"),
    GoTo(LATER), CaptionBookmark(LATER, "gone"),
    GoToEvent(Event(LATER, Kind.CHANGE, subject=Change(LATER, "slip", 0.5))),
    GoToEvent(Event(LATER, Kind.BRANCH, subject="gone")), StopWhen("p(33, left) > .5"), BackToCondition(),
    PlayTo("p(33, left) > .5", 0, 1), PlayTo(LATER, 0, 2, updates=1), OpenSibling(8), Compare("gone"), CompareNext(),
    GoToDifference(), ShowArm("gone"), LeaveLesson(), WatchBatch(True, Part.CELL), Explain(),
]  # fmt: skip


@pytest.mark.parametrize("command", STALE, ids=lambda command: type(command).__name__)
def test_a_command_for_a_run_that_has_gone_fails_nothing(start_worker, command):
    worker = start_worker(lambda: Timeline(Run(small(("SF", "FG")), 0)))
    send(worker, *[GoTo(LATER)] * 2, command, Explain(), Stop(), ToggleBookmark())
    seen = see(worker, lambda s: s.carried_out == 6)
    assert len(seen.run.policy) == 4
    assert not seen.position.branches  # there is only one
