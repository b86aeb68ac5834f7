"""The keeper: what a run leaves on disk, and that it never destroys what is not its own."""

import errno
import itertools
import os
from pathlib import Path

import pytest
from support.runs import advance, hashes, ran, small

from lakeppo.config import make_config
from lakeppo.moment import Moment, Phase
from lakeppo.runs.run import Run
from lakeppo.runs.timeline import Branch, Timeline
from lakeppo.storage.checkpoint import read_save
from lakeppo.storage.run_file import RunFile
from lakeppo.storage.save_folder import SaveFolder

LAKE = ("SFG", "FHF")
CONFIG = small(LAKE, slip=0.2)


class Kept:
    """A keeper with what it has told."""

    def __init__(self, folder: Path) -> None:
        self.told: list[str] = []
        self.save_folder = SaveFolder(folder, self.told.append)

    def write(self, run: Run, **how) -> bool:
        return self.save_folder.write(Timeline(run), **how)

    def offer(self, run: Run, now: float) -> None:
        self.save_folder.offer(Timeline(run), now)


def files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def finished(folder: Path, seed: int = 0, updates: int = 8, config=CONFIG) -> Run:
    """Another session's run, which has come and gone and left its two saves."""
    run = advance(Run(config, seed), updates)
    assert Kept(folder).write(run)
    return run


def full(*_args):
    raise OSError(errno.ENOSPC, "No space left on device")


def moved_on(run: Run, units: int = 20) -> Run:
    for _ in range(units):
        run.unit()
    return run


def test_both_saves_are_of_the_run_and_the_best_is_its_best(tmp_path):
    kept, run = Kept(tmp_path), ran(CONFIG, 1, 300)
    assert kept.write(run)
    assert set(files(tmp_path)) == {"best.pt", "last.pt"}
    assert hashes(read_save(tmp_path / "last.pt").run()) == hashes(run)
    best = read_save(tmp_path / "best.pt").run()
    assert run.best is not None
    assert best.moment.update == run.best.update
    assert best.success()[0] == run.best.success_probability
    assert kept.save_folder.saved == {
        "best": (run.best.update, run.best.success_probability),
        "last": (run.trainer.updates, run.success()[0]),
    }
    assert kept.told == []


def test_nothing_new_writes_nothing(tmp_path, monkeypatch):
    kept, run = Kept(tmp_path), ran(CONFIG, 1, 100)
    kept.write(run)
    monkeypatch.setattr("lakeppo.storage.save_folder.write_atomically", full)
    assert kept.write(run)
    assert kept.told == []


def test_it_offers_at_most_once_a_second_and_not_before_the_first_update(tmp_path):
    kept, run = Kept(tmp_path), Run(CONFIG, 0)
    kept.offer(run, 50.0)
    assert files(tmp_path) == {}
    advance(run, 1)
    kept.offer(run, 50.1)
    first = files(tmp_path)
    assert set(first) == {"best.pt", "last.pt"}
    advance(run, 2)
    kept.offer(run, 51.0)
    assert files(tmp_path) == first
    kept.offer(run, 51.2)
    assert files(tmp_path) != first


def test_another_seed_moves_the_pair_aside_but_not_before_its_first_update(tmp_path):
    config = make_config("classic", batch_size=8, epochs=1)
    finished(tmp_path, 0, config=config)
    before = files(tmp_path)
    kept, run = Kept(tmp_path), Run(config, 1)
    for _ in range(10):
        assert run.trainer.updates == 0
        assert not kept.write(run)
        assert files(tmp_path) == before
        run.unit()
    assert kept.told == []
    assert kept.write(advance(run, 1))
    after = files(tmp_path)
    assert {name: after[f"kept/001-classic-4x4-seed0/{name}"] for name in before} == before
    assert read_save(tmp_path / "last.pt").seed == read_save(tmp_path / "best.pt").seed == 1
    assert len(kept.told) == 1
    assert "001-classic-4x4-seed0" in kept.told[0]
    assert kept.write(moved_on(run))
    assert len(kept.told) == 1
    assert len(files(tmp_path)) == 4


