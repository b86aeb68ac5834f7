"""Values that every module shares: a moment of a run and its text, a change, the first difference of two runs."""

from enum import IntEnum
from typing import Literal, NamedTuple

from lakeppo.i18n import N_, _


class Phase(IntEnum):
    """The four phases of a PPO update, in order."""

    COLLECT = 0
    JUDGE = 1
    IMPROVE = 2
    COPY = 3


PHASES = {
    Phase.COLLECT: N_("collect"), Phase.JUDGE: N_("judge"), Phase.IMPROVE: N_("improve"), Phase.COPY: N_("copy"),
}  # fmt: skip


def phase_name(phase: Phase) -> str:
    """Return what a phase is called."""
    return _(PHASES[phase])


class Moment(NamedTuple):
    """A point between two units of a run; moments are ordered as the run passes them.

    `update`: copies so far; `index`: environment steps done in collect, passes done in improve, 0 in the other two.
    """

    update: int
    phase: Phase
    index: int  # type: ignore[assignment]  # hides tuple.index

    def as_json(self) -> dict[str, int | str]:
        return {"update": self.update, "phase": self.phase.name.lower(), "index": self.index}


BEGINNING = Moment(0, Phase.COLLECT, 0)
"""The moment before the first unit."""


class Change(NamedTuple):
    """A new value for a knob, the map (`map_rows`) or the seed (`seed`), in force from `moment` on."""

    moment: Moment
    name: str
    value: float | int | str | bool | tuple[str, ...] | None

    def as_json(self) -> dict[str, object]:
        return {"moment": self.moment.as_json(), "name": self.name, "value": self.value}


class Difference(NamedTuple):
    """The first difference of two runs in lock-step, and the moment of both right after the unit that caused it."""

    moment: Moment
    what: Literal["pace", "step", "advantages", "policy", "values", "lake"]  # pace: of their steps or passes
    tile: int | None = None  # the state where policy or values differ most


def moment_words(moment: Moment, batch_size: int, epochs: int) -> str:
    """Return the moment in full: `update 3 · collect · step 12 of 64`."""
    template, whole = _("update {update} · {phase}"), 0
    if moment.phase is Phase.COLLECT:
        template, whole = _("update {update} · {phase} · step {index} of {whole}"), batch_size
    elif moment.phase is Phase.IMPROVE:
        template, whole = _("update {update} · {phase} · pass {index} of {whole}"), epochs
    return template.format(update=moment.update, phase=phase_name(moment.phase), index=moment.index, whole=whole)


def short_moment(moment: Moment) -> str:
    """Return the moment in short: `#18` where an update begins, else `#18 judge` or `#18 improve 3`."""
    parts = [f"#{moment.update}"]
    if moment.phase is not Phase.COLLECT or moment.index:
        parts.append(phase_name(moment.phase))
    if moment.index:
        parts.append(str(moment.index))
    return " ".join(parts)
