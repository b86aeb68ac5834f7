"""Playing to where something is to be seen, and the pace of a run that nobody has set."""

import pytest
from support.session import FASTER, UPDATE, moment, see, send

from lakeppo.moment import Phase
from lakeppo.presets import Limit
from lakeppo.session.commands import ChangeSlip, PlayTo, TogglePlay, Unit
from lakeppo.session.snapshot import DEFAULT_PACE, FIRST_PACE, PACES, MotionView

FULL = len(PACES) - 1


def ended(number: int):
    return lambda snapshot: snapshot.motion.number == number and snapshot.motion.state != "going"


def test_a_run_quickens_after_its_first_update(start_worker):
    worker = start_worker(pace=None, paused=False)
    assert see(worker, lambda s: s.status == "playing").pace == FIRST_PACE
    worker.send(UPDATE)
    assert see(worker, lambda s: s.run.moment.update == 1).pace == DEFAULT_PACE
    send(worker, TogglePlay(), TogglePlay(), FASTER)
    assert see(worker, lambda s: s.chosen_pace is not None).pace == DEFAULT_PACE + 1


def test_a_pace_that_was_set_stays(start_worker):
    worker = start_worker(pace=None)
    send(worker, FASTER, UPDATE)
    assert see(worker, lambda s: s.run.moment.update == 1).pace == FIRST_PACE + 1
    remembered = start_worker(pace=2, folder="other")
    remembered.send(UPDATE)
    assert see(remembered, lambda s: s.run.moment.update == 1).pace == 2


@pytest.mark.parametrize(
    ("end", "arrived"),
    [
        (Unit.PASS, lambda s: s.run.moment == moment(0, Phase.IMPROVE, 1)),
        (Phase.IMPROVE, lambda s: s.run.moment == moment(0, Phase.IMPROVE)),
        (Phase.COPY, lambda s: s.run.moment == moment(0, Phase.COPY)),
        (Unit.EPISODE, lambda s: s.run.walk.last.terminated and s.run.episodes == 1),
        ("exact > .3", lambda s: s.run.exact.sampling > 0.3 and s.run.moment.index == 0),
    ],
    ids=["pass", "improve", "copy", "episode", "condition"],
)
def test_it_plays_to_an_end_and_rests_there(start_worker, end, arrived):
    worker = start_worker()
    worker.send(PlayTo(end, FULL, 7))
    seen = see(worker, ended(7))
    assert seen.motion.state == "arrived"
    assert (seen.status, seen.pace, seen.chosen_pace) == ("paused", DEFAULT_PACE, None)
    assert arrived(seen)


def test_what_holds_already_is_not_played_to(start_worker):
    worker = start_worker()
    send(worker, UPDATE, PlayTo("exact < 1", FULL, 1))
    seen = see(worker, ended(1))
    assert (seen.motion.state, seen.run.moment) == ("arrived", moment(1))


def test_what_never_comes_ends_at_its_updates_and_at_the_limit(start_worker):
    worker = start_worker(limit=Limit("updates", 5))
    worker.send(PlayTo("exact > 2", FULL, 1, updates=2))
    seen = see(worker, ended(1))
    assert (seen.motion.state, seen.status, seen.run.moment) == ("missed", "paused", moment(2))
    worker.send(PlayTo("exact > 2", FULL, 2))
    seen = see(worker, ended(2))
    assert (seen.motion.state, seen.status, seen.run.moment) == ("missed", "finished", moment(5))


def test_another_command_ends_it_and_a_pace_does_not(start_worker):
    worker = start_worker()
    send(worker, PlayTo("exact > 2", 0, 1), FASTER)
    seen = see(worker, lambda s: s.pace == 1)
    assert (seen.motion, seen.status, seen.chosen_pace) == (MotionView(1, "going"), "playing", None)
    worker.send(ChangeSlip(0))
    seen = see(worker, ended(1))
    assert (seen.motion.state, seen.status, seen.pace) == ("stopped", "playing", DEFAULT_PACE)


def test_a_condition_that_is_none_is_refused(start_worker):
    worker = start_worker()
    worker.send(PlayTo("exat > 2", 0, 3))
    seen = see(worker, ended(3))
    assert (seen.motion.state, seen.status) == ("missed", "paused")
    assert "the nearest is exact" in str(seen.notices[-1])


def test_the_same_number_again_changes_only_the_pace(start_worker):
    worker = start_worker()
    send(worker, PlayTo(Unit.PASS, 0, 1), PlayTo(Unit.PASS, FULL, 1))
    seen = see(worker, ended(1))
    assert (seen.motion.state, seen.run.moment) == ("arrived", moment(0, Phase.IMPROVE, 1))
    send(worker, PlayTo(Unit.PASS, FULL, 1), TogglePlay(), TogglePlay())
    seen = see(worker, lambda s: s.carried_out == 5)
    assert (seen.motion.state, seen.run.moment) == ("arrived", moment(0, Phase.IMPROVE, 1))
