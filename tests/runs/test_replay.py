"""Recorded changes are made again at their own moments, and a keyframe serves only where a branch leads through it."""

import pytest
from support.runs import hashes, small, timeline_after

from lakeppo.moment import BEGINNING, Moment, Phase
from lakeppo.runs.branch import Branch
from lakeppo.runs.pass_tables import PassTables
from lakeppo.runs.run import Run
from lakeppo.runs.timeline import Timeline
from lakeppo.storage.checkpoint import pack, read_save

CHANGES = {
    BEGINNING: ("slip", 0.7),
    Moment(0, Phase.COLLECT, 4): ("slip", 0.0),
    Moment(0, Phase.JUDGE, 0): ("gamma", 0.5),
    Moment(1, Phase.COLLECT, 0): ("seed", 9),
    Moment(1, Phase.IMPROVE, 1): ("learning_rate", 0.003),
    Moment(1, Phase.IMPROVE, 2): ("clip_coef", None),
    Moment(1, Phase.COPY, 0): ("ent_coef", 0.2),
    Moment(2, Phase.IMPROVE, 0): ("ent_coef", 0.3),
}
"""Each has an effect in the very next unit, or in the next pass."""


def changed(updates=4):
    """Return a run with `CHANGES`, and its hashes at every moment."""
    timeline = Timeline(Run(small(), 3))
    seen = {}
    while timeline.run.trainer.updates < updates:
        if timeline.run.moment in CHANGES:
            timeline.change(*CHANGES[timeline.run.moment])
        seen[timeline.run.moment] = hashes(timeline.run)
        timeline.unit()
    seen[timeline.run.moment] = hashes(timeline.run)
    assert [change.moment for change in timeline.branch.changes] == list(CHANGES)
    return timeline, seen


def as_from_a_file(timeline):
    """Return the run at its beginning, with nothing kept but its changes."""
    branch = Branch("main", list(timeline.branch.changes), timeline.branch.end)
    return Timeline(Run(timeline.run.origin, timeline.run.seed), [branch])


def by_copies(timeline):
    """Go back to the first copy, which leaves a keyframe after every one."""
    while timeline.run.moment.update > 1:
        assert timeline.back(lambda phase: phase is Phase.COPY)


def test_every_change_is_made_again_at_its_own_moment():
    timeline, seen = changed()
    again = as_from_a_file(timeline)
    assert hashes(again.run) == seen[BEGINNING]
    for moment in list(seen)[1:]:
        again.unit()
        assert (again.run.moment, hashes(again.run)) == (moment, seen[moment])
    for moment in reversed(seen):
        for travelled in (again, as_from_a_file(timeline)):
            travelled.go_to(moment)
            assert hashes(travelled.run) == seen[moment]


def test_a_resumed_run_goes_back_before_its_changes(tmp_path):
    timeline, seen = changed()
    path = tmp_path / "last.pt"
    path.write_bytes(pack(timeline, "last", keyframes=0))
    for moment in (BEGINNING, Moment(0, Phase.COLLECT, 2), Moment(1, Phase.IMPROVE, 2)):
        again = read_save(path).timeline()
        again.go_to(moment)
        assert hashes(again.run) == seen[moment]


def test_a_branch_without_a_history_gets_one():
    """A keyframe of a computed twin, beyond the history of a branch from a file, would leave holes in it."""
    timeline = timeline_after(80)
    main = timeline.branch
    by_copies(timeline)
    timeline.branches.append(Branch("same", [], main.end))
    timeline.switch(timeline.branches[1])
    assert timeline.run.moment == main.end
    assert timeline.branch.history == main.history


def test_keyframes_after_a_change_are_not_those_without_it():
    timeline = timeline_after(80)
    end = timeline.branch.end
    by_copies(timeline)
    timeline.change("slip", 0.0)
    while timeline.run.moment < end:
        timeline.unit()
    expected = as_from_a_file(timeline)
    for update in range(end.update, 0, -1):
        for moment in (Moment(update, Phase.COLLECT, 1), Moment(update, Phase.COLLECT, 0)):
            timeline.go_to(moment)
            fresh = as_from_a_file(timeline)
            fresh.go_to(moment)
            assert hashes(timeline.run) == hashes(fresh.run)
    expected.go_to(end)
    timeline.go_to(end)
    assert hashes(timeline.run) == hashes(expected.run)


@pytest.mark.parametrize("there", [BEGINNING, Moment(1, Phase.JUDGE, 0)])
def test_a_way_starts_at_the_nearest_keyframe(there, monkeypatch):
    timeline, units = timeline_after(80), []
    unit = Run.unit
    end = timeline.branch.end
    timeline.go_to(there)
    monkeypatch.setattr(Run, "unit", lambda run: units.append(run.moment) or unit(run))
    timeline.go_to(end)
    assert (timeline.run.moment, units) == (end, [])


def test_what_is_done_again_leaves_the_end_where_it_was():
    timeline = timeline_after(80)
    end = timeline.branch.end
    timeline.go_to(Moment(1, Phase.JUDGE, 0))
    while timeline.run.moment < end:
        assert timeline.branch.end == end
        assert timeline.rewound
        timeline.unit()
    timeline.unit()
    assert timeline.branch.end == timeline.run.moment > end


def test_another_branch_and_back_recomputes_nothing(monkeypatch):
    timeline, units = timeline_after(80), []
    timeline.go_to(Moment(2, Phase.IMPROVE, 1))
    timeline.add_branch()
    timeline.go_to(here := Moment(1, Phase.IMPROVE, 1))
    unit = Run.unit
    monkeypatch.setattr(Run, "unit", lambda run: units.append(run.moment) or unit(run))
    timeline.switch(timeline.branches[0])
    timeline.switch(timeline.branches[1], moment=here)
    assert (timeline.run.moment, units) == (here, [])


def test_the_ends_of_branches_stay_when_keyframes_are_thinned(monkeypatch):
    monkeypatch.setattr("lakeppo.runs.timeline.SPACING", 1)
    timeline = Timeline(Run(small(batch_size=2, epochs=1), 3), memory=1_500_000)
    for _ in range(5 * 21):
        timeline.unit()
    main = timeline.branch
    assert main.end == Moment(21, Phase.COLLECT, 0)
    timeline.go_to(Moment(18, Phase.JUDGE, 0))
    timeline.add_branch()
    for _ in range(5 * 60):
        timeline.unit()
    assert len({k.moment.update for k in timeline._keyframes.values()}) < 40
    units, unit = [], Run.unit
    monkeypatch.setattr(Run, "unit", lambda run: units.append(run.moment) or unit(run))
    timeline.switch(main)
    assert (timeline.run.moment, units) == (main.end, [])


def test_a_second_timeline_shares_what_was_kept():
    timeline = timeline_after(80)
    timeline.run.tables, timeline.interrupted = PassTables(), lambda: False
    second = timeline.second(timeline.branch)
    assert second.run.tables is timeline.run.tables
    assert second.interrupted is timeline.interrupted
    assert second._keyframes is timeline._keyframes


def test_a_failed_unit_leaves_no_row_on_any_branch():
    timeline = timeline_after(80)
    expected = timeline.branch.history[:]
    timeline.go_to(Moment(2, Phase.COLLECT, 0))
    timeline.add_branch()
    for branch in timeline.branches:
        branch.history.append(expected[0])
    recovered = timeline.recovered(timeline.branch, timeline.branch.end)
    assert hashes(recovered.run) == hashes(timeline.run)
    assert [len(branch.history) for branch in recovered.branches] == [len(expected), 2]
    assert recovered.branches[0].history == expected
