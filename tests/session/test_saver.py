"""What is saved and when: before another run takes the place, at a rest, at the end, and after a failure."""

import operator
import shutil

import pytest
from support.session import (
    CLASSIC,
    CLIP_OFF,
    FASTER,
    PASS,
    PHASE,
    UNIT,
    UPDATE,
    go,
    hashes,
    moment,
    quit_and_read,
    run_to,
    see,
    send,
    wait_for,
)

import lakeppo
from lakeppo.moment import BEGINNING, Moment, Phase
from lakeppo.ppo.trainer import Trainer
from lakeppo.runs.run import Run
from lakeppo.session import notices
from lakeppo.session.commands import AddBranch, Compare, Save, StartSeed, Step, StopWhen, ToggleBookmark, TogglePlay
from lakeppo.session.snapshot import PACES
from lakeppo.storage import checkpoint
from lakeppo.storage.checkpoint import read_save
from lakeppo.storage.save_folder import SaveFolder


@pytest.fixture
def never_due(monkeypatch):
    """Save only where the session decides to, not because a second has passed."""
    monkeypatch.setattr(SaveFolder, "save_if_due", lambda *arguments: None)


AT_THE_BEGINNING = {
    "went back": ((UNIT, UNIT, go(0)), Moment(0, Phase.COLLECT, 2)),
    "a change": ((CLIP_OFF,), BEGINNING),
    "a bookmark": ((ToggleBookmark(),), BEGINNING),
}
"""What a person has done to a run that stands at its beginning, and the end of its branch."""


@pytest.mark.parametrize(("done", "end"), AT_THE_BEGINNING.values(), ids=AT_THE_BEGINNING)
def test_a_run_at_its_beginning_is_saved_if_it_was_used(start_worker, tmp_path, done, end):
    first = start_worker()
    first.send(UPDATE)
    quit_and_read(first)
    worker = start_worker(lambda: Run(CLASSIC, 6))
    send(worker, *done)
    save = quit_and_read(worker)
    assert (save.seed, save.moment, save.branches[0].end) == (6, BEGINNING, end)
    assert read_save(tmp_path / "saves" / "kept" / "001-classic-4x4-seed0" / "last.pt").moment == moment(1)


@pytest.mark.parametrize("command", [StartSeed(), go(0), Compare()], ids=["another run", "the past", "a comparison"])
def test_a_run_is_saved_before_it_is_left(start_worker, tmp_path, never_due, command):
    worker = start_worker()
    send(worker, UPDATE, UNIT, AddBranch(), UNIT)
    before = see(worker, lambda s: s.run.moment == Moment(1, Phase.COLLECT, 2)).run.moment
    send(worker, command)
    see(worker, lambda s: s.run.moment < before)
    assert read_save(tmp_path / "saves" / "last.pt").moment == before


def test_a_run_is_saved_where_a_person_pauses_it(start_worker, tmp_path, never_due):
    worker = start_worker(paused=False)
    send(worker, *[FASTER] * len(PACES))
    see(worker, lambda s: s.run.moment > moment(2))
    worker.send(TogglePlay())
    paused = see(worker, lambda s: s.status == "paused").run.moment
    assert read_save(tmp_path / "saves" / "last.pt").moment == paused


@pytest.mark.parametrize("command", [TogglePlay(), UPDATE])
def test_a_run_is_saved_where_its_condition_becomes_true(start_worker, tmp_path, never_due, command):
    worker = start_worker()
    send(worker, *[FASTER] * len(PACES), StopWhen("ratio_max > 1"), command)
    stopped = see(worker, lambda s: s.met).run.moment
    assert stopped == Moment(0, Phase.IMPROVE, 2)
    assert read_save(tmp_path / "saves" / "last.pt").moment == stopped


