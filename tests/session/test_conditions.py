"""A condition stops a run that plays or steps, once each time it becomes true, and leads back to where it was true."""

from itertools import pairwise

import pytest
from support.session import CLASSIC, UPDATE, go, moment, quit_and_read, run_to, see, see_notice, send

from lakeppo.config import make_config
from lakeppo.errors import Message
from lakeppo.moment import Phase
from lakeppo.runs.branch import Branch
from lakeppo.runs.pass_tables import PassTables
from lakeppo.runs.run import Run
from lakeppo.runs.timeline import Timeline
from lakeppo.session import navigation, notices
from lakeppo.session.commands import BackToCondition, ChangePace, GoToEnd, SetKnob, StartPreset, StopWhen, TogglePlay
from lakeppo.session.snapshot import PACES, Snapshot

FALL = "exact < .5 after solved"
FALLEN = moment(49)


def stops(snapshot: Snapshot) -> list[Message]:
    """The notices of a condition that has become true."""
    return [notice for notice in snapshot.notices if notice.template.startswith("stopped at")]


FULL_SPEED = [ChangePace(1)] * len(PACES)


def test_a_playing_run_pauses_where_the_condition_becomes_true(start_worker):
    worker = start_worker()
    send(worker, StopWhen(f" {FALL} "), *FULL_SPEED, TogglePlay())
    stopped = see(worker, lambda s: s.status == "paused" and s.run.moment > moment(0))
    assert stopped.run.moment == FALLEN
    assert stopped.stop_when == FALL
    assert str(stopped.notices[-1]).startswith("stopped at #49: exact < .5 after solved (exact 0.08")
    send(worker, TogglePlay())
    see(worker, lambda s: s.run.moment > moment(50))
    send(worker, TogglePlay())
    assert see(worker, lambda s: s.status == "paused").run.moment > FALLEN
    save = quit_and_read(worker)
    run = run_to(save.moment)
    assert save.history == run.history, "a condition decides nothing of a run"


def test_steps_stop_and_ways_to_a_moment_do_not(start_worker, monkeypatch):
    monkeypatch.setattr(navigation, "FAR", 5)  # longer ways are computed in sight
    worker = start_worker()
    send(worker, *[UPDATE] * 51, StopWhen(FALL), go(46))
    see(worker, lambda s: s.stop_when and s.run.moment == moment(46))
    send(worker, *[UPDATE] * 5)
    seen = see(worker, lambda s: s.run.moment == moment(51))
    assert [notice.arguments["moment"] for notice in stops(seen)] == ["#49"]
    send(worker, go(0))
    see(worker, lambda s: s.run.moment == moment(0))
    send(worker, GoToEnd())
    seen = see(worker, lambda s: s.run.moment == moment(51) and s.status == "stepped")
    assert len(stops(seen)) == 1


def test_a_way_in_sight_does_not_stop_and_a_step_after_it_does(start_worker, monkeypatch):
    monkeypatch.setattr(navigation, "FAR", 5)
    worker = start_worker(lambda: Timeline(Run(CLASSIC, 0), [Branch("main", end=moment(51))]))  # nothing is known yet
    send(worker, StopWhen(FALL), GoToEnd())
    assert stops(see(worker, lambda s: s.run.moment == moment(51) and s.status == "stepped")) == []
    send(worker, go(46), *[UPDATE] * 5)
    seen = see(worker, lambda s: s.run.moment == moment(51) and s.carried_out == 8)
    assert [notice.arguments["moment"] for notice in stops(seen)] == ["#49"]


def test_a_step_over_the_moment_ends_there(start_worker):
    worker = start_worker()
    send(worker, go(0), StopWhen("p(6, right) > .4"), UPDATE, UPDATE, UPDATE, UPDATE, UPDATE, UPDATE, UPDATE, UPDATE)
    seen = see(worker, lambda s: s.notices and "stopped at" in str(s.notices[-1]))
    assert seen.run.moment == moment(7, Phase.IMPROVE, 4)
    assert seen.status == "stepped"


