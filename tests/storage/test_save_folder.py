"""The save folder: the files a run writes, and that it never overwrites files of another run."""

import errno
import itertools
import os
from pathlib import Path

import pytest
from filelock import FileLock
from support.runs import advance, file_of, hashes, ran, small

from lakeppo.config import make_config
from lakeppo.moment import Moment, Phase
from lakeppo.runs.branch import Branch
from lakeppo.runs.run import Run
from lakeppo.runs.timeline import Timeline
from lakeppo.session.commands import ToggleBookmark
from lakeppo.session.navigation import caption, travel
from lakeppo.storage import save_folder
from lakeppo.storage.atomic import write_atomically
from lakeppo.storage.checkpoint import read_save
from lakeppo.storage.run_file import RunFile
from lakeppo.storage.save_folder import LOCK, SaveFolder

LAKE = ("SFG", "FHF")
CONFIG = small(LAKE, slip=0.2)


class Writer:
    """A save folder that records its messages."""

    def __init__(self, folder: Path) -> None:
        self.messages: list[str] = []
        self.save_folder = SaveFolder(folder, lambda message: self.messages.append(str(message)))

    def write(self, run: Run, **options) -> bool:
        return self.save_folder.write(Timeline(run), **options)

    def save_if_due(self, run: Run, now: float) -> None:
        self.save_folder.save_if_due(Timeline(run), now)


def files(folder: Path) -> dict[str, bytes]:
    paths = (path for path in folder.rglob("*") if path.is_file() and path.name != LOCK)
    return {str(path.relative_to(folder)): path.read_bytes() for path in paths}


def finished(folder: Path, seed: int = 0, updates: int = 8, config=CONFIG) -> Run:
    """Save a run in another session and return it."""
    run = advance(Run(config, seed), updates)
    assert Writer(folder).write(run)
    return run


def full(*_args):
    raise OSError(errno.ENOSPC, "No space left on device")


def moved_on(run: Run, units: int = 20) -> Run:
    for _ in range(units):
        run.unit()
    return run


def test_both_saves_are_of_the_run_at_its_best_and_last_update(tmp_path):
    writer, run = Writer(tmp_path), ran(CONFIG, 1, 300)
    assert writer.write(run)
    assert set(files(tmp_path)) == {"best.pt", "last.pt"}
    assert hashes(read_save(tmp_path / "last.pt").run()) == hashes(run)
    best = read_save(tmp_path / "best.pt").run()
    assert run.best is not None
    assert best.moment.update == run.best.update
    assert best.success()[0] == run.best.success_probability
    assert writer.save_folder.saved == {
        "best": (run.best.update, run.best.success_probability),
        "last": (run.trainer.updates, run.success()[0]),
    }
    assert writer.messages == []


def test_nothing_new_writes_nothing(tmp_path, monkeypatch):
    writer, run = Writer(tmp_path), ran(CONFIG, 1, 100)
    writer.write(run)
    monkeypatch.setattr("lakeppo.storage.save_folder.write_atomically", full)
    assert writer.write(run)
    assert writer.messages == []


def test_a_caption_alone_is_news(tmp_path):
    folder, timeline = SaveFolder(tmp_path, lambda message: None), Timeline(ran(CONFIG, 1, 100))
    moment = Moment(2, Phase.JUDGE, 0)
    timeline.branch.bookmarks.append(moment)
    for captions in ({moment: "it falls"}, {moment: "it rises"}, {}):
        timeline.branch.captions = captions
        assert folder.write(timeline)
        assert read_save(tmp_path / "last.pt").branches[0].captions == captions


NEWS = {
    "a name": lambda timeline: timeline.rename(timeline.branch, "other"),
    "a bookmark": lambda timeline: timeline.branch.bookmarks.append(Moment(2, Phase.JUDGE, 0)),
    "a change": lambda timeline: timeline.change("gamma", 0.5),
    "another branch": lambda timeline: timeline.switch(timeline.branches[0]),
}
"""What a person may do at one moment of a run."""


@pytest.mark.parametrize("happens", NEWS.values(), ids=NEWS)
def test_all_that_a_person_does_at_a_moment_is_news(tmp_path, happens):
    folder, timeline = SaveFolder(tmp_path, lambda message: None), Timeline(ran(CONFIG, 1, 100))
    timeline.add_branch()
    folder.write(timeline)
    happens(timeline)
    assert folder.write(timeline)
    save = read_save(tmp_path / "last.pt")
    assert (save.branches, save.branches[save.current].name) == (timeline.branches, timeline.branch.name)


