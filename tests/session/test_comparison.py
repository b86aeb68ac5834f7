"""Comparing through the worker thread: what is seen of both runs is what each of them is alone."""

import random

import pytest
from support.session import CLASSIC, hashes, see, wait_for

from lakeppo.config import make_config
from lakeppo.moment import Change, Moment, Phase
from lakeppo.runs.run import Run
from lakeppo.runs.timeline import BEGINNING, Branch
from lakeppo.session.commands import (
    AddBranch,
    Back,
    ChangePace,
    ChangeSlip,
    Compare,
    CompareNext,
    CycleDemo,
    EndComparison,
    GoBy,
    GoTo,
    GoToBranch,
    GoToEnd,
    NextBranch,
    SetKnob,
    StartOver,
    StartPreset,
    StartSeed,
    Step,
    ToggleBookmark,
    TogglePlay,
    Unit,
)
from lakeppo.storage.checkpoint import read_save
from lakeppo.storage.run_file import RunFile

BRANCHED = [Step(Unit.COPY)] * 6 + [
    GoTo(Moment(3, Phase.COLLECT, 0)),
    SetKnob("clip_coef", None),
    Step(Unit.COPY),
    Step(Unit.COPY),
]
STEPS = [
    Step(Unit.NEXT),
    Step(Unit.PASS),
    Step(Unit.PHASE),
    Step(Unit.COPY),
    Step(Unit.GOAL),
    Back(Unit.NEXT),
    Back(Unit.PASS),
    Back(Unit.PHASE),
    Back(Unit.COPY),
    GoBy(-1),
    GoBy(1),
    GoTo(BEGINNING),
    GoToEnd(),
    GoBy(10),
]


def send_all(runner, *commands: str) -> None:
    for command in commands:
        runner.send(command)


def lived(until: Moment, clip_off_at: Moment | None = None, seed: int = 0, config=CLASSIC) -> Run:
    run = Run(config, seed)
    while run.moment < until:
        run.unit()
        if run.moment == clip_off_at:
            run.change("clip_coef", None)
    return run


def test_a_branch_and_its_parent_open_paused_where_they_part_and_go_in_lock_step(worker):
    runner = worker()
    send_all(runner, *BRANCHED, Compare())
    part = Moment(3, Phase.COLLECT, 0)
    seen = see(runner, lambda s: s.comparison is not None)
    assert (seen.status, seen.run.moment, seen.comparison.run.moment, seen.comparison.common) == (
        "paused",
        part,
        part,
        part,
    )
    assert seen.notices[-1].startswith("both stand where they part")
    assert seen.comparison.names == ("B", "main")
    assert seen.comparison.related
    assert [[change.name for change in only] for only in seen.comparison.changes] == [["clip_coef"], []]
    assert (seen.position.branch, seen.comparison.snapshot.position.branch) == ("B", "main")
    send_all(runner, Step(Unit.COPY))
    seen = see(runner, lambda s: s.run.moment.update == 4)
    main, branch = lived(seen.run.moment), lived(seen.run.moment, part)
    assert seen.run.policy.tobytes() == branch.policy().tobytes()
    assert seen.comparison.run.policy.tobytes() == main.policy().tobytes()
    assert list(seen.comparison.history[:4]) == main.history
    assert seen.comparison.run.config.clip_coef == 0.2
    assert seen.run.config.clip_coef is None


@pytest.mark.parametrize("seed", range(3))
def test_any_keys_of_time_leave_both_on_the_same_moment_and_on_their_straight_runs(worker, tmp_path, seed):
    chance = random.Random(seed)
    runner = worker()
    send_all(runner, *BRANCHED, Compare(), *(chance.choice(STEPS) for _ in range(25)), ToggleBookmark())
    seen = see(runner, lambda s: s.comparison is not None and s.position.bookmarks and s.status != "stepping")
    assert seen.run.moment == seen.comparison.run.moment
    run = lived(seen.run.moment)
    assert seen.comparison.run.policy.tobytes() == run.policy().tobytes()
    assert seen.comparison.run.env_steps == run.trainer.env_steps
    send_all(runner, EndComparison(), GoToEnd())
    runner.stop(drop=False)
    wait_for(runner.stopped)
    assert runner.failure is None, runner.details
    save = read_save(tmp_path / "saves" / "last.pt")
    assert hashes(save) == hashes(lived(save.moment, Moment(3, Phase.COLLECT, 0)))
    assert [branch.name for branch in save.branches] == ["main", "B"]