def test_going_back_to_a_condition_leads_to_where_it_was_last_true(start_worker):
    worker = start_worker()
    send(worker, BackToCondition())
    see_notice(worker, notices.NO_CONDITION)
    send(worker, *[UPDATE] * 60, StopWhen(FALL), BackToCondition())
    rows = list(run_to(moment(60)).history)
    last = max(row.update for row in rows[13:] if row.success_probability < 0.5)
    see(worker, lambda s: s.run.moment == moment(last))
    send(worker, StopWhen("exact > 2"), BackToCondition())
    seen = see_notice(worker, notices.never_true("exact > 2"))
    assert seen.run.moment == moment(last)
    send(worker, StopWhen("p(6, right) > .4"), go(8), BackToCondition())
    see(worker, lambda s: moment(7) < s.run.moment < moment(8))
    send(worker, StopWhen("p(6, right) > 1"), BackToCondition())
    seen = see_notice(worker, notices.never_true("p(6, right) > 1"))
    assert moment(7) < seen.run.moment < moment(8)


WRONG = Message("character {place}: {error}", place=1, error=Message("{token} cannot be read", token="\x1b"))


def test_a_wrong_condition_leaves_the_one_before(start_worker):
    worker = start_worker()
    send(worker, StopWhen(FALL), StopWhen("exat < 1"), StopWhen("\x1b[2J"))
    seen = see_notice(worker, WRONG)
    assert [str(notice) for notice in seen.notices] == [
        f"stops when {FALL}", "character 1: there is no exat here; the nearest is exact",
        "character 1: \\x1b cannot be read",
    ]  # fmt: skip
    assert seen.stop_when == FALL
    send(worker, StopWhen("  "))
    assert see_notice(worker, notices.CONDITION_REMOVED).stop_when == ""


def test_a_condition_that_is_true_already_says_so(start_worker):
    worker = start_worker()
    send(worker, UPDATE, StopWhen("exact < .5"))
    assert see(worker, lambda s: s.notices).notices == (notices.condition_set("exact < .5", True),)


def test_a_change_in_the_past_keeps_the_condition_on_its_branch(start_worker):
    worker = start_worker()
    send(worker, *[UPDATE] * 60, StopWhen(FALL), go(46), SetKnob("clip_coef", 0.19), *[UPDATE] * 14)
    seen = see(worker, lambda s: s.position.branch == "B" and s.run.moment == moment(60))
    assert seen.stop_when == FALL
    rows = list(quit_and_read(worker).history)
    falls = [
        f"#{now.update}" for before, now in pairwise(rows[45:])
        if now.success_probability < 0.5 <= before.success_probability
    ]  # fmt: skip
    assert [notice.arguments["moment"] for notice in stops(seen)] == falls != []


def test_another_run_keeps_the_condition_if_it_has_the_tiles(start_worker):
    worker = start_worker(lambda: Run(make_config("8x8"), 0))
    send(worker, StopWhen("p(60, left) < .1"), StartPreset("classic"))
    seen = see(worker, lambda s: s.run.config.tiles == 16 and s.status == "playing")
    assert seen.stop_when == ""
    text = "p(60, left) < .1 is no condition on this run: character 3: tile must be a whole number from 0 to 15"
    assert text in [str(notice) for notice in seen.notices if "keys" not in notice.template]
    send(worker, StopWhen(FALL), StartPreset("classic"))
    assert see(worker, lambda s: s.stop_when == FALL and s.run.moment < moment(40)).run.config == CLASSIC


@pytest.mark.parametrize(
    "text", ["(" * 2**20, "not " * 2**18, "\x00" * 1000, "9" * 10**6], ids=["(", "not", "nul", "9"]
)
def test_hostile_text_is_a_notice_of_one_line(start_worker, text):
    worker = start_worker()
    send(worker, StopWhen(text))
    (notice,) = see(worker, lambda s: s.notices).notices
    assert len(str(notice)) < 120
    assert str(notice).isprintable()


def test_the_next_command_stops_a_long_search(start_worker, monkeypatch):
    monkeypatch.setattr(navigation, "PATIENCE", 0.0)
    monkeypatch.setattr(PassTables, "get", lambda tables, update, changes: None)
    worker = start_worker()
    send(worker, *[UPDATE] * 20, StopWhen("p(6, right) > 1"), BackToCondition(), ChangePace(1))
    seen = see_notice(worker, notices.search_stopped("p(6, right) > 1"))
    assert seen.run.moment == moment(20)
    send(worker, BackToCondition())
    assert see_notice(worker, notices.never_true("p(6, right) > 1")).run.moment == moment(20)