def test_a_save_without_keyframes_gets_them_at_the_same_moment(tmp_path):
    folder, timeline = SaveFolder(tmp_path, lambda message: None), Timeline(Run(CONFIG, 1))
    while timeline.run.trainer.updates < 60:
        timeline.unit()
    counts = []
    for options in ({"keyframes": 0}, {}):
        folder.write(timeline, **options)
        counts.append(len(read_save(tmp_path / "last.pt").keyframes))
    assert counts[0] < counts[1]


@pytest.mark.parametrize("words", [None, "it falls"])
def test_the_same_run_again_keeps_the_marks_of_a_person(tmp_path, words):
    timeline = Timeline(advance(Run(CONFIG, 0), 4))
    timeline.branch.bookmarks.append(Moment(2, Phase.JUDGE, 0))
    if words:
        timeline.branch.captions[Moment(2, Phase.JUDGE, 0)] = words
    SaveFolder(tmp_path, lambda message: None).write(timeline)
    before, writer = files(tmp_path), Writer(tmp_path)
    assert writer.write(advance(Run(CONFIG, 0), 8))
    assert files(tmp_path)["kept/001-classic-test-seed0/last.pt"] == before["last.pt"]
    assert "moved" in writer.messages[0]


def test_the_same_mark_with_other_words_keeps_the_earlier_ones(tmp_path):
    for words in ("it falls", "it rises"):
        timeline = Timeline(advance(Run(CONFIG, 0), 4))
        timeline.branch.bookmarks.append(Moment(2, Phase.JUDGE, 0))
        timeline.branch.captions[Moment(2, Phase.JUDGE, 0)] = words
        SaveFolder(tmp_path, lambda message: None).write(timeline)
    kept = read_save(tmp_path / "kept" / "001-classic-test-seed0" / "last.pt")
    assert list(kept.branches[0].captions.values()) == ["it falls"]


def test_a_mark_that_a_person_takes_away_fills_no_folder(tmp_path):
    timeline, moment = Timeline(advance(Run(CONFIG, 0), 4)), Moment(2, Phase.JUDGE, 0)
    caption(timeline, moment, "it falls")
    SaveFolder(tmp_path, lambda message: None).write(timeline)
    for text in ("it rises", ""):
        again = read_save(tmp_path / "last.pt").timeline()
        caption(again, moment, text)
        assert SaveFolder(tmp_path, lambda message: None).write(again)
        assert read_save(tmp_path / "last.pt").branches[0].captions == ({moment: text} if text else {})
    again = read_save(tmp_path / "last.pt").timeline()
    again.go_to(moment)
    travel(again, ToggleBookmark())
    assert SaveFolder(tmp_path, lambda message: None).write(again)
    assert read_save(tmp_path / "last.pt").branches[0].bookmarks == []
    assert not (tmp_path / "kept").exists()


def test_it_saves_at_most_once_a_second_after_the_first_update(tmp_path, monkeypatch):
    monkeypatch.setattr("lakeppo.storage.save_folder.monotonic", lambda: 0.0)
    writer, run = Writer(tmp_path), Run(CONFIG, 0)
    writer.save_if_due(run, 50.0)
    assert files(tmp_path) == {}
    advance(run, 1)
    writer.save_if_due(run, 50.1)
    first = files(tmp_path)
    assert set(first) == {"best.pt", "last.pt"}
    advance(run, 2)
    writer.save_if_due(run, 51.0)
    assert files(tmp_path) == first
    writer.save_if_due(run, 51.2)
    assert files(tmp_path) != first


@pytest.mark.parametrize("seconds", [0.1, 60.0])
def test_a_save_that_takes_long_is_written_less_often(tmp_path, monkeypatch, seconds):
    clock = iter([0.0, seconds, seconds, seconds])
    monkeypatch.setattr("lakeppo.storage.save_folder.monotonic", lambda: next(clock))
    writer, run = Writer(tmp_path), ran(CONFIG, 1, 100)
    writer.save_if_due(run, 50.0)
    first = files(tmp_path)
    advance(run, 101)
    writer.save_if_due(run, 59.9)
    assert files(tmp_path) == first
    writer.save_if_due(run, 60.1)
    assert files(tmp_path) != first


