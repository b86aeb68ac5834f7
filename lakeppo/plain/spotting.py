"""The commands that spot the fault of a program: its four files, guesses, a hint and the answer."""

import os

from lakeppo.errors import InvalidValue
from lakeppo.faults.spotting import SHOWN, Spot, Spotting
from lakeppo.faults.table import done_name
from lakeppo.i18n import _
from lakeppo.lessons.progress import read_progress
from lakeppo.plain.shell import Shell, chosen, whole

LINES = 20
"""Lines of a file that are told at once."""


def source(shell: Shell, words: list[str]) -> None:
    """Say some lines of a file, or without one which files there are and what is wrong."""
    spot, spotting = _spotting(shell)
    if not words:
        shell.out.say(_(spot.fault.title), _(spot.fault.report))
        for name in SHOWN:
            text = _("{file}.py has {count} lines").format(file=name, count=len(spotting.lines(name)))
            shell.out.say(text)
        return
    file = _file(words)
    lines = spotting.lines(file)
    first = whole(words[1], 1) if len(words) > 1 else 1
    shell.out.say(_("{file}.py from line {first}:").format(file=file, first=first))
    shell.out.say_all(f"{number} {line}" for number, line in list(enumerate(lines, 1))[first - 1 : first - 1 + LINES])


def guess(shell: Shell, words: list[str]) -> None:
    """Say whether a line is the faulty one, and the answer if it is."""
    _spot, spotting = _spotting(shell)
    if len(words) != 2:
        raise InvalidValue("a guess names a file and a line, such as gae 12")
    shell.out.say(str(spotting.guess(_file(words), whole(words[1], 1))))
    if spotting.found:
        _say_answer(shell)


def hint(shell: Shell, words: list[str]) -> None:
    shell.out.say(_spotting(shell)[1].hint)


def answer(shell: Shell, words: list[str]) -> None:
    """Say the answer, whether or not it was found."""
    spotting = _spotting(shell)[1]
    spotting.shown = not spotting.found
    _say_answer(shell)


def _say_answer(shell: Shell) -> None:
    spot, spotting = _spotting(shell)
    if shell.commands.interactive:
        progress = read_progress(os.environ).with_lesson(done_name(spot.fault), spotting.found)
        shell.remember(progress.as_settings())
    for paragraph in spotting.answer(spot.first, shell.state.origin):
        shell.out.say_all(paragraph.split("\n"))


def _file(words: list[str]) -> str:
    return chosen(words[0].removesuffix(".py"), SHOWN)


def _spotting(shell: Shell) -> tuple[Spot, Spotting]:
    """Return the fault of the run, and what was done to spot it. Raise `InvalidValue` for the right program."""
    spot = shell.state.snapshot.spot
    if spot is None:
        raise InvalidValue("this program has no fault to spot; --spot N runs one that has")
    if shell.spotting is None or shell.spotting.fault is not spot.fault:
        shell.spotting = Spotting(spot.fault)
    return spot, shell.spotting
