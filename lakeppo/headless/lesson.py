"""`lakeppo lesson` without a screen: the list, the check of promises, a new file, the schema."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from rich.cells import cell_len

from lakeppo.errors import SaveError, printable
from lakeppo.faults.fault import Fault
from lakeppo.faults.symptoms import SymptomCheck, check_symptoms
from lakeppo.faults.table import number as fault_number
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


def print_check(lessons: Sequence[Lesson], first_seed: int, faults: Iterable[Fault] = ()) -> int:
    """Check the promises of lessons and the symptoms of faults and print each with its figures.

    Return the exit status: 1 if one does not hold.
    """
    held = count = 0
    seconds = 0.0
    for lesson in lessons:
        if lesson.promises:
            print(f"{printable(lesson.name)}: {lesson.title}", flush=True)
        for checked in check(lesson, first_seed):
            count, held, seconds = count + 1, held + checked.holds, seconds + checked.seconds
            for line in check_lines(checked):
                print(f"  {line}", flush=True)
    for symptom in check_symptoms(faults, first_seed):
        count, held, seconds = count + 1, held + symptom.holds, seconds + symptom.seconds
        print("\n".join(symptom_lines(symptom)), flush=True)
    if not count:
        print(_("no promises to check"))
        return 0
    print(_("{held} of {count} promises hold; {seconds:.1f} s").format(held=held, count=count, seconds=seconds))
    return 0 if held == count else 1


def check_lines(checked: Checked) -> list[str]:
    """Return a promise, whether it holds, its figures and seeds."""
    promise = checked.promise
    word = _("holds") if checked.holds else _("FAILS")
    facts = _seed_facts(checked.first_seed, promise.seeds, promise.updates, checked.seconds)
    figures = (f"{text} = {shown(value)}" for text, value in checked.figures)
    return [f"{word}  {promise.text}", *(f"    {figure}" for figure in figures), f"    {facts}"]


def symptom_lines(checked: SymptomCheck) -> list[str]:
    """Return a fault to be spotted, whether its symptom shows, its figures and seeds."""
    symptom = checked.fault.symptom
    number = _("bug {number}: {title}").format(number=fault_number(checked.fault), title=_(checked.fault.title))
    what = f"median({symptom.figure})" if symptom.below is None else f"share({symptom.figure} < {symptom.below:g})"
    word = _("holds") if checked.holds else _("FAILS")
    pair = _("{right} in the right program, {faulty} in the faulty one").format(
        right=shown(checked.right_number), faulty=shown(checked.faulty_number)
    )
    facts = _seed_facts(checked.seeds.start, len(checked.seeds), symptom.updates, checked.seconds)
    return [number, f"  {word}  {what}", f"      {pair}", f"      {facts}"]


def _seed_facts(first: int, seeds: int, updates: int, seconds: float) -> str:
    template = _("seeds {first} to {last}, {updates} updates, {seconds:.1f} s")
    return template.format(first=first, last=first + seeds - 1, updates=updates, seconds=seconds)


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
