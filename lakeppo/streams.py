"""The standard streams: neither a name nor a full disk ends the work, and an error is one line. No torch."""

import codecs
import io
import os
import re
import sys
import threading
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, NoReturn

from lakeppo.errors import LONGEST, LakeppoError, Message, cause, printable
from lakeppo.i18n import _

ASCII = {"◂": "<", "▾": "v", "▸": ">", "▴": "^", "·": "-", "±": "+-"}
"""Substitutes for the characters of the reports that standard output cannot encode."""
SIZE = re.compile(r"[1-9][0-9]{0,3}")
"""A COLUMNS or LINES that is heeded: rich fails on `²`, and on more digits than Python turns into a number."""
MOST_PROBLEMS = 20
"""Lines on what is wrong with the settings."""


class SafeStream:
    """A text stream whose failures are ignored: progress and notes are not worth losing a run for."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        with suppress(OSError, ValueError):  # a closed stream raises ValueError
            self._stream.write(text)
        return len(text)

    def flush(self) -> None:
        with suppress(OSError, ValueError):
            self._stream.flush()

    def isatty(self) -> bool:
        return not self._stream.closed and bool(self._stream.isatty())

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


def prepare() -> None:
    """Open the streams that the shell has closed, encode whatever is printed, and ignore failures of standard error.

    A size of the terminal that is none is removed from the environment.
    """
    _open_closed()
    for name in ("COLUMNS", "LINES"):
        if not SIZE.fullmatch(os.environ.get(name, "1")):
            del os.environ[name]
    codecs.register_error("ascii_substitute", _substitute)
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="ascii_substitute")
    sys.stderr = SafeStream(sys.stderr)


def _open_closed() -> None:
    """Open the null device for streams that the shell has closed (`<&-`), which are None."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, Path(os.devnull).open(mode))  # noqa: SIM115  # open until the process ends


def _substitute(error: UnicodeError) -> tuple[str, int]:
    """Return the substitute for characters that standard output cannot encode, as a codec error handler."""
    assert isinstance(error, UnicodeEncodeError)
    characters = error.object[error.start : error.end]
    return "".join(ASCII.get(c) or c.encode("ascii", "backslashreplace").decode() for c in characters), error.end


def print_error(message: str, status: int) -> int:
    """Print an error as one line, and return the exit status."""
    print(f"lakeppo: {printable(' '.join(message.split()), 3 * LONGEST)}", file=sys.stderr)
    return status


def output_failed() -> bool:
    """Return whether standard output cannot be written; what it holds is dropped, which would fail again at the end."""
    try:
        sys.stdout.flush()
    except (OSError, ValueError):
        with suppress(OSError, ValueError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return True
    return False


def leave(status: int) -> NoReturn:
    """End the process, by force if a daemon thread is at work: the end of the interpreter would abort it in torch."""
    if output_failed() and status == 0:
        status = 1
    if any(thread.daemon for thread in threading.enumerate()):
        os._exit(status)
    sys.exit(status)


def print_problems(problems: Sequence[Message]) -> None:
    """Print what is wrong with the settings, a line each; the command goes on without them."""
    for problem in problems[:MOST_PROBLEMS]:
        print_error(str(problem), 0)
    if more := len(problems[MOST_PROBLEMS:]):
        print_error(_("{count} more settings are wrong").format(count=more), 0)


def error_text(error: Exception) -> str:
    """Return what an error says to a person."""
    if isinstance(error, LakeppoError):
        return str(error)
    if isinstance(error, OSError):
        reason = str(error.strerror or error)
        known = _(reason.lower())  # one of `files.REASONS`
        reason = reason if known == reason.lower() else known
        name = error.filename or (_("standard output") if output_failed() else None)
        return _("{path}: {reason}").format(path=name, reason=reason) if name else reason
    unknown = _("internal error: {kind}: {error}").format(kind=type(error).__name__, error=error)
    return cause(error) or unknown
