"""Writing files whole or not at all. No torch, so that a folder can be checked before torch is imported."""

import os
import re
import secrets
from contextlib import suppress
from pathlib import Path

from lakeppo.errors import SaveError
from lakeppo.files import reason

FLAGS = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
"""A temporary file is always a new one: nothing that was put in its place is opened, least of all through a link."""
MOST_IN_NAME = 50
"""Characters of a file's name, of up to four bytes each, that its temporary file repeats: 255 bytes have to do."""


def check_folder(folder: Path) -> None:
    """Create `folder` if it does not exist. Raises `SaveError` if it cannot be created or written."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _write_temporary(folder / "lakeppo", b"", sync=False).unlink()
    except (OSError, ValueError) as error:
        raise SaveError("cannot write into {folder}: {reason}", folder=folder, reason=reason(error)) from None


def write_atomically(path: Path, data: bytes) -> None:
    """Replace the content of `path` by `data`, or leave it as it is if interrupted. Raises `OSError`."""
    temporary = _write_temporary(path, data)
    try:
        temporary.replace(path)  # a link at `path` is replaced, not followed
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    _sync_folder(path.parent)


def write_new(path: Path, data: bytes) -> None:
    """Write a file that does not exist yet, whole or not at all. Raises `FileExistsError` if it does, or `OSError`."""
    temporary = _write_temporary(path, data)
    try:
        _move_to_new(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)
    _sync_folder(path.parent)


def remove_temporary(path: Path) -> None:
    """Remove what killed processes have left of their writing of `path`; no other may be writing it now."""
    pattern = re.compile(rf"\.{re.escape(path.name[:MOST_IN_NAME])}\.[0-9a-f]{{16}}\.tmp")
    for entry in path.parent.iterdir():
        if pattern.fullmatch(entry.name) and entry.is_file() and not entry.is_symlink():
            with suppress(OSError):
                entry.unlink()


def _write_temporary(path: Path, data: bytes, sync: bool = True) -> Path:
    """Write a new file beside `path` and return its path."""
    while True:
        temporary = path.with_name(f".{path.name[:MOST_IN_NAME]}.{secrets.token_hex(8)}.tmp")
        with suppress(FileExistsError):
            handle = os.open(temporary, FLAGS, 0o666)
            break
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            if sync:
                file.flush()
                os.fsync(handle)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    return temporary


def _move_to_new(temporary: Path, path: Path) -> None:
    """Give a file its name unless that exists, in one step where the file system has hard links."""
    try:
        path.hardlink_to(temporary)
    except FileExistsError:
        raise
    except OSError:
        path.touch(exist_ok=False)
        temporary.replace(path)


def _sync_folder(path: Path) -> None:
    """Make a rename last; the file itself is complete in any case."""
    with suppress(OSError):  # some file systems cannot sync a folder
        folder = os.open(path, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