def test_a_branch_without_a_change_shows_no_difference_however_far_both_go(worker):
    runner = worker()
    send_all(
        runner,
        *[Step(Unit.COPY)] * 4,
        GoTo(Moment(2, Phase.COLLECT, 0)),
        AddBranch(),
        Step(Unit.COPY),
        Compare(),
        *[Step(Unit.COPY)] * 6,
    )
    seen = see(runner, lambda s: s.comparison is not None and s.run.moment.update == 8)
    assert seen.comparison.differs_at is None
    assert seen.comparison.same_until == seen.run.moment
    assert seen.run.policy.tobytes() == seen.comparison.run.policy.tobytes()


def test_what_would_change_a_run_waits_until_the_comparison_is_closed(worker):
    runner = worker()
    refused = [
        SetKnob("gamma", 0.5),
        ChangeSlip(0),
        StartSeed(),
        AddBranch(),
        NextBranch(),
        GoToBranch("main"),
        CycleDemo(),
        StartOver("epochs", 1),
    ]
    send_all(runner, *BRANCHED, Compare(), *refused, Step(Unit.NEXT))
    seen = see(runner, lambda s: s.status == "stepped" and s.run.moment.index == 1)
    assert sum("close with esc first" in branch for branch in seen.notices) == min(8, len(refused))
    assert (seen.position.branch, seen.demo, seen.run.config.slip, len(seen.position.branches)) == ("B", None, 0, 2)
    send_all(runner, EndComparison(), ChangeSlip(0))
    seen = see(runner, lambda s: s.comparison is None and s.run.config.slip > 0)
    assert seen.run.moment == Moment(3, Phase.COLLECT, 1)
    assert seen.position.branch == "C"


def test_an_earlier_run_of_another_seed_or_config_is_lived_again_beside_this_one(worker):
    runner = worker()
    send_all(
        runner,
        Step(Unit.COPY),
        Step(Unit.COPY),
        StartSeed(),
        TogglePlay(),
        Step(Unit.COPY),
        StartOver("epochs", 1),
        TogglePlay(),
        Step(Unit.COPY),
        Compare(),
    )
    seen = see(runner, lambda s: s.comparison is not None)
    beside = seen.comparison
    assert (beside.names, beside.choices, beside.related) == (("run 3", "run 2"), 2, False)
    assert beside.common == seen.run.moment == Moment(0, Phase.COLLECT, 0)
    assert [config.epochs for config in beside.origins] == [1, 5]
    assert (seen.run.seed, beside.snapshot.run.seed) == (1, 1)
    send_all(runner, CompareNext(), Step(Unit.COPY))
    seen = see(runner, lambda s: s.comparison.choice == 1 and s.run.moment.update == 1 and s.status == "stepped")
    assert (seen.comparison.names, seen.comparison.run.seed) == (("run 3", "run 1"), 0)
    assert seen.comparison.differs_at.moment == Moment(0, Phase.COLLECT, 0)
    run = lived(seen.comparison.run.moment)
    assert seen.comparison.run.policy.tobytes() == run.policy().tobytes()
    run = lived(seen.run.moment, seed=1, config=make_config("classic", epochs=1))
    assert seen.run.policy.tobytes() == run.policy().tobytes()


def test_lakes_of_other_sizes_go_in_lock_step_too(worker):
    runner = worker()
    send_all(runner, Step(Unit.COPY), StartPreset("8x8"), TogglePlay(), Compare(), Step(Unit.COPY))
    seen = see(runner, lambda s: s.comparison is not None and s.run.moment.update == 1)
    assert (len(seen.run.policy), len(seen.comparison.run.policy)) == (64, 16)
    assert seen.comparison.differs_at.what == "lake"
    assert seen.comparison.run.moment.update == 1


