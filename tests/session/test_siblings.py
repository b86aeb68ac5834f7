"""The siblings of a run: their process, their notices, and what makes them out of date."""

import os
import pickle
import signal
import subprocess
import sys

import numpy as np
import pytest
from support.runs import small
from support.session import UNIT, UPDATE, go, moment, quit_and_read, see, see_notice, send, wait_for
from support.siblings import train_siblings

from lakeppo.fleets.siblings import SiblingReport, SiblingRequest
from lakeppo.moment import Change
from lakeppo.presets import Limit
from lakeppo.runs.run import Run
from lakeppo.session import notices
from lakeppo.session import siblings as module
from lakeppo.session.commands import CycleSiblings, GoToBranch, OpenSibling, SetKnob, SetSeed, StartOver, StartSeed
from lakeppo.storage.checkpoint import read_save

LIMIT, LONG = Limit("updates", 6), Limit("updates", 4000)
CYCLE = CycleSiblings()
FIRST, ALL = (11, 12, 13, 14), (11, 12, 13, 14, 15, 16, 17)
"""The seeds of the siblings of seed 10."""


@pytest.fixture
def processes(monkeypatch):
    """Train few siblings, and return the processes that were started for them."""
    monkeypatch.setattr(module, "FIRST", 4)
    monkeypatch.setattr(module, "ALL", 7)
    started: list[subprocess.Popen] = []
    popen = subprocess.Popen

    def start(*arguments, **options):
        started.append(popen(*arguments, **options))
        return started[-1]

    monkeypatch.setattr(module.subprocess, "Popen", start)
    return started


@pytest.fixture
def start_small(start_worker, processes):
    """Start a worker on a small run of seed 10, with few siblings."""
    return lambda limit=LIMIT: start_worker(lambda: Run(small(), 10), limit=limit)


def see_all_trained(worker):
    return see(worker, lambda s: s.siblings is not None and len(s.siblings.seeds) == 7 and not s.siblings.training)


def alone(seeds=ALL, changes=(), limit=LIMIT) -> np.ndarray:
    """Return the success `(U + 1, N)` of siblings trained in this process."""
    return train_siblings(SiblingRequest(small(), seeds, changes, limit)).success


