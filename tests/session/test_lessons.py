"""The runs of a lesson in place of the person's own: shown, measured, never saved, and left again."""

from support.lessons import short_lesson
from support.session import UPDATE, hashes, moment, quit_and_read, run_to, see, send

from lakeppo.config import make_config
from lakeppo.moment import Moment
from lakeppo.session.commands import Compare, EndComparison, PlayTo, Save, StartSeed
from lakeppo.session.lesson_commands import LeaveLesson, OpenPart, ShowArm, Try
from lakeppo.session.notices import LESSON_NOT_SAVED
from lakeppo.session.snapshot import PACES

LESSON = short_lesson()
FULL = len(PACES) - 1
TWO = moment(2)


def showing(arm: str):
    return lambda snapshot: snapshot.lesson is not None and snapshot.lesson.arm == arm


def test_an_arm_is_shown_paused_at_its_beginning(start_worker):
    worker = start_worker(paused=False)
    send(worker, UPDATE, OpenPart(LESSON, 0))
    seen = see(worker, showing("A"))
    assert (seen.status, seen.run.moment, seen.run.config.epochs, seen.run.seed) == ("paused", moment(0), 5, 0)
    send(worker, PlayTo(TWO, FULL, 1), ShowArm("B"))
    seen = see(worker, showing("B"))
    assert (seen.status, seen.run.config.epochs) == ("paused", 50)


def test_a_part_that_is_opened_again_starts_again(start_worker):
    worker = start_worker()
    send(worker, OpenPart(LESSON, 0), PlayTo(TWO, FULL, 1))
    see(worker, lambda s: s.motion == (1, "arrived"))
    send(worker, OpenPart(LESSON, 0))
    assert see(worker, lambda s: s.carried_out == 3).run.moment == moment(0)


def test_its_figures_are_those_of_the_runs_on_screen(start_worker):
    worker = start_worker()
    send(worker, OpenPart(LESSON, 0), PlayTo(TWO, FULL, 1))
    mine = see(worker, lambda s: s.motion.state == "arrived")
    send(worker, ShowArm("B"), PlayTo(TWO, FULL, 2))
    other = see(worker, lambda s: s.motion == (2, "arrived") and s.lesson.seeds is not None)
    measured = other.lesson
    assert measured.failure == ""
    assert (measured.run.moment, measured.run.met) == (TWO, True)
    assert measured.run.figures["five"] == mine.run.exact.sampling
    assert measured.run.figures["fifty"] == other.run.exact.sampling
    assert {arm: len(success) for arm, success in measured.seeds.success.items()} == {"A": 3, "B": 3}


def test_the_two_arms_can_be_compared(start_worker):
    worker = start_worker()
    send(worker, OpenPart(LESSON, 0), PlayTo(TWO, FULL, 1))
    see(worker, lambda s: s.motion.state == "arrived")
    send(worker, ShowArm("B"), PlayTo(TWO, FULL, 2))
    see(worker, lambda s: s.motion == (2, "arrived"))
    worker.send(Compare())
    seen = see(worker, lambda s: s.comparison is not None)
    assert (seen.run.config.epochs, seen.comparison.run.config.epochs, seen.choices) == (50, 5, 1)
    send(worker, EndComparison(), LeaveLesson())
    assert see(worker, lambda s: s.lesson is None).choices == 0


def test_the_person_returns_to_the_own_run_where_it_stood(start_worker, tmp_path):
    worker = start_worker()
    send(worker, UPDATE, UPDATE, OpenPart(LESSON, 0), PlayTo(moment(1), FULL, 1))
    see(worker, lambda s: s.motion.state == "arrived")
    send(worker, Save(), StartSeed(9))
    assert LESSON_NOT_SAVED in see(worker, lambda s: s.run.seed == 9).notices
    send(worker, LeaveLesson())
    seen = see(worker, lambda s: s.lesson is None)
    assert (seen.run.moment, seen.run.seed, seen.limit, seen.status) == (TWO, 0, worker.limit, "paused")
    save = quit_and_read(worker)
    assert hashes(save) == hashes(run_to(TWO))
    assert not (tmp_path / "saves" / "kept").exists()


def test_quitting_in_a_lesson_keeps_the_save_of_the_own_run(start_worker):
    worker = start_worker()
    send(worker, UPDATE, OpenPart(LESSON, 0), PlayTo(TWO, FULL, 1))
    see(worker, lambda s: s.motion.state == "arrived")
    save = quit_and_read(worker)
    assert (save.moment, save.config.epochs) == (moment(1), 5)
    assert hashes(save) == hashes(run_to(moment(1)))


def test_a_value_of_the_knob_is_tried_from_the_beginning(start_worker):
    worker = start_worker()
    send(worker, OpenPart(LESSON, 0), PlayTo(TWO, FULL, 1))
    see(worker, lambda s: s.motion.state == "arrived")
    send(worker, Try(LESSON, None))
    seen = see(worker, showing(""))
    assert (seen.run.moment, seen.run.config.epochs) == (moment(0), 50)
    send(worker, Try(LESSON, (1,)), PlayTo("exact > .5", FULL, 2, 3))
    seen = see(worker, lambda s: s.motion.number == 2 and s.motion.state != "going")
    assert (seen.motion.state, seen.run.config.epochs, seen.run.moment) == ("missed", 1, moment(3))
    assert seen.run.config == make_config("classic", epochs=1)


def test_the_condition_stops_both_where_the_figures_were_measured(start_worker):
    lesson = short_lesson(until="exact > .0001")
    worker = start_worker()
    send(worker, OpenPart(lesson, 0), PlayTo(lesson.parts[0].run.until, FULL, 1, lesson.parts[0].run.most))
    seen = see(worker, lambda s: s.motion.state == "arrived" and s.lesson.run is not None)
    assert seen.lesson.arm == lesson.parts[0].run.watched == "B"
    measured = seen.lesson.run
    assert (measured.moment, measured.met) == (seen.run.moment, True)
    assert isinstance(measured.moment, Moment)
