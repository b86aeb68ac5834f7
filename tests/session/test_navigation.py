"""Going back and forth through the worker thread: always the bits of a straight run, and nothing lost."""

import random

import pytest
from support.session import (
    CLASSIC,
    FASTER,
    PASS,
    PHASE,
    SLOWER,
    UNIT,
    UPDATE,
    go,
    hashes,
    moment,
    quit_and_read,
    refusal,
    run_to,
    see,
    see_notice,
    send,
)

from lakeppo.moment import Phase
from lakeppo.runs.branch import Branch
from lakeppo.runs.timeline import Timeline
from lakeppo.session import notices
from lakeppo.session.commands import (
    AddBranch,
    Back,
    ChangeSlip,
    Compare,
    CycleDemo,
    GoBy,
    GoTo,
    GoToBranch,
    GoToEnd,
    NextBranch,
    RenameBranch,
    Save,
    Stop,
    ToggleBookmark,
    TogglePlay,
    Unit,
)
from lakeppo.storage.checkpoint import read_save
from lakeppo.storage.run_file import RunFile
from lakeppo.storage.save_folder import SaveFolder

TRAVEL = [*map(Back, Unit), *map(GoBy, (-10, -1, 1, 10)), go(0), go(3), GoToEnd(), ToggleBookmark()]
PLAY = [UNIT, PASS, PHASE, UPDATE, TogglePlay(), FASTER, SLOWER, CycleDemo(), Stop()]


@pytest.mark.parametrize("seed", range(4))
def test_any_mixture_of_travel_and_steps_gives_the_same_bits(start_worker, seed):
    worker = start_worker()
    send(worker, *[UPDATE] * 12, *random.Random(seed).choices(TRAVEL + PLAY, k=40), GoToEnd(), UPDATE)
    save = quit_and_read(worker)
    run = run_to(save.moment)
    assert hashes(save) == hashes(run)
    assert save.history == run.history


def test_a_moment_looks_the_same_when_it_is_visited_again(start_worker):
    worker = start_worker()
    send(worker, UPDATE, UPDATE, PASS, PASS)
    there = moment(2, Phase.IMPROVE, 2)
    before = see(worker, lambda s: s.run.moment == there and s.status == "stepped")
    send(worker, *[UPDATE] * 5)
    later = see(worker, lambda s: s.run.moment.update == 7 and s.status == "stepped")
    send(worker, GoBy(-10), go(2), PASS, PASS)
    again = see(worker, lambda s: s.run.moment == there and s.status == "stepped")
    assert again.position.rewound
    assert again.position.end == later.run.moment
    assert again.run.history_length == before.run.history_length == 2
    assert (again.run.policy == before.run.policy).all()
    assert (again.run.values == before.run.values).all()
    assert (again.run.visits == before.run.visits).all()
    assert (again.run.last_pass.ratios == before.run.last_pass.ratios).all()
    assert again.run.exact == before.run.exact


def test_a_save_made_in_the_past_opens_there_with_its_future(start_worker):
    worker = start_worker()
    send(worker, *[UPDATE] * 6, GoBy(-1), ToggleBookmark(), GoBy(-1), Back(Unit.PASS))
    save = quit_and_read(worker)
    assert save.moment == moment(3, Phase.COPY)
    assert save.rewound
    again = start_worker(save.timeline, folder="again")
    position = see(again, lambda s: True).position
    assert (position.rewound, position.end) == (True, moment(6))
    assert position.bookmarks == (moment(5),)
    again.send(GoToEnd())
    assert see(again, lambda s: not s.position.rewound).run.moment == moment(6)


@pytest.mark.parametrize("command", [go(1), Compare("main")])
def test_a_run_is_saved_before_it_leaves_its_end(start_worker, tmp_path, monkeypatch, command):
    monkeypatch.setattr(SaveFolder, "save_if_due", lambda *_: None)
    worker, path = start_worker(), tmp_path / "saves" / "last.pt"
    send(worker, *[UPDATE] * 2, AddBranch(), *[UPDATE] * 2, command)
    see(worker, lambda s: s.position.rewound)
    saved = read_save(path)
    assert (saved.moment, saved.rewound, saved.branches[saved.current].name) == (moment(4), False, "B")
    send(worker, go(0))
    see(worker, lambda s: s.run.moment == moment(0))
    assert read_save(path).moment == moment(4)


def test_a_change_in_the_past_starts_a_branch(start_worker):
    worker = start_worker()
    send(worker, *[UPDATE] * 6, go(3), ChangeSlip(0), UPDATE)
    seen = see(worker, lambda s: s.position.branch_count == 2 and s.run.moment.update == 4)
    assert (seen.position.branch, seen.position.left_at) == ("B", moment(3))
    assert not seen.position.rewound
    worker.send(NextBranch())
    main = see(worker, lambda s: s.position.branch == "main")
    assert main.run.moment == moment(6)
    assert main.run.config.slip == 0
    assert main.notices[-1] == notices.on_branch("main", 2)


