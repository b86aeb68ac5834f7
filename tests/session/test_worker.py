"""The worker thread: commands in their order, the same bits however a run was played, and ends that lose nothing."""

import random
import shutil
import threading
import time
from pathlib import Path

import pytest
from support.session import CLASSIC, hashes, see, wait_for

from lakeppo.config import SLIPPERY, Limit, make_config
from lakeppo.moment import Moment, Phase
from lakeppo.runs.run import Run
from lakeppo.runs.timeline import Timeline
from lakeppo.session.commands import (
    ChangePace,
    ChangeSlip,
    CycleDemo,
    Save,
    StartSeed,
    Step,
    Stop,
    ToggleBookmark,
    TogglePlay,
    Unit,
)
from lakeppo.session.snapshot import PACES
from lakeppo.session.worker import Worker
from lakeppo.storage.checkpoint import read_save

FULL = len(PACES) - 1 - PACES.index(250)


def quit_and_read(runner: Worker, folder: Path):
    runner.stop(drop=False)
    wait_for(runner.stopped)
    assert runner.failure is None, runner.details
    return read_save(folder / "saves" / "last.pt")


def test_thirty_updates_and_a_save_typed_in_one_burst_are_thirty_updates(worker, tmp_path):
    runner = worker()
    for command in [Step(Unit.COPY)] * 30 + [Save()]:
        runner.send(command)
    save = quit_and_read(runner, tmp_path)
    run = Run(CLASSIC, 0)
    while run.trainer.updates < 30:
        run.unit()
    assert hashes(save) == hashes(run)


@pytest.mark.parametrize("seed", range(3))
def test_any_mixture_of_play_pause_and_steps_gives_the_straight_runs_bits(worker, tmp_path, seed):
    chance = random.Random(seed)
    runner = worker()
    runner.send(Step(Unit.COPY))
    for _ in range(40):
        runner.send(
            chance.choice(
                [
                    TogglePlay(),
                    Step(Unit.NEXT),
                    Step(Unit.PASS),
                    Step(Unit.PHASE),
                    Step(Unit.COPY),
                    ChangePace(1),
                    ChangePace(-1),
                    CycleDemo(),
                    Stop(),
                ]
            )
        )
        time.sleep(chance.random() * 0.02)
    save = quit_and_read(runner, tmp_path)
    run = Run(CLASSIC, 0)
    while run.moment < save.moment:
        run.unit()
    assert hashes(save) == hashes(run)
    assert save.history == run.history


def test_every_step_key_stops_where_it_says(worker):
    runner = worker()
    moments = [Moment(0, Phase.COLLECT, 0)]

    def after(command: str) -> Moment:
        runner.send(command)
        moments.append(see(runner, lambda s: s.run.moment > moments[-1] and s.status == "stepped").moment)
        return moments[-1]

    assert after("unit") == Moment(0, Phase.COLLECT, 1)
    assert after("phase") == Moment(0, Phase.JUDGE, 0)
    assert after("phase") == Moment(0, Phase.IMPROVE, 0)
    assert after("pass") == Moment(0, Phase.IMPROVE, 1)
    assert after("phase") == Moment(0, Phase.COPY, 0)
    assert after("pass") == Moment(1, Phase.IMPROVE, 1)
    assert after("update") == Moment(2, Phase.COLLECT, 0)


def test_the_step_to_the_goal_ends_on_a_goal_and_any_key_ends_it_before(worker):
    runner = worker()
    runner.send(Step(Unit.GOAL))
    seen = see(runner, lambda s: s.run.first_goal_episode is not None)
    assert seen.run.walk.last is not None
    assert seen.run.walk.last.next_state == 15
    never = worker(lambda: Run(make_config("classic", ("far", ("S" + "F" * 30, "F" * 30 + "G"))), 0), folder="b")
    never.send(Step(Unit.GOAL))
    time.sleep(0.3)
    never.send(Stop())
    first = see(never, lambda s: s.run.env_steps > 0)
    time.sleep(0.2)
    assert never.take() is None or first.run.first_goal_episode is None


