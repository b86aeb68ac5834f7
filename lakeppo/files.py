"""Reading files that others may have written: regular files only, up to a size, as bytes or as text. No torch."""

import codecs
import gc
import os
import re
import shlex
import stat
import sys
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from lakeppo.errors import FileError
from lakeppo.i18n import N_, _

STANDARD_INPUT = Path("-")
BOMS = {
    codecs.BOM_UTF8: "utf-8",
    codecs.BOM_UTF32_LE: "utf-32-le",  # before UTF-16, whose mark it begins with
    codecs.BOM_UTF32_BE: "utf-32-be",
    codecs.BOM_UTF16_LE: "utf-16-le",
    codecs.BOM_UTF16_BE: "utf-16-be",
}
FLAGS = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0) | getattr(os, "O_NOCTTY", 0)
"""A FIFO that took the file's place after the first look does not block."""


def read_file(path: Path, most: int) -> bytes:
    """Return the bytes of a regular file. Raise `FileError` for anything else and for more than `most` bytes."""
    try:
        _check_regular(path, path.stat())  # before it is opened: opening a device may have effects
        handle = os.open(path, FLAGS)
        with os.fdopen(handle, "rb") as file:
            _check_regular(path, os.fstat(handle))
            return _whole(path, file.read(most + 1), most)
    except (OSError, ValueError) as error:  # a name with a null byte is a ValueError
        raise FileError("{path}: {reason}", path=path, reason=reason(error)) from None


def read_text(path: Path, most: int) -> str:
    """Return the text of a regular file, or for `-` of standard input, in UTF-8 or as its byte order mark says.

    Raise `FileError` as `read_file` does, and for bytes that are not text.
    """
    if path == STANDARD_INPUT:
        path = Path(_("standard input"))
        data = b"" if sys.stdin is None else sys.stdin.buffer.read(most + 1)
        return _decoded(path, _whole(path, data, most))
    return _decoded(path, read_file(path, most))


def check_current_folder() -> None:
    """Raise `FileError` if the current folder has been deleted: torch's libraries would end the process."""
    try:
        Path.cwd()
    except OSError as error:
        raise FileError("the current folder is gone ({reason}); change to another one", reason=reason(error)) from None


def expand_home(text: str) -> Path:
    """Return a path in which `~` is the home folder: shells leave it in `--saves=~/runs`."""
    try:
        return Path(text).expanduser()
    except RuntimeError:  # there is no such user
        return Path(text)


def is_file(path: Path) -> bool:
    """Return whether there is a regular file with this name, which may be too long for any."""
    try:
        return path.is_file()
    except (OSError, ValueError):
        return False


def is_archive(path: Path) -> bool:
    """Return whether a file is an archive, as saves are."""
    try:
        return is_file(path) and zipfile.is_zipfile(path)
    except OSError:
        return False


def is_run_file(path: Path, data: bytes) -> bool:
    """Return whether the bytes of a file are text with the first key of run files."""
    try:
        return re.search(r"^[ \t]*format[ \t]*=", _decoded(path, data), re.MULTILINE) is not None
    except FileError:
        return False


@contextmanager
def no_gc() -> Iterator[None]:
    """Read without garbage collection: there is no garbage, and looking for it takes up to twice the time."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def quoted(path: str) -> str:
    """Return a path as a shell reads it: in quotes, what cannot be shown as `$'\\xe9'`."""
    if path.isprintable():
        return shlex.quote(path)
    return "$'" + "".join(map(_escaped, path)) + "'"


def _escaped(c: str) -> str:
    if c in "\\'":
        return f"\\{c}"
    return c if c.isprintable() else "".join(f"\\x{byte:02x}" for byte in os.fsencode(c))


REASONS = (
    N_("no such file or directory"), N_("permission denied"), N_("operation not permitted"), N_("not a directory"),
    N_("is a directory"), N_("directory not empty"), N_("no space left on device"), N_("disk quota exceeded"),
    N_("read-only file system"), N_("file name too long"), N_("file too large"), N_("input/output error"),
    N_("too many levels of symbolic links"), N_("too many open files"), N_("device or resource busy"),
    N_("invalid argument"), N_("bad file descriptor"), N_("broken pipe"), N_("no such device or address"),
    N_("stale file handle"), N_("operation not supported"), N_("embedded null byte"), N_("cannot allocate memory"),
    N_("resource temporarily unavailable"),
)  # fmt: skip
"""What operating systems say most often."""


def reason(error: OSError | ValueError) -> str:
    """Return the cause of an error, as the second half of a message."""
    if isinstance(error, FileExistsError | NotADirectoryError):
        return _("there is a file where a folder should be")
    return _(str(getattr(error, "strerror", None) or error).lower())


def _check_regular(path: Path, status: os.stat_result) -> None:
    if stat.S_ISDIR(status.st_mode):
        raise FileError("{path} is a folder, not a file", path=path)
    if not stat.S_ISREG(status.st_mode):
        raise FileError("{path} is not a regular file", path=path)


def _whole(path: Path, data: bytes, most: int) -> bytes:
    if len(data) > most:
        raise FileError("{path} is too large: over {most:,} bytes", path=path, most=most)
    return data


def _decoded(path: Path, data: bytes) -> str:
    mark, encoding = next(((mark, name) for mark, name in BOMS.items() if data.startswith(mark)), (b"", "utf-8"))
    try:
        text = data[len(mark) :].decode(encoding)
    except UnicodeDecodeError:
        text = "\0"
    if "\0" in text:  # UTF-16 without a mark is valid UTF-8
        raise FileError("{path} is not text in UTF-8, or in UTF-16 with a byte order mark", path=path)
    return text
