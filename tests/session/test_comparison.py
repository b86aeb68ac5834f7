"""Comparing through the worker thread: what is seen of both runs is what each of them is alone."""

import random

import pytest
from support.session import CLASSIC, hashes, see, wait_for

from lakeppo.config import make_config
from lakeppo.moment import Change, Moment, Phase
from lakeppo.runs.run import Run
from lakeppo.runs.timeline import Branch
from lakeppo.storage.checkpoint import read_save
from lakeppo.storage.run_file import RunFile

BRANCHED = ["update"] * 6 + ["go:3", "set:clip_coef=off", "update", "update"]
STEPS = "unit pass phase update goal back_unit back_pass back_phase back_update earlier later start end later10".split()


def say(runner, *commands: str) -> None:
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
    say(runner, *BRANCHED, "compare")
    part = Moment(3, Phase.COLLECT, 0)
    seen = see(runner, lambda s: s.beside is not None)
    assert (seen.status, seen.moment, seen.beside.snapshot.moment, seen.beside.common) == ("paused", part, part, part)
    assert seen.notices[-1].startswith("both stand where they part")
    assert seen.beside.names == ("B", "main")
    assert seen.beside.related
    assert [[change.name for change in only] for only in seen.beside.changes] == [["clip_coef"], []]
    assert (seen.branch, seen.beside.snapshot.branch) == ("B", "main")
    say(runner, "update")
    seen = see(runner, lambda s: s.moment.update == 4)
    main, branch = lived(seen.moment), lived(seen.moment, part)
    assert seen.policy.tobytes() == branch.policy().tobytes()
    assert seen.beside.snapshot.policy.tobytes() == main.policy().tobytes()
    assert list(seen.beside.history[:4]) == main.history
    assert seen.beside.snapshot.config.clip_coef == 0.2
    assert seen.config.clip_coef is None


@pytest.mark.parametrize("seed", range(3))
def test_any_keys_of_time_leave_both_on_the_same_moment_and_on_their_straight_runs(worker, tmp_path, seed):
    chance = random.Random(seed)
    runner = worker()
    say(runner, *BRANCHED, "compare", *(chance.choice(STEPS) for _ in range(25)), "bookmark")
    seen = see(runner, lambda s: s.beside is not None and s.bookmarks and s.status != "stepping")
    assert seen.moment == seen.beside.snapshot.moment
    run = lived(seen.moment)
    assert seen.beside.snapshot.policy.tobytes() == run.policy().tobytes()
    assert seen.beside.snapshot.env_steps == run.trainer.env_steps
    say(runner, "end_comparison", "end")
    runner.stop(drop=False)
    wait_for(runner.stopped)
    assert runner.failure is None, runner.details
    save = read_save(tmp_path / "saves" / "last.pt")
    assert hashes(save) == hashes(lived(save.moment, Moment(3, Phase.COLLECT, 0)))
    assert [branch.name for branch in save.branches] == ["main", "B"]


def test_a_branch_without_a_change_shows_no_difference_however_far_both_go(worker):
    runner = worker()
    say(runner, *["update"] * 4, "go:2", "branch", "update", "compare", *["update"] * 6)
    seen = see(runner, lambda s: s.beside is not None and s.moment.update == 8)
    assert seen.beside.differs_at is None
    assert seen.beside.same_until == seen.moment
    assert seen.policy.tobytes() == seen.beside.snapshot.policy.tobytes()


def test_what_would_change_a_run_waits_until_the_comparison_is_closed(worker):
    runner = worker()
    refused = ["set:gamma=0.5", "slip_switch", "fresh", "branch", "next_line", "line:main", "demo", "over:epochs=1"]
    say(runner, *BRANCHED, "compare", *refused, "unit")
    seen = see(runner, lambda s: s.status == "stepped" and s.moment.index == 1)
    assert sum("close with esc first" in branch for branch in seen.notices) == min(8, len(refused))
    assert (seen.branch, seen.demo, seen.config.slip, len(seen.branches)) == ("B", None, 0, 2)
    say(runner, "end_comparison", "slip_switch")
    seen = see(runner, lambda s: s.beside is None and s.config.slip > 0)
    assert seen.moment == Moment(3, Phase.COLLECT, 1)
    assert seen.branch == "C"