def test_another_seeds_files_are_moved_after_the_first_update(tmp_path):
    config = make_config("classic", batch_size=8, epochs=1)
    finished(tmp_path, 0, config=config)
    before = files(tmp_path)
    writer, run = Writer(tmp_path), Run(config, 1)
    for _ in range(10):
        assert run.trainer.updates == 0
        assert not writer.write(run)
        assert files(tmp_path) == before
        run.unit()
    assert writer.messages == []
    assert writer.write(advance(run, 1))
    after = files(tmp_path)
    assert {name: after[f"kept/001-classic-4x4-seed0/{name}"] for name in before} == before
    assert read_save(tmp_path / "last.pt").seed == read_save(tmp_path / "best.pt").seed == 1
    assert len(writer.messages) == 1
    assert "001-classic-4x4-seed0" in writer.messages[0]
    assert writer.write(moved_on(run))
    assert len(writer.messages) == 1
    assert len(files(tmp_path)) == 4


def test_a_forced_save_is_written_before_the_first_update(tmp_path):
    finished(tmp_path, 0)
    before = files(tmp_path)
    assert Writer(tmp_path).write(ran(CONFIG, 1, 3), force=True)
    after = files(tmp_path)
    assert read_save(tmp_path / "last.pt").seed == 1
    assert sorted(after.values()) == sorted([*before.values(), after["last.pt"]])


def test_another_runs_files_are_read_once_before_the_first_update(tmp_path, monkeypatch):
    """A key of a new run waits for its save: the earlier files take a tenth of a second each to read."""
    finished(tmp_path)
    before, reads = files(tmp_path), []
    monkeypatch.setattr(save_folder, "read_save", lambda path: reads.append(path.name) or read_save(path))
    writer, run = Writer(tmp_path), Run(CONFIG, 1)
    for _ in range(5):
        run.unit()
        assert not writer.write(run)
    assert sorted(reads) == ["best.pt", "last.pt"]
    finished(tmp_path, updates=9)
    reads.clear()
    assert not writer.write(run)
    assert len(reads) == 2, "other files have come meanwhile"
    assert writer.write(run, force=True)
    assert len(reads) == 4
    assert {f"kept/001-classic-test-seed0/{name}" for name in before} < files(tmp_path).keys()


def test_a_third_run_gets_the_next_number(tmp_path):
    for seed in range(3):
        finished(tmp_path, seed)
    names = sorted(path.name for path in (tmp_path / "kept").iterdir())
    assert names == ["001-classic-test-seed0", "002-classic-test-seed1"]


@pytest.mark.parametrize(("last", "named"), [(None, 3), (4, 4)])
def test_a_kept_folder_is_named_after_the_last_else_the_best(tmp_path, last, named):
    finished(tmp_path, 3)
    (tmp_path / "last.pt").unlink()
    if last is not None:
        (tmp_path / "last.pt").write_bytes(file_of(advance(Run(CONFIG, last), 8), "last"))
    finished(tmp_path, 5)
    assert [path.name for path in (tmp_path / "kept").iterdir()] == [f"001-classic-test-seed{named}"]


@pytest.mark.parametrize("entry", ["999-x", "1000-x", "²²²", "notes"])
def test_any_name_in_kept_leaves_a_free_number(tmp_path, entry):
    (tmp_path / "kept" / entry).mkdir(parents=True)
    (tmp_path / "kept" / entry / "note").write_text("stays")
    for seed in range(4):
        finished(tmp_path, seed)
    names = [path.name.split("-")[0] for path in (tmp_path / "kept").iterdir()]
    assert len(names) == len(set(names)) == 4
    assert len(list(tmp_path.rglob("last.pt"))) == 4
    assert (tmp_path / "kept" / entry / "note").read_text() == "stays"


def test_the_next_number_is_after_the_highest(tmp_path):
    for name in ("002-mine", "041-mine"):
        (tmp_path / "kept" / name).mkdir(parents=True)
    for seed in range(3):
        finished(tmp_path, seed)
    numbers = sorted(path.name[:3] for path in (tmp_path / "kept").iterdir())
    assert numbers == ["002", "041", "042", "043"]


def test_a_map_name_of_any_kind_and_length_can_be_kept(tmp_path):
    for label in ("../../ö b\n", "x" * 250):
        odd = make_config("classic", (label, LAKE), batch_size=8, epochs=1)
        finished(tmp_path, 0, config=odd)
    finished(tmp_path, 5)
    assert len(list((tmp_path / "kept").iterdir())) == 2
    assert {path.name for path in tmp_path.iterdir()} == {"best.pt", "last.pt", "kept", LOCK}


