"""Writing files so that nothing is ever lost. No torch, so that a folder can be tried before anything is imported."""

import os
from contextlib import suppress
from pathlib import Path


class SaveError(Exception):
    """A save that cannot be read, or a folder that cannot be written; the message says why in one line."""


def check_folder(folder: Path) -> None:
    """Raises `SaveError` unless `folder` is there, or can be made, and can be written."""
    probe = folder / f".lakeppo.{os.getpid()}.tmp"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise SaveError(f"cannot write into {folder}: {reason(error)}") from None


def write_atomically(path: Path, data: bytes) -> None:
    """Replace `path` by `data` whole or not at all, whatever is interrupted when. Raises `OSError`."""
    temporary = path.with_name(f".{path.name}.tmp")  # one name, so that a killed writer's rest is written over
    try:
        with temporary.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    with suppress(OSError):  # some file systems cannot sync a folder, and the file is whole already
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def reason(error: OSError) -> str:
    """What the system said, as the second half of a line."""
    if isinstance(error, FileExistsError | NotADirectoryError):
        return "there is a file where a folder should be"
    return (error.strerror or str(error)).lower()
