"""Writing files atomically. No torch, so that a folder can be checked before torch is imported."""

import os
from contextlib import suppress
from pathlib import Path

from lakeppo.errors import SaveError
from lakeppo.files import reason


def check_folder(folder: Path) -> None:
    """Create `folder` if it does not exist. Raises `SaveError` if it cannot be created or written."""
    probe = folder / f".lakeppo.{os.getpid()}.tmp"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise SaveError("cannot write into {folder}: {reason}", folder=folder, reason=reason(error)) from None


def write_atomically(path: Path, data: bytes) -> None:
    """Replace the content of `path` by `data`, or leave it as it is if interrupted. Raises `OSError`."""
    temporary = path.with_name(f".{path.name}.tmp")  # a fixed name: the leftovers of a killed process are overwritten
    try:
        with temporary.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    with suppress(OSError):  # some file systems cannot sync a folder; the file itself is complete
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