def test_files_that_are_not_saves_are_kept(tmp_path):
    (tmp_path / "best.pt").write_bytes(b"not a save")
    writer, run = Writer(tmp_path), advance(Run(CONFIG, 0), 2)
    assert writer.write(run)
    assert (tmp_path / "kept" / "001-unknown" / "best.pt").read_bytes() == b"not a save"


def test_a_resumed_run_overwrites_its_own_past(tmp_path):
    first = finished(tmp_path, 0, 8)
    run, writer = read_save(tmp_path / "last.pt").run(), Writer(tmp_path)
    assert writer.write(run)
    assert writer.write(advance(run, 12))
    assert writer.messages == []
    assert set(files(tmp_path)) == {"best.pt", "last.pt"}
    assert hashes(read_save(tmp_path / "last.pt").run()) == hashes(advance(first, 12))


def test_a_change_where_a_save_ends_makes_it_the_runs_past(tmp_path):
    finished(tmp_path, 0, 8)
    run, writer = read_save(tmp_path / "last.pt").run(), Writer(tmp_path)
    run.change("gamma", 0.5)
    assert writer.write(advance(run, 12))
    assert writer.messages == []
    assert set(files(tmp_path)) == {"best.pt", "last.pt"}


@pytest.mark.parametrize("first", [("best",), ("last",)])
def test_after_a_resume_either_file_may_be_written_first(tmp_path, first):
    finished(tmp_path, 0, 8)
    run, writer = moved_on(read_save(tmp_path / "last.pt").run()), Writer(tmp_path)
    assert writer.write(run, names=first)
    assert writer.write(moved_on(run))
    assert writer.messages == []
    assert set(files(tmp_path)) == {"best.pt", "last.pt"}


def test_resuming_the_best_keeps_the_later_last_save(tmp_path):
    run = advance(Run(CONFIG, 1), 25)
    assert run.best is not None
    assert run.best.update < 20
    Writer(tmp_path).write(run)
    before = files(tmp_path)
    back, writer = read_save(tmp_path / "best.pt").run(), Writer(tmp_path)
    assert writer.write(moved_on(back))
    assert files(tmp_path)["kept/001-classic-test-seed1/last.pt"] == before["last.pt"]
    assert len(writer.messages) == 1


def test_a_save_has_all_branches_and_their_best(tmp_path):
    writer, timeline = SaveFolder(tmp_path, lambda message: None), Timeline(advance(Run(CONFIG, 1), 25))
    best = timeline.run.best
    assert best is not None
    assert writer.write(timeline)
    timeline.go_to(Moment(best.update - 1, Phase.COLLECT, 0))
    timeline.change("learning_rate", 1e-9)
    for _ in range(200):
        timeline.unit()
    assert timeline.run.best is not None
    assert timeline.run.best.success_probability < best.success_probability
    assert writer.write(timeline)
    assert set(files(tmp_path)) == {"best.pt", "last.pt"}
    assert read_save(tmp_path / "best.pt").moment.update == best.update
    again = read_save(tmp_path / "last.pt").timeline()
    assert [branch.name for branch in again.branches] == ["main", "B"]
    assert hashes(again.run) == hashes(timeline.run)
    again.switch(again.branches[0])
    assert hashes(again.run) == hashes(advance(Run(CONFIG, 1), 25))


def test_branches_on_two_lakes_do_not_fill_the_kept_folder(tmp_path):
    writer, timeline = SaveFolder(tmp_path, lambda message: None), Timeline(advance(Run(CONFIG, 1), 12))
    writer.write(timeline)
    timeline.go_to(Moment(5, Phase.COLLECT, 0))
    timeline.change("slip", 0.6)
    seen = None
    for turn in range(8):
        for _ in range(3 if turn < 4 else 0):
            timeline.unit()
        writer.write(timeline)
        timeline.switch(timeline.branches[turn % 2])
        writer.write(timeline)
        seen = set(files(tmp_path)) if turn == 4 else seen
    assert set(files(tmp_path)) == seen
    assert len(list(tmp_path.rglob("last.pt"))) == 1


