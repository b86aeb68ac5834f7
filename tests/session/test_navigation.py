"""The keys of time, through the worker thread: whatever is pressed, the hashes of a straight run, and nothing lost."""

import random

import pytest
from support.session import CLASSIC, hashes, see, wait_for

from lakeppo.moment import Moment, Phase
from lakeppo.runs.run import Run
from lakeppo.runs.timeline import Branch
from lakeppo.session.commands import (
    Back,
    ChangePace,
    ChangeSlip,
    CycleDemo,
    GoBy,
    GoTo,
    GoToBranch,
    GoToEnd,
    NextBranch,
    RenameBranch,
    Save,
    SetKnob,
    StartOver,
    StartPreset,
    Step,
    Stop,
    ToggleBookmark,
    TogglePlay,
    Unit,
)
from lakeppo.storage.checkpoint import read_save
from lakeppo.storage.run_file import RunFile

TIME = (
    "back_unit back_pass back_phase back_update back_goal earlier later earlier10 later10 start end go:3 bookmark"
).split()
PLAY = [
    Step(Unit.NEXT),
    Step(Unit.PASS),
    Step(Unit.PHASE),
    Step(Unit.COPY),
    TogglePlay(),
    ChangePace(1),
    ChangePace(-1),
    CycleDemo(),
    Stop(),
]


@pytest.mark.parametrize("seed", range(4))
def test_any_mixture_of_the_keys_of_time_ends_on_the_straight_run(worker, tmp_path, seed):
    chance = random.Random(seed)
    runner = worker()
    for _ in range(12):
        runner.send(Step(Unit.COPY))
    for _ in range(40):
        runner.send(chance.choice(TIME + PLAY))
    runner.send(GoToEnd())
    runner.send(Step(Unit.COPY))
    runner.stop(drop=False)
    wait_for(runner.stopped)
    assert runner.failure is None, runner.details
    save = read_save(tmp_path / "saves" / "last.pt")
    run = Run(CLASSIC, 0)
    while run.moment < save.moment:
        run.unit()
    assert hashes(save) == hashes(run)
    assert save.history == run.history


def test_what_is_seen_after_going_back_is_what_was_seen_before(worker):
    runner = worker()
    for command in (Step(Unit.COPY), Step(Unit.COPY), Step(Unit.PASS), Step(Unit.PASS)):
        runner.send(command)
    before = see(runner, lambda s: s.run.moment == Moment(2, Phase.IMPROVE, 2) and s.status == "stepped")
    for _ in range(5):
        runner.send(Step(Unit.COPY))
    later = see(runner, lambda s: s.run.moment.update == 7 and s.status == "stepped")
    runner.send(GoBy(-10))
    runner.send(GoTo(Moment(2, Phase.COLLECT, 0)))
    runner.send(Step(Unit.PASS))
    runner.send(Step(Unit.PASS))
    again = see(runner, lambda s: s.run.moment == before.run.moment and s.status == "stepped")
    assert again.position.rewound
    assert again.position.end == later.run.moment
    assert again.run.history_length == before.run.history_length == 2
    assert (again.run.policy == before.run.policy).all()
    assert (again.run.values == before.run.values).all()
    assert (again.run.visits == before.run.visits).all()
    assert again.run.last_pass is not None
    assert before.run.last_pass is not None
    assert (again.run.last_pass.ratios == before.run.last_pass.ratios).all()
    assert again.run.exact == before.run.exact


def test_leaving_while_looking_back_keeps_where_one_looked_and_all_that_was_lived(worker, tmp_path):
    runner = worker()
    for command in [Step(Unit.COPY)] * 6 + [GoBy(-1), ToggleBookmark(), GoBy(-1), Back(Unit.PASS)]:
        runner.send(command)
    runner.stop(drop=False)
    wait_for(runner.stopped)
    save = read_save(tmp_path / "saves" / "last.pt")
    assert save.moment == Moment(3, Phase.COPY, 0)
    assert save.rewound
    again = worker(save.timeline, folder="again")
    seen = see(again, lambda s: True)
    assert (seen.position.rewound, seen.position.end.update) == (True, 6)
    assert seen.position.bookmarks == (Moment(5, Phase.COLLECT, 0),)
    again.send(GoToEnd())
    assert see(again, lambda s: not s.position.rewound).moment == Moment(6, Phase.COLLECT, 0)


def test_a_change_in_the_past_branches_and_both_lines_are_in_the_save(worker, tmp_path):
    runner = worker()
    for command in [Step(Unit.COPY)] * 6 + [GoTo(Moment(3, Phase.COLLECT, 0)), ChangeSlip(0), Step(Unit.COPY)]:
        runner.send(command)
    seen = see(runner, lambda s: s.position.branch_count == 2 and s.run.moment.update == 4)
    assert (seen.position.branch, seen.position.left_at) == ("B", Moment(3, Phase.COLLECT, 0))
    assert not seen.position.rewound
    runner.send(NextBranch())
    back = see(runner, lambda s: s.position.branch == "main")
    assert back.run.moment == Moment(6, Phase.COLLECT, 0)
    assert back.run.config.slip == 0
    runner.stop(drop=False)
    wait_for(runner.stopped)
    assert runner.failure is None, runner.details
    assert len(list((tmp_path / "saves").rglob("last.pt"))) == 1
    save = read_save(tmp_path / "saves" / "last.pt")
    assert [(branch.name, branch.end.update, len(branch.changes)) for branch in save.branches] == [
        ("main", 6, 0),
        ("B", 4, 1),
    ]
    again = worker(save.timeline, folder="again")
    again.send(NextBranch())
    assert see(again, lambda s: s.position.branch == "B").policy.tobytes() == seen.run.policy.tobytes()


