"""Going back and branching: after any sequence of steps the state equals that of a straight run, bit for bit."""

import random
from pathlib import Path

import pytest
from support.runs import CHANGES, hashes, small, timeline_after

from lakeppo.errors import InvalidValue
from lakeppo.moment import BEGINNING, Moment, Phase
from lakeppo.runs.branch import Branch
from lakeppo.runs.run import Run
from lakeppo.runs.timeline import Timeline
from lakeppo.storage.checkpoint import pack, read_save
from lakeppo.storage.run_file import read_run_file
from lakeppo.storage.run_file_writer import to_toml


def straight(timeline: Timeline) -> Run:
    """A run with the branch's changes that never went back, at the timeline's moment."""
    run = Run(timeline.run.origin, timeline.run.seed)
    changes = [change for change in timeline.branch.changes if change.moment <= timeline.run.moment]
    while True:
        while changes and changes[0].moment == run.moment:
            run.apply(changes.pop(0))
        if run.moment >= timeline.run.moment:
            return run
        run.unit()


def resumed(timeline: Timeline, folder: Path) -> Timeline:
    """The same run, read from its save."""
    path = folder / "last.pt"
    path.write_bytes(pack(timeline, "last"))
    again = read_save(path).timeline()
    assert [(branch.name, branch.changes, branch.history, branch.end) for branch in again.branches] == [
        (branch.name, branch.changes, branch.history, branch.end) for branch in timeline.branches
    ]
    return again


@pytest.mark.parametrize("seed", range(12))
def test_any_sequence_of_navigation_and_changes_is_exact(seed, tmp_path):
    rng = random.Random(seed)
    timeline = timeline_after(5)
    for _ in range(25):
        step = rng.choice(["unit"] * 4 + ["back", "jump", "change", "branch", "switch", "resume", "end"])
        if step == "unit":
            for _ in range(rng.randrange(40)):
                timeline.unit()
        elif step == "back":
            wanted = rng.choice(list(Phase))
            timeline.back(lambda phase, wanted=wanted: phase is wanted)
        elif step == "jump":
            timeline.go_to(Moment(rng.randrange(12), rng.choice(list(Phase)), rng.randrange(10)))
        elif step == "change":
            timeline.change(*rng.choice(CHANGES))
        elif step == "branch":
            timeline.add_branch()
        elif step == "switch":
            timeline.switch(rng.choice(timeline.branches))
        elif step == "resume":
            timeline = resumed(timeline, tmp_path)
        else:
            timeline.go_to(timeline.branch.end)
        run = straight(timeline)
        assert hashes(timeline.run) == hashes(run)
        assert (timeline.run.best and timeline.run.best[:2]) == (run.best and run.best[:2])
        assert timeline.run.moment <= timeline.branch.end


def test_a_branchs_history_is_that_of_a_straight_run():
    timeline = timeline_after(60)
    timeline.go_to(Moment(2, Phase.IMPROVE, 1))
    timeline.change("clip_coef", None)
    for _ in range(40):
        timeline.unit()
    run = straight(timeline)
    assert timeline.run.history == run.history
    assert timeline.run.best is not None
    assert run.best is not None
    assert timeline.run.best[:2] == run.best[:2]


def test_a_change_in_the_past_starts_a_branch_and_overwrites_nothing():
    timeline = timeline_after(80)
    end = hashes(timeline.run)
    timeline.go_to(Moment(1, Phase.COLLECT, 4))
    timeline.change("slip", 0.0)
    assert [branch.name for branch in timeline.branches] == ["main", "B"]
    assert timeline.branch.parent == "main"
    for _ in range(30):
        timeline.unit()
    timeline.switch(timeline.branches[0])
    assert hashes(timeline.run) == end
    assert timeline.branch.changes == []


def test_a_branch_without_a_change_equals_its_parent():
    timeline = timeline_after(80)
    end, moment = hashes(timeline.run), timeline.run.moment
    timeline.go_to(Moment(2, Phase.JUDGE, 0))
    timeline.add_branch()
    while timeline.run.moment < moment:
        timeline.unit()
    assert hashes(timeline.run) == end
    assert timeline.branches[0].history == timeline.branch.history


def test_a_change_without_effect_or_invalid_starts_no_branch():
    timeline = timeline_after(50)
    timeline.go_to(Moment(1, Phase.COLLECT, 4))
    here = hashes(timeline.run)
    timeline.change("slip", 0.5)
    for name, value in [("slip", 2.0), ("activation", "tanh"), ("nothing", 1), ("map_rows", ("SF", "FG"))]:
        with pytest.raises(InvalidValue):
            timeline.change(name, value)
    assert len(timeline.branches) == 1
    assert hashes(timeline.run) == here


def test_going_back_by_units_visits_every_moment_backwards():
    timeline = Timeline(Run(small(), 3))
    moments = [timeline.run.moment]
    for _ in range(45):
        timeline.unit()
        moments.append(timeline.run.moment)
    for moment in reversed(moments[:-1]):
        assert timeline.back(lambda phase: True)
        assert timeline.run.moment == moment
    assert not timeline.back(lambda phase: True)
    assert timeline.run.moment == BEGINNING