def test_a_replayed_run_file_does_not_overwrite_a_longer_run(tmp_path):
    run = finished(tmp_path, 3, 9)
    before = files(tmp_path)
    replayed = RunFile(3, CONFIG, [Branch("main", [], run.moment)]).timeline()
    writer = SaveFolder(tmp_path, lambda message: None)
    while replayed.run.trainer.updates < 2:
        replayed.unit()
    assert writer.write(replayed)
    assert before["last.pt"] in files(tmp_path / "kept").values()
    replayed = RunFile(3, CONFIG, [Branch("main", [], run.moment)]).timeline()
    replayed.go_to(replayed.branch.end)
    writer.write(replayed)
    assert hashes(read_save(tmp_path / "last.pt").run()) == hashes(run)


def test_a_run_file_that_is_replayed_in_parts_fills_no_folder(tmp_path):
    for updates in (2, 5):
        replayed = RunFile(3, CONFIG, [Branch("main", [], Moment(9, Phase.COLLECT, 0))]).timeline()
        replayed.go_to(Moment(updates, Phase.COLLECT, 0))
        assert SaveFolder(tmp_path, lambda message: None).write(replayed)
    assert read_save(tmp_path / "last.pt").moment.update == 5
    assert not (tmp_path / "kept").exists()


def test_a_save_is_kept_if_it_goes_on_within_its_last_update(tmp_path):
    Writer(tmp_path).write(moved_on(advance(Run(CONFIG, 0), 8), 3))
    before = files(tmp_path)
    assert Writer(tmp_path).write(advance(Run(CONFIG, 0), 8))
    assert files(tmp_path)["kept/001-classic-test-seed0/last.pt"] == before["last.pt"]


def test_a_save_is_kept_if_one_of_its_branches_is_not_of_the_run(tmp_path):
    timeline = Timeline(advance(Run(CONFIG, 0), 8))
    timeline.go_to(Moment(5, Phase.COLLECT, 0))
    timeline.change("gamma", 0.5)
    timeline.unit()
    SaveFolder(tmp_path, lambda message: None).write(timeline)
    before = files(tmp_path)
    assert Writer(tmp_path).write(advance(Run(CONFIG, 0), 9))
    assert files(tmp_path)["kept/001-classic-test-seed0/last.pt"] == before["last.pt"]


def test_a_resumed_branch_does_not_replace_a_better_best(tmp_path):
    timeline = Timeline(advance(Run(CONFIG, 1), 25))
    assert timeline.run.best is not None
    timeline.go_to(Moment(timeline.run.best.update - 1, Phase.COLLECT, 0))
    timeline.change("learning_rate", 1e-9)
    timeline.switch(timeline.branches[0])
    SaveFolder(tmp_path, lambda message: None).write(timeline)
    best, again = files(tmp_path)["best.pt"], read_save(tmp_path / "last.pt").timeline()
    again.switch(again.branches[1])
    for _ in range(50):
        again.unit()
    assert SaveFolder(tmp_path, lambda message: None).write(again)
    assert files(tmp_path)["best.pt"] == best
    assert not (tmp_path / "kept").exists()


@pytest.mark.parametrize("changed", ["saved", "branch"])
def test_a_branch_with_another_slip_is_not_the_saves_past(tmp_path, changed):
    """Both are the same up to update 4, where one of them changes its slip."""
    saved, branch = advance(Run(CONFIG, 0), 4), advance(Run(CONFIG, 0), 4)
    (saved if changed == "saved" else branch).change("slip", 0.9)
    Writer(tmp_path).write(advance(saved, 8))
    before = files(tmp_path)
    assert Writer(tmp_path).write(advance(branch, 9))
    moved = {name: data for name, data in files(tmp_path).items() if name.startswith("kept/")}
    assert before["last.pt"] in moved.values()


def test_a_change_of_lake_keeps_the_best_of_the_old_lake(tmp_path):
    writer, run = Writer(tmp_path), advance(Run(CONFIG, 0), 8)
    writer.write(run)
    old = files(tmp_path)["best.pt"]
    run.change("slip", 0.9)
    assert writer.write(moved_on(run, 3))
    assert files(tmp_path)["best.pt"] == old
    assert writer.write(advance(run, 10))
    after = files(tmp_path)
    assert after["kept/001-classic-test-seed0/best.pt"] == old
    assert read_save(tmp_path / "best.pt").config.slip == 0.9
    assert set(after) == {"best.pt", "last.pt", "kept/001-classic-test-seed0/best.pt"}
    assert len(writer.messages) == 1
    assert writer.write(advance(run, 20))
    assert len(writer.messages) == 1


