"""Writing files whole or not at all, whatever lies in the way."""

import errno
import os
import stat

import pytest

from lakeppo.errors import SaveError
from lakeppo.storage import atomic
from lakeppo.storage.atomic import check_folder, remove_temporary, write_atomically, write_new

WRITERS = (write_atomically, write_new)
TOKEN = "0123456789abcdef"


@pytest.fixture
def planted(tmp_path):
    """A file outside the folder that is written into, and the folder."""
    victim, folder = tmp_path / "victim", tmp_path / "saves"
    victim.write_bytes(b"precious")
    folder.mkdir()
    return victim, folder


@pytest.mark.parametrize("write", WRITERS)
@pytest.mark.parametrize("kind", ["link", "hard link", "dangling link", "folder", "file", "fifo"])
def test_nothing_with_a_temporary_files_name_is_written_through(planted, monkeypatch, write, kind):
    victim, folder = planted
    temporary = folder / f".last.pt.{TOKEN}.tmp"
    {
        "link": lambda: temporary.symlink_to(victim), "hard link": lambda: temporary.hardlink_to(victim),
        "dangling link": lambda: temporary.symlink_to(folder / "nowhere"), "folder": temporary.mkdir,
        "file": lambda: temporary.write_bytes(b"in the way"), "fifo": lambda: os.mkfifo(temporary),
    }[kind]()  # fmt: skip
    tokens = iter([TOKEN, "f" * 16])
    monkeypatch.setattr(atomic.secrets, "token_hex", lambda size: next(tokens))
    write(folder / "last.pt", b"new")
    assert (folder / "last.pt").read_bytes() == b"new"
    assert victim.read_bytes() == b"precious"
    assert not (folder / "nowhere").exists()
    assert {path.name for path in folder.iterdir()} == {"last.pt", temporary.name}


def test_a_link_with_the_files_name_is_replaced_not_followed(planted):
    victim, folder = planted
    (folder / "last.pt").symlink_to(victim)
    write_atomically(folder / "last.pt", b"new")
    assert ((folder / "last.pt").is_symlink(), (folder / "last.pt").read_bytes()) == (False, b"new")
    assert victim.read_bytes() == b"precious"


def refused(*_args):
    raise PermissionError(errno.EPERM, "no links here")


@pytest.mark.parametrize("links", [True, False])
def test_a_new_file_replaces_nothing(planted, monkeypatch, links):
    victim, folder = planted
    if not links:
        monkeypatch.setattr(
            atomic.Path, "hardlink_to", lambda *_: (_ for _ in ()).throw(PermissionError(1, "no links"))
        )
    (folder / "a.csv").write_bytes(b"before")
    (folder / "b.csv").symlink_to(victim)
    for name in ("a.csv", "b.csv"):
        with pytest.raises(FileExistsError):
            write_new(folder / name, b"new")
    write_new(folder / "c.csv", b"new")
    assert (folder / "a.csv").read_bytes() == b"before"
    assert victim.read_bytes() == b"precious"
    assert (folder / "c.csv").read_bytes() == b"new"
    assert {path.name for path in folder.iterdir()} == {"a.csv", "b.csv", "c.csv"}


@pytest.mark.parametrize("write", WRITERS)
def test_a_file_has_the_permissions_that_the_user_gives_new_files(tmp_path, write):
    before = os.umask(0o027)
    try:
        write(tmp_path / "a", b"")
    finally:
        os.umask(before)
    assert (tmp_path / "a").stat().st_mode & 0o777 == 0o640


@pytest.mark.parametrize("write", WRITERS)
@pytest.mark.parametrize("name", ["n" * 255, "湖" * 85, "🐧" * 63], ids=["ascii", "three bytes", "four bytes"])
def test_the_longest_name_has_room_for_a_temporary_one(tmp_path, write, name):
    path = tmp_path / name
    write(path, b"new")
    assert path.read_bytes() == b"new"


@pytest.mark.parametrize("write", WRITERS)
def test_a_file_and_then_its_name_outlast_a_failure_of_power(tmp_path, monkeypatch, write):
    synced, sync = [], os.fsync

    def recorded(handle: int) -> None:
        here = os.fstat(handle)
        synced.append(((tmp_path / "last.pt").exists(), stat.S_ISDIR(here.st_mode), here.st_size, handle))
        sync(handle)

    monkeypatch.setattr(os, "fsync", recorded)
    write(tmp_path / "last.pt", b"new")
    assert [synced[0][:3], synced[1][:2]] == [(False, False, 3), (True, True)]
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(synced[1][3])


def test_checking_a_folder_leaves_it_as_it_was(planted):
    victim, folder = planted
    (folder / f".lakeppo.{os.getpid()}.tmp").symlink_to(victim)
    before = victim.stat()
    check_folder(folder)
    assert victim.stat() == before
    assert len(list(folder.iterdir())) == 1
    with pytest.raises(SaveError, match="there is a file where a folder should be"):
        check_folder(victim)
    with pytest.raises(SaveError, match="null"):
        check_folder(folder / "a\0b")


def test_only_what_a_killed_process_has_left_is_removed(planted):
    victim, folder = planted
    left = folder / f".last.pt.{TOKEN}.tmp"
    left.write_bytes(b"half")
    kept = [folder / name for name in (f".best.pt.{TOKEN}.tmp", f".last.pt.{TOKEN}.tmp.txt", ".last.pt.tmp", "last.pt")]
    for path in kept:
        path.write_bytes(b"mine")
    link, sub = folder / f".last.pt.{'a' * 16}.tmp", folder / f".last.pt.{'b' * 16}.tmp"
    link.symlink_to(victim)
    sub.mkdir()
    remove_temporary(folder / "last.pt")
    assert {path.name for path in folder.iterdir()} == {path.name for path in [*kept, link, sub]}
