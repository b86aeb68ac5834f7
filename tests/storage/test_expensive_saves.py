"""Saves that claim to be large: each is refused, or read, within 2 s and 512 MB beyond the import."""

import json
import os
import random
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest
import torch
from support.hostile import TOO_LONG
from support.runs import advance, hashes, small
from support.saves import SOUND, members_of, pickled, saved, zipped

from lakeppo.errors import FileError, SaveError
from lakeppo.runs.run import Run
from lakeppo.runs.timeline import Timeline
from lakeppo.storage.checkpoint import pack, read_save
from lakeppo.storage.fields import LIMITS, Allowance
from lakeppo.storage.save_folder import SaveFolder

pytestmark = pytest.mark.slow

TESTS = Path(__file__).parents[1]
MANY = 5 * 2**20 - 100


def endless_lists() -> list[Any]:
    """Forty lists of two references each: walking them would never end."""
    lists: list[Any] = []
    for _ in range(40):
        lists = [lists, lists]
    return lists


def long_history(rows: int) -> Any:
    """A sound save of a run of so many updates, without branches."""
    content = torch.load(SOUND, weights_only=True)
    steps, episodes = (int(x) for x in content["history"][-1, 1:3])
    now = content["state"]["counts"]
    table = content["history"][-1].repeat(rows, 1)
    table[:, 0] = torch.arange(1, rows + 1)
    table[:, 1], table[:, 2] = table[:, 0] * 48, table[:, 0] * 2
    content["state"]["counts"] = [rows, now[1] - steps + rows * 48, now[2] - episodes + rows * 2]
    for adam in content["state"]["adams"].values():
        adam["steps"] = [rows * 4 + 2]
    return {**content, "history": table, "moment": [rows, 2, 2], "timeline": None}


def contents() -> dict[str, Any]:
    """By name, contents of a save that would cost much."""
    sound = torch.load(SOUND, weights_only=True)
    timeline, state = sound["timeline"], sound["state"]
    branch, keyframe = timeline["lines"][0], timeline["keyframes"][0]
    number = torch.zeros(1, dtype=torch.float64)
    rows, chooser = ["F" * i + "H" * (31 - i) + "F" for i in range(31)], random.Random(0)
    lakes = [(*chooser.sample(rows, 31), "S" + "F" * 30 + "G") for _ in range(2000)]
    large = {**sound["config"], "map_rows": list(lakes[0])}
    steps = [state["transitions"][0]] * 60_000
    return {
        "expanded": {**sound, "history": number.expand(10**7, 21)},
        "expanded storage": {**sound, "history": torch.as_strided(number, (10**5, 21), (0, 0))},
        "changes": {**sound, "changes": [sound["changes"][0]] * 300_000},
        "different changes": {**sound, "changes": [[[1, 2, 2], "slip", i / 10**6] for i in range(49_000)]},
        "maps": {**sound, "config": large, "changes": [[[0, 0, 0], "map_rows", lake] for lake in lakes]},
        "bookmarks": {**sound, "timeline": {**timeline, "lines": [{**branch, "bookmarks": [[1, 2, 2]] * 2_000_000}]}},
        "branches": {**sound, "timeline": {**timeline, "lines": [{**branch, "name": str(i)} for i in range(20_000)]}},
        "keyframes": {**sound, "timeline": {**timeline, "keyframes": [keyframe] * 20_000}},
        "shared steps": {**sound, "timeline": {**timeline, "keyframes": [
            [[6, 0, 0], keyframe[1], {**keyframe[2], "transitions": steps}, None] for _ in range(400)]}},
        "outcomes": {**sound, "state": {**state, "outcomes": [True] * 10**6}},
        "in_force": {**sound, "state": {**state, "in_force": [0.01, 0.02, 10**12, 3]}},
        "batch_size": {**sound, "config": {**sound["config"], "batch_size": 10**12}},
        "endless": {**sound, "version": endless_lists(), "best": endless_lists()},
        "endless changes": {**sound, "changes": endless_lists()},
        "endless outcomes": {**sound, "state": {**state, "outcomes": endless_lists()}},
        "longest": long_history(LIMITS["updates"]),
    }  # fmt: skip


