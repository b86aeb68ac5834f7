"""A condition on a run: the moments at which it becomes true, against the same condition written in Python."""

from itertools import pairwise

import numpy as np
import pytest
from support.runs import small
from support.session import CLASSIC, moment

from lakeppo.errors import InvalidValue
from lakeppo.lake.exact import solved_success
from lakeppo.lake.transition import ACTIONS
from lakeppo.moment import Moment, Phase
from lakeppo.runs.pass_tables import PassTables
from lakeppo.runs.run import Run
from lakeppo.runs.stop_condition import StopCondition
from lakeppo.runs.timeline import Timeline

UPDATES = 60
SOLVED = solved_success(CLASSIC)
FALL, FALLEN = "exact < .5 after solved", moment(49)


@pytest.fixture(scope="module")
def classic() -> Timeline:
    """The classic run of seed 0: solved after update 39 and fallen after update 49."""
    return advanced(Timeline(Run(CLASSIC, 0)), UPDATES)


def advanced(timeline: Timeline, updates: int) -> Timeline:
    while timeline.run.trainer.updates < updates:
        timeline.unit()
    return timeline


def edges(timeline: Timeline, condition: StopCondition, updates: int) -> list[Moment]:
    """The moments at which the condition becomes true on the way to an update."""
    found = []
    while timeline.run.trainer.updates < updates:
        phase = timeline.unit()
        if condition.look(phase):
            found.append(timeline.run.moment)
    return found


def rising(held: list[bool]) -> list[int]:
    """The updates after which a figure of every update becomes true, from the first on."""
    return [at + 1 for at, (before, now) in enumerate(pairwise([False, *held])) if now and not before]


PYTHON = {
    FALL: lambda rows, k: rows[k].success_probability < 0.5 and any(r.success_probability >= SOLVED for r in rows[:k]),
    "solved": lambda rows, k: rows[k].success_probability >= SOLVED,
    "kl > 2% or not ratio_mean < 1": lambda rows, k: rows[k].kl > 0.02 or not rows[k].ratio_mean < 1,
    "0.2 < exact <= .8 and greedy == 1": lambda rows, k: (
        0.2 < rows[k].success_probability <= 0.8 and rows[k].greedy_success_probability == 1
    ),
    "explained_variance < 0": lambda rows, k: (rows[k].explained_variance or 0) < 0,
    "clipfrac > .3 after effective_sample_size < .8": lambda rows, k: (
        1 - rows[k].inside > 0.3 and any(r.effective_sample_size < 0.8 for r in rows[:k])
    ),
    "update >= 7 and env_steps < 1000 and old_approx_kl < 1": lambda rows, k: (
        rows[k].update >= 7 and rows[k].env_steps < 1000
    ),
}


def test_a_condition_becomes_true_where_python_says_so(classic):
    rows = list(classic.branch.history)
    classic.go_to(moment(0))
    conditions = {text: StopCondition(text, classic) for text in PYTHON}
    found: dict[str, list[int]] = {text: [] for text in PYTHON}
    while classic.run.trainer.updates < UPDATES:
        phase = classic.unit()
        for text, condition in conditions.items():
            if condition.look(phase):
                found[text].append(classic.run.trainer.updates)
    assert found == {text: rising([holds(rows, k) for k in range(UPDATES)]) for text, holds in PYTHON.items()}
    assert sum(map(bool, found.values())) >= 6


def test_the_fall_of_classic_is_found_from_the_start_and_from_the_end(classic):
    rows = list(classic.branch.history)
    fresh = StopCondition(FALL, Timeline(Run(CLASSIC, 0)))
    found = edges(fresh.timeline, fresh, UPDATES)
    assert found[0] == FALLEN
    fresh.timeline.go_to(FALLEN)
    success, solved = rows[48].success_probability, next(r.update for r in rows if r.success_probability >= SOLVED)
    assert str(fresh.report()) == f"stopped at #49: {FALL} (exact {success:.4g}, solved at #{solved})"
    classic.go_to(moment(UPDATES))
    late = StopCondition(FALL, classic)
    assert late.last_true() == moment(max(k + 1 for k in range(UPDATES) if PYTHON[FALL](rows, k)))
    classic.go_to(FALLEN)
    assert late.last_true() is None


