"""A guide goes through pages: first a text, then at a key the motion that it announces, then the next text."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import count
from typing import NamedTuple

from lakeppo.i18n import N_, _
from lakeppo.moment import Phase
from lakeppo.session.commands import Command, PlayTo, Unit
from lakeppo.session.snapshot import PACES
from lakeppo.tui.state import AppState, GuideView

FULL = len(PACES) - 1
MOVING = N_("at once")
"""What the key for going on does while the run moves: the rest of the way at full speed."""
_numbers = count(1)


class Way(NamedTuple):
    """Where a motion ends, as in `PlayTo`."""

    end: Unit | Phase | str
    pace: int
    updates: int = 1_000_000


class Choice(NamedTuple):
    """An answer that a page offers, and the commands that follow it."""

    words: str
    commands: tuple[Command, ...] = ()


@dataclass(frozen=True)
class Page:
    """One text of a guide, as far as the state at which it is reached tells.

    `go`: what the key for going on does. `motion`: the way of the motion; None: the next page comes at once. `enough`:
    whether a motion that has arrived is the last one; another one follows otherwise, at most `tries` of them. `about`:
    the names of the panels that the text is about.
    """

    name: str
    text: Callable[[AppState], str]
    go: Callable[[AppState], str]
    motion: Callable[[AppState], Way | None] = lambda state: None
    enough: Callable[[AppState], bool] = lambda state: True
    tries: int = 1
    choices: Callable[[AppState], tuple[Choice, ...]] = lambda state: ()
    about: tuple[str, ...] = ()


class Guide:
    """Where a person is among the pages; every method that moves the run returns the commands that do."""

    def __init__(self, name: str, pages: Sequence[Page], state: AppState) -> None:
        """`name`: what it is called where it is left."""
        self.name, self.pages = name, pages
        self.at = 0
        self._reached = state
        self._awaited = 0  # the number of the motion on its way
        self._tries = 0
        self._hurried = False

    @property
    def over(self) -> bool:
        return self.at >= len(self.pages)

    @property
    def moving(self) -> bool:
        return bool(self._awaited)

    def view(self, state: AppState) -> GuideView:
        """Return what the strip shows."""
        page = self.pages[self.at]
        choices = () if self.moving else tuple(choice.words for choice in page.choices(state))
        go = _(MOVING) if self.moving else page.go(state)
        place = f"{self.at + 1}/{len(self.pages)}"
        return GuideView(_(page.name), place, page.text(self._reached), go, choices, page.about, _(self.name))

    def go_on(self, state: AppState) -> tuple[Command, ...]:
        """Begin the motion of this page; if it is on its way, do the rest at full speed."""
        page = self.pages[self.at]
        self._hurried = self.moving
        self._tries = self._tries if self.moving else page.tries
        return self._play(state)

    def follow(self, state: AppState) -> tuple[Command, ...]:
        """Turn to the next page once the motion of this one has ended there, or cannot arrive."""
        motion = state.snapshot.motion
        if not self.moving or motion.number != self._awaited or motion.state == "going":
            return ()
        self._awaited = 0
        if motion.state == "stopped":  # by a command: the text stays until the person goes on
            return ()
        page = self.pages[self.at]
        if motion.state == "arrived" and not page.enough(state) and self._tries > 1:
            self._tries -= 1
            return self._play(state)
        self._turn(state)
        return ()

    def choose(self, index: int, state: AppState) -> tuple[Command, ...] | None:
        """Return what follows an answer; None if the page has no such one."""
        choices = () if self.moving else self.pages[self.at].choices(state)
        return choices[index].commands if index < len(choices) else None

    def _play(self, state: AppState) -> tuple[Command, ...]:
        way = self.pages[self.at].motion(state)
        if way is None:
            self._turn(state)
            return ()
        self._awaited = next(_numbers)
        return (PlayTo(way.end, FULL if self._hurried else way.pace, self._awaited, way.updates),)

    def _turn(self, state: AppState) -> None:
        self.at += 1
        self._reached, self._awaited = state, 0


def pace_for(steps: float, seconds: float) -> int:
    """Return the slowest pace at which so many environment steps take at most so long."""
    return next(index for index, pace in enumerate(PACES) if pace * seconds >= steps)