def test_a_rewound_run_keeps_the_best_of_its_latest_lake(tmp_path):
    run = advance(Run(CONFIG, 0), 8)
    run.change("slip", 0.9)
    Writer(tmp_path).write(advance(run, 12))
    best, timeline = files(tmp_path)["best.pt"], read_save(tmp_path / "last.pt").timeline()
    timeline.go_to(Moment(4, Phase.COLLECT, 0))
    assert timeline.run.best is not None
    assert timeline.run.best.config.slip == 0.2
    assert SaveFolder(tmp_path, lambda message: None).write(timeline)
    assert read_save(tmp_path / "last.pt").moment == timeline.run.moment
    assert files(tmp_path)["best.pt"] == best
    assert not (tmp_path / "kept").exists()


def test_a_lake_changed_before_a_resume_keeps_the_old_best(tmp_path):
    writer, run = Writer(tmp_path), advance(Run(CONFIG, 0), 8)
    writer.write(run)
    old = files(tmp_path)["best.pt"]
    run.change("slip", 0.9)
    writer.write(moved_on(run, 3))
    again, resumed = Writer(tmp_path), read_save(tmp_path / "last.pt").run()
    assert again.write(moved_on(resumed, 3))
    assert again.write(advance(resumed, 12))
    assert old in files(tmp_path / "kept").values()
    assert read_save(tmp_path / "best.pt").config.slip == 0.9
    assert {path.name for path in tmp_path.iterdir()} == {"best.pt", "last.pt", "kept", LOCK}


def test_a_full_disk_is_reported_once_and_writing_is_retried(tmp_path, monkeypatch):
    writer, run = Writer(tmp_path), advance(Run(CONFIG, 0), 4)
    writer.write(run)
    before = files(tmp_path)
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        for _ in range(3):
            assert not writer.write(moved_on(run))
    assert files(tmp_path) == before
    assert len(writer.messages) == 1
    assert "no space left" in writer.messages[0]
    assert writer.write(run)
    assert len(writer.messages) == 2
    assert hashes(read_save(tmp_path / "last.pt").run()) == hashes(run)
    assert writer.write(moved_on(run))
    assert len(writer.messages) == 2
    assert set(files(tmp_path)) == {"best.pt", "last.pt"}


def test_a_full_disk_between_moving_and_writing_loses_nothing(tmp_path, monkeypatch):
    writer, run = Writer(tmp_path), advance(Run(CONFIG, 0), 8)
    writer.write(run)
    old = files(tmp_path)["best.pt"]
    run.change("slip", 0.9)
    advance(run, 10)
    with monkeypatch.context() as patch:
        patch.setattr("lakeppo.storage.save_folder.write_atomically", full)
        for _ in range(3):
            assert not writer.write(moved_on(run))
    assert writer.write(run)
    assert files(tmp_path)["kept/001-classic-test-seed0/best.pt"] == old
    assert len(list((tmp_path / "kept").iterdir())) == 1
    assert {path.name for path in tmp_path.iterdir()} == {"best.pt", "last.pt", "kept", LOCK}


def test_a_deleted_best_is_written_again(tmp_path):
    writer, run = Writer(tmp_path), advance(Run(CONFIG, 0), 8)
    writer.write(run)
    (tmp_path / "best.pt").unlink()
    run.change("slip", 0.9)
    assert writer.write(advance(run, 10))
    assert read_save(tmp_path / "best.pt").config.slip == 0.9
    assert writer.messages == []


def test_two_runs_alternating_in_a_folder_lose_nothing(tmp_path):
    runs, writers = [advance(Run(CONFIG, seed), 2) for seed in (0, 1)], [Writer(tmp_path), Writer(tmp_path)]
    seen = None
    for turn, (run, writer) in itertools.product(range(6), zip(runs, writers, strict=True)):
        advance(run, 3 + turn)
        assert writer.write(run)
        if turn == 1:
            seen = set(files(tmp_path))
    assert set(files(tmp_path)) == seen
    lasts = [read_save(path).run() for path in tmp_path.rglob("last.pt")]
    for run in runs:
        assert hashes(run) in [hashes(last) for last in lasts]
        assert run.best is not None
        bests = [read_save(path) for path in tmp_path.rglob("best.pt")]
        assert (run.seed, run.best.update) in [(best.seed, best.moment.update) for best in bests]
    assert sum(len(writer.messages) for writer in writers) == 2


