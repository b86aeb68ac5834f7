"""Saves: they read back without loss, run no code, and are refused in one line when damaged."""

import errno
import json
import os
import pickle
import random
import signal
import subprocess
import sys
import time
import zipfile

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from support.runs import advance, file_of, hashes, ran, small

from lakeppo.errors import FileError, LakeppoError, SaveError
from lakeppo.moment import Moment, Phase
from lakeppo.runs.run import Run
from lakeppo.runs.trainer_state import state_sha256, weights_sha256
from lakeppo.storage.atomic import check_folder, write_atomically
from lakeppo.storage.checkpoint import FORMAT, read_save

LAKE = ("SFG", "FHF")


@pytest.fixture(scope="module")
def packed() -> bytes:
    return file_of(ran(small(LAKE), 0, 60), "last")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("saves")


def reread(run: Run, folder, which="last") -> Run:
    path = folder / "some.pt"
    path.write_bytes(file_of(run, which))
    return read_save(path).run()


def refusal(path) -> str:
    with pytest.raises((FileError, SaveError)) as caught:
        read_save(path)
    message = str(caught.value)
    assert str(path) in message
    assert "\n" not in message
    return message


@settings(max_examples=15)
@given(st.integers(0, 50), st.lists(st.tuples(st.integers(0, 25), st.sampled_from([None, 0.0, 1.0])), max_size=4))
def test_a_resumed_run_equals_an_uninterrupted_one(folder, seed, legs):
    run, straight = Run(small(LAKE), seed), Run(small(LAKE), seed)
    for units, slip in legs:
        for each in (run, straight):
            if slip is not None:
                each.change("slip", slip)
            for _ in range(units):
                each.unit()
        run = reread(run, folder)
        assert hashes(run) == hashes(straight)
    for each in (run, straight):
        for _ in range(30):
            each.unit()
    assert hashes(run) == hashes(straight)
    assert run.history == straight.history
    assert run.changes == straight.changes
    assert (run.config, run.origin, run.seed) == (straight.config, straight.origin, straight.seed)
    assert run.success() == straight.success()
    if straight.best is None:
        assert run.best is None
    else:
        assert run.best is not None
        assert run.best[:4] == straight.best[:4]
        assert weights_sha256(run.best.state) == weights_sha256(straight.best.state)


def test_the_best_save_is_the_run_at_its_best_update(tmp_path):
    run = advance(Run(small(LAKE, slip=0.2), 1), 25)
    assert run.best is not None
    assert run.best.update < 25
    expected = advance(Run(small(LAKE, slip=0.2), 1), run.best.update)
    back = reread(run, tmp_path, "best")
    assert back.moment == Moment(run.best.update, Phase.COLLECT, 0)
    assert hashes(back) == hashes(expected)
    assert back.history == expected.history
    assert hashes(advance(back, 25)) == hashes(run)


def test_a_save_has_the_runs_seed_config_and_state(tmp_path):
    run = ran(small(LAKE), 7, 33)
    run.change("slip", 0.25)
    path = tmp_path / "last.pt"
    path.write_bytes(file_of(run, "last"))
    save = read_save(path)
    assert (save.seed, save.origin, save.config, save.moment) == (7, run.origin, run.config, run.moment)
    assert save.changes == tuple(run.changes)
    assert state_sha256(save.seed, save.config, save.state) == hashes(run)[2]


def test_no_figure_of_the_history_is_lost(tmp_path):
    run = advance(Run(small(("SFFFFFFG",), max_episode_steps=100), 0), 3)
    assert run.history[0].success_rate is None
    back = reread(run, tmp_path).history
    assert back == run.history
    assert [type(x) for row in back for x in row] == [type(x) for row in run.history for x in row]


def test_missing_and_empty_files_and_folders_are_refused(tmp_path):
    assert "no such file" in refusal(tmp_path / "nowhere.pt")
    empty = tmp_path / "empty.pt"
    empty.touch()
    assert refusal(empty) == f"{empty} is empty"
    assert refusal(tmp_path) == f"{tmp_path} is a folder, not a file"


