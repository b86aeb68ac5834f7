"""`lakeppo lesson` without a screen: the list, the check of promises, a new file, the schema."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from rich.cells import cell_len

from lakeppo.errors import SaveError, printable
from lakeppo.files import reason
from lakeppo.i18n import _
from lakeppo.lessons.checks import Checked, check
from lakeppo.lessons.library import EXAMPLE
from lakeppo.lessons.model import Lesson
from lakeppo.lessons.progress import Progress, write_progress
from lakeppo.lessons.sentences import shown
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


def print_check(lessons: Sequence[Lesson], first_seed: int) -> int:
    """Check the promises of lessons and print each with its figures. Return the exit status: 1 if one does not hold."""
    held = count = 0
    seconds = 0.0
    for lesson in lessons:
        if lesson.promises:
            print(f"{printable(lesson.name)}: {lesson.title}", flush=True)
        for checked in check(lesson, first_seed):
            count, held, seconds = count + 1, held + checked.holds, seconds + checked.seconds
            for line in check_lines(checked):
                print(f"  {line}", flush=True)
    if not count:
        print(_("no promises to check"))
        return 0
    print(_("{held} of {count} promises hold; {seconds:.1f} s").format(held=held, count=count, seconds=seconds))
    return 0 if held == count else 1


def check_lines(checked: Checked) -> list[str]:
    """Return a promise, whether it holds, its figures and seeds."""
    promise = checked.promise
    word = _("holds") if checked.holds else _("FAILS")
    last = checked.first_seed + promise.seeds - 1
    facts = _("seeds {first} to {last}, {updates} updates, {seconds:.1f} s").format(
        first=checked.first_seed, last=last, updates=promise.updates, seconds=checked.seconds
    )
    figures = (f"{text} = {shown(value)}" for text, value in checked.figures)
    return [f"{word}  {promise.text}", *(f"    {figure}" for figure in figures), f"    {facts}"]


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