def files() -> dict[str, bytes]:
    """By name, files that would cost much: by their pickle or their archive."""
    sound = SOUND.read_bytes()
    members, zeros = members_of(sound), bytes(10**8)
    nested = b"X\x01\0\0\0a" + b"\x85" * 10**6
    return {
        "bytearray": pickled(b"\x80\x02cbuiltins\nbytearray\nJ\x00\x5e\xd0\x72\x85R."),
        "bytearray opcode": pickled(b"\x80\x05\x96" + (3 * 10**9).to_bytes(8, "little") + b"."),
        "long text": pickled(b"\x80\x02X\xff\xff\xff\xffabc."),
        "memo": pickled(b"\x80\x02Nr\xff\xff\xff\x7f."),
        "lists": pickled(b"\x80\x02" + b"]" * MANY + b"."),
        "dicts": pickled(b"\x80\x02" + b"}" * MANY + b"."),
        "nested": pickled(b"\x80\x02" + nested + b"."),
        "nested key": pickled(b"\x80\x02}" + nested + b"Ns."),
        "nested type": pickled(b"\x80\x02(X\x07\0\0\0storage" + nested + b"X\x01\0\0\0aX\x03\0\0\0cpuK\x01tQ."),
        "deflated": zipped({**members, "archive/data/0": zeros}, zipfile.ZIP_DEFLATED),
        "deflated pickle": zipped({**members, "archive/data.pkl": zeros}, zipfile.ZIP_DEFLATED),
        "members": zipped({**members, **{f"archive/data/x{i}": b"" for i in range(21_000)}}),
        "directory": sound[:-22] + b"PK\x01\x02" * 10**6 + sound[-22:],
    }


def test_no_save_costs_more_than_it_may(tmp_path):
    for name, content in contents().items():
        (tmp_path / f"{name}.pt").write_bytes(saved(content))
    for name, data in files().items():
        (tmp_path / f"{name}.pt").write_bytes(data)
    with (tmp_path / "sparse.pt").open("wb") as file:
        file.truncate(10**11)
    (tmp_path / "zero.pt").symlink_to("/dev/zero")
    os.mkfifo(tmp_path / "fifo.pt")
    code = "import sys; from support.saves import read_all; read_all(sys.argv[1])"
    process = subprocess.run(
        [sys.executable, "-c", code, tmp_path], capture_output=True, text=True, cwd=TESTS, check=False
    )
    assert process.stderr == ""
    results = json.loads(process.stdout)
    assert len(results) == len(list(tmp_path.iterdir()))
    assert [name for name, result in results.items() if result["refusal"] is None] == ["longest"]
    for name, result in results.items():
        print(f"{name:20} {result['seconds']:6.2f} s {result['memory']:6.0f} MB  {(result['refusal'] or '')[-100:]}")
        assert result["seconds"] < TOO_LONG, name
        assert len(result["refusal"] or "") < 1000, name
    assert sum(result["memory"] for result in results.values()) < 512  # each is what it adds to the peak so far


def test_a_run_too_long_for_a_save_is_not_saved(tmp_path, monkeypatch):
    timeline = Timeline(Run(small(), 0))
    for _ in range(200):
        timeline.unit()
    (tmp_path / "last.pt").write_bytes(pack(timeline, "last"))
    assert read_save(tmp_path / "last.pt").moment == timeline.run.moment
    monkeypatch.setitem(LIMITS, "updates", len(timeline.run.history) - 1)
    with pytest.raises(OSError, match="too long for a save: it has over"):
        pack(timeline, "last")
    with pytest.raises(SaveError, match="updates"):
        read_save(tmp_path / "last.pt")