def test_a_probability_is_looked_at_after_every_pass(classic):
    cell, tables = (6, ACTIONS.index("right")), []
    run = Run(CLASSIC, 0)
    while run.trainer.updates < 20:
        if run.unit() in (Phase.IMPROVE, Phase.COPY):
            tables.append((run.moment, run.policy()[cell]))
    limit = float(np.median([p for _, p in tables]))
    held = [(at, p > limit) for at, p in tables]
    expected = [at for (_, before), (at, now) in pairwise([(moment(0), limit < 0.25), *held]) if now and not before]
    classic.go_to(moment(0))
    condition = StopCondition(f"p(6, right) > {limit!r}", classic)
    assert edges(classic, condition, 20) == expected != []
    assert {at.phase for at in expected} <= {Phase.IMPROVE, Phase.COPY}
    here = classic.run.moment
    assert condition.last_true() == max(at for at, p in tables if p > limit and at < here)
    assert classic.run.moment == here


def test_the_largest_ratio_is_known_within_an_update(classic):
    classic.go_to(moment(0))
    found = edges(classic, StopCondition("ratio_max > 1.5", classic), UPDATES)
    rows = list(classic.branch.history)
    assert {at.update for at in found} == {row.update - 1 for row in rows if row.ratio_max > 1.5} != set()
    for at in found:
        classic.go_to(at)
        passes = classic.run.trainer.passes
        chosen = classic.run.trainer.batch.chosen
        ratios = [(p.log_policy - classic.run.trainer.old_log_policy).take(chosen).exp().max().item() for p in passes]
        assert ratios[-1] > 1.5 >= max(ratios[:-1])


def test_a_condition_that_holds_already_must_first_become_false(classic):
    classic.go_to(FALLEN)
    condition = StopCondition("exact < .5", classic)
    assert condition.true
    rows = list(classic.branch.history)
    low = [row.success_probability < 0.5 for row in rows]
    assert edges(classic, condition, UPDATES) == [moment(u) for u in rising(low) if moment(u) > FALLEN]
    classic.go_to(moment(FALLEN.update - 1))
    condition.settle()
    assert edges(classic, condition, FALLEN.update) == [FALLEN]


def test_a_branch_knows_its_own_past_and_not_its_siblings():
    timeline = advanced(Timeline(Run(small(), 3)), 6)
    condition = StopCondition("update == 4 after update == 2 and p(1, up) > 0 after p(0, up) > 0", timeline)
    timeline.go_to(moment(1))
    condition.settle()
    assert edges(timeline, condition, 6) == [moment(4)]
    timeline.go_to(moment(3))
    timeline.change("slip", 0.1)
    condition.settle()
    assert edges(timeline, condition, 5) == [moment(4)], "what came before the branch left is its past too"
    timeline.go_to(moment(1))
    timeline.change("slip", 0.9)
    condition.settle()
    assert timeline.branch.name == "C"
    assert "update 1, p(1, up)" in str(condition.report())
    assert "#2" not in str(condition.report()), "B has left later than C"


def test_solved_follows_a_change_of_the_lake():
    timeline = advanced(Timeline(Run(CLASSIC, 0)), 44)
    timeline.change("max_episode_steps", 5)  # five steps reach no goal, and nothing counts as solved
    condition = StopCondition("solved", timeline)
    solved = [row.update for row in timeline.branch.history if row.success_probability >= SOLVED]
    assert edges(timeline, condition, 47) == []
    assert condition.last_true() == moment(solved[-1])
    timeline.change("max_episode_steps", 100)
    found = edges(timeline, condition, UPDATES)
    later = [row.success_probability >= SOLVED for row in timeline.branch.history[47:]]
    assert found == [moment(47 + at) for at in rising(later)] != []


def test_a_text_that_is_no_condition_on_this_lake_is_refused():
    with pytest.raises(InvalidValue, match="tile must be a whole number from 0 to 15"):
        StopCondition("p(16, left) < .5", Timeline(Run(CLASSIC, 0)))


WITHIN = (
    "p(6, right) > .4", "p(6, right) > 1", "p(0, up) > .25 and exact < .5", "ratio_max > 1.5", "ratio_max > 1e9",
    "ratio_min < .5 and p(6, right) < .3", "not p(6, right) <= 1", "p(6, right) > .4 after solved",
    "kl > .02 and p(1, left) + p(1, right) > .6",
)  # fmt: skip
"""Conditions on figures within an update, some of which are never true."""


@pytest.fixture(scope="module")
def kept() -> Timeline:
    """The classic run with the policies of its passes, changed on the way and in the middle of an update."""
    timeline = Timeline(Run(CLASSIC, 0))
    timeline.run.tables = PassTables()
    advanced(timeline, 12)
    timeline.change("clip_coef", 0.3)
    advanced(timeline, 40)
    while timeline.run.moment < moment(40, Phase.IMPROVE, 2):
        timeline.unit()
    return timeline