def test_an_earlier_run_of_another_seed_or_config_is_lived_again_beside_this_one(worker):
    runner = worker()
    say(runner, "update", "update", "fresh", "toggle", "update", "over:epochs=1", "toggle", "update", "compare")
    seen = see(runner, lambda s: s.beside is not None)
    beside = seen.beside
    assert (beside.names, beside.choices, beside.related) == (("run 3", "run 2"), 2, False)
    assert beside.common == seen.moment == Moment(0, Phase.COLLECT, 0)
    assert [config.epochs for config in beside.origins] == [1, 5]
    assert (seen.seed, beside.snapshot.seed) == (1, 1)
    say(runner, "next_rival", "update")
    seen = see(runner, lambda s: s.beside.choice == 1 and s.moment.update == 1 and s.status == "stepped")
    assert (seen.beside.names, seen.beside.snapshot.seed) == (("run 3", "run 1"), 0)
    assert seen.beside.differs_at.moment == Moment(0, Phase.COLLECT, 0)
    run = lived(seen.beside.snapshot.moment)
    assert seen.beside.snapshot.policy.tobytes() == run.policy().tobytes()
    run = lived(seen.moment, seed=1, config=make_config("classic", epochs=1))
    assert seen.policy.tobytes() == run.policy().tobytes()


def test_lakes_of_other_sizes_go_in_lock_step_too(worker):
    runner = worker()
    say(runner, "update", "preset:8x8", "toggle", "compare", "update")
    seen = see(runner, lambda s: s.beside is not None and s.moment.update == 1)
    assert (len(seen.policy), len(seen.beside.snapshot.policy)) == (64, 16)
    assert seen.beside.differs_at.what == "lake"
    assert seen.beside.snapshot.moment.update == 1


def test_with_nothing_to_compare_with_it_is_said_and_nothing_opens(worker):
    runner = worker()
    assert see(runner, lambda s: True).rivals == 0
    say(runner, "compare", "update")
    seen = see(runner, lambda s: s.moment.update == 1)
    assert seen.beside is None
    assert "nothing to compare with" in seen.notices[-1]


def test_the_limit_stops_both_and_space_goes_on_past_it(worker):
    from lakeppo.config import Limit

    runner = worker(limit=Limit("updates", 5))
    say(runner, *["update"] * 3, "go:2", "set:clip_coef=off", "update", "compare", *["faster"] * 4, "toggle")
    seen = see(runner, lambda s: s.status == "finished" and s.beside is not None)
    assert (seen.moment.update, seen.demo) == (5, None)
    say(runner, "toggle")
    assert see(runner, lambda s: s.moment.update >= 6).beside.snapshot.moment.update >= 6


def test_what_the_other_line_has_lived_in_a_comparison_is_in_the_save(worker, tmp_path):
    runner = worker()
    say(runner, *BRANCHED, "compare", *["update"] * 6)
    seen = see(runner, lambda s: s.beside is not None and s.moment.update == 9)
    runner.stop(drop=False)
    wait_for(runner.stopped)
    save = read_save(tmp_path / "saves" / "last.pt")
    assert [(branch.name, branch.end) for branch in save.branches] == [("main", seen.moment), ("B", seen.moment)]
    timeline = save.timeline()
    timeline.switch(timeline.branches[0])
    assert hashes(timeline.run) == hashes(lived(seen.moment))


def test_a_jump_ends_where_the_other_line_does_and_it_is_said(worker):
    runner = worker()
    say(runner, *BRANCHED, "next_line", "compare", "end")
    seen = see(runner, lambda s: s.beside is not None and s.status == "stepped")
    assert (seen.branch, seen.moment, seen.end) == ("main", Moment(5, Phase.COLLECT, 0), Moment(6, Phase.COLLECT, 0))
    assert "B has been lived only up to here" in seen.notices[-1]


def test_lines_of_a_run_file_are_lived_in_sight_up_to_where_they_part(worker):
    part = Moment(70, Phase.COLLECT, 0)
    branches = [
        Branch("main", [], Moment(90, Phase.COLLECT, 0)),
        Branch("B", [Change(part, "slip", 1.0)], Moment(90, Phase.COLLECT, 0), parent="main", left_at=part),
    ]
    runner = worker(RunFile(0, CLASSIC, branches, 1).timeline())
    say(runner, "compare")
    assert see(runner, lambda s: s.beside is not None and s.moment.update > 2).status == "stepping"
    seen = see(runner, lambda s: s.status == "stepped")
    assert (seen.moment, seen.beside.snapshot.moment, seen.beside.differs_at) == (part, part, None)
    say(runner, "update")
    seen = see(runner, lambda s: s.moment.update == 71)
    assert seen.beside.differs_at.what == "step"


def test_the_lines_of_a_run_as_they_are_drawn(worker):
    runner = worker()
    say(runner, *BRANCHED, "update", "go:4", "set:slip=1", "update", "line:B")
    seen = see(runner, lambda s: len(s.branches) == 3 and s.branch == "B")
    assert [(b.name, b.parent, b.left_at and b.left_at.update, b.end.update) for b in seen.branches] == [
        ("main", None, None, 6), ("B", "main", 3, 6), ("C", "B", 4, 5),
    ]  # fmt: skip
    assert [[change.name for change in b.changed] for b in seen.branches] == [[], ["clip_coef"], ["slip"]]
    assert [b.last.update for b in seen.branches] == [6, 6, 5]
    assert [b.left and b.left.update for b in seen.branches] == [None, 3, 4]
