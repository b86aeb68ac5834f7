"""A program with a fault through the worker thread: beside the right one, and nowhere else."""

import pytest
from support.session import (
    PASS,
    UNIT,
    UPDATE,
    hashes,
    moment,
    quit_and_read,
    run_to,
    see,
    see_notice,
    send,
    wait_for,
)  # fmt: skip

from lakeppo.faults.table import BEYOND_THE_END, FAULTS, GRADIENT_KEPT, OLD_NOT_COPIED
from lakeppo.moment import Phase
from lakeppo.session import notices
from lakeppo.session.commands import (
    Compare,
    CycleSiblings,
    EndComparison,
    Export,
    GoToDifference,
    GoToEnd,
    Save,
    SetKnob,
    StartSeed,
    WhyThere,
)
from lakeppo.session.lesson_commands import LeaveLesson, OpenSpot
from lakeppo.session.spots import faulty_timeline


def test_both_programs_part_where_the_fault_acts(start_worker):
    worker = start_worker(lambda: faulty_timeline(GRADIENT_KEPT, 0))
    send(worker, *[UPDATE] * 3, Compare(), GoToDifference())
    seen = see(worker, lambda s: s.comparison is not None and s.run.moment > moment(0))
    assert seen.run.moment == moment(0, Phase.IMPROVE, 2) == seen.comparison.run.moment
    assert seen.comparison.names == ("faulty", "right")
    assert seen.comparison.differs_at.what == "policy"
    assert seen.spot.fault is GRADIENT_KEPT
    assert seen.spot.first.moment == seen.run.moment


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_a_key_goes_to_the_first_difference_from_the_start(start_worker, fault):
    worker = start_worker(lambda: faulty_timeline(fault, 0))
    send(worker, Compare(), GoToDifference())
    seen = see(worker, lambda s: s.comparison is not None and s.comparison.differs_at is not None)
    assert seen.run.moment == seen.comparison.run.moment == seen.comparison.differs_at.moment
    assert abs(seen.run.moment.update - seen.spot.first.moment.update) < 2


def test_a_faulty_run_that_goes_back_is_the_same_again():
    """Also where gradients are kept, which a state has no part for otherwise."""
    timeline = faulty_timeline(GRADIENT_KEPT, 0)
    while timeline.run.moment < moment(12, Phase.IMPROVE, 3):
        timeline.unit()
    there = hashes(timeline.run)
    timeline.go_to(moment(11, Phase.IMPROVE, 1))
    timeline.go_to(moment(12, Phase.IMPROVE, 3))
    assert hashes(timeline.run) == there


def test_both_go_on_in_lock_step(start_worker):
    worker = start_worker(lambda: faulty_timeline(OLD_NOT_COPIED, 0))
    send(worker, Compare(), UPDATE, PASS)
    seen = see(worker, lambda s: s.run.moment == moment(1, Phase.IMPROVE, 1))
    assert seen.comparison.run.moment == seen.run.moment
    assert seen.comparison.differs_at.moment == moment(1)
    assert (seen.comparison.run.old_policy != seen.run.old_policy).any()


def test_the_right_program_makes_the_same_changes(start_worker):
    worker = start_worker(lambda: faulty_timeline(OLD_NOT_COPIED, 0))
    send(worker, Compare(), UNIT, EndComparison(), GoToEnd(), SetKnob("slip", 0.5), UPDATE, Compare(), GoToEnd())
    seen = see(worker, lambda s: s.comparison is not None and s.run.changes and s.run.moment == moment(1))
    assert seen.comparison.run.changes == seen.run.changes
    assert seen.comparison.run.config.slip == 0.5
    assert seen.comparison.differs_at.moment == moment(1)


def test_a_new_seed_keeps_the_fault(start_worker):
    worker = start_worker(lambda: faulty_timeline(BEYOND_THE_END, 0))
    first = see(worker, lambda s: s.spot is not None).spot.first
    send(worker, UNIT, StartSeed())
    seen = see(worker, lambda s: s.run.seed == 1)
    assert seen.spot.fault is BEYOND_THE_END
    assert seen.spot.first != first


def test_a_faulty_run_is_neither_saved_nor_explained(start_worker, tmp_path):
    worker = start_worker(lambda: faulty_timeline(BEYOND_THE_END, 0))
    send(worker, UPDATE, PASS, Save(), Export(), CycleSiblings(), WhyThere(0))
    seen = see_notice(worker, notices.FAULTY_ALONE)
    assert notices.FAULTY_NOT_SAVED in seen.notices
    assert seen.explanation is seen.siblings is None
    worker.stop(drop=False)
    wait_for(worker.stopped)
    assert worker.failure is None
    assert worker.ending.saved is worker.ending.save_error is None
    assert not list(tmp_path.rglob("*.pt")) + list(tmp_path.rglob("*.toml"))


def test_the_right_program_has_nothing_to_spot(start_worker):
    worker = start_worker()
    worker.send(UNIT)
    assert see(worker, lambda s: s.run.moment == moment(0, Phase.COLLECT, 1)).spot is None


def test_a_fault_is_spotted_while_the_own_run_waits(start_worker):
    worker = start_worker()
    send(worker, UPDATE, UPDATE, UNIT, OpenSpot(4), UPDATE)
    seen = see(worker, lambda s: s.spot is not None and s.run.moment == moment(1))
    assert (seen.spot.fault, seen.spot.aside) == (GRADIENT_KEPT, True)
    send(worker, StartSeed(), Save(), OpenSpot(3))
    seen = see(worker, lambda s: s.spot is not None and s.spot.fault is BEYOND_THE_END)
    assert notices.FAULTY_NOT_SAVED in seen.notices
    worker.send(LeaveLesson())
    seen = see(worker, lambda s: s.spot is None)
    assert seen.run.moment == moment(2, Phase.COLLECT, 1)
    assert seen.choices == 0
    save = quit_and_read(worker)
    assert (save.moment, hashes(save)) == (seen.run.moment, hashes(run_to(seen.run.moment)))
