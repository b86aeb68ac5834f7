"""`lakeppo lesson --check`: the promises of lessons and the symptoms of faults, on all processors."""

import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Generator, Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import closing
from functools import partial
from typing import NamedTuple

from lakeppo.errors import LakeppoError, printable
from lakeppo.faults.fault import Fault
from lakeppo.faults.symptoms import SymptomCheck, check_symptoms
from lakeppo.faults.table import find_fault, number
from lakeppo.i18n import _, language, use_language
from lakeppo.lessons.checks import Checked, check_promises
from lakeppo.lessons.model import Lesson
from lakeppo.lessons.sentences import shown


class Report(NamedTuple):
    """The lines of a lesson or fault, and how many of its promises hold."""

    lines: tuple[str, ...]
    held: int
    promises: int


def print_check(lessons: Sequence[Lesson], first_seed: int, faults: Iterable[Fault] = ()) -> int:
    """Check the promises of lessons and the symptoms of faults and print each with its figures.

    Return the exit status: 1 if one does not hold.
    """
    start, held, count = time.monotonic(), 0, 0
    tasks: list[Lesson | str] = [*(lesson for lesson in lessons if lesson.promises), *(fault.name for fault in faults)]
    with closing(_reports(tasks, first_seed)) as reports:
        for report in reports:
            print("\n".join(report.lines), flush=True)
            held, count = held + report.held, count + report.promises
    if not count:
        print(_("no promises to check"))
        return 0
    seconds = time.monotonic() - start
    print(_("{held} of {count} promises hold; {seconds:.1f} s").format(held=held, count=count, seconds=seconds))
    return 0 if held == count else 1


def _reports(tasks: Sequence[Lesson | str], first_seed: int) -> Generator[Report, None, None]:
    """Yield the report of each task in turn; what is still being checked ends with the generator."""
    work, processes = partial(_report, first_seed=first_seed), min(len(tasks), os.cpu_count() or 1)
    if processes < 2:
        yield from map(work, tasks)
        return
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(processes, context, _begin, (language(),)) as pool:
        try:
            yield from pool.map(work, tasks)
        except BaseException as error:  # nobody reads on, or a signal: the pool would wait for minutes
            for process in multiprocessing.active_children():
                process.kill()
            if isinstance(error, BrokenProcessPool):
                raise LakeppoError("a process that was checking has ended; was it killed, or out of memory?") from None
            raise


def _begin(code: str) -> None:
    """Prepare a process: it ends without a word when a person interrupts the command, and with the command."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    use_language(code)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    if (parent := multiprocessing.parent_process()) is not None:
        parent.join()
        os._exit(1)


def _report(task: Lesson | str, first_seed: int) -> Report:
    """Check a lesson, or the fault of this name."""
    if isinstance(task, str):
        (symptom,) = check_symptoms([find_fault(task)], first_seed)
        return Report(symptom_lines(symptom), int(symptom.holds), 1)
    checked = list(check_promises(task, first_seed))
    lines = [line for one in checked for line in check_lines(one)]
    return Report((f"{printable(task.name)}: {task.title}", *lines), sum(one.holds for one in checked), len(checked))


def check_lines(checked: Checked) -> list[str]:
    """Return the lines of a promise: whether it holds, its figures and seeds."""
    promise = checked.promise
    facts = _seed_facts(checked.first_seed, promise.seeds, promise.updates, checked.seconds)
    figures = (f"      {text} = {shown(value)}" for text, value in checked.figures)
    return [f"  {_verdict(checked.holds)}  {promise.text}", *figures, f"      {facts}"]


def symptom_lines(checked: SymptomCheck) -> tuple[str, ...]:
    """Return the lines of a fault to be spotted: whether its symptom shows, its figures and seeds."""
    symptom = checked.fault.symptom
    title = _("bug {number}: {title}").format(number=number(checked.fault), title=_(checked.fault.title))
    what = f"median({symptom.figure})" if symptom.below is None else f"share({symptom.figure} < {symptom.below:g})"
    pair = _("{right} in the right program, {faulty} in the faulty one").format(
        right=shown(checked.right_number), faulty=shown(checked.faulty_number)
    )
    facts = _seed_facts(checked.seeds.start, len(checked.seeds), symptom.updates, checked.seconds)
    return (title, f"  {_verdict(checked.holds)}  {what}", f"      {pair}", f"      {facts}")


def _verdict(holds: bool) -> str:
    return _("holds") if holds else _("FAILS")


def _seed_facts(first: int, seeds: int, updates: int, seconds: float) -> str:
    template = _("seeds {first} to {last}, to update {updates}, {seconds:.1f} s")
    return template.format(first=first, last=first + seeds - 1, updates=updates, seconds=seconds)