def test_slip_keys_walk_the_grid_and_are_written_down(worker):
    runner = worker()
    runner.send(Step(Unit.COPY))
    runner.send(ChangeSlip(0))
    assert see(runner, lambda s: s.run.config.slip > 0).config.slip == SLIPPERY
    runner.send(ChangeSlip(1))
    assert see(runner, lambda s: s.run.config.slip > SLIPPERY).config.slip == 0.7
    runner.send(ChangeSlip(-1))
    runner.send(ChangeSlip(-1))
    seen = see(runner, lambda s: s.run.config.slip == 0.65)
    assert [change.value for change in seen.run.changes] == [SLIPPERY, 0.7, SLIPPERY, 0.65]
    assert {change.moment for change in seen.run.changes} == {Moment(1, Phase.COLLECT, 0)}
    assert any("--preset slippery" in branch for branch in seen.notices)


def test_a_run_finishes_at_its_limit_saves_demonstrates_and_goes_on_when_asked(worker, tmp_path):
    runner = worker(limit=Limit("episodes", 20), paused=False)
    for _ in range(FULL):
        runner.send(ChangePace(1))
    seen = see(runner, lambda s: s.status == "finished" and s.demo is not None)
    assert seen.run.episodes == 20
    assert (tmp_path / "saves" / "last.pt").exists()
    moment = seen.run.moment
    assert see(runner, lambda s: s.demo is not None and s.demo.walk.last is not None).moment == moment
    runner.send(TogglePlay())
    assert see(runner, lambda s: s.run.episodes > 25).status == "playing"


def test_a_demonstration_learns_nothing_and_goes_sampled_greedy_back(worker):
    runner = worker()
    runner.send(Step(Unit.COPY))
    before = see(runner, lambda s: s.run.moment.update == 1)
    runner.send(CycleDemo())
    assert see(runner, lambda s: s.demo is not None and not s.demo.greedy).moment == before.run.moment
    runner.send(CycleDemo())
    assert see(runner, lambda s: s.demo is not None and s.demo.greedy).moment == before.run.moment
    runner.send(CycleDemo())
    after = see(runner, lambda s: s.demo is None)
    assert after.run.moment == before.run.moment
    assert after.pace == before.pace
    assert (after.run.policy == before.run.policy).all()


def test_a_fresh_run_has_the_next_seed_and_keeps_the_earlier_saves(worker, tmp_path):
    runner = worker()
    for command in (Step(Unit.COPY), Save(), StartSeed(), TogglePlay(), Step(Unit.COPY), Save()):
        runner.send(command)
    seen = see(runner, lambda s: s.run.history_generation == 1 and s.run.moment.update >= 1)
    assert seen.run.seed == 1
    assert len(runner.history) >= 1
    quit_and_read(runner, tmp_path)
    kept = read_save(tmp_path / "saves" / "kept" / "001-classic-4x4-seed0" / "last.pt")
    assert (kept.run.seed, kept.run.moment.update) == (0, 1)


def test_snapshots_are_built_only_when_the_last_was_taken(worker):
    runner = worker(paused=False)
    wait_for(lambda: runner._channel._slot is not None)
    first = runner._channel._slot
    time.sleep(0.3)
    assert runner._channel._slot is first
    assert runner.take() is first
    assert see(runner, lambda s: True) is not first


def test_quitting_drops_what_takes_too_long_and_says_so(worker, tmp_path, monkeypatch):
    monkeypatch.setattr("lakeppo.session.worker.PATIENCE", 0.3)
    slow = make_config("classic", batch_size=65536, epochs=1000)
    runner = worker(lambda: Run(slow, 0))
    see(runner, lambda s: True)
    for command in (Step(Unit.COPY), Step(Unit.COPY), Step(Unit.COPY), Save()):
        runner.send(command)
    runner.stop(drop=False)
    wait_for(runner.stopped)
    assert runner.parting is not None
    assert runner.parting.endswith("without doing: update x2, save")


