"""The events of a run: each fall, rise and first is found where the history has it, once."""

import itertools
import random

import pytest
from support.fake_session import make_row as plausible_row

from lakeppo.config import make_config
from lakeppo.lake.exact import reachable
from lakeppo.moment import Change, Moment, Phase
from lakeppo.runs.branch import Branch
from lakeppo.runs.events import EventFinder, Kind, Swings, after_passes
from lakeppo.runs.history import History
from lakeppo.runs.run import Run
from lakeppo.runs.timeline import Timeline

CLASSIC = make_config("classic")


def make_row(update, **columns):
    return plausible_row(update)._replace(success_rate=None, success_probability=0.5)._replace(**columns)


def events_of(rows, changes=(), bookmarks=(), children=()):
    branch = Branch("main", list(changes), Moment(len(rows), Phase.COLLECT, 0), History(rows), list(bookmarks))
    return EventFinder(CLASSIC, branch, lambda config: 1.0).events(children)


def rows_of(successes, **columns):
    return [make_row(k + 1, success_probability=s, **columns) for k, s in enumerate(successes)]


def swings_of(series, least):
    swings = Swings(series[0], least)
    ended = [swings.add(row, success) for row, success in enumerate(series)]
    return [swing for swing in [*ended, swings.open] if swing is not None]


@pytest.mark.parametrize("seed", range(200))
def test_swings_alternate_and_miss_no_move_of_their_size(seed):
    dice = random.Random(seed)
    series = [round(dice.random(), 2) for _ in range(dice.randint(2, 40))]
    found = swings_of(series, 0.3)
    assert all(a.sign == -b.sign and a.after == b.before for a, b in itertools.pairwise(found))
    assert all(swing.size >= 0.3 for swing in found)
    assert bool(found) == any(abs(b - a) >= 0.3 for i, a in enumerate(series) for b in series[i:])
    steep = [abs(b - a) for a, b in itertools.pairwise(series)]
    assert sum(step >= 0.6 for step in steep) <= len(found)  # a step of twice the least always begins a swing


@pytest.mark.parametrize("place", range(2, 60))
def test_a_dip_of_one_update_is_a_fall_and_a_rise(place):
    rows = rows_of([0.0, *[0.9] * place, 0.2, *[0.9] * 60])
    found = [(e.moment.update, e.before, e.after) for e in events_of(rows) if e.kind in (Kind.FALL, Kind.RISE)]
    assert found == [(1, 0.0, 0.9), (place + 1, 0.9, 0.2), (place + 2, 0.2, 0.9)]


def test_a_fall_stands_at_its_largest_step():
    [fall] = events_of(rows_of([0.9, 0.8, 0.3, 0.2]))
    assert fall == (after_passes(2), Kind.FALL, 0.9, 0.2, None)


def test_of_equal_steps_a_fall_stands_at_the_first():
    [fall] = events_of(rows_of([0.875, 0.625, 0.375]))
    assert fall[0] == after_passes(1)


def test_the_reachable_success_is_that_of_the_changed_lake():
    asked, branch = [], Branch("main", [Change(Moment(2, Phase.COLLECT, 0), "slip", 0.5)])
    branch.history, branch.end = History(rows_of([0.5] * 4)), Moment(4, Phase.COLLECT, 0)
    EventFinder(CLASSIC, branch, lambda config: asked.append(config.slip) or 1.0).events()
    assert asked == [0.0, 0.5]


def test_only_the_largest_falls_are_events():
    rows = rows_of([0.0, *(x for depth in range(2, 10) for x in (1.0, 1 - depth / 10))])
    falls = [e for e in events_of(rows) if e.kind is Kind.FALL]
    assert [round(e.after, 1) for e in falls] == [0.5, 0.4, 0.3, 0.2, 0.1]


def test_a_change_of_the_lake_is_no_fall():
    rows, change = rows_of([0.9] * 3 + [0.2] * 3), Change(Moment(3, Phase.JUDGE, 0), "slip", 0.5)
    assert [e.kind for e in events_of(rows, [change])] == [Kind.CHANGE]
    assert [e.kind for e in events_of(rows)] == [Kind.FALL]


def test_solved_is_found_on_every_lake():
    rows, change = rows_of([0.9, 0.96, 0.5, 0.97, 0.99]), Change(Moment(2, Phase.COLLECT, 0), "slip", 0.5)
    assert [e.moment.update for e in events_of(rows, [change]) if e.kind is Kind.SOLVED] == [1, 3]


def test_the_first_goal_stands_where_its_collection_begins():
    rows = [make_row(k + 1, success_rate=rate) for k, rate in enumerate([None, 0.0, 0.01, 0.0, 0.1])]
    assert [e.moment for e in events_of(rows) if e.kind is Kind.FIRST_GOAL] == [Moment(2, Phase.COLLECT, 0)]


