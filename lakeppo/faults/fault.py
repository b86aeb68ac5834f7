"""A fault: lines of one of the engine's files, and what a wrong program has in their place. No torch."""

from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import lakeppo
from lakeppo.errors import LakeppoError

FILES = ("gae", "objective", "networks", "trainer")
"""The engine's files, as modules of `lakeppo.ppo`; each imports earlier ones only."""


class FaultError(LakeppoError):
    """A fault does not fit the engine's files."""


class Edit(NamedTuple):
    """A line without its indentation, and the faulty one in its place."""

    right: str
    faulty: str


@dataclass(frozen=True)
class Fault:
    """One fault, in one of `FILES`. The texts are English; they are translated where they are shown."""

    name: str
    file: str
    edits: tuple[Edit, ...]
    title: str
    hint: str
    explanation: str

    def lines(self) -> tuple[int, ...]:
        """Return the numbers of the faulty lines, from 1. Raise `FaultError` unless each right line occurs once."""
        lines = [line.strip() for line in source(self.file).splitlines()]
        for edit in self.edits:
            if lines.count(edit.right) != 1:
                raise FaultError(
                    "the fault {name} does not fit: {file}.py has its line {count} times, not once",
                    name=self.name, file=self.file, count=lines.count(edit.right),
                )  # fmt: skip
        return tuple(sorted(lines.index(edit.right) + 1 for edit in self.edits))


def source(module: str) -> str:
    """Return the text of one of `FILES`, or of another module of the package by its name after `lakeppo.`."""
    path = module if "." in module else f"ppo.{module}"
    return Path(lakeppo.__file__).parent.joinpath(*path.split(".")).with_suffix(".py").read_text(encoding="utf-8")


def faulty_source(fault: Fault, file: str) -> str:
    """Return the text of one of `FILES` with the fault, which changes no line's number. Raises `FaultError`."""
    lines = source(file).splitlines(keepends=True)
    if file == fault.file:
        fault.lines()
        for edit in fault.edits:
            place = next(number for number, line in enumerate(lines) if line.strip() == edit.right)
            lines[place] = lines[place].replace(edit.right, edit.faulty)
    return "".join(lines)