def test_a_save_a_person_asks_for_is_written_before_the_first_update_too(tmp_path):
    finished(tmp_path, 0)
    before = files(tmp_path)
    assert Kept(tmp_path).write(ran(CONFIG, 1, 3), asked=True)
    after = files(tmp_path)
    assert read_save(tmp_path / "last.pt").seed == 1
    assert sorted(after.values()) == sorted([*before.values(), after["last.pt"]])


def test_a_third_run_gets_the_next_number(tmp_path):
    for seed in range(3):
        finished(tmp_path, seed)
    names = sorted(path.name for path in (tmp_path / "kept").iterdir())
    assert names == ["001-classic-test-seed0", "002-classic-test-seed1"]


@pytest.mark.parametrize("there", ["999-x", "1000-x", "²²²", "notes"])
def test_any_number_and_any_name_in_kept_leaves_room_for_the_next(tmp_path, there):
    (tmp_path / "kept" / there).mkdir(parents=True)
    (tmp_path / "kept" / there / "mine").write_text("stays")
    for seed in range(4):
        finished(tmp_path, seed)
    names = [path.name.split("-")[0] for path in (tmp_path / "kept").iterdir()]
    assert len(names) == len(set(names)) == 4
    assert len(list(tmp_path.rglob("last.pt"))) == 4
    assert (tmp_path / "kept" / there / "mine").read_text() == "stays"


def test_a_map_name_of_any_kind_and_length_can_be_kept(tmp_path):
    for label in ("../../ö b\n", "x" * 250):
        odd = make_config("classic", (label, LAKE), batch_size=8, epochs=1)
        finished(tmp_path, 0, config=odd)
    finished(tmp_path, 5)
    assert len(list((tmp_path / "kept").iterdir())) == 2
    assert {path.name for path in tmp_path.iterdir()} == {"best.pt", "last.pt", "kept"}


def test_what_is_no_save_is_kept_too(tmp_path):
    (tmp_path / "best.pt").write_bytes(b"a treasure")
    kept, run = Kept(tmp_path), advance(Run(CONFIG, 0), 2)
    assert kept.write(run)
    assert (tmp_path / "kept" / "001-unknown" / "best.pt").read_bytes() == b"a treasure"


def test_its_own_past_is_overwritten_after_a_resume(tmp_path):
    first = finished(tmp_path, 0, 8)
    run, kept = read_save(tmp_path / "last.pt").run(), Kept(tmp_path)
    assert kept.write(run)
    assert kept.write(advance(run, 12))
    assert kept.told == []
    assert set(files(tmp_path)) == {"best.pt", "last.pt"}
    assert hashes(read_save(tmp_path / "last.pt").run()) == hashes(advance(first, 12))


@pytest.mark.parametrize("first", [("best",), ("last",)])
def test_after_a_resume_either_file_may_be_written_first(tmp_path, first):
    finished(tmp_path, 0, 8)
    run, kept = moved_on(read_save(tmp_path / "last.pt").run()), Kept(tmp_path)
    assert kept.write(run, names=first)
    assert kept.write(moved_on(run))
    assert kept.told == []
    assert set(files(tmp_path)) == {"best.pt", "last.pt"}


def test_going_back_to_the_best_keeps_the_last_that_lies_ahead(tmp_path):
    run = advance(Run(CONFIG, 1), 25)
    assert run.best is not None
    assert run.best.update < 20
    Kept(tmp_path).write(run)
    before = files(tmp_path)
    back, kept = read_save(tmp_path / "best.pt").run(), Kept(tmp_path)
    assert kept.write(moved_on(back))
    assert files(tmp_path)["kept/001-classic-test-seed1/last.pt"] == before["last.pt"]
    assert len(kept.told) == 1


