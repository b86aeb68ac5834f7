"""`lakeppo lesson` without a screen: the list of lessons, a new file, and forgetting what has been done."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from rich.cells import cell_len

from lakeppo.errors import SaveError, printable
from lakeppo.faults.table import FAULTS, done_name, number
from lakeppo.files import reason
from lakeppo.i18n import _
from lakeppo.lessons.model import Lesson
from lakeppo.lessons.progress import Progress, write_progress
from lakeppo.lessons.shipped import EXAMPLE
from lakeppo.storage.atomic import write_new


def print_list(lessons: Sequence[Lesson], progress: Progress) -> int:
    """Print the lessons and the faults to be spotted, and which have been done. Return the exit status."""
    rows = [(lesson.name, str(lesson.title), lesson.name, _("done, predicted right")) for lesson in lessons]
    rows += [
        (f"tui --spot {number(fault)}", _(fault.title), done_name(fault), _("done, spotted"))
        for fault in FAULTS.values()
    ]
    names, titles = (max(cell_len(row[column]) for row in rows) for column in (0, 1))
    for name, title, id, right in rows:
        done = "" if id not in progress.done else right if id in progress.right else _("done")
        print(f"{name:<{names}}  {title}{' ' * (titles - cell_len(title))}  {done}".rstrip())
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
