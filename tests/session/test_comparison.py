"""Comparing through the worker thread: each of the two runs is what it is alone."""

import random

import pytest
from support.runs import small
from support.session import (
    CLASSIC,
    CLIP_OFF,
    FASTER,
    GOAL,
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
    see_notice,
    send,
)

from lakeppo.config import make_config
from lakeppo.moment import Change, Phase
from lakeppo.presets import Limit
from lakeppo.runs.branch import Branch
from lakeppo.runs.run import Run
from lakeppo.runs.timeline import Timeline
from lakeppo.session import notices
from lakeppo.session.commands import (
    AddBranch,
    Back,
    ChangeSlip,
    Compare,
    CompareNext,
    CycleDemo,
    EditTile,
    EndComparison,
    GoBy,
    GoToBranch,
    GoToDifference,
    GoToEnd,
    NextBranch,
    SetKnob,
    SetSeed,
    StartOver,
    StartPreset,
    StartSeed,
    ToggleBookmark,
    TogglePlay,
    Unit,
)
from lakeppo.session.comparison import SessionRuns
from lakeppo.storage.run_file import RunFile

PART = moment(3)
BRANCHED = [*[UPDATE] * 6, go(3), CLIP_OFF, UPDATE, UPDATE]
"""Commands that leave main at `PART` for a branch B without a clip."""
MOVES = [UNIT, PASS, PHASE, UPDATE, GOAL, *map(Back, [Unit.NEXT, Unit.PASS, Unit.PHASE, Unit.COPY])]
MOVES += [GoBy(-1), GoBy(1), GoBy(10), go(0), GoToEnd()]


def test_a_comparison_opens_paused_where_a_branch_left_its_parent(start_worker):
    worker = start_worker()
    send(worker, *BRANCHED, Compare())
    seen = see(worker, lambda s: s.comparison is not None)
    comparison = seen.comparison
    assert seen.status == "paused"
    assert seen.run.moment == comparison.run.moment == comparison.common == PART
    assert seen.notices[-1] == notices.COMPARISON_OPENED
    assert (comparison.names, comparison.related, comparison.choices) == (("B", "main"), True, 1)
    assert comparison.changes == ((Change(PART, "clip_coef", None),), ())
    assert (seen.position.branch, comparison.position.branch) == ("B", "main")
    assert (comparison.position.end, comparison.position.rewound) == (moment(6), True)


def test_both_branches_of_a_comparison_go_in_lock_step(start_worker):
    worker = start_worker()
    send(worker, *BRANCHED, Compare(), UPDATE)
    seen = see(worker, lambda s: s.comparison is not None and s.run.moment.update == 4)
    comparison, main = seen.comparison, run_to(moment(4))
    assert comparison.run.moment == moment(4)
    assert seen.run.policy.tobytes() == run_to(moment(4), clip_off_at=PART).policy().tobytes()
    assert comparison.run.policy.tobytes() == main.policy().tobytes()
    assert comparison.history[:4] == main.history
    assert (seen.run.config.clip_coef, comparison.run.config.clip_coef) == (None, 0.2)


@pytest.mark.parametrize("seed", range(3))
def test_any_moves_leave_both_on_one_moment_of_their_runs(start_worker, seed):
    worker = start_worker()
    send(worker, *BRANCHED, Compare(), *random.Random(seed).choices(MOVES, k=25), ToggleBookmark())
    seen = see(worker, lambda s: s.comparison is not None and s.position.bookmarks and s.status != "stepping")
    baseline, main = seen.comparison.run, run_to(seen.run.moment)
    assert seen.run.moment == baseline.moment
    assert baseline.policy.tobytes() == main.policy().tobytes()
    assert baseline.env_steps == main.trainer.env_steps
    send(worker, EndComparison(), GoToEnd())
    save = quit_and_read(worker)
    assert hashes(save) == hashes(run_to(save.moment, clip_off_at=PART))
    assert [branch.name for branch in save.branches] == ["main", "B"]


def test_a_branch_without_a_change_never_differs(start_worker):
    worker = start_worker()
    send(worker, *[UPDATE] * 4, go(2), AddBranch(), UPDATE, Compare(), *[UPDATE] * 6, GoToDifference())
    seen = see_notice(worker, notices.NO_DIFFERENCE_YET)
    assert seen.run.moment == moment(8)
    assert seen.comparison.differs_at is None
    assert seen.comparison.same_until == moment(8)
    assert seen.run.policy.tobytes() == seen.comparison.run.policy.tobytes()


def test_both_go_to_the_first_moment_at_which_they_differ(start_worker):
    worker = start_worker()
    send(worker, *BRANCHED, Compare(), *[UPDATE] * 12)
    differs_at = see(worker, lambda s: s.comparison is not None and s.run.moment == moment(15)).comparison.differs_at
    assert PART < differs_at.moment <= moment(15)
    worker.send(GoToDifference())
    seen = see(worker, lambda s: s.run.moment == differs_at.moment)
    assert seen.comparison.run.moment == differs_at.moment
    assert (seen.run.policy != seen.comparison.run.policy).any()


WAITING = [SetKnob("gamma", 0.5), SetSeed(3), ChangeSlip(0), EditTile(5, "F"), StartOver("epochs", 1), StartSeed()]
WAITING += [StartPreset("8x8"), AddBranch(), NextBranch(), GoToBranch("main"), CycleDemo()]