def test_a_run_shorter_than_an_update_is_saved_at_its_end(start_worker, tmp_path):
    def save_of_run(seed: int, *commands: Step) -> checkpoint.Save:
        worker = start_worker(lambda: Run(CLASSIC, seed))
        send(worker, *commands)
        worker.stop(drop=False)
        wait_for(worker.stopped)
        return read_save(tmp_path / "saves" / "last.pt")

    assert save_of_run(5, UPDATE).seed == 5
    assert save_of_run(6).seed == 5  # nothing was done
    assert save_of_run(6, UNIT).moment == Moment(0, Phase.COLLECT, 1)
    assert read_save(tmp_path / "saves" / "kept" / "001-classic-4x4-seed5" / "last.pt").seed == 5


def test_a_save_on_demand_is_reported_with_its_path(start_worker, tmp_path):
    worker = start_worker()
    send(worker, UPDATE, Save())
    assert see(worker, lambda s: s.notices).notices == (notices.saved(tmp_path / "saves" / "last.pt"),)


def test_a_run_that_cannot_be_saved_ends_with_status_one(start_worker, tmp_path):
    worker = start_worker()
    worker.send(UPDATE)
    see(worker, lambda s: s.run.moment == moment(1))
    shutil.rmtree(tmp_path / "saves", ignore_errors=True)
    (tmp_path / "saves").write_text("a file in the folder's place")
    worker.send(Save())
    error = see(worker, lambda s: s.save.error is not None).save.error
    worker.stop(drop=False)
    wait_for(worker.stopped)
    assert worker.exit_status == 1
    assert worker.ending.saved is None
    assert worker.ending.save_error == error


def test_a_failed_worker_keeps_the_best_policy(start_worker, tmp_path, monkeypatch):
    worker = start_worker()
    worker.send(UPDATE)
    see(worker, lambda s: s.run.moment == moment(1))

    def broken(self):
        raise ZeroDivisionError("on purpose")

    monkeypatch.setattr(Run, "unit", broken)
    worker.send(UNIT)
    wait_for(worker.stopped)
    assert worker.failure == "ZeroDivisionError: on purpose"
    assert worker.ending.saved == tmp_path / "saves" / "last.pt"
    assert "broken" in worker.details
    assert worker.exit_status == 1
    assert read_save(tmp_path / "saves" / "best.pt").moment == moment(1)


HALF_WAY = {
    "a step": (moment(0, Phase.COLLECT, 5), "lakeppo.lake.environment.Lake.step"),
    "the batch": (moment(0, Phase.JUDGE), "lakeppo.ppo.trainer.make_batch"),
    "a pass": (moment(0, Phase.IMPROVE, 2), "lakeppo.ppo.networks.Adam.step"),
    "the copy": (moment(0, Phase.COPY), "lakeppo.ppo.trainer.Trainer.begin_update"),
    "the best policy": (moment(0, Phase.COPY), "lakeppo.runs.run.trainer_state"),
    "a keyframe": (moment(3, Phase.COPY), "lakeppo.runs.timeline.trainer_state"),
}
"""Where a run stands, and the function that fails there once it has done its work."""


@pytest.mark.parametrize(("before", "function"), HALF_WAY.values(), ids=HALF_WAY)
def test_a_unit_that_fails_half_way_loses_only_itself(start_worker, tmp_path, monkeypatch, before, function):
    worker = start_worker()
    units = before.index if before.phase is Phase.COLLECT else 0
    send(worker, *[UPDATE] * before.update, *[PHASE] * before.phase, *[UNIT] * units)
    send(worker, *[PASS] * (before.index if before.phase is Phase.IMPROVE else 0))
    see(worker, lambda s: s.run.moment == before)
    fail_once(monkeypatch, function)
    worker.send(UNIT)
    wait_for(worker.stopped)
    assert worker.failure == "ZeroDivisionError: on purpose"
    assert worker.ending.saved == tmp_path / "saves" / "last.pt"
    save, run = read_save(tmp_path / "saves" / "last.pt"), run_to(before)
    assert (save.moment, hashes(save), save.history) == (before, hashes(run), run.history)


