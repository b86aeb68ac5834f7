"""The small values everybody passes around: where a run stands, what was changed there, and one step on the ice."""

from enum import IntEnum
from typing import Literal, NamedTuple

LONGEST_NAME = 12
"""Characters of the name of one of a run's lines, at most."""


class Phase(IntEnum):
    """The four phases of one PPO update, in their order."""

    COLLECT = 0
    JUDGE = 1
    IMPROVE = 2
    COPY = 3


class Moment(NamedTuple):
    """A point between two units of a run; moments are ordered as the run passes them.

    `update` counts the copies already made, `index` the units already done in `phase`
    (environment steps in collect, passes in improve).
    """

    update: int
    phase: Phase
    index: int  # type: ignore[assignment]  # a tuple's own `index` is not missed

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

    def short_words(self) -> str:
        """The moment where there is little room: `#18`, `#18 improve 3`."""
        place = f"#{self.update}"
        if self.phase is Phase.COLLECT and not self.index:
            return place
        return f"{place} {self.phase.name.lower()}" + (f" {self.index}" if self.index else "")


class Change(NamedTuple):
    """One knob given another value at a moment; in force from the unit that follows."""

    moment: Moment
    name: str
    value: float | int | str | bool | tuple[str, ...] | None

    def as_json(self) -> dict[str, object]:
        return {"moment": self.moment.as_json(), "name": self.name, "value": self.value}


class Transition(NamedTuple):
    """One environment step: what was meant and what the ice made of it (0 left, 1 down, 2 right, 3 up).

    A step is never both terminated and truncated.
    """

    state: int
    action: int
    went: int
    reward: float
    next_state: int
    terminated: bool
    truncated: bool


class Difference(NamedTuple):
    """The first difference of two runs in lock-step: `moment` is where both stand right after the unit that made it.

    `pace` is where their batches or their passes are not as many; `tile` is where the policy or the value differs most.
    """

    moment: Moment
    what: Literal["pace", "step", "advantages", "policy", "values", "lake"]
    tile: int | None = None