def long_run() -> Timeline:
    """A run with a branch, changes, captioned bookmarks and keyframes with bests."""
    timeline = Timeline(Run(small(batch_size=20, epochs=1), 0))
    for value in (0.5, 0.6, 0.7, 0.8):
        for _ in range(400):
            timeline.unit()
        timeline.change("gamma", value)
        timeline.branch.bookmarks.append(timeline.run.moment)
        timeline.branch.captions[timeline.run.moment] = "it falls"
    timeline.go_to(timeline.branches[0].bookmarks[1])
    timeline.change("gamma", 0.9)
    return timeline


@pytest.mark.parametrize("limit", [name for name in LIMITS if name != "tiles in the maps of its changes"])
def test_what_is_saved_within_a_limit_can_be_read(tmp_path, monkeypatch, limit):
    path, timeline, used = tmp_path / "last.pt", long_run(), Used()
    monkeypatch.setattr("lakeppo.storage.save_check.Allowance", lambda: used)
    path.write_bytes(pack(timeline, "last"))
    read_save(path)
    monkeypatch.undo()
    most = used.taken[limit]
    for allowed in sorted({0, 1, most - 1, most, *range(0, most, 1 + most // 12)}):
        monkeypatch.setitem(LIMITS, limit, allowed)
        try:
            data = pack(timeline, "last")
        except OSError:
            assert allowed < most
            continue
        path.write_bytes(data)
        assert read_save(path).moment == timeline.run.moment


class Used(Allowance):
    """An allowance that counts what is taken."""

    def __init__(self) -> None:
        super().__init__()
        self.taken = dict.fromkeys(LIMITS, 0)

    def take(self, what: str, count: int) -> None:
        super().take(what, count)
        self.taken[what] += count


def test_keyframes_beyond_the_limits_are_left_out(tmp_path, monkeypatch):
    timeline = Timeline(Run(small(), 0))
    for _ in range(2000):
        timeline.unit()
    path = tmp_path / "last.pt"
    path.write_bytes(pack(timeline, "last", keyframes=8))
    whole = read_save(path)
    assert len(whole.keyframes) > 4
    monkeypatch.setitem(LIMITS, "tensors", 200)
    path.write_bytes(pack(timeline, "last", keyframes=8))
    assert 0 < len(read_save(path).keyframes) < len(whole.keyframes)
    assert read_save(path).history == whole.history


def test_many_changes_are_read_quickly(tmp_path):
    timeline = Timeline(Run(small(), 0))
    for count in range(12_000):
        timeline.change("gamma", 0.5 + count % 2 / 10)
    (tmp_path / "last.pt").write_bytes(pack(timeline, "last"))
    assert read_save(tmp_path / "last.pt").changes == tuple(timeline.run.changes)


@pytest.mark.parametrize("name", ["folder", "fifo", "zero"])
def test_only_regular_files_are_read(tmp_path, name):
    path = tmp_path / name
    {"folder": path.mkdir, "fifo": lambda: os.mkfifo(path), "zero": lambda: path.symlink_to("/dev/zero")}[name]()
    with pytest.raises(FileError, match=name):
        read_save(path)


@pytest.mark.parametrize("kind", ["cut", "lists", "fifo", "zero", "folder"])
def test_a_bad_save_in_the_folder_is_moved_away(tmp_path, kind):
    path = tmp_path / "last.pt"
    {
        "cut": lambda: path.write_bytes(pickled(members_of(SOUND.read_bytes())["archive/data.pkl"][:5000])),
        "lists": lambda: path.write_bytes(pickled(b"\x80\x02" + b"]" * MANY + b".")),
        "fifo": lambda: os.mkfifo(path), "zero": lambda: path.symlink_to("/dev/zero"), "folder": path.mkdir,
    }[kind]()  # fmt: skip
    timeline, messages = Timeline(advance(Run(small(), 0), 2)), []
    assert SaveFolder(tmp_path, messages.append).write(timeline)
    assert hashes(read_save(path).run()) == hashes(timeline.run)
    assert [kept.name for kept in (tmp_path / "kept").rglob("*.pt")] == ["last.pt"]
    assert len(messages) == 1
