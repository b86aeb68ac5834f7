"""Goes on with a run in parts small enough to be told, and tells them."""

import math
from collections.abc import Callable
from enum import Enum

from lakeppo.moment import Moment, Phase
from lakeppo.plain.conductor import Conductor
from lakeppo.plain.narration import compared_words, reached_words, told, update_words
from lakeppo.session.commands import Step, Unit
from lakeppo.session.snapshot import PACES
from lakeppo.tui.state import AppState

PASSES = 4
"""How long a part that takes no environment step lasts, in environment steps."""


class Level(Enum):
    """What gets a line of its own."""

    UNIT = "unit"
    PASS = "pass"
    PHASE = "phase"
    UPDATE = "update"


class Player:
    """Goes on by units, and tells what they have done. `tell` takes the lines, `rest` waits for so many seconds."""

    def __init__(
        self, conductor: Conductor, tell: Callable[[list[str], AppState], None], rest: Callable[[float], bool]
    ) -> None:
        """`rest` returns whether a person has asked to pause."""
        self._conductor, self._tell, self._rest = conductor, tell, rest
        self.pace = len(PACES) - 1
        self._compared = list[str]()  # what was said last of two compared runs

    def step(self, goal: Unit, level: Level) -> bool:
        """Go on through the next `goal`; return False if something has stopped it before."""
        if goal is Unit.GOAL:
            after = self._conductor.carry_out(Step(goal))
            self._say([reached_words(after)], after)
            return True
        reached = _reach(goal, self._conductor.state.moment)
        return self.go(reached, _finer(level, goal), explained=True)

    def go(
        self, reached: Callable[[AppState, AppState], bool], level: Level, *, explained: bool = False,
        paced: bool = False,
    ) -> bool:  # fmt: skip
        """Go on until `reached` is true of the states before and after a part; return False if stopped before.

        `explained`: wait for the explanation of each update. `paced`: keep the pace.
        """
        while True:
            before = self._conductor.state
            if level is Level.UPDATE and before.moment == (before.moment.update, Phase.COLLECT, 0):
                after = self._update(before, explained)
            else:
                after = self._part(_part(before.moment, level), explained)
                self._say(told(before, after), after)
            if after.snapshot.met:
                return False
            if reached(before, after):
                return True
            if self._conductor.interrupted() or (paced and self._rest(self._seconds(before, after))):
                return False

    def _update(self, before: AppState, explained: bool) -> AppState:
        """Go on through an update, told in one line, unless a condition stops it."""
        after = before
        while after.moment.phase is not Phase.COPY:
            after = self._part(Unit.PHASE, explained)
            if after.snapshot.met and after.moment.phase is not Phase.COPY:
                self._say(told(before, after), after)
                return after
        self._say([update_words(before, after)], after)
        if not after.snapshot.met:
            after = self._part(Unit.PHASE, explained)
            self._say([], after)
        return after

    def _part(self, unit: Unit, explained: bool) -> AppState:
        after = self._conductor.carry_out(Step(unit))
        if explained and after.moment.phase is Phase.COPY and after.snapshot.comparison is None:
            after = self._conductor.explained()
        return after

    def _say(self, lines: list[str], after: AppState) -> None:
        compared = compared_words(after)
        if lines:
            lines = [*lines, *(line for line in compared if line not in self._compared)]
            self._compared = compared
        self._tell(lines, after)

    def _seconds(self, before: AppState, after: AppState) -> float:
        """Return how long a part lasts at the present pace."""
        steps = after.snapshot.run.env_steps - before.snapshot.run.env_steps
        return 0.0 if math.isinf(rate := PACES[self.pace]) else max(steps, PASSES) / rate


def _finer(level: Level, goal: Unit) -> Level:
    """Return the level at which a step to `goal` is told: never coarser than the step itself."""
    order = list(Level)
    own = {Unit.NEXT: Level.UNIT, Unit.PASS: Level.PASS, Unit.PHASE: Level.PHASE}.get(goal, Level.UPDATE)
    return min(level, own, key=order.index)


def _part(moment: Moment, level: Level) -> Unit:
    """Return the next part of a run of which something is told."""
    if level is Level.UNIT:
        return Unit.NEXT
    return Unit.PASS if level is Level.PASS and moment.phase is Phase.IMPROVE else Unit.PHASE


def _reach(goal: Unit, start: Moment) -> Callable[[AppState, AppState], bool]:
    """Return what is true of the states before and after the part with which a step to `goal` ends."""
    ends: dict[Unit, Callable[[AppState, AppState], bool]] = {
        Unit.NEXT: lambda before, after: True,
        Unit.PASS: lambda before, after: before.moment.phase is Phase.IMPROVE,
        Unit.PHASE: lambda before, after: after.moment.index == 0,
        Unit.COPY: lambda before, after: after.moment.update > start.update,
    }
    return ends[goal]