def test_a_run_whose_files_were_moved_is_saved_again_at_once(tmp_path):
    run, writer = advance(Run(CONFIG, 0), 2), Writer(tmp_path)
    writer.write(run)
    finished(tmp_path, 1)
    assert writer.write(run)
    assert hashes(read_save(writer.save_folder.folder / "last.pt").run()) == hashes(run)
    assert read_save(tmp_path / "last.pt").seed == 1


@pytest.mark.parametrize("place", ["its own", "the same time"])
def test_a_file_that_another_program_has_put_there_stays(tmp_path, place):
    path, writer, run = tmp_path / "last.pt", Writer(tmp_path), advance(Run(CONFIG, 0), 2)
    writer.write(run)
    time = path.stat().st_mtime_ns
    if place == "its own":
        path.write_bytes(b"copied")
        os.utime(path, ns=(time, time + 1))
    else:
        (tmp_path / "other").write_bytes(b"copied")
        (tmp_path / "other").replace(path)
        os.utime(path, ns=(time, time))
    assert writer.write(advance(run, 3))
    assert path.read_bytes() == b"copied"
    assert read_save(writer.save_folder.folder / "last.pt").moment == run.moment


def test_an_unwritable_folder_is_reported_and_training_continues(tmp_path):
    blocked = tmp_path / "saves"
    blocked.write_text("a file")
    writer, run = Writer(blocked), advance(Run(CONFIG, 0), 1)
    assert not writer.write(run)
    assert not writer.write(moved_on(run))
    assert len(writer.messages) == 1
    assert blocked.read_text() == "a file"


def test_a_run_killed_between_its_two_writes_keeps_its_own_pair(tmp_path, monkeypatch):
    run, written = Run(CONFIG, 1), []

    def killed(path, data):
        if written:
            raise KeyboardInterrupt
        write_atomically(path, data)
        written.append(path)

    while run.best is None:
        run.unit()
    assert Writer(tmp_path).write(run)
    best = run.best
    while run.best is best:
        run.unit()
    writer = Writer(tmp_path)
    with monkeypatch.context() as patch:
        patch.setattr("lakeppo.storage.save_folder.write_atomically", killed)
        with pytest.raises(KeyboardInterrupt):
            writer.write(run)
    resumed = Writer(tmp_path)
    assert resumed.save_folder.write(read_save(tmp_path / "last.pt").timeline())
    assert resumed.messages == []
    assert read_save(tmp_path / "best.pt").moment.update == run.best.update


def test_a_folder_locked_by_another_program_is_named_and_retried(tmp_path, monkeypatch):
    waits = []

    def recorded(path: Path, timeout: float, **options: bool) -> FileLock:
        waits.append(timeout)
        return FileLock(path, timeout, **options)

    monkeypatch.setattr("lakeppo.storage.save_folder.PATIENCE", 0.01)
    monkeypatch.setattr("lakeppo.storage.save_folder.FileLock", recorded)
    writer, run = Writer(tmp_path), ran(CONFIG, 1, 100)
    lock = FileLock(tmp_path / LOCK)
    with lock:
        assert not writer.write(run)
        assert not writer.write(run)
    assert writer.messages == [
        f"cannot save into {tmp_path}: another program has locked {tmp_path / LOCK}; continuing without saving"
    ]
    assert files(tmp_path) == {}
    assert waits == [0.01, 0.0]
    assert writer.write(run)
    assert writer.messages[1:] == [f"saving into {tmp_path} works again"]


@pytest.mark.parametrize("plant", ["link", "folder", "fifo"])
def test_what_has_the_locks_name_stops_nothing(tmp_path, plant):
    victim, folder = tmp_path / "victim", tmp_path / "saves"
    victim.write_bytes(b"precious")
    folder.mkdir()
    lock = folder / LOCK
    {"link": lambda: lock.symlink_to(victim), "folder": lock.mkdir, "fifo": lambda: os.mkfifo(lock)}[plant]()
    assert Writer(folder).write(ran(CONFIG, 1, 100))
    assert victim.read_bytes() == b"precious"


def test_what_a_killed_run_has_left_is_removed(tmp_path):
    left = tmp_path / f".last.pt.{'0' * 16}.tmp"
    left.write_bytes(b"half")
    assert Writer(tmp_path).write(ran(CONFIG, 1, 100))
    assert not left.exists()
