"""Two runs in lock-step: equal runs never differ, and the first difference of others is found."""

import random

import pytest
from support.runs import CHANGES, hashes, small, timeline_after

from lakeppo.config import make_config
from lakeppo.moment import BEGINNING, Moment, Phase
from lakeppo.runs.compare import LockStep
from lakeppo.runs.run import Run
from lakeppo.runs.timeline import Timeline


def paired(timeline: Timeline, name: str = "main") -> LockStep:
    return LockStep(timeline, timeline.second(next(branch for branch in timeline.branches if branch.name == name)))


def move_randomly(pair: LockStep, rng: random.Random, steps: int = 12) -> None:
    for _ in range(steps):
        if rng.random() < 0.5:
            for _ in range(rng.randrange(25)):
                pair.unit()
        else:
            pair.go_to(Moment(rng.randrange(8), rng.choice(list(Phase)), rng.randrange(10)))


def scanned(pair: LockStep) -> Moment | None:
    """The first moment after `common` at which the two differ, found unit by unit with separate runs."""
    runs = []
    for timeline in (pair.a, pair.b):
        alone = Timeline(
            Run(timeline.run.origin, timeline.run.seed), timeline.branches, timeline.branches.index(timeline.branch)
        )
        alone.go_to(pair.common)
        runs.append(alone)
    a, b = runs
    while a.run.moment < pair.end:
        a.unit()
        while b.run.moment < a.run.moment:
            b.unit()
        in_a, in_b = a.run.trainer, b.run.trainer
        same = (
            a.run.moment == b.run.moment
            and len(in_a.passes) == len(in_b.passes)
            and in_a.transitions == in_b.transitions
            and in_a.policy().equal(in_b.policy())
            and in_a.values().equal(in_b.values())
            and str(in_a.judgement) == str(in_b.judgement)
        )
        if not same:
            return a.run.moment
    return None


@pytest.mark.parametrize("seed", range(6))
def test_a_branch_without_a_change_never_differs_from_its_parent(seed):
    rng = random.Random(seed)
    timeline = timeline_after(rng.randrange(5, 90))
    changed = timeline.run.moment if rng.random() < 0.5 else BEGINNING
    if changed > BEGINNING:
        timeline.change(*rng.choice(CHANGES))
        for _ in range(20):
            timeline.unit()
    timeline.go_to(max(changed, Moment(rng.randrange(4), rng.choice(list(Phase)), rng.randrange(10))))
    timeline.add_branch()
    for _ in range(rng.randrange(60)):
        timeline.unit()
    pair = paired(timeline)
    pair.search()
    assert pair.differs_at is None
    for _ in range(4):
        move_randomly(pair, rng, 3)
        assert pair.differs_at is None
        assert hashes(pair.a.run) == hashes(pair.b.run)


@pytest.mark.parametrize("seed", range(6))
def test_the_same_run_computed_again_never_differs(seed):
    a, b = timeline_after(80), Timeline(Run(small(), 3))
    pair = LockStep(a, b)
    pair.search()
    pair.go_to(BEGINNING)
    move_randomly(pair, random.Random(seed))
    assert (pair.common, pair.differs_at) == (BEGINNING, None)
    assert hashes(a.run) == hashes(b.run)


@pytest.mark.parametrize("seed", range(16))
def test_search_finds_the_first_difference_of_a_full_scan(seed):
    rng = random.Random(seed)
    timeline = timeline_after(rng.randrange(40, 110))
    timeline.go_to(Moment(rng.randrange(3), rng.choice(list(Phase)), rng.randrange(10)))
    left = timeline.run.moment
    timeline.add_branch()
    timeline.change(*rng.choice(CHANGES))
    for _ in range(rng.randrange(90)):
        timeline.unit()
    pair = paired(timeline)
    pair.search()
    assert pair.common == (left if timeline.branch.changes else timeline.branch.left_at)
    found = pair.differs_at and pair.differs_at.moment
    assert found == scanned(pair)
    assert found is None or found >= pair.common


