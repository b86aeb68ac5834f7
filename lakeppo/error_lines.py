"""Errors and problems on standard error, a line each."""

import sys
from collections.abc import Sequence

from lakeppo.errors import LONGEST, LakeppoError, Message, printable
from lakeppo.i18n import _

MOST_PROBLEMS = 20
"""Lines on what is wrong with the settings."""


def print_error(message: str, status: int) -> int:
    """Print an error as one line, and return the exit status."""
    print(f"lakeppo: {printable(' '.join(message.split()), 3 * LONGEST)}", file=sys.stderr)
    return status


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
        cause = str(error.strerror or error)
        known = _(cause.lower())  # one of `files.REASONS`
        cause = cause if known == cause.lower() else known
        return _("{path}: {reason}").format(path=error.filename, reason=cause) if error.filename else cause
    return _("internal error: {kind}: {error}").format(kind=type(error).__name__, error=error)