def test_each_excursion_of_the_kl_is_one_event_at_its_largest():
    rows = [make_row(k + 1, kl=kl) for k, kl in enumerate([0.01, 0.03, 0.09, 0.05, 0.01, 0.04, 0.02])]
    assert [(e.moment.update, e.after) for e in events_of(rows) if e.kind is Kind.KL] == [(2, 0.09), (5, 0.04)]


@pytest.mark.parametrize("success", [0.5, 0.96])
def test_a_low_entropy_is_a_collapse_only_before_the_solution(success):
    rows = [
        make_row(k + 1, success_probability=success, entropy=entropy) for k, entropy in enumerate([1.0, 0.01, 0.01])
    ]
    found = [e.moment.update for e in events_of(rows) if e.kind is Kind.ENTROPY]
    assert found == ([1] if success < 0.95 else [])


@pytest.mark.parametrize(("entropy", "collapses"), [(0.049, True), (0.05, False), (0.06, False)])
def test_an_entropy_is_low_below_its_healthy_range(entropy, collapses):
    found = events_of([make_row(1, entropy=1.0), make_row(2, entropy=entropy)])
    assert [event.kind for event in found] == [Kind.ENTROPY] * collapses


def test_marks_and_branches_stand_among_the_events_in_order():
    mark, left = Moment(1, Phase.IMPROVE, 2), Moment(0, Phase.JUDGE, 0)
    found = events_of(rows_of([0.5] * 3), bookmarks=[mark], children=[(left, "B")])
    assert [(e.moment, e.kind, e.subject) for e in found] == [(left, Kind.BRANCH, "B"), (mark, Kind.BOOKMARK, None)]


def test_rows_wait_until_what_is_reachable_is_known():
    known = []
    branch = Branch("main", history=History(rows_of([0.0, 0.96])))
    finder = EventFinder(CLASSIC, branch, lambda config: known[0] if known else None)
    assert finder.events() == ()
    known.append(1.0)
    assert [e.kind for e in finder.events()] == [Kind.SOLVED, Kind.RISE]


def test_the_events_of_a_growing_history_are_those_of_the_whole():
    timeline = Timeline(Run(CLASSIC, 0))
    growing = EventFinder(CLASSIC, timeline.branch, reachable)
    while timeline.run.trainer.updates < 60:
        timeline.unit()
        growing.events()
    events = EventFinder(CLASSIC, timeline.branch, reachable).events()
    assert growing.events() == events
    falls = [e for e in events if e.kind is Kind.FALL]
    history = timeline.branch.history
    drops = [history[k].success_probability - history[k - 1].success_probability for k in range(1, 60)]
    assert min(drops) < -0.5  # the steepest fall of this run
    assert drops.index(min(drops)) + 1 in [e.moment.update for e in falls]


def test_each_event_of_new_rows_is_news_once():
    branch = Branch("main", history=History(rows_of([0.0, 0.96, 0.96])))
    finder = EventFinder(CLASSIC, branch, lambda config: 1.0)
    assert [e.kind for e in finder.events()] == [Kind.SOLVED, Kind.RISE]
    assert finder.take_news() == []  # they were there from the start
    for row in rows_of([0.2, 0.1, 0.9]):
        branch.history.append(row)
    finder.events()
    news = [(e.moment.update, e.kind, e.after) for e in finder.take_news()]
    assert news == [(3, Kind.FALL, 0.2), (5, Kind.RISE, 0.9)]
    finder.events()
    assert finder.take_news() == []


def test_the_rows_of_a_long_history_can_be_read_in_portions():
    branch = Branch("main", history=History(rows_of([0.1, 0.9] * 500)))
    finder, whole = (EventFinder(CLASSIC, branch, lambda config: 1.0) for _ in range(2))
    portions = 0
    while finder.behind:
        finder.events(most=300)
        portions += 1
    assert portions == 4
    assert finder.events() == whole.events()
    assert len(whole.events()) <= 12  # however many falls and rises there were


def test_the_seen_moment_of_the_first_goal_is_kept():
    branch, at = Branch("main"), Moment(0, Phase.COLLECT, 17)
    finder = EventFinder(CLASSIC, branch, lambda config: 1.0)
    finder.reach_goal(at)
    assert [e.moment for e in finder.take_news()] == [at]
    branch.history.append(*rows_of([0.5], success_rate=0.1))
    assert [e.moment for e in finder.events() if e.kind is Kind.FIRST_GOAL] == [at]
    assert finder.take_news() == []


def test_a_caption_is_what_a_bookmark_is_about():
    moment = Moment(1, Phase.IMPROVE, 2)
    branch = Branch("main", bookmarks=[moment], captions={moment: "look here"})
    finder = EventFinder(CLASSIC, branch, lambda config: 1.0)
    assert [e.subject for e in finder.events()] == ["look here"]
    branch.captions.clear()
    assert [e.subject for e in finder.events()] == [None]