def test_with_nothing_to_compare_with_it_is_said_and_nothing_opens(worker):
    runner = worker()
    assert see(runner, lambda s: True).rivals == 0
    send_all(runner, Compare(), Step(Unit.COPY))
    seen = see(runner, lambda s: s.run.moment.update == 1)
    assert seen.comparison is None
    assert "nothing to compare with" in seen.notices[-1]


def test_the_limit_stops_both_and_space_goes_on_past_it(worker):
    from lakeppo.config import Limit

    runner = worker(limit=Limit("updates", 5))
    send_all(
        runner,
        *[Step(Unit.COPY)] * 3,
        GoTo(Moment(2, Phase.COLLECT, 0)),
        SetKnob("clip_coef", None),
        Step(Unit.COPY),
        Compare(),
        *[ChangePace(1)] * 4,
        TogglePlay(),
    )
    seen = see(runner, lambda s: s.status == "finished" and s.comparison is not None)
    assert (seen.run.moment.update, seen.demo) == (5, None)
    send_all(runner, TogglePlay())
    assert see(runner, lambda s: s.run.moment.update >= 6).comparison.run.moment.update >= 6


def test_what_the_other_line_has_lived_in_a_comparison_is_in_the_save(worker, tmp_path):
    runner = worker()
    send_all(runner, *BRANCHED, Compare(), *[Step(Unit.COPY)] * 6)
    seen = see(runner, lambda s: s.comparison is not None and s.run.moment.update == 9)
    runner.stop(drop=False)
    wait_for(runner.stopped)
    save = read_save(tmp_path / "saves" / "last.pt")
    assert [(branch.name, branch.end) for branch in save.branches] == [
        ("main", seen.run.moment),
        ("B", seen.run.moment),
    ]
    timeline = save.timeline()
    timeline.switch(timeline.branches[0])
    assert hashes(timeline.run) == hashes(lived(seen.run.moment))


def test_a_jump_ends_where_the_other_line_does_and_it_is_said(worker):
    runner = worker()
    send_all(runner, *BRANCHED, NextBranch(), Compare(), GoToEnd())
    seen = see(runner, lambda s: s.comparison is not None and s.status == "stepped")
    assert (seen.position.branch, seen.run.moment, seen.position.end) == (
        "main",
        Moment(5, Phase.COLLECT, 0),
        Moment(6, Phase.COLLECT, 0),
    )
    assert "B has been lived only up to here" in seen.notices[-1]


def test_lines_of_a_run_file_are_lived_in_sight_up_to_where_they_part(worker):
    part = Moment(70, Phase.COLLECT, 0)
    branches = [
        Branch("main", [], Moment(90, Phase.COLLECT, 0)),
        Branch("B", [Change(part, "slip", 1.0)], Moment(90, Phase.COLLECT, 0), parent="main", left_at=part),
    ]
    runner = worker(RunFile(0, CLASSIC, branches, 1).timeline())
    send_all(runner, Compare())
    assert see(runner, lambda s: s.comparison is not None and s.run.moment.update > 2).status == "stepping"
    seen = see(runner, lambda s: s.status == "stepped")
    assert (seen.run.moment, seen.comparison.run.moment, seen.comparison.differs_at) == (part, part, None)
    send_all(runner, Step(Unit.COPY))
    seen = see(runner, lambda s: s.run.moment.update == 71)
    assert seen.comparison.differs_at.what == "step"


def test_the_lines_of_a_run_as_they_are_drawn(worker):
    runner = worker()
    send_all(
        runner,
        *BRANCHED,
        Step(Unit.COPY),
        GoTo(Moment(4, Phase.COLLECT, 0)),
        SetKnob("slip", 1),
        Step(Unit.COPY),
        GoToBranch("B"),
    )
    seen = see(runner, lambda s: len(s.position.branches) == 3 and s.position.branch == "B")
    assert [(b.name, b.parent, b.left_at and b.left_at.update, b.end.update) for b in seen.position.branches] == [
        ("main", None, None, 6), ("B", "main", 3, 6), ("C", "B", 4, 5),
    ]  # fmt: skip
    assert [[change.name for change in b.changed] for b in seen.position.branches] == [[], ["clip_coef"], ["slip"]]
    assert [b.last.update for b in seen.position.branches] == [6, 6, 5]
    assert [b.left and b.left.update for b in seen.position.branches] == [None, 3, 4]