@pytest.mark.parametrize("text", WITHIN)
def test_kept_figures_lead_back_to_where_recomputing_does(kept, text):
    tables = kept.run.tables
    found = []
    for known in (tables, None):
        kept.run.tables = known
        here = kept.run.moment
        found.append(StopCondition(text, kept).last_true())
        assert kept.run.moment == here
    kept.run.tables = tables
    assert found[0] == found[1]
    assert (found[0] is None) == (text in (WITHIN[1], WITHIN[4], WITHIN[6]))


def test_what_was_never_true_is_said_without_recomputing(kept, monkeypatch):
    units = []
    unit = Run.unit
    monkeypatch.setattr(Run, "unit", lambda run: units.append(run.moment) or unit(run))
    conditions = [StopCondition(text, kept) for text in ("p(6, right) > 1", "ratio_max > 1e9")]
    assert [condition.last_true() for condition in conditions] == [None, None]
    here = kept.run.moment
    nearest = 2 * sum(CLASSIC.batch_size + CLASSIC.epochs + 2 for _ in range(4))
    assert here == moment(40, Phase.IMPROVE, 2)
    assert len(units) < 2 * nearest


def test_no_unit_is_recomputed_twice_on_the_way_back():
    timeline = advanced(Timeline(Run(CLASSIC, 0)), 24)
    seen: list[Moment] = []
    timeline.back(lambda phase: seen.append(timeline.run.moment) or False)
    assert timeline.run.moment == moment(0)
    assert len(seen) == len(set(seen))
    assert len(seen) > 24 * (CLASSIC.batch_size + CLASSIC.epochs)


def test_a_change_counts_for_solved_from_the_update_after_it():
    timeline = advanced(Timeline(Run(CLASSIC, 0)), 44)
    last = max(row.update for row in timeline.branch.history if row.success_probability >= SOLVED)
    timeline = advanced(Timeline(Run(CLASSIC, 0)), last)
    timeline.change("max_episode_steps", 5)
    assert timeline.run.moment == moment(last)
    advanced(timeline, last + 2)
    assert StopCondition("solved", timeline).last_true() == moment(last)


def test_solved_is_of_the_lake_of_the_branch_that_is_on():
    timeline = advanced(Timeline(Run(CLASSIC, 0)), 44)
    timeline.change("max_episode_steps", 5)
    condition = StopCondition("solved", timeline)
    assert edges(timeline, condition, 47) == []
    timeline.go_to(moment(38))
    timeline.change("max_episode_steps", 99)  # as many changes of the lake as the other branch has
    advanced(timeline, 44)
    condition.settle()
    late = [row.update for row in timeline.branch.history if row.success_probability >= SOLVED]
    assert late[-1] > 38
    assert condition.last_true() == moment(late[-1])


def test_a_branch_keeps_what_its_parent_saw_within_an_update():
    """It is in no history: only the branch that left may know it, up to where it left."""
    text, within = "update > 0 after p(0, up) > 0 and ratio_max > 1", moment(2, Phase.IMPROVE, 2)
    timeline = Timeline(Run(small(), 3))
    while timeline.run.moment < moment(2, Phase.IMPROVE, 1):
        timeline.unit()
    condition = StopCondition(text, timeline)
    edges(timeline, condition, 4)
    (first,) = condition._watch.first.values()
    assert first == within
    for left, known in ((within, True), (within._replace(index=1), False)):
        timeline.switch(timeline.branches[0])
        condition.settle()
        edges(timeline, condition, timeline.run.trainer.updates + 1)
        condition._watch.first = dict.fromkeys(condition._watch.befores, first)
        timeline.go_to(left)
        timeline.add_branch()
        condition.settle()
        assert (first in condition._watch.first.values()) == known
    timeline.switch(timeline.branches[0])
    timeline.go_to(moment(3))
    timeline.add_branch()
    condition._watch.first = dict.fromkeys(condition._watch.befores, first)
    condition.settle()
    assert first not in condition._watch.first.values(), "B was on, and this branch has left main"


def test_the_history_of_another_branch_counts_as_its_past():
    timeline = advanced(Timeline(Run(small(), 3)), 6)
    timeline.go_to(moment(1))
    timeline.change("slip", 0.1)
    condition = StopCondition("update > 3 after update == 3", timeline)
    assert not condition.true
    timeline.switch(timeline.branches[0])
    condition.settle()
    assert condition.true, "main has made update 3, though the condition was set on another branch"
