"""Spotting a fault: the four files with it, guesses, a hint and the answer. No torch."""

from dataclasses import dataclass
from typing import NamedTuple

from lakeppo.config import Config
from lakeppo.errors import Message
from lakeppo.faults.fault import Fault, faulty_source, source
from lakeppo.i18n import N_, _
from lakeppo.moment import Moment, moment_words

SHOWN = ("trainer", "gae", "objective", "networks")
"""The engine's files in the order in which they are shown."""


class FirstNumber(NamedTuple):
    """The first number that differs, in the right program and in the faulty one, after the unit that led to `moment`.

    `what` names the number.
    """

    moment: Moment
    what: Message
    right: float
    faulty: float

    def texts(self) -> tuple[str, str]:
        """Return the two figures with as many digits as tell them apart."""
        for digits in (4, 8):
            right, faulty = (f"{figure + 0.0:.{digits}g}" for figure in (self.right, self.faulty))
            if right != faulty:
                return right, faulty
        return repr(self.right), repr(self.faulty)


class Spot(NamedTuple):
    """A fault to be spotted, and the first number that differs in the run on screen."""

    fault: Fault
    first: FirstNumber | None
    aside: bool = False  # another run waits meanwhile, to which one goes back


class LinePair(NamedTuple):
    """A line as it should be, and the faulty one in its place, without their indentation."""

    number: int
    right: str
    faulty: str


@dataclass
class Spotting:
    """What one person has done to spot a fault."""

    fault: Fault
    guesses: int = 0
    found: bool = False
    shown: bool = False  # the answer, without its having been found

    @property
    def over(self) -> bool:
        return self.found or self.shown

    def lines(self, file: str) -> list[str]:
        """Return the lines of a file as the faulty program has them."""
        return faulty_source(self.fault, file).splitlines()

    def guess(self, file: str, line: int) -> Message:
        """Return whether a line of a file, from 1, is the faulty one. What is no line of the file is no guess."""
        last = len(self.lines(file))
        if not 1 <= line <= last:
            return Message("{file}.py has the lines 1 to {last}", file=file, last=last)
        self.guesses += not self.over
        if file != self.fault.file or line not in self.fault.lines():
            return Message("Line {line} of {file}.py is as it should be", line=line, file=file)
        self.found = not self.shown
        template = N_("Yes: line {line} of {file}.py is the faulty one. Guesses: {count}")
        return Message(template, line=line, file=file, count=self.guesses)

    @property
    def hint(self) -> str:
        return _(self.fault.hint)

    def pairs(self) -> list[LinePair]:
        """Return each faulty line with the right one."""
        numbers = self.fault.lines()
        files = source(self.fault.file).splitlines(), self.lines(self.fault.file)
        return [LinePair(number, *(lines[number - 1].strip() for lines in files)) for number in numbers]

    def answer(self, first: FirstNumber | None, config: Config) -> list[str]:
        """Return the answer as paragraphs: the explanation, the first number that differs, and the lines."""
        paragraphs = [_(self.fault.explanation)]
        if first is not None:
            right, faulty = first.texts()
            when = moment_words(first.moment, config.batch_size, config.epochs)
            template = _(
                "The first number that differs is {what} ({when}): the right program has {right}, this one {faulty}."
            )
            paragraphs.append(template.format(what=first.what, when=when, right=right, faulty=faulty))
        for pair in self.pairs():
            place = _("line {number} of {file}.py").format(number=pair.number, file=self.fault.file)
            paragraphs.append("\n".join([place, f"- {pair.faulty}", f"+ {pair.right}"]))
        return paragraphs
