"""Which lessons have been done, and in which of them every answer was right; kept in the settings file. No torch."""

from collections.abc import Mapping
from typing import NamedTuple

from lakeppo.errors import SaveError
from lakeppo.files import reason
from lakeppo.settings import LESSONS_DONE, LESSONS_RIGHT, MOST_NAMES, Value, resolve
from lakeppo.storage.settings_file import change_settings, find_settings


class Progress(NamedTuple):
    """Names of lessons."""

    done: tuple[str, ...] = ()
    right: tuple[str, ...] = ()

    def with_lesson(self, name: str, right: bool) -> "Progress":
        """Return the progress after another lesson; one that was right once stays so."""
        done = (*self.done, *([] if name in self.done else [name]))
        rights = (*self.right, *([name] if right and name not in self.right else []))
        return Progress(done[-MOST_NAMES:], rights[-MOST_NAMES:])

    def as_settings(self) -> dict[str, Value]:
        """Return it by the names of the settings that keep it."""
        return {LESSONS_DONE.name: self.done, LESSONS_RIGHT.name: self.right}


def read_progress(environment: Mapping[str, str]) -> Progress:
    """Return what the settings file remembers; nothing if it cannot be read."""
    path, content, _, _ = find_settings(environment)
    given, _ = resolve([LESSONS_DONE, LESSONS_RIGHT], path, content, {}, {})
    values = (given[setting.name].value for setting in (LESSONS_DONE, LESSONS_RIGHT))
    return Progress(*(value if isinstance(value, tuple) else () for value in values))


def write_progress(environment: Mapping[str, str], progress: Progress) -> None:
    """Keep a progress in the settings file, if this person has one. Raises `FileError` or `SaveError`."""
    path, _, exists, _ = find_settings(environment)
    if path is None or (not exists and progress == Progress()):
        return
    try:
        change_settings(path, progress.as_settings())
    except OSError as error:
        raise SaveError("cannot write {path}: {reason}", path=path, reason=reason(error)) from None