def test_a_failure_in_the_past_keeps_the_place_and_the_branches(start_worker, tmp_path, monkeypatch):
    worker = start_worker()
    send(worker, *[UPDATE] * 3, go(1), CLIP_OFF, UPDATE, go(1))
    see(worker, lambda s: s.position.rewound and s.position.branch == "B")
    fail_once(monkeypatch, "lakeppo.ppo.trainer.make_batch")
    worker.send(UPDATE)
    wait_for(worker.stopped)
    save, end = read_save(tmp_path / "saves" / "last.pt"), moment(1, Phase.JUDGE)
    assert save.moment == end
    assert hashes(save) == hashes(run_to(end, clip_off_at=moment(1)))
    assert [(branch.name, branch.end) for branch in save.branches] == [("main", moment(3)), ("B", moment(2))]


def test_a_failure_right_after_going_back_keeps_the_place(start_worker, tmp_path, monkeypatch):
    worker = start_worker()
    send(worker, UPDATE, UPDATE, go(1))
    see(worker, lambda s: s.position.rewound)
    fail_once(monkeypatch, "lakeppo.lake.environment.Lake.step")
    worker.send(UNIT)
    wait_for(worker.stopped)
    assert read_save(tmp_path / "saves" / "last.pt").moment == moment(1)


def test_a_failure_while_the_session_ends_is_saved_whole(start_worker, tmp_path, monkeypatch):
    worker, copy = start_worker(), Trainer.begin_update

    def failing(trainer):
        copy(trainer)
        monkeypatch.setattr(Trainer, "begin_update", copy)
        worker.stop(drop=True)
        raise ZeroDivisionError("on purpose")

    send(worker, UPDATE, *[PHASE] * 3)
    see(worker, lambda s: s.run.moment == moment(1, Phase.COPY))
    monkeypatch.setattr(Trainer, "begin_update", failing)
    worker.send(PHASE)
    wait_for(worker.stopped)
    assert worker.ending.saved == tmp_path / "saves" / "last.pt"
    assert read_save(worker.ending.saved).moment == moment(1, Phase.COPY)


def test_a_run_that_cannot_be_recomputed_keeps_its_best_policy(start_worker, tmp_path, monkeypatch, never_due):
    worker = start_worker()
    send(worker, UPDATE)
    see(worker, lambda s: s.run.moment == moment(1))
    monkeypatch.setattr(Run, "unit", lambda run: operator.truediv(1, 0))
    worker.send(UNIT)
    wait_for(worker.stopped)
    assert worker.ending.saved is None
    assert read_save(tmp_path / "saves" / "best.pt").moment == moment(1)
    assert not (tmp_path / "saves" / "last.pt").exists()


def test_a_failure_before_the_first_update_is_saved_in_its_place(start_worker, tmp_path, monkeypatch):
    first = start_worker()
    first.send(UPDATE)
    quit_and_read(first)
    worker = start_worker(lambda: Run(CLASSIC, 6))
    send(worker, UNIT, UNIT)
    see(worker, lambda s: s.run.moment == Moment(0, Phase.COLLECT, 2))
    fail_once(monkeypatch, "lakeppo.lake.environment.Lake.step")
    worker.send(UNIT)
    wait_for(worker.stopped)
    save = read_save(tmp_path / "saves" / "last.pt")
    assert (save.seed, save.moment) == (6, Moment(0, Phase.COLLECT, 2))


def fail_once(monkeypatch, function: str) -> None:
    """Let a function raise the next time it is called, after its work."""
    owner, name = function.rsplit(".", 1)
    original = operator.attrgetter(owner.removeprefix("lakeppo.") + "." + name)(lakeppo)
    failed = []

    def failing(*arguments):
        result = original(*arguments)
        if not failed:
            failed.append(True)
            raise ZeroDivisionError("on purpose")
        return result

    monkeypatch.setattr(function, failing)