def test_all_lines_are_in_one_save_and_the_best_of_them_stays(tmp_path):
    kept, timeline = SaveFolder(tmp_path, lambda branch: None), Timeline(advance(Run(CONFIG, 1), 25))
    best = timeline.run.best
    assert best is not None
    assert kept.write(timeline)
    timeline.go_to(Moment(best.update - 1, Phase.COLLECT, 0))
    timeline.change("learning_rate", 1e-9)
    for _ in range(200):
        timeline.unit()
    assert timeline.run.best is not None
    assert timeline.run.best.success_probability < best.success_probability
    assert kept.write(timeline)
    assert set(files(tmp_path)) == {"best.pt", "last.pt"}
    assert read_save(tmp_path / "best.pt").moment.update == best.update
    again = read_save(tmp_path / "last.pt").timeline()
    assert [branch.name for branch in again.branches] == ["main", "B"]
    assert hashes(again.run) == hashes(timeline.run)
    again.switch(again.branches[0])
    assert hashes(again.run) == hashes(advance(Run(CONFIG, 1), 25))


def test_lines_on_two_lakes_by_turns_do_not_pile_up(tmp_path):
    kept, timeline = SaveFolder(tmp_path, lambda branch: None), Timeline(advance(Run(CONFIG, 1), 12))
    kept.write(timeline)
    timeline.go_to(Moment(5, Phase.COLLECT, 0))
    timeline.change("slip", 0.6)
    seen = None
    for turn in range(8):
        for _ in range(3 if turn < 4 else 0):
            timeline.unit()
        kept.write(timeline)
        timeline.switch(timeline.branches[turn % 2])
        kept.write(timeline)
        seen = set(files(tmp_path)) if turn == 4 else seen
    assert set(files(tmp_path)) == seen
    assert len(list(tmp_path.rglob("last.pt"))) == 1


def test_a_run_file_lived_anew_keeps_what_was_lived_before_until_it_is_there(tmp_path):
    run = finished(tmp_path, 3, 9)
    before = files(tmp_path)
    anew = RunFile(3, CONFIG, [Branch("main", [], run.moment)]).timeline()
    kept = SaveFolder(tmp_path, lambda branch: None)
    while anew.run.trainer.updates < 2:
        anew.unit()
    assert kept.write(anew)
    assert before["last.pt"] in files(tmp_path / "kept").values()
    anew = RunFile(3, CONFIG, [Branch("main", [], run.moment)]).timeline()
    anew.go_to(anew.branch.end)
    kept.write(anew)
    assert hashes(read_save(tmp_path / "last.pt").run()) == hashes(run)


@pytest.mark.parametrize("who", ["the saved", "the other"])
def test_a_branch_with_another_slip_is_not_the_saves_past(tmp_path, who):
    """Both passed through update 4; one of them went on under another slip from there."""
    saved, branch = advance(Run(CONFIG, 0), 4), advance(Run(CONFIG, 0), 4)
    (saved if who == "the saved" else branch).change("slip", 0.9)
    Kept(tmp_path).write(advance(saved, 8))
    before = files(tmp_path)
    assert Kept(tmp_path).write(advance(branch, 9))
    kept = {name: data for name, data in files(tmp_path).items() if name.startswith("kept/")}
    assert before["last.pt"] in kept.values()


def test_a_change_of_lake_keeps_the_old_lakes_best_once_the_new_has_one(tmp_path):
    kept, run = Kept(tmp_path), advance(Run(CONFIG, 0), 8)
    kept.write(run)
    old = files(tmp_path)["best.pt"]
    run.change("slip", 0.9)
    assert kept.write(moved_on(run, 3))
    assert files(tmp_path)["best.pt"] == old
    assert kept.write(advance(run, 10))
    after = files(tmp_path)
    assert after["kept/001-classic-test-seed0/best.pt"] == old
    assert read_save(tmp_path / "best.pt").config.slip == 0.9
    assert set(after) == {"best.pt", "last.pt", "kept/001-classic-test-seed0/best.pt"}
    assert len(kept.told) == 1
    assert kept.write(advance(run, 20))
    assert len(kept.told) == 1


