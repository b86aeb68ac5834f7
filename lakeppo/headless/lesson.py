"""`lakeppo lesson` without a screen: the list of lessons, a new file, and forgetting what has been done."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from rich.cells import cell_len

from lakeppo.errors import SaveError, printable
from lakeppo.files import reason
from lakeppo.i18n import _
from lakeppo.lessons.library import EXAMPLE
from lakeppo.lessons.model import Lesson
from lakeppo.lessons.progress import Progress, write_progress
from lakeppo.storage.atomic import write_new


def print_list(lessons: Sequence[Lesson], progress: Progress) -> int:
    """Print the lessons, and which have been done. Return the exit status."""
    names = max((cell_len(lesson.name) for lesson in lessons), default=0)
    titles = max((cell_len(str(lesson.title)) for lesson in lessons), default=0)
    for lesson in lessons:
        done = ""
        if lesson.name in progress.done:
            done = _("done, predicted right") if lesson.name in progress.right else _("done")
        title = str(lesson.title)
        padded = f"{lesson.name:<{names}}  {title}{' ' * (titles - cell_len(title))}  {done}"
        print(padded.rstrip())
    return 0


def write_example(path: Path) -> int:
    """Write a commented lesson to a new file. Raises `SaveError`; returns the exit status."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_new(path, EXAMPLE.read_bytes())
    except FileExistsError:
        raise SaveError("{path} exists already", path=path) from None
    except (OSError, ValueError) as error:
        raise SaveError("cannot write {path}: {reason}", path=path, reason=reason(error)) from None
    print(printable(path))
    return 0


def forget(environment: Mapping[str, str]) -> int:
    """Forget which lessons have been done. Return the exit status."""
    write_progress(environment, Progress())
    print(_("no lesson counts as done now"))
    return 0