def test_without_the_clip_seed_41_differs_in_the_update_of_the_change():
    timeline = Timeline(Run(make_config("classic"), 41))
    while timeline.run.trainer.updates < 16:
        timeline.unit()
    timeline.go_to(Moment(12, Phase.COLLECT, 0))
    timeline.change("clip_coef", None)
    while timeline.run.trainer.updates < 15:
        timeline.unit()
    pair = paired(timeline)
    pair.search()
    assert pair.common == Moment(12, Phase.COLLECT, 0)
    assert pair.differs_at is not None
    assert pair.differs_at.moment == scanned(pair)
    assert pair.differs_at.moment > Moment(12, Phase.IMPROVE, 1)  # in pass 1 every ratio is 1: the clip cannot act
    assert pair.differs_at.what == "policy"
    first = next(row.update for row in timeline.branches[0].history[12:] if row.stopped > 0)
    assert pair.differs_at.moment.update == first - 1


def test_a_later_difference_is_found_when_it_is_computed():
    timeline = timeline_after(30)
    timeline.go_to(Moment(1, Phase.COLLECT, 2))
    timeline.change("slip", 0.0)
    pair = paired(timeline)
    pair.search()
    assert pair.differs_at is None
    while pair.differs_at is None:
        pair.unit()
    assert pair.differs_at.moment == pair.a.run.moment == scanned(pair)
    assert pair.differs_at.what == "step"


@pytest.mark.parametrize("size", [4, 17])
def test_with_unequal_batches_b_is_at_the_first_moment_from_a_on(size):
    timeline = timeline_after(60)
    timeline.go_to(Moment(1, Phase.COLLECT, 0))
    timeline.change("batch_size", size)
    pair = LockStep(timeline, timeline.second(timeline.branches[0]))
    pair.go_to(pair.common)
    moments = []
    for _ in range(60):
        pair.unit()
        moments.append((pair.a.run.moment, pair.b.run.moment))
    assert all(a <= b for a, b in moments)
    assert pair.differs_at is not None
    assert pair.differs_at.what == "pace"
    for a, b in reversed(moments):
        pair.go_to(a)
        assert (pair.a.run.moment, pair.b.run.moment) == (a, b)


def test_a_jump_forward_ends_at_the_shorter_runs_end():
    timeline = timeline_after(90)
    end = timeline.branch.end
    timeline.go_to(Moment(2, Phase.JUDGE, 0))
    timeline.change("clip_coef", None)
    timeline.unit()
    pair = paired(timeline)
    pair.go_to(end)
    assert pair.a.run.moment == pair.b.run.moment == timeline.branch.end < end


def test_what_b_computes_is_kept_on_its_branch():
    timeline = timeline_after(40)
    timeline.go_to(Moment(1, Phase.COLLECT, 0))
    timeline.change("clip_coef", None)
    pair = paired(timeline)
    for _ in range(90):
        pair.unit()
    main = timeline.branches[0]
    assert main.end == pair.b.run.moment > Moment(3, Phase.COLLECT, 0)
    end = hashes(pair.b.run)
    timeline.switch(main)
    assert hashes(timeline.run) == end
    assert main.history == timeline.run.history


def test_runs_of_other_seeds_or_lakes_differ_at_the_beginning():
    a = timeline_after(30)
    for other, what in ((Run(small(), 4), "policy"), (Run(small(("SFF", "FFF", "FFG")), 3), "lake")):
        pair = LockStep(a, Timeline(other))
        pair.search()
        assert pair.common == BEGINNING
        assert pair.differs_at is not None
        assert (pair.differs_at.moment, pair.differs_at.what) == (BEGINNING, what)
        pair.go_to(BEGINNING)
        for _ in range(30):
            pair.unit()
        assert pair.a.run.moment == pair.b.run.moment


def test_branches_of_branches_part_where_the_first_change_differs():
    timeline = timeline_after(60)
    timeline.go_to(Moment(1, Phase.COLLECT, 3))
    timeline.change("clip_coef", None)  # B
    for _ in range(60):
        timeline.unit()
    timeline.go_to(Moment(2, Phase.COLLECT, 5))
    timeline.change("slip", 0.0)  # C, of B
    pair = paired(timeline, "B")
    assert pair.common == Moment(2, Phase.COLLECT, 5)
    assert paired(timeline).common == Moment(1, Phase.COLLECT, 3)