def test_a_lake_that_changed_around_a_resume_keeps_the_old_best_too(tmp_path):
    kept, run = Kept(tmp_path), advance(Run(CONFIG, 0), 8)
    kept.write(run)
    old = files(tmp_path)["best.pt"]
    run.change("slip", 0.9)
    kept.write(moved_on(run, 3))
    again, resumed = Kept(tmp_path), read_save(tmp_path / "last.pt").run()
    assert again.write(moved_on(resumed, 3))
    assert again.write(advance(resumed, 12))
    assert old in files(tmp_path / "kept").values()
    assert read_save(tmp_path / "best.pt").config.slip == 0.9
    assert {path.name for path in tmp_path.iterdir()} == {"best.pt", "last.pt", "kept"}


def test_a_disk_that_fills_is_told_once_the_saves_stay_and_it_tries_again(tmp_path, monkeypatch):
    kept, run = Kept(tmp_path), advance(Run(CONFIG, 0), 4)
    kept.write(run)
    before = files(tmp_path)
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        for _ in range(3):
            assert not kept.write(moved_on(run))
    assert files(tmp_path) == before
    assert len(kept.told) == 1
    assert "no space left" in kept.told[0]
    assert kept.write(run)
    assert len(kept.told) == 2
    assert hashes(read_save(tmp_path / "last.pt").run()) == hashes(run)
    assert kept.write(moved_on(run))
    assert len(kept.told) == 2
    assert set(files(tmp_path)) == {"best.pt", "last.pt"}


def test_a_disk_that_fills_between_setting_aside_and_writing_loses_nothing(tmp_path, monkeypatch):
    kept, run = Kept(tmp_path), advance(Run(CONFIG, 0), 8)
    kept.write(run)
    old = files(tmp_path)["best.pt"]
    run.change("slip", 0.9)
    advance(run, 10)
    with monkeypatch.context() as patch:
        patch.setattr("lakeppo.storage.save_folder.write_atomically", full)
        for _ in range(3):
            assert not kept.write(moved_on(run))
    assert kept.write(run)
    assert files(tmp_path)["kept/001-classic-test-seed0/best.pt"] == old
    assert len(list((tmp_path / "kept").iterdir())) == 1
    assert {path.name for path in tmp_path.iterdir()} == {"best.pt", "last.pt", "kept"}


def test_a_best_taken_away_by_hand_is_written_anew(tmp_path):
    kept, run = Kept(tmp_path), advance(Run(CONFIG, 0), 8)
    kept.write(run)
    (tmp_path / "best.pt").unlink()
    run.change("slip", 0.9)
    assert kept.write(advance(run, 10))
    assert read_save(tmp_path / "best.pt").config.slip == 0.9
    assert kept.told == []


def test_two_runs_by_turns_in_one_folder_lose_nothing_and_settle(tmp_path):
    runs, keepers = [advance(Run(CONFIG, seed), 2) for seed in (0, 1)], [Kept(tmp_path), Kept(tmp_path)]
    seen = None
    for turn, (run, kept) in itertools.product(range(6), zip(runs, keepers, strict=True)):
        advance(run, 3 + turn)
        assert kept.write(run)
        if turn == 1:
            seen = set(files(tmp_path))
    assert set(files(tmp_path)) == seen
    lasts = [read_save(path).run() for path in tmp_path.rglob("last.pt")]
    for run in runs:
        assert hashes(run) in [hashes(last) for last in lasts]
        assert run.best is not None
        bests = [read_save(path) for path in tmp_path.rglob("best.pt")]
        assert (run.seed, run.best.update) in [(best.seed, best.moment.update) for best in bests]
    assert sum(len(kept.told) for kept in keepers) == 2


def test_a_folder_that_cannot_be_written_is_told_and_training_goes_on(tmp_path):
    blocked = tmp_path / "saves"
    blocked.write_text("a file")
    kept, run = Kept(blocked), advance(Run(CONFIG, 0), 1)
    assert not kept.write(run)
    assert not kept.write(moved_on(run))
    assert len(kept.told) == 1
    assert blocked.read_text() == "a file"
