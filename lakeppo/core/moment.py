"""Where a run stands, and what was changed there."""

from dataclasses import dataclass
from enum import IntEnum
from typing import NamedTuple


class Phase(IntEnum):
    """The four phases of one PPO update, in their order."""

    COLLECT = 0
    JUDGE = 1
    IMPROVE = 2
    COPY = 3


@dataclass(frozen=True, order=True, slots=True)
class Moment:
    """A point between two units of a run; moments are ordered as the run passes them.

    `update` counts the copies already made, `index` the units already done in `phase`
    (environment steps in collect, passes in improve).
    """

    update: int
    phase: Phase
    index: int

    def as_json(self) -> dict[str, int | str]:
        return {"update": self.update, "phase": self.phase.name.lower(), "index": self.index}

    def words(self, batch_size: int, epochs: int) -> str:
        """The moment as the state line and error messages print it."""
        where = {
            Phase.COLLECT: f"collect · step {self.index} of {batch_size}",
            Phase.JUDGE: "judge",
            Phase.IMPROVE: f"improve · pass {self.index} of {epochs}",
            Phase.COPY: "copy",
        }[self.phase]
        return f"update {self.update} · {where}"


class Change(NamedTuple):
    """One knob given another value at a moment; in force from the unit that follows."""

    moment: Moment
    name: str
    value: float

    def as_json(self) -> dict[str, object]:
        return {"moment": self.moment.as_json(), "name": self.name, "value": self.value}
