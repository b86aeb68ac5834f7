"""A fault: lines of one of the engine's files, and what a wrong program has in their place. No torch."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Literal, NamedTuple

import lakeppo
from lakeppo.config import Config, make_config
from lakeppo.errors import LakeppoError
from lakeppo.knob import Value

FILES = ("gae", "objective", "networks", "trainer")
"""The engine's files, as modules of `lakeppo.ppo`; each imports earlier ones only."""


class FaultError(LakeppoError):
    """A fault does not fit the engine's files."""


class Edit(NamedTuple):
    """A line without its indentation, and the faulty one in its place."""

    right: str
    faulty: str


Figure = Literal["success", "success_in_100", "explained_variance", "largest_value"]


@dataclass(frozen=True)
class Symptom:
    """What shows that a program has a fault: a figure of many seeds, without the fault and with it.

    The number that is compared is the median of `figure`, or with `below` the share of the runs in which it is lower.
    """

    figure: Figure
    updates: int
    seeds: int
    right: tuple[float, float]  # bounds of the number without the fault
    faulty: tuple[float, float]
    below: float | None = None
    preset: str = "classic"
    knobs: Mapping[str, Value] = field(default_factory=lambda: MappingProxyType({}))
    fleet: bool = False  # measured with fleets, which use the functions of `gae` and `objective` too

    def config(self) -> Config:
        return make_config(self.preset, None, **self.knobs)


@dataclass(frozen=True, eq=False)
class Fault:
    """One fault, in one of `FILES`. The texts are English; they are translated where they are shown.

    `report` is what a user of the faulty program sees; neither it nor the title names the cause, as `name` may.
    """

    name: str
    file: str
    edits: tuple[Edit, ...]
    title: str
    report: str
    hint: str
    explanation: str
    symptom: Symptom

    def places(self) -> list[int]:
        """Return the index of each edit's line. Raise `FaultError` unless each right line occurs exactly once."""
        lines = [line.strip() for line in source(self.file).splitlines()]
        for edit in self.edits:
            if lines.count(edit.right) != 1:
                raise FaultError(
                    "the fault {name} does not fit: {file}.py has its line {count} times, not once",
                    name=self.name, file=self.file, count=lines.count(edit.right),
                )  # fmt: skip
        return [lines.index(edit.right) for edit in self.edits]

    def lines(self) -> tuple[int, ...]:
        """Return the numbers of the faulty lines, from 1. Raises `FaultError`."""
        return tuple(sorted(place + 1 for place in self.places()))


@cache
def source(module: str) -> str:
    """Return the text of one of `FILES`, or of another module of the package by its name after `lakeppo.`."""
    path = module if "." in module else f"ppo.{module}"
    return Path(lakeppo.__file__).parent.joinpath(*path.split(".")).with_suffix(".py").read_text(encoding="utf-8")


def faulty_source(fault: Fault, file: str) -> str:
    """Return the text of one of `FILES` with the fault, which changes no line's number. Raises `FaultError`."""
    lines = source(file).splitlines(keepends=True)
    if file == fault.file:
        for place, edit in zip(fault.places(), fault.edits, strict=True):
            lines[place] = lines[place].replace(edit.right, edit.faulty)
    return "".join(lines)
