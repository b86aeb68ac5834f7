"""The worker thread: commands in their order, the same bits however a run is played, and ends that lose nothing."""

import random
import threading

import pytest
from support.session import (
    CLASSIC,
    FASTER,
    GOAL,
    PASS,
    PHASE,
    SLOWER,
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

from lakeppo.config import advice, make_config
from lakeppo.errors import Message
from lakeppo.moment import Phase
from lakeppo.presets import SLIPPERY, Limit
from lakeppo.runs.run import Run
from lakeppo.runs.timeline import Timeline
from lakeppo.session import notices, pace
from lakeppo.session.channel import Ending
from lakeppo.session.commands import ChangeSlip, CycleDemo, Save, StartSeed, Stop, ToggleBookmark, TogglePlay
from lakeppo.session.snapshot import FULL_SPEED, PACES, Snapshot
from lakeppo.session.worker import Worker
from lakeppo.storage.checkpoint import read_save

LIMIT = Limit("episodes", 2000)
PLAY = [TogglePlay(), UNIT, PASS, PHASE, UPDATE, FASTER, SLOWER, CycleDemo(), Stop()]


def test_a_burst_of_updates_and_a_save_runs_every_command(start_worker):
    worker = start_worker()
    send(worker, *[UPDATE] * 30, Save())
    assert hashes(quit_and_read(worker)) == hashes(run_to(moment(30)))


def plays(snapshot: Snapshot) -> bool:
    return snapshot.status == "playing" and snapshot.demo is None


@pytest.mark.parametrize("seed", range(3))
def test_any_mixture_of_play_pause_and_steps_gives_the_same_bits(start_worker, seed):
    rng = random.Random(seed)
    worker = start_worker()
    worker.send(UPDATE)
    for command in rng.choices(PLAY, k=40):
        worker.send(command)
        if rng.random() < 0.5:
            seen = see(worker, lambda s: True)
            if plays(seen):
                see(worker, lambda s, seen=seen: not plays(s) or s.run.moment > seen.run.moment)
    save = quit_and_read(worker)
    run = run_to(save.moment)
    assert hashes(save) == hashes(run)
    assert save.history == run.history


def test_every_step_ends_where_its_unit_does(start_worker):
    worker = start_worker()
    moments = [moment(0)]

    def after(command):
        worker.send(command)
        moments.append(see(worker, lambda s: s.run.moment > moments[-1] and s.status == "stepped").run.moment)
        return moments[-1]

    assert after(UNIT) == moment(0, Phase.COLLECT, 1)
    assert after(PHASE) == moment(0, Phase.JUDGE)
    assert after(PHASE) == moment(0, Phase.IMPROVE)
    assert after(PASS) == moment(0, Phase.IMPROVE, 1)
    assert after(PHASE) == moment(0, Phase.COPY)
    assert after(PASS) == moment(1, Phase.IMPROVE, 1)
    assert after(UPDATE) == moment(2)


def test_a_step_to_the_goal_ends_right_after_a_goal(start_worker):
    worker = start_worker()
    worker.send(GOAL)
    seen = see(worker, lambda s: s.status == "stepped")
    assert seen.run.first_goal_episode == seen.run.episodes
    assert seen.run.walk.last.next_state == 15


@pytest.mark.parametrize("command", [Stop(), ToggleBookmark(), TogglePlay()])
def test_any_command_ends_a_step_to_the_goal(start_worker, command):
    far = make_config("classic", ("far", ("S" + "F" * 30, "F" * 30 + "G")))
    worker = start_worker(lambda: Run(far, 0))
    worker.send(GOAL)
    see(worker, lambda s: s.status == "stepping" and s.run.env_steps > 100)
    worker.send(command)
    stopped = see(worker, lambda s: s.status == "stepped")
    assert stopped.run.first_goal_episode is None
    worker.send(UNIT)
    assert see(worker, lambda s: s.run.moment > stopped.run.moment).run.env_steps <= stopped.run.env_steps + 1


def test_slip_goes_by_its_steps_and_every_change_is_recorded(start_worker):
    worker = start_worker()
    send(worker, UPDATE, ChangeSlip(0))
    assert see(worker, lambda s: s.run.config.slip > 0).run.config.slip == SLIPPERY
    worker.send(ChangeSlip(1))
    assert see(worker, lambda s: s.run.config.slip > SLIPPERY).run.config.slip == 0.7
    send(worker, ChangeSlip(-1), ChangeSlip(-1))
    seen = see(worker, lambda s: s.run.config.slip == 0.65)
    assert [change.value for change in seen.run.changes] == [SLIPPERY, 0.7, SLIPPERY, 0.65]
    assert {change.moment for change in seen.run.changes} == {moment(1)}
    assert seen.notices == (advice(seen.run.config),)


def test_a_finished_run_is_saved_and_demonstrates_its_policy(start_worker, tmp_path):
    limit = Limit("episodes", 20)
    worker = start_worker(limit=limit, paused=False)
    send(worker, *[FASTER] * len(PACES))
    seen = see(worker, lambda s: s.status == "finished" and s.demo is not None)
    assert seen.run.episodes == 20
    assert seen.notices[-1] == notices.finished(limit, compared=False)
    assert read_save(tmp_path / "saves" / "last.pt").moment == seen.run.moment
    after = see(worker, lambda s: s.demo is not None and s.demo.walk.last is not None)
    assert after.run.moment == seen.run.moment


def test_a_finished_run_can_go_on_past_its_limit(start_worker):
    worker = start_worker(limit=Limit("episodes", 20), paused=False)
    send(worker, *[FASTER] * len(PACES))
    see(worker, lambda s: s.status == "finished")
    worker.send(TogglePlay())
    assert see(worker, lambda s: s.run.episodes > 25).status == "playing"


def test_a_run_that_was_paused_before_its_limit_ends_there(start_worker):
    worker = start_worker(limit=Limit("updates", 2), pace=FULL_SPEED)
    send(worker, UNIT, TogglePlay())
    assert see(worker, lambda s: s.status == "finished").run.moment == moment(2)


def test_what_is_to_be_known_of_a_file_is_a_notice(start_worker):
    remark = Message("made elsewhere")
    worker = start_worker(lambda: Timeline(Run(CLASSIC, 0), remark=remark))
    assert remark in see(worker, lambda s: s.notices).notices


def test_a_demonstration_samples_then_is_greedy_and_learns_nothing(start_worker):
    worker = start_worker()
    worker.send(UPDATE)
    before = see(worker, lambda s: s.run.moment == moment(1))
    worker.send(CycleDemo())
    assert see(worker, lambda s: s.demo is not None and not s.demo.greedy).run.moment == moment(1)
    worker.send(CycleDemo())
    assert see(worker, lambda s: s.demo is not None and s.demo.greedy).run.moment == moment(1)
    send(worker, FASTER, CycleDemo())
    after = see(worker, lambda s: s.demo is None)
    assert after.run.moment == moment(1)
    assert (after.pace, after.chosen_pace) == (before.pace, None)
    assert (after.run.policy == before.run.policy).all()
    worker.send(SLOWER)
    assert see(worker, lambda s: s.chosen_pace is not None).chosen_pace == before.pace - 1


def test_a_new_run_has_the_next_seed_and_keeps_the_earlier_save(start_worker, tmp_path):
    worker = start_worker()
    send(worker, UPDATE, Save(), StartSeed(), TogglePlay(), UPDATE, Save())
    seen = see(worker, lambda s: s.run.history_generation == 1 and s.run.moment.update >= 1)
    assert seen.run.seed == 1
    assert len(seen.history) >= 1
    quit_and_read(worker)
    kept = read_save(tmp_path / "saves" / "kept" / "001-classic-4x4-seed0" / "last.pt")
    assert (kept.seed, kept.moment) == (0, moment(1))


def test_a_snapshot_keeps_the_history_of_its_run(start_worker):
    worker = start_worker()
    send(worker, UPDATE, UPDATE)
    before = see(worker, lambda s: s.run.moment == moment(2))
    worker.send(StartSeed())
    after = see(worker, lambda s: s.run.seed == 1)
    assert (before.run.history_length, before.history) == (2, run_to(moment(2)).history)
    assert after.history is not before.history


def test_a_new_run_starts_at_once_at_any_pace(start_worker, monkeypatch):
    monkeypatch.setitem(pace.UNITS, Phase.COLLECT, 1e12)
    worker = start_worker(paused=False)
    see(worker, lambda s: s.run.env_steps == 1)
    worker.send(StartSeed(5))
    assert see(worker, lambda s: s.run.seed == 5 and s.run.env_steps > 0).run.env_steps == 1


def test_a_snapshot_is_built_only_after_the_last_was_taken(start_worker):
    run = Run(CLASSIC, 0)
    worker = start_worker(lambda: run, paused=False)
    wait_for(lambda: run.trainer.env_steps > 100)
    first = worker.take()
    assert first is not None
    assert first.run.env_steps == 0
    assert see(worker, lambda s: True).run.env_steps > 100


def test_a_command_is_answered_even_if_no_snapshot_was_taken(tmp_path):
    answered = threading.Event()
    worker = Worker(lambda: Timeline(Run(CLASSIC, 0)), CLASSIC, 0, LIMIT, tmp_path, False)
    worker.start(answered.set)
    wait_for(lambda: worker.take() is not None)
    for command in (FASTER, ToggleBookmark()):
        answered.clear()
        worker.send(command)
        assert answered.wait(30)
    snapshot = worker.take()
    assert snapshot is not None
    assert len(snapshot.position.bookmarks) == 1
    worker.join()
    assert worker.stopped()


@pytest.mark.parametrize(("command", "update", "bookmarks"), [(UPDATE, 2, 0), (go(0), 0, 0), (ToggleBookmark(), 1, 1)])
def test_a_command_is_carried_out_before_the_app_goes_on(start_worker, monkeypatch, command, update, bookmarks):
    monkeypatch.setattr("lakeppo.session.worker.PRECEDENCE", 180)
    worker = start_worker()
    worker.send(UPDATE)
    see(worker, lambda s: s.run.moment == moment(1))
    wait_for(worker._channel.answered_all.is_set)
    worker._gave_way_at -= 180  # the app has drawn since
    worker.send(command)
    seen = worker.take()
    assert seen is not None
    assert (seen.run.moment, len(seen.position.bookmarks)) == (moment(update), bookmarks)


@pytest.fixture
def behind(start_worker, monkeypatch):
    """A worker that is behind with an update, and the event that lets it go on."""
    monkeypatch.setattr("lakeppo.session.worker.PRECEDENCE", 0.01)
    unit, ready = Run.unit, threading.Event()
    monkeypatch.setattr(Run, "unit", lambda run: (ready.wait(), unit(run))[1])
    worker = start_worker()
    wait_for(worker._channel.answered_all.is_set)
    worker.send(UPDATE)
    monkeypatch.setattr("lakeppo.session.worker.PRECEDENCE", 180)
    return worker, ready


def test_an_app_that_has_done_nothing_waits_for_no_worker(behind):
    worker, ready = behind
    app = threading.Thread(target=lambda: [worker.send(UPDATE) for _ in range(2)])
    app.start()
    app.join(60)
    assert not app.is_alive()
    ready.set()
    see(worker, lambda s: s.run.moment == moment(3))


def test_an_app_that_has_worked_gives_a_late_worker_as_long(behind):
    worker, ready = behind
    worker._gave_way_at -= 180  # the app has drawn since
    app = threading.Thread(target=worker.send, args=[UPDATE])
    app.start()
    wait_for(worker._channel.waiting)
    ready.set()
    app.join(60)
    seen = worker.take()
    assert seen is not None
    assert seen.run.moment == moment(2)


def test_quitting_drops_the_commands_that_take_too_long(start_worker, monkeypatch):
    monkeypatch.setattr("lakeppo.session.channel.PATIENCE", 0.3)
    slow = make_config("classic", batch_size=65536, epochs=1000)
    worker = start_worker(lambda: Run(slow, 0))
    see(worker, lambda s: True)
    send(worker, UPDATE, UPDATE, Stop(), UPDATE, Save())
    worker.stop(drop=False)
    wait_for(worker.stopped)
    assert worker.ending.dropped == (UPDATE, UPDATE, Save())
    assert worker.exit_status == 0


def test_the_ending_names_the_save_of_the_last_moment(start_worker, tmp_path):
    worker = start_worker(folder="my saves")
    worker.send(UPDATE)
    assert quit_and_read(worker).moment == moment(1)
    assert worker.ending.saved == tmp_path / "my saves" / "last.pt"
    assert worker.ending.save_error is None
    assert worker.ending.dropped == ()
    assert worker.exit_status == 0


def test_joining_drops_what_waits_and_saves(start_worker):
    worker = start_worker()
    worker.send(UPDATE)
    see(worker, lambda s: s.run.moment == moment(1))
    worker.join()
    assert worker.stopped()
    assert read_save(worker.ending.saved).moment == moment(1)


def test_a_worker_that_does_not_end_is_named(start_worker, monkeypatch):
    monkeypatch.setattr("lakeppo.session.worker.GRACE", 0.01)
    started, ready, unit = threading.Event(), threading.Event(), Run.unit

    def stuck(run):
        started.set()
        ready.wait()
        return unit(run)

    monkeypatch.setattr(Run, "unit", stuck)
    worker = start_worker()
    see(worker, lambda s: True)
    worker.send(UNIT)
    assert started.wait(60)
    worker.join()
    assert (worker.ending.save_error, worker.exit_status) == ("its worker did not end within 0 s", 1)
    ready.set()


def test_a_worker_that_still_loads_is_not_waited_for(start_worker, tmp_path):
    ready = threading.Event()
    worker = start_worker(lambda: (ready.wait(), Run(CLASSIC, 0))[1])
    assert not worker.stopped()
    worker.join()
    assert worker.stopped()
    ready.set()
    worker._thread.join()
    assert (worker.ending, worker.exit_status) == (Ending(), 0)
    assert not (tmp_path / "saves").exists()


def test_a_worker_asked_to_end_before_its_start_does_not_start(tmp_path):
    worker = Worker(lambda: pytest.fail("it loads"), CLASSIC, 0, LIMIT, tmp_path, False)
    worker.stop(drop=True)
    worker.start()
    assert worker.stopped()
    assert not worker._thread.is_alive()


@pytest.mark.parametrize("drop", [True, False])
def test_leaving_interrupts_the_way_to_another_moment(start_worker, monkeypatch, drop):
    monkeypatch.setattr("lakeppo.session.channel.PATIENCE", 0.0)
    worker, unit, slow = start_worker(), Run.unit, threading.Event()

    def units(run: Run) -> Phase:
        if slow.is_set():
            worker.stop(drop=drop)
        return unit(run)

    monkeypatch.setattr(Run, "unit", units)
    send(worker, *[UPDATE] * 6)
    see(worker, lambda s: s.run.moment == moment(6))
    slow.set()
    send(worker, go(5))
    wait_for(worker.stopped)
    assert worker.failure is None, worker.details
    save = read_save(worker.ending.saved)
    assert moment(4) < save.moment < moment(5)
    assert save.branches[0].end == moment(6)


def test_a_run_saved_in_the_past_beyond_its_limit_opens_paused(start_worker):
    def rewound() -> Timeline:
        timeline = Timeline(run_to(moment(3)))
        timeline.go_to(moment(2))
        return timeline

    seen = see(start_worker(rewound, limit=Limit("updates", 1)), lambda s: True)
    assert (seen.status, seen.position.rewound, seen.demo) == ("paused", True, None)