def test_a_moment_far_ahead_is_travelled_to_in_sight_and_any_key_stops_it(worker):
    """A run file's run has lived nothing yet."""
    timeline = RunFile(0, CLASSIC, [Branch("main", [], Moment(400, Phase.IMPROVE, 2))]).timeline()
    runner = worker(timeline)
    runner.send(GoToEnd())
    assert see(runner, lambda s: s.run.moment.update > 3).status == "stepping"
    runner.send(Stop())
    halted = see(runner, lambda s: s.status == "rewound" or s.status == "stepped")
    assert halted.run.moment.update < 400
    timeline = RunFile(0, CLASSIC, [Branch("main", [], Moment(70, Phase.IMPROVE, 2))]).timeline()
    runner = worker(timeline, folder="nearer")
    runner.send(GoToEnd())
    there = see(runner, lambda s: s.status == "stepped" and s.run.env_steps > 0)
    assert there.run.moment == Moment(70, Phase.IMPROVE, 2)
    assert not there.position.rewound


def test_forward_of_now_is_only_said(worker):
    runner = worker()
    runner.send(GoBy(1))
    seen = see(runner, lambda s: bool(s.notices))
    assert "this is now" in seen.notices[-1]
    runner.send(Back(Unit.NEXT))
    assert "beginning" in see(runner, lambda s: len(s.notices) > 1).notices[-1]


def test_going_anywhere_in_a_whole_classic_run_replays_a_few_units_only():
    from lakeppo.runs.timeline import Timeline

    timeline = Timeline(Run(CLASSIC, 0))
    while timeline.run.trainer.updates < 60:
        timeline.unit()
    done = []
    unit = timeline.run.unit
    timeline.run.unit = lambda: done.append(1) or unit()  # type: ignore[method-assign]
    timeline.go_to(Moment(31, Phase.IMPROVE, 3))
    assert len(done) <= 4 * (64 + 1 + 5 + 1)


def test_a_knob_set_by_name_is_a_change_and_a_bad_one_a_line(worker):
    runner = worker()
    for command in (
        Step(Unit.COPY),
        SetKnob("clip_coef", None),
        SetKnob("gamma", 7.0),
        SetKnob("activation", "tanh"),
        Step(Unit.COPY),
    ):
        runner.send(command)
    seen = see(runner, lambda s: s.run.moment.update == 2)
    assert seen.run.config.clip_coef is None
    assert [(change.name, change.value) for change in seen.run.changes] == [("clip_coef", None)]
    assert any("gamma must be" in branch for branch in seen.notices)
    assert any("start over" in branch for branch in seen.notices)


def test_starting_over_keeps_the_seed_and_a_preset_brings_its_limit(worker):
    runner = worker()
    for command in (Step(Unit.COPY), Step(Unit.COPY), StartOver("activation", "tanh"), TogglePlay()):
        runner.send(command)
    seen = see(runner, lambda s: s.run.config.activation == "tanh")
    assert seen.run.seed == 0
    assert seen.run.changes == ()
    runner.send(StartPreset("8x8"))
    seen = see(runner, lambda s: s.run.config.map == "8x8")
    assert (seen.run.config.preset, seen.limit.unit) == ("8x8", "steps")
    assert seen.run.seed == 0


def test_a_batch_size_changed_too_late_is_shown_as_the_one_in_force(worker):
    runner = worker()
    for command in (
        Step(Unit.PHASE),
        Step(Unit.PHASE),
        SetKnob("batch_size", 32),
        SetKnob("epochs", 2),
        Step(Unit.PASS),
    ):
        runner.send(command)
    seen = see(runner, lambda s: s.run.last_pass is not None and s.status == "stepped")
    assert (seen.run.config.batch_size, seen.run.config.epochs) == (64, 2)
    runner.send(Step(Unit.COPY))
    after = see(runner, lambda s: s.run.moment.update == 1)
    assert (after.run.config.batch_size, after.run.config.epochs) == (32, 2)


def test_a_line_is_renamed_at_once_and_a_bad_name_is_told(worker, tmp_path):
    runner = worker()
    for command in [Step(Unit.COPY)] * 3 + [
        GoTo(Moment(2, Phase.COLLECT, 0)),
        ChangeSlip(0),
        RenameBranch(1, " firm 2 "),
        RenameBranch(0, "firm 2"),
    ]:
        runner.send(command)
    seen = see(
        runner, lambda s: s.position.branch == "firm 2" and s.notices[-1] == "there is a line named firm 2 already"
    )
    assert [(branch.name, branch.parent) for branch in seen.position.branches] == [("main", None), ("firm 2", "main")]
    assert "B is called firm 2 now" in seen.notices
    runner.send(GoToBranch("main"))
    runner.send(GoToBranch("firm 2"))
    see(runner, lambda s: s.position.branch == "firm 2" and s.notices[-1] == "this is firm 2, one of 2 lines")
    runner.send(Save())
    see(runner, lambda s: "saved" in s.notices[-1])
    runner.send(RenameBranch(1, "firm"))
    runner.send(RenameBranch(2, "of another run"))
    runner.stop(drop=False)
    wait_for(runner.stopped)
    assert runner.failure is None, runner.details
    assert [branch.name for branch in read_save(tmp_path / "saves" / "last.pt").branches] == ["main", "firm"]