def test_every_cut_short_save_is_refused(tmp_path, packed):
    path = tmp_path / "cut.pt"
    lengths = {1, 2, 3, 4, 30, 64, len(packed) - 1, len(packed) - 22, *range(5, len(packed), len(packed) // 60)}
    for length in sorted(lengths):
        path.write_bytes(packed[:length])
        refusal(path)


def test_changed_bytes_are_refused_unless_they_have_no_meaning(tmp_path, packed):
    path, chooser = tmp_path / "flipped.pt", random.Random(0)
    path.write_bytes(packed)
    whole, refused = read_save(path), 0
    for _ in range(200):
        data = bytearray(packed)
        for _ in range(chooser.choice([1, 1, 5, 50])):
            data[chooser.randrange(len(data))] ^= 1 << chooser.randrange(8)
        path.write_bytes(data)
        try:
            save = read_save(path)
        except LakeppoError as error:
            refused += 1
            assert "\n" not in str(error)  # noqa: PT017  # reading it is right as well
        else:
            assert hashes(save.run()) == hashes(whole.run())
            assert (save.history, save.changes, save.branches) == (whole.history, whole.changes, whole.branches)
    assert refused > 150


def test_a_changed_weight_is_noticed(tmp_path, packed):
    path = tmp_path / "changed.pt"
    path.write_bytes(packed)
    weight = read_save(path).state["weights"]["critic"]["0.weight"].numpy().tobytes()
    place = packed.index(weight)
    path.write_bytes(packed[:place] + bytes([packed[place] ^ 1]) + packed[place + 1 :])
    assert "is damaged" in refusal(path)


class Trap:
    """Pickles into a call that creates a file."""

    def __init__(self, path) -> None:
        self.path = str(path)

    def __reduce__(self):
        return os.mkdir, (self.path,)


def test_no_code_runs_from_a_save(tmp_path, packed):
    created = tmp_path / "sprung"
    whole = tmp_path / "whole.pt"
    whole.write_bytes(packed)
    content = torch.load(whole, weights_only=True)
    for name, write in {
        "bare.pt": lambda path: path.write_bytes(pickle.dumps(Trap(created))),
        "torch.pt": lambda path: torch.save(Trap(created), path),
        "inside.pt": lambda path: torch.save({**content, "state": Trap(created)}, path),
        "legacy.pt": lambda path: torch.save(Trap(created), path, _use_new_zipfile_serialization=False),
    }.items():
        write(tmp_path / name)
        assert "not a lakeppo save" in refusal(tmp_path / name)
    assert not created.exists()


def test_foreign_files_are_refused(tmp_path):
    path = tmp_path / "foreign.pt"
    foreign = [{"weights": torch.zeros(3)}, [1, 2], torch.zeros(2), "lakeppo save", {"magic": "other"}, None, {}]
    for content in foreign:
        torch.save(content, path)
        assert "not a lakeppo save" in refusal(path)
    for data in (b"hello\n", json.dumps({"magic": "lakeppo save"}).encode(), bytes(1000), b"\x80\x02.", b"PK\x03\x04"):
        path.write_bytes(data)
        assert "not a lakeppo save" in refusal(path)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("readme.txt", "nothing")
    assert "not a lakeppo save" in refusal(path)


def test_a_newer_format_is_refused_by_name(tmp_path, packed):
    path = tmp_path / "newer.pt"
    torch.save({"magic": "lakeppo save", "format": FORMAT + 1, "content": "unknown"}, path)
    assert "newer lakeppo" in refusal(path)


def edited(tmp_path, packed, edit):
    path = tmp_path / "edited.pt"
    path.write_bytes(packed)
    content = torch.load(path, weights_only=True)
    edit(content)
    torch.save(content, path)
    return path


@pytest.mark.parametrize(
    "edit",
    [
        lambda c: c.pop("state"),
        lambda c: c.update(history=None),
        lambda c: c.update(seed="one"),
        lambda c: c["config"].update(gamma=2.0),
        lambda c: c["config"].update(preset="removed"),
        lambda c: c["config"].update(map_rows=["SF", "G"]),
        lambda c: c["config"].update(map_rows=["FF", "FG"]),
        lambda c: c["config"].update(map_rows=["SFF", "FHF"]),
        lambda c: c["config"].update(map_rows=["S" + "F" * 40 + "G"]),
        lambda c: c["config"].update(map_rows=["SFFG"]),
        lambda c: c["state"].update(state=99),
        lambda c: c["state"]["env"].update(s=-1),
        lambda c: c["state"]["weights"]["actor"].pop("0.weight"),
        lambda c: c["state"]["weights"]["critic"].update({"0.bias": torch.zeros(3)}),
        lambda c: c["state"]["adams"]["actor"]["first"].pop(),
        lambda c: c["state"].update(transitions=[(0, 9, 0, 0.0, 0, False, False)]),
        lambda c: c["state"].update(transitions=[(0, 1, 0, 0.0, 0, False, False)] * 11),
    ],
)
def test_a_save_whose_parts_do_not_fit_is_refused(tmp_path, packed, edit):
    assert "damaged" in refusal(edited(tmp_path, packed, edit))


def test_an_unchanged_save_is_read(tmp_path, packed):
    assert hashes(read_save(edited(tmp_path, packed, lambda c: None)).run()) == hashes(ran(small(LAKE), 0, 60))


@pytest.mark.parametrize("fails", ["open", "fsync", "replace"])
def test_a_failed_write_leaves_the_earlier_file_and_no_other(tmp_path, monkeypatch, fails):
    path = tmp_path / "last.pt"
    write_atomically(path, b"before")

    def full(*_args):
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr({"fsync": "os.fsync", "open": "os.open", "replace": "pathlib.Path.replace"}[fails], full)
        with pytest.raises(OSError, match="No space"):
            write_atomically(path, b"after")
    assert path.read_bytes() == b"before"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("function", ["os.fsync", "pathlib.Path.replace"])
def test_an_interrupt_leaves_the_earlier_file_and_no_other(tmp_path, monkeypatch, function):
    path = tmp_path / "last.pt"
    write_atomically(path, b"before")

    def interrupted(*_arguments):
        raise KeyboardInterrupt

    monkeypatch.setattr(function, interrupted)
    with pytest.raises(KeyboardInterrupt):
        write_atomically(path, b"after")
    assert path.read_bytes() == b"before"
    assert list(tmp_path.iterdir()) == [path]


def test_a_folder_that_cannot_be_synced_is_not_an_error(tmp_path, monkeypatch):
    sync = os.fsync

    def only_files(handle):
        if os.path.isdir(f"/dev/fd/{handle}"):  # noqa: PTH112  # a handle, not a path of ours
            raise OSError(errno.EINVAL, "Invalid argument")
        sync(handle)

    monkeypatch.setattr(os, "fsync", only_files)
    write_atomically(tmp_path / "last.pt", b"after")
    assert (tmp_path / "last.pt").read_bytes() == b"after"


def child(code: str, *arguments: str, **more) -> subprocess.Popen:
    return subprocess.Popen([sys.executable, "-c", code, *arguments], **more)


def test_a_file_size_limit_leaves_the_earlier_file(tmp_path):
    (tmp_path / "last.pt").write_bytes(b"before")
    code = """
import resource, signal, sys
from pathlib import Path
from lakeppo.storage.atomic import write_atomically
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
try:
    write_atomically(Path(sys.argv[1]), bytes(10_000))
except OSError as error:
    print("refused:", error.strerror)
"""
    process = child(code, str(tmp_path / "last.pt"), stdout=subprocess.PIPE, text=True)
    assert process.communicate()[0].startswith("refused: File too large")
    assert (tmp_path / "last.pt").read_bytes() == b"before"
    assert [entry.name for entry in tmp_path.iterdir()] == ["last.pt"]


def test_a_save_is_whole_after_a_kill_while_writing(tmp_path, packed):
    """A child process alternately writes two saves as fast as it can and is killed at a random time."""
    other = file_of(ran(small(LAKE), 1, 200), "last")
    (tmp_path / "one").write_bytes(packed)
    (tmp_path / "other").write_bytes(other)
    code = """
import sys
from pathlib import Path
from lakeppo.storage.atomic import write_atomically
folder = Path(sys.argv[1])
saves = [(folder / "one").read_bytes(), (folder / "other").read_bytes()]
while True:
    for data in saves:
        write_atomically(folder / "last.pt", data)
"""
    chooser, found = random.Random(0), set()
    for _ in range(8):
        process = child(code, str(tmp_path))
        while not (tmp_path / "last.pt").exists():
            assert process.poll() is None
            time.sleep(0.005)
        time.sleep(chooser.uniform(0, 0.05))
        process.send_signal(signal.SIGKILL)
        process.wait()
        found.add((tmp_path / "last.pt").read_bytes())
        read_save(tmp_path / "last.pt")
        (tmp_path / "last.pt").unlink()
    assert found <= {packed, other}


def test_a_file_in_place_of_the_folder_is_refused(tmp_path):
    blocked = tmp_path / "saves"
    blocked.write_text("not a folder")
    for folder in (blocked, blocked / "deeper"):
        with pytest.raises(SaveError, match=r"cannot write into .*: there is a file where a folder should be"):
            check_folder(folder)
    check_folder(tmp_path / "new" / "deeper")
    assert list((tmp_path / "new" / "deeper").iterdir()) == []