def test_leaving_says_where_the_run_is_and_how_to_go_on(worker, tmp_path):
    runner = worker(folder="my saves")
    runner.send(Step(Unit.COPY))
    runner.stop(drop=False)
    wait_for(runner.stopped)
    saved = tmp_path / "my saves" / "last.pt"
    assert runner.farewell == f"Saved. To go on: lakeppo tui --resume '{saved}'"
    assert read_save(saved).moment == Moment(1, Phase.COLLECT, 0)


def test_a_run_that_could_not_be_saved_says_so_on_leaving(worker, tmp_path):
    runner = worker()
    runner.send(Step(Unit.COPY))
    see(runner, lambda s: s.run.moment.update == 1)
    shutil.rmtree(tmp_path / "saves", ignore_errors=True)
    (tmp_path / "saves").write_text("a file in the folder's place")
    runner.send(Save())
    see(runner, lambda s: s.save.error is not None)
    runner.stop(drop=False)
    wait_for(runner.stopped)
    assert runner.status == 1
    assert runner.parting is not None
    assert "the run was not saved: cannot save into" in runner.parting
    assert runner.farewell is None


def test_a_run_saved_in_the_past_beyond_its_limit_is_opened_in_the_past(worker):
    timeline = Timeline(Run(CLASSIC, 0))
    for _ in range(3 * 75):
        timeline.unit()
    timeline.go_to(Moment(2, Phase.COLLECT, 0))
    assert timeline.rewound
    seen = see(worker(lambda: timeline, limit=Limit("updates", 1)), lambda s: True)
    assert (seen.status, seen.position.rewound, seen.demo) == ("paused", True, None)


def test_a_failing_worker_is_shown_and_keeps_the_best(worker, tmp_path, monkeypatch):
    runner = worker()
    runner.send(Step(Unit.COPY))
    see(runner, lambda s: s.run.moment.update == 1)

    def broken(self):
        raise ZeroDivisionError("on purpose")

    monkeypatch.setattr(Run, "unit", broken)
    runner.send(Step(Unit.NEXT))
    wait_for(runner.stopped)
    assert runner.failure == "ZeroDivisionError: on purpose"
    runner._channel.saved = tmp_path / "saves" / "last.pt"  # as after the end of a run before this one
    assert runner.farewell is None
    assert runner.status == 1
    assert read_save(tmp_path / "saves" / "best.pt").moment.update == 1


def test_the_agent_stays_where_an_episode_ended_until_the_next_step(worker):
    runner = worker()
    while True:
        runner.send(Step(Unit.NEXT))
        seen = see(runner, lambda s: True)
        if seen.run.walk.last is not None and seen.run.walk.last.terminated:
            break
    assert seen.run.walk.agent == seen.run.walk.last.next_state
    assert seen.run.walk.trail[-1] == seen.run.walk.agent
    runner.send(Step(Unit.NEXT))
    after = see(runner, lambda s: s.run.env_steps > seen.run.env_steps)
    assert after.run.walk.trail[0] == 0
    assert len(after.run.walk.trail) == 2


def test_a_command_is_answered_with_a_snapshot_of_its_own_whether_or_not_the_last_was_taken(tmp_path):
    answered = threading.Event()
    runner = Worker(lambda: Timeline(Run(CLASSIC, 0)), CLASSIC, 0, Limit("episodes", 2000), tmp_path, False)
    runner.start(answered.set)
    wait_for(lambda: runner.take() is not None)
    for command in (ChangePace(1), ToggleBookmark()):
        answered.clear()
        runner.send(command)
        assert answered.wait(30)
    snapshot = runner.take()
    assert snapshot is not None
    assert len(snapshot.position.bookmarks) == 1
    runner.stop(drop=True)
    wait_for(runner.stopped)
