"""Reading files that others may have written."""

import codecs
import io
import os
import sys
from pathlib import Path

import pytest

from lakeppo.errors import FileError
from lakeppo.files import STANDARD_INPUT, is_archive, is_run_file, read_file, read_text

TEXT = "SFFF\n湖 é"
MARKS = {
    "utf-8": codecs.BOM_UTF8, "utf-16-le": codecs.BOM_UTF16_LE, "utf-16-be": codecs.BOM_UTF16_BE,
    "utf-32-le": codecs.BOM_UTF32_LE, "utf-32-be": codecs.BOM_UTF32_BE,
}  # fmt: skip
ENCODED = {"plain": TEXT.encode()} | {name: mark + TEXT.encode(name) for name, mark in MARKS.items()}


def make_fifo(path: Path) -> Path:
    os.mkfifo(path)
    return path


def make_folder(path: Path) -> Path:
    path.mkdir()
    return path


def make_link(path: Path) -> Path:
    path.symlink_to(path.with_name("nowhere"))
    return path


REFUSED = {
    "is not a regular file": make_fifo,
    "is a folder, not a file": make_folder,
    "no such file or directory": make_link,
    "there is a file where a folder should be": lambda path: Path(__file__) / "below",
    "null": lambda path: Path("a\0b"),
    "file name too long": lambda path: path.with_name(500 * "n"),
    "too large: over 1,000 bytes": lambda path: Path(__file__),
}


@pytest.mark.parametrize("reason", REFUSED)
def test_what_cannot_be_read_is_refused_with_its_reason(tmp_path, reason):
    path = REFUSED[reason](tmp_path / "file")
    for read in (read_file, read_text):
        with pytest.raises(FileError, match=reason):
            read(path, 1000)


@pytest.mark.parametrize("device", ["/dev/zero", "/dev/null", "/dev/tty"])
def test_a_device_is_not_opened(device):
    if not Path(device).exists():
        pytest.skip(f"there is no {device} here")
    with pytest.raises(FileError, match="is not a regular file"):
        read_file(Path(device), 1000)


def test_a_fifo_that_replaces_a_file_does_not_block(tmp_path, monkeypatch):
    file, fifo = tmp_path / "file", make_fifo(tmp_path / "fifo")
    file.write_bytes(b"")
    regular = file.stat()
    monkeypatch.setattr(Path, "stat", lambda self: regular)
    with pytest.raises(FileError, match="is not a regular file"):
        read_file(fifo, 1000)


def test_a_file_is_read_up_to_its_limit(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(b"\0" * 1000)
    assert read_file(path, 1000) == b"\0" * 1000
    with pytest.raises(FileError, match="over 999 bytes"):
        read_file(path, 999)


@pytest.mark.parametrize("encoding", ENCODED)
def test_text_is_read_as_its_mark_says(tmp_path, monkeypatch, encoding):
    path = tmp_path / "file"
    path.write_bytes(ENCODED[encoding])
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(ENCODED[encoding])))
    assert read_text(path, 1000) == read_text(STANDARD_INPUT, 1000) == TEXT


@pytest.mark.parametrize(
    "data", [b"\xff\xfeS", b"caf\xe9", bytes(range(256)), b"\xef\xbb\xbf\xff", "SFG".encode("utf-16-le")]
)
def test_other_bytes_are_not_text(tmp_path, monkeypatch, data):
    path = tmp_path / "file"
    path.write_bytes(data)
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))
    for source, name in ((path, "file"), (STANDARD_INPUT, "standard input")):
        with pytest.raises(FileError, match=f"{name} is not text in UTF-8, or in UTF-16 with a byte order mark"):
            read_text(source, 1000)
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))
    with pytest.raises(FileError, match="standard input is too large"):
        read_text(STANDARD_INPUT, len(data) - 1)


def test_a_closed_standard_input_is_empty(monkeypatch):
    monkeypatch.setattr(sys, "stdin", None)
    assert read_text(STANDARD_INPUT, 1000) == ""


def test_a_name_that_is_too_long_is_no_archive(tmp_path):
    assert not is_archive(tmp_path / (500 * "n"))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_run_file_is_recognised_by_its_first_key(encoding):
    assert is_run_file(Path("x"), "# a run\n format = 1\nseed = 2".encode(encoding))
    assert not is_run_file(Path("x"), "the format = 1".encode(encoding))
    assert not is_run_file(Path("x"), b"\xff\0format = 1")