def test_a_resumed_run_can_go_back_to_its_beginning():
    run = Run(small(), 3)
    for _ in range(70):
        run.unit()
    end = hashes(run)
    timeline = Timeline(run)
    timeline.go_to(BEGINNING)
    assert hashes(timeline.run) == hashes(Run(small(), 3))
    timeline.go_to(timeline.branch.end)
    assert hashes(timeline.run) == end


def test_keyframes_are_thinned_to_their_memory_and_stay_exact():
    timeline = Timeline(Run(small(batch_size=2, epochs=1), 3), memory=400_000)
    for _ in range(5 * 200):
        timeline.unit()
    assert timeline.run.trainer.updates == 200
    assert len(timeline._keyframes) * timeline._keyframe_size <= 400_000
    for update in (199, 3, 77):
        timeline.go_to(Moment(update, Phase.JUDGE, 0))
        assert hashes(timeline.run) == hashes(straight(timeline))


def test_no_moment_occurs_twice_after_any_change():
    rng = random.Random(1)
    timeline = Timeline(Run(small(), 3))
    last = timeline.run.moment
    for _ in range(400):
        if rng.random() < 0.3:
            timeline.change(*rng.choice(CHANGES))
            assert timeline.run.moment >= last
        before = timeline.run.moment
        timeline.unit()
        assert timeline.run.moment > before
        last = timeline.run.moment


def test_a_save_of_an_earlier_moment_has_nothing_later(tmp_path):
    timeline = timeline_after(80)
    timeline.go_to(Moment(2, Phase.IMPROVE, 1))
    path = tmp_path / "past.pt"
    path.write_bytes(pack(timeline, "last"))
    save, run = read_save(path), straight(timeline)
    assert save.history == run.history
    assert (save.best and save.best[:2]) == (run.best and run.best[:2])


def test_branch_names_are_kept_in_saves_and_run_files(tmp_path):
    timeline = timeline_after(60)
    timeline.go_to(Moment(1, Phase.COLLECT, 0))
    timeline.change("slip", 0.0)
    timeline.add_branch()
    timeline.rename(timeline.branches[1], "no slip")
    assert [(branch.name, branch.parent) for branch in timeline.branches] == [
        ("main", None), ("no slip", "main"), ("C", "no slip"),
    ]  # fmt: skip
    timeline.rename(timeline.branches[2], "E")
    assert [timeline.add_branch().name for _ in range(4)] == ["B", "C", "D", "F"]
    path = tmp_path / "run.toml"
    path.write_text(to_toml(timeline), encoding="utf-8")
    for again in (resumed(timeline, tmp_path), read_run_file(path).timeline()):
        assert [(branch.name, branch.parent) for branch in again.branches] == [
            (branch.name, branch.parent) for branch in timeline.branches
        ]


@pytest.mark.parametrize("name", ["", " ", "main", "a\nb", " B", "thirteen long"])
def test_an_invalid_or_taken_branch_name_is_refused(name):
    timeline = timeline_after(5)
    branch = timeline.add_branch()
    with pytest.raises(InvalidValue):
        timeline.rename(branch, name)
    timeline.rename(branch, branch.name)
    assert [branch.name for branch in timeline.branches] == ["main", "B"]


def test_branch_names_after_z_are_b2_and_c2():
    timeline = timeline_after(1)
    assert [timeline.add_branch().name for _ in range(52)][23:27] == ["Y", "Z", "B2", "C2"]


def test_a_change_that_ends_a_phase_moves_the_end_of_the_branch():
    timeline = timeline_after(8)
    timeline.change("batch_size", 4)
    assert timeline.run.moment == timeline.branch.end == Moment(0, Phase.JUDGE, 0)
    timeline.change("gamma", 0.5)
    assert timeline.branch.changes[-1].moment <= timeline.branch.end


@pytest.mark.parametrize(("most", "left"), [(2, Moment(3, Phase.COLLECT, 0)), (3, None)])
def test_as_many_updates_as_allowed_are_recomputed(most, left):
    timeline = Timeline(Run(small(), 0), [Branch("main", end=Moment(5, Phase.COLLECT, 0))])
    assert timeline.go_to(Moment(3, Phase.COLLECT, 0), most) == left
    assert timeline.run.moment.update == (0 if left else 3)


def test_a_branch_knows_a_divergence_up_to_its_beginning():
    timeline = timeline_after(30)
    for at, known in ((timeline.run.moment, True), (timeline.run.moment._replace(update=99), False)):
        timeline.branch.diverged = at
        assert (timeline.add_branch().diverged == at) == known


def test_a_pass_that_has_not_diverged_ends_a_divergence():
    timeline = timeline_after(30)
    timeline.branch.diverged = timeline.run.moment
    while timeline.unit() is not Phase.IMPROVE:
        pass
    assert timeline.branch.diverged is None