@pytest.mark.parametrize("command", WAITING)
def test_a_command_that_changes_the_run_waits_for_the_comparison(start_worker, command):
    worker = start_worker()
    send(worker, *BRANCHED, Compare(), command, UNIT)
    seen = see(worker, lambda s: s.status == "stepped" and s.run.moment.index == 1)
    assert seen.notices[-2:] == (notices.COMPARISON_OPENED, notices.COMPARISON_IN_THE_WAY)
    assert (seen.position.branch, seen.demo, seen.position.branch_count) == ("B", None, 2)
    assert seen.run.changes == (Change(PART, "clip_coef", None),)


def test_the_run_can_change_after_the_comparison_is_closed(start_worker):
    worker = start_worker()
    send(worker, *BRANCHED, Compare(), UNIT, EndComparison(), ChangeSlip(0))
    seen = see(worker, lambda s: s.run.config.slip > 0)
    assert seen.comparison is None
    assert seen.run.moment == moment(3, Phase.COLLECT, 1)
    assert seen.position.branch == "C"


def test_an_earlier_run_is_computed_again_beside_the_present_one(start_worker):
    worker = start_worker()
    send(worker, UPDATE, UPDATE, StartSeed(), TogglePlay(), UPDATE)
    send(worker, StartOver("epochs", 1), TogglePlay(), UPDATE, Compare())
    seen = see(worker, lambda s: s.comparison is not None)
    comparison = seen.comparison
    assert (comparison.names, comparison.choices, comparison.related) == (("run 3", "run 2"), 2, False)
    assert comparison.common == seen.run.moment == moment(0)
    assert [config.epochs for config in comparison.origins] == [1, 5]
    assert (seen.run.seed, comparison.run.seed) == (1, 1)
    send(worker, CompareNext(), UPDATE)
    seen = see(worker, lambda s: s.comparison.choice == 1 and s.run.moment.update == 1 and s.status == "stepped")
    comparison = seen.comparison
    assert (comparison.names, comparison.run.seed) == (("run 3", "run 1"), 0)
    assert comparison.differs_at.moment == moment(0)
    assert comparison.run.policy.tobytes() == run_to(moment(1)).policy().tobytes()
    alone = run_to(moment(1), seed=1, config=make_config("classic", epochs=1))
    assert seen.run.policy.tobytes() == alone.policy().tobytes()


def test_runs_on_lakes_of_different_sizes_go_in_lock_step(start_worker):
    worker = start_worker()
    send(worker, UPDATE, StartPreset("8x8"), TogglePlay(), Compare(), UPDATE)
    seen = see(worker, lambda s: s.comparison is not None and s.run.moment.update == 1)
    assert (len(seen.run.policy), len(seen.comparison.run.policy)) == (64, 16)
    assert seen.comparison.differs_at.what == "lake"
    assert seen.comparison.run.moment == moment(1)


def test_with_nothing_to_compare_no_comparison_opens(start_worker):
    worker = start_worker()
    assert see(worker, lambda s: True).choices == 0
    send(worker, Compare(), UPDATE)
    seen = see(worker, lambda s: s.run.moment.update == 1)
    assert seen.comparison is None
    assert seen.notices == (notices.NOTHING_TO_COMPARE,)


def test_the_limit_stops_both_runs_which_can_go_on_past_it(start_worker):
    limit = Limit("updates", 5)
    worker = start_worker(limit=limit)
    send(worker, *[UPDATE] * 3, go(2), CLIP_OFF, UPDATE, Compare(), *[FASTER] * 4, TogglePlay())
    seen = see(worker, lambda s: s.status == "finished" and s.comparison is not None)
    assert (seen.run.moment, seen.comparison.run.moment, seen.demo) == (moment(5), moment(5), None)
    assert seen.notices[-1] == notices.finished(limit, compared=True)
    worker.send(TogglePlay())
    assert see(worker, lambda s: s.run.moment.update >= 6).comparison.run.moment.update >= 6


def test_what_the_baseline_computes_in_a_comparison_is_saved(start_worker):
    worker = start_worker()
    send(worker, *BRANCHED, Compare(), *[UPDATE] * 6)
    see(worker, lambda s: s.comparison is not None and s.run.moment.update == 9)
    save = quit_and_read(worker)
    assert [(branch.name, branch.end) for branch in save.branches] == [("main", moment(9)), ("B", moment(9))]
    timeline = save.timeline()
    timeline.switch(timeline.branches[0])
    assert hashes(timeline.run) == hashes(run_to(moment(9)))


def test_a_jump_ends_where_the_baseline_does(start_worker):
    worker = start_worker()
    send(worker, *BRANCHED, NextBranch(), Compare(), GoToEnd())
    seen = see_notice(worker, notices.baseline_ends("B"))
    assert (seen.position.branch, seen.run.moment, seen.position.end) == ("main", moment(5), moment(6))


def test_branches_of_a_run_file_are_computed_up_to_where_they_part(start_worker):
    part, end = moment(70), moment(90)
    slippery = Branch("B", [Change(part, "slip", 1.0)], end, parent="main", left_at=part)
    worker = start_worker(RunFile(0, CLASSIC, [Branch("main", [], end), slippery], 1).timeline)
    worker.send(Compare())
    assert see(worker, lambda s: s.comparison is not None and s.run.moment.update > 2).status == "stepping"
    seen = see(worker, lambda s: s.status == "stepped")
    assert seen.run.moment == seen.comparison.run.moment == part
    assert seen.comparison.differs_at is None
    worker.send(UPDATE)
    assert see(worker, lambda s: s.run.moment.update == 71).comparison.differs_at.what == "step"


def test_a_run_without_a_step_is_not_kept():
    runs, timeline = SessionRuns(), Timeline(Run(small(), 0))
    runs.leave(timeline)
    assert runs.earlier == []
    timeline.unit()
    runs.leave(timeline)
    assert len(runs.earlier) == 1