def test_a_save_holds_all_branches(start_worker, tmp_path):
    worker = start_worker()
    send(worker, *[UPDATE] * 6, go(3), ChangeSlip(0), UPDATE)
    policy = see(worker, lambda s: s.position.branch == "B" and s.run.moment.update == 4).run.policy
    worker.send(NextBranch())
    save = quit_and_read(worker)
    assert len(list((tmp_path / "saves").rglob("last.pt"))) == 1
    branches = [(branch.name, branch.end, len(branch.changes)) for branch in save.branches]
    assert branches == [("main", moment(6), 0), ("B", moment(4), 1)]
    again = start_worker(save.timeline, folder="again")
    again.send(NextBranch())
    assert see(again, lambda s: s.position.branch == "B").run.policy.tobytes() == policy.tobytes()


def test_a_branch_is_added_at_the_present_moment(start_worker):
    worker = start_worker()
    send(worker, *[UPDATE] * 3, go(2), AddBranch())
    seen = see_notice(worker, notices.branch_added("B", "main", moment(2)))
    assert (seen.position.branch, seen.position.left_at, seen.run.changes) == ("B", moment(2), ())


def to_the_end_of(update: int):
    """Return a function that makes a run of which nothing has been computed yet, from its run file."""
    return RunFile(0, CLASSIC, [Branch("main", [], moment(update, Phase.IMPROVE, 2))]).timeline


def test_the_way_to_a_moment_far_ahead_is_shown_and_can_be_stopped(start_worker):
    worker = start_worker(to_the_end_of(400))
    worker.send(GoToEnd())
    assert see(worker, lambda s: s.run.moment.update > 3).status == "stepping"
    worker.send(Stop())
    assert see(worker, lambda s: s.status == "stepped").run.moment.update < 400


def test_the_way_to_a_moment_far_ahead_ends_there(start_worker):
    worker = start_worker(to_the_end_of(70))
    worker.send(GoToEnd())
    seen = see(worker, lambda s: s.status == "stepped" and s.run.env_steps > 0)
    assert seen.run.moment == moment(70, Phase.IMPROVE, 2)
    assert not seen.position.rewound


def test_travel_past_either_end_is_only_reported(start_worker):
    worker = start_worker()
    send(worker, GoBy(1), Back(Unit.NEXT), NextBranch(), GoToBranch("C"))
    seen = see_notice(worker, notices.no_such_branch("C"))
    assert seen.notices == (notices.AT_END, notices.AT_BEGINNING, notices.ONLY_ONE_BRANCH, notices.no_such_branch("C"))
    assert seen.run.moment == moment(0)


def test_a_moment_before_the_beginning_is_the_beginning(start_worker):
    worker = start_worker()
    send(worker, UPDATE, GoTo(moment(-3)))
    assert see(worker, lambda s: s.position.rewound).run.moment == moment(0)


def test_bookmarks_are_sorted_and_a_second_press_removes_one(start_worker):
    worker = start_worker()
    send(worker, *[UPDATE] * 3, ToggleBookmark(), go(1), ToggleBookmark())
    assert see_notice(worker, notices.bookmark_set(moment(1))).position.bookmarks == (moment(1), moment(3))
    worker.send(ToggleBookmark())
    assert see_notice(worker, notices.bookmark_removed(moment(1))).position.bookmarks == (moment(3),)


def test_going_anywhere_in_a_run_repeats_few_units(monkeypatch):
    timeline = Timeline(run_to(moment(0)))
    while timeline.run.trainer.updates < 60:
        timeline.unit()
    calls = []
    unit = timeline.run.unit
    monkeypatch.setattr(timeline.run, "unit", lambda: calls.append(1) or unit())
    timeline.go_to(moment(31, Phase.IMPROVE, 3))
    assert 0 < len(calls) <= 4 * (64 + 1 + 5 + 1)


def test_a_branch_is_renamed_at_once_and_a_taken_name_refused(start_worker):
    worker = start_worker()
    send(worker, *[UPDATE] * 3, go(2), ChangeSlip(0), RenameBranch(1, " firm 2 "))
    seen = see_notice(worker, notices.branch_renamed("B", "firm 2"))
    assert [(branch.name, branch.parent) for branch in seen.position.branches] == [("main", None), ("firm 2", "main")]
    timeline = Timeline(run_to(moment(1)))
    timeline.add_branch()
    timeline.rename(timeline.branches[1], "firm 2")
    refused = refusal(timeline.rename, timeline.branches[0], "firm 2")
    worker.send(RenameBranch(0, "firm 2"))
    assert see_notice(worker, refused).position.branches[0].name == "main"
    send(worker, GoToBranch("main"), GoToBranch("firm 2"))
    assert see_notice(worker, notices.on_branch("firm 2", 2)).position.branch == "firm 2"


def test_a_renamed_branch_is_saved_under_its_name(start_worker, tmp_path):
    worker = start_worker()
    send(worker, *[UPDATE] * 3, go(2), ChangeSlip(0), Save())
    see_notice(worker, notices.saved(tmp_path / "saves" / "last.pt"))
    send(worker, RenameBranch(1, "firm"), RenameBranch(2, "of another run"))
    assert [branch.name for branch in quit_and_read(worker).branches] == ["main", "firm"]