def test_the_process_trains_a_request_and_ends_with_its_input():
    program = [sys.executable, "-m", module.PROGRAM]
    with subprocess.Popen(program, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        pickle.dump(SiblingRequest(small(), (5, 6), (), LIMIT), process.stdin)
        process.stdin.flush()
        rows: list[np.ndarray] = []
        while sum(map(len, rows)) < 7:
            number, report = pickle.load(process.stdout)
            assert (number, type(report)) == (0, SiblingReport)
            rows.append(report.success)
        process.stdin.close()
        assert process.wait(60) == 0
    np.testing.assert_array_equal(np.concatenate(rows), alone((5, 6)))
    assert report.ended.tolist() == [6, 6]


def test_some_siblings_are_trained_then_more_by_themselves(start_small):
    worker = start_small()
    send(worker, UPDATE, CYCLE)
    seen = see(worker, lambda s: s.siblings is not None)
    assert seen.siblings.seeds[:4] == FIRST
    assert notices.siblings_started(11, 14, with_changes=False, reseeded=False) in seen.notices
    worker.send(UPDATE)
    seen = see_all_trained(worker)
    assert seen.notices[-2:] == (notices.more_siblings(3, 4, by_themselves=True), notices.siblings_trained(7))
    np.testing.assert_array_equal(seen.siblings.success, alone())
    assert not seen.siblings.outdated
    assert seen.run.moment == moment(2)


def test_siblings_are_removed_and_their_process_is_killed(start_small, processes):
    worker = start_small()
    worker.send(CYCLE)
    see_all_trained(worker)
    worker.send(CYCLE)
    seen = see(worker, lambda s: s.siblings is None)
    assert seen.notices[-1] == notices.SIBLINGS_REMOVED
    assert [process.poll() for process in processes] == [-signal.SIGKILL]


def test_more_siblings_do_not_wait_for_the_first(start_small):
    worker = start_small(LONG)
    worker.send(CYCLE)
    see(worker, lambda s: s.siblings is not None and s.siblings.reached > 0)
    worker.send(CYCLE)
    seen = see(worker, lambda s: s.siblings is not None and s.siblings.known[0] == 7)
    assert seen.siblings.training == 7
    assert notices.more_siblings(3, 7, by_themselves=False) in seen.notices


def test_siblings_share_the_changes_of_their_run(start_small):
    worker = start_small()
    send(worker, UPDATE, SetKnob("slip", 0.2), UPDATE, CYCLE)
    seen = see_all_trained(worker)
    assert notices.siblings_started(11, 14, with_changes=True, reseeded=False) in seen.notices
    np.testing.assert_array_equal(seen.siblings.success, alone(changes=seen.run.changes))
    assert (seen.siblings.success[2] != alone()[2]).all()


def test_a_later_change_makes_siblings_outdated_until_new_ones(start_small, processes):
    worker = start_small()
    send(worker, UPDATE, CYCLE)
    see_all_trained(worker)
    worker.send(SetKnob("gamma", 0.5))
    assert see(worker, lambda s: s.run.changes).siblings.outdated == "change"
    worker.send(CYCLE)
    seen = see(worker, lambda s: s.siblings is not None and not s.siblings.outdated and s.siblings.reached == 6)
    assert len(seen.run.changes) == 1
    assert len(processes) == 2
    assert processes[0].poll() is not None


def test_siblings_of_one_branch_are_outdated_on_another(start_small):
    worker = start_small()
    send(worker, UPDATE, UPDATE, go(1), SetKnob("gamma", 0.5), CYCLE)
    assert see_all_trained(worker).position.branch == "B"
    worker.send(GoToBranch("main"))
    assert see(worker, lambda s: s.position.branch == "main").siblings.outdated == "branch"


def test_a_change_of_seed_is_not_shared(start_small):
    worker = start_small()
    send(worker, UPDATE, SetSeed(5), UPDATE, CYCLE)
    seen = see_all_trained(worker)
    assert notices.siblings_started(11, 14, with_changes=False, reseeded=True) in seen.notices
    assert seen.siblings.reseeded
    np.testing.assert_array_equal(seen.siblings.success, alone())


def test_starting_over_and_quitting_end_the_process(start_small, processes):
    worker = start_small(LONG)
    worker.send(CYCLE)
    see(worker, lambda s: s.siblings is not None)
    worker.send(StartOver("gamma", 0.5))
    assert see(worker, lambda s: s.siblings is None).run.moment.update == 0
    assert processes[0].poll() is not None
    worker.send(CYCLE)
    worker.stop(drop=False)
    wait_for(worker.stopped)
    assert processes[1].poll() is not None


def test_a_process_that_dies_is_reported_and_can_be_restarted(start_small, processes):
    worker = start_small(LONG)
    worker.send(CYCLE)
    see(worker, lambda s: s.siblings is not None)
    os.kill(processes[0].pid, signal.SIGKILL)
    see(worker, lambda s: s.notices and s.notices[-1].template.startswith("the siblings have stopped"))
    worker.send(CYCLE)
    wait_for(lambda: len(processes) == 2)
    started = notices.siblings_started(11, 14, with_changes=False, reseeded=False)
    seen = see(worker, lambda s: s.notices.count(started) == 2 and s.siblings is not None)
    assert seen.siblings.seeds == FIRST


def test_a_process_that_cannot_start_is_reported(start_small, monkeypatch):
    def refuse(*arguments, **options):
        raise OSError("no more processes")

    monkeypatch.setattr(module.subprocess, "Popen", refuse)
    worker = start_small()
    worker.send(CYCLE)
    assert see_notice(worker, notices.siblings_stopped("no more processes", started=False)).siblings is None


def test_a_sibling_opens_as_a_run_with_the_same_changes(start_small, tmp_path):
    worker = start_small()
    send(worker, UPDATE, UNIT, SetKnob("slip", 0.2), UPDATE, CYCLE)
    siblings = see_all_trained(worker).siblings
    worker.send(OpenSibling(12))
    seen = see(worker, lambda s: s.run.seed == 12 and s.run.moment.update >= 6)
    assert seen.run.changes == (Change(moment(2), "slip", 0.2),)
    assert seen.siblings.seeds == siblings.seeds
    assert not seen.siblings.outdated
    assert seen.siblings.diverged_at is None
    success = [row.success_probability for row in seen.history[:6]]
    np.testing.assert_allclose(success, siblings.success[1:, 1], atol=1e-3)
    kept = next((tmp_path / "saves" / "kept").glob("*/last.pt"))
    assert read_save(kept).seed == 10


def test_a_run_that_rounding_parts_from_its_sibling_is_reported(start_small, monkeypatch):
    worker = start_small()
    worker.send(CYCLE)
    siblings = see_all_trained(worker).siblings
    monkeypatch.setattr(module, "ROUNDING", -1.0)
    worker.send(OpenSibling(12))
    seen = see(worker, lambda s: s.run.seed == 12 and s.run.moment.update >= 1)
    single, sibling = seen.history[0].success_probability, float(siblings.success[1, 1])
    assert notices.sibling_diverged(12, 1, single, sibling) in seen.notices
    assert seen.siblings.diverged_at == 1


def test_a_seed_that_is_no_sibling_opens_nothing(start_small):
    worker = start_small()
    send(worker, UPDATE, OpenSibling(12), CYCLE)
    see_all_trained(worker)
    worker.send(OpenSibling(99))
    assert quit_and_read(worker).seed == 10


def test_a_run_with_the_next_seed_keeps_the_siblings(start_small):
    worker = start_small()
    worker.send(CYCLE)
    see(worker, lambda s: s.siblings is not None)
    worker.send(StartSeed())
    seen = see(worker, lambda s: s.run.seed == 11)
    assert not seen.siblings.outdated


def test_the_process_imports_nothing_from_the_current_folder(start_small, tmp_path, monkeypatch):
    hostile = tmp_path / "hostile"
    hostile.mkdir()
    for name in "numbers random queue pickle typing numpy torch gymnasium lakeppo sitecustomize".split():
        (hostile / f"{name}.py").write_text("open('imported', 'a').write(__name__)\nraise SystemExit(1)\n")
    monkeypatch.chdir(hostile)
    worker = start_small()
    send(worker, CYCLE)
    see_all_trained(worker)
    assert not (hostile / "imported").exists()
