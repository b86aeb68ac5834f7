"""The events of a session: `!` goes through them exactly, each is told once, and a caption stays with its bookmark."""

import pytest
from support.session import (
    CLASSIC,
    CLIP_OFF,
    GOAL,
    UPDATE,
    answers,
    go,
    moment,
    quit_and_read,
    refusal,
    run_to,
    see,
    see_notice,
    send,
)

from lakeppo.moment import Phase
from lakeppo.runs.branch import LONGEST_CAPTION, Branch, check_caption
from lakeppo.runs.events import Kind
from lakeppo.runs.timeline import Timeline
from lakeppo.session import notices
from lakeppo.session.commands import CaptionBookmark, GoTo, GoToEnd, GoToEvent, NextEvent, ToggleBookmark
from lakeppo.session.event_words import event_notice
from lakeppo.storage.run_file import RunFile

NEXT, LAST = NextEvent(1), NextEvent(-1)
SOLVING = 26
"""Updates in which seed 0 of classic reaches the goal for the first time and solves the lake."""


def moments(position):
    return [event.moment for event in position.events]


def test_the_next_event_is_reached_exactly_and_the_last_says_so(start_worker):
    worker = start_worker()
    send(worker, *[UPDATE] * SOLVING, go(0))
    there = see(worker, lambda s: s.run.moment == moment(0) and s.position.rewound).position
    assert {Kind.FIRST_GOAL, Kind.SOLVED, Kind.RISE} <= {event.kind for event in there.events}
    visited = []
    for at in dict.fromkeys(moments(there)):
        worker.send(NEXT)
        seen = see(worker, lambda s, at=at: s.status == "stepped" and s.run.moment >= at)
        visited.append(seen.run.moment)
    assert visited == list(dict.fromkeys(moments(there)))
    worker.send(NEXT)
    assert see_notice(worker, notices.NO_EVENT_AFTER).run.moment == visited[-1]
    for at in reversed(visited[:-1]):
        worker.send(LAST)
        see(worker, lambda s, at=at: s.run.moment == at)
    worker.send(LAST)
    assert see_notice(worker, notices.NO_EVENT_BEFORE).run.moment == visited[0]


def test_each_event_is_told_once_when_it_arrives(start_worker):
    worker = start_worker()
    send(worker, *[UPDATE] * SOLVING)
    seen = see(worker, lambda s: s.run.moment == moment(SOLVING))
    told = {Kind.FIRST_GOAL: 0, Kind.SOLVED: 0}
    for event in seen.position.events:
        if event.kind in told:
            told[event.kind] = seen.notices.count(event_notice(event))
    assert told == {Kind.FIRST_GOAL: 1, Kind.SOLVED: 1}
    send(worker, go(0), *[UPDATE] * SOLVING)
    again = see(worker, lambda s: s.run.moment == moment(SOLVING) and not s.position.rewound)
    assert again.notice_count == seen.notice_count


def test_the_first_goal_of_a_reread_run_is_found_at_its_step(start_worker):
    worker = start_worker()
    worker.send(GOAL)
    reached = see(worker, lambda s: s.run.walk.last is not None and s.run.walk.last.reward > 0).run.moment
    send(worker, UPDATE, UPDATE)
    save = quit_and_read(worker)
    again = start_worker(save.timeline, folder="again")
    coarse = see(again, lambda s: s.position.events).position.events[0]
    assert (coarse.kind, coarse.moment) == (Kind.FIRST_GOAL, moment(reached.update))
    again.send(GoToEvent(coarse))
    seen = see(again, lambda s: s.position.rewound)
    assert seen.run.moment == reached
    assert seen.run.walk.last.reward > 0
    assert seen.position.events[0].moment == reached
    assert seen.position.end == moment(reached.update + 2)


def test_a_caption_sets_a_bookmark_and_an_empty_one_keeps_it(start_worker):
    worker = start_worker()
    caption = "look here: [b]"
    send(worker, UPDATE, UPDATE, CaptionBookmark(moment(1), f" {caption} "))
    seen = see_notice(worker, notices.caption_set(moment(1), caption))
    assert [(e.moment, e.kind, e.subject) for e in seen.position.events if e.kind is Kind.BOOKMARK] == [
        (moment(1), Kind.BOOKMARK, caption)
    ]
    assert [tuple(c) for c in seen.position.captions] == [("main", moment(1), caption)]
    worker.send(CaptionBookmark(moment(1), "x" * (LONGEST_CAPTION + 1)))
    see_notice(worker, refusal(check_caption, "x" * (LONGEST_CAPTION + 1)))
    worker.send(CaptionBookmark(moment(1), "\x1b[2J"))
    assert see_notice(worker, refusal(check_caption, "\x1b[2J")).position.captions[0].text == caption
    worker.send(CaptionBookmark(moment(1), ""))
    seen = see_notice(worker, notices.caption_removed(moment(1)))
    assert (seen.position.bookmarks, seen.position.captions) == ((moment(1),), ())
    send(worker, CaptionBookmark(moment(1), caption), go(1), ToggleBookmark())
    seen = see_notice(worker, notices.bookmark_removed(moment(1)))
    assert (seen.position.bookmarks, seen.position.captions) == ((), ())


@pytest.mark.parametrize("update", [3, 62])
def test_a_bookmark_ahead_in_a_run_file_is_reached(start_worker, update):
    mark = moment(update, Phase.IMPROVE, 2)
    branch = Branch("main", end=moment(80), bookmarks=[mark], captions={mark: "ahead"})
    worker = start_worker(RunFile(0, CLASSIC, [branch]).timeline)
    first = see(worker, lambda s: True)
    assert moments(first.position) == [mark]
    worker.send(NEXT)
    seen = see(worker, lambda s: s.run.moment == mark and s.status == "stepped")
    assert "ahead" in str(seen.notices[0])
    assert seen.run.exact.sampling == run_to(mark).success()[0]


def test_a_moment_of_another_branch_is_reached_in_one_step(start_worker):
    worker = start_worker()
    send(worker, UPDATE, UPDATE, UPDATE, go(1), CLIP_OFF, UPDATE, GoTo(moment(2), "main"))
    seen = see(worker, lambda s: s.position.branch_count == 2 and s.position.branch == "main")
    assert seen.run.moment == moment(2)
    assert [event.subject for event in seen.position.events if event.kind is Kind.BRANCH] == ["B"]
    send(worker, GoTo(moment(0), "main"), GoTo(moment(1), "no such"))
    seen = see_notice(worker, notices.no_such_branch("no such"))
    assert (seen.run.moment, seen.position.branch) == (moment(0), "main")


def test_a_long_history_is_read_in_portions_until_all_is_known(start_worker, monkeypatch):
    monkeypatch.setattr("lakeppo.session.branch_events.PORTION", 1)
    timeline = Timeline(run_to(moment(SOLVING)))
    worker = start_worker(lambda: timeline)
    seen = see(worker, lambda s: any(event.kind is Kind.SOLVED for event in s.position.events))
    assert answers(seen) == seen.notices  # what was found in it is no news
    worker.send(GoToEnd())
    assert see(worker, lambda s: s.status == "stepped").run.moment == moment(SOLVING)
