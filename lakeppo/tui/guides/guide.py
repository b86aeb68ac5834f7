"""A guide goes through pages: first a text, then at a key the motion that it announces, then the next text."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from typing import NamedTuple

from lakeppo.i18n import N_, _
from lakeppo.lessons.model import Text
from lakeppo.lessons.progress import Progress
from lakeppo.moment import Moment, Phase
from lakeppo.session.commands import Command, PlayTo, Unit
from lakeppo.session.snapshot import PACES
from lakeppo.settings import Value
from lakeppo.tui.state import AppState, GuideView, LakeView

FULL = len(PACES) - 1
MOVING = N_("at once")
"""What the key for going on does while the run moves: the rest of the way at full speed."""
_numbers = count(1)
Commands = tuple[Command, ...]


class Way(NamedTuple):
    """Where a motion ends, as in `PlayTo`."""

    end: Unit | Phase | Moment | str
    pace: int
    updates: int = 1_000_000


class Choice(NamedTuple):
    """An answer that a page offers by a letter, and the commands that follow it."""

    letter: str
    words: str
    commands: Commands = ()


class Figures(NamedTuple):
    """A table whose first row is its heading, and the success of many seeds, by their labels."""

    rows: tuple[tuple[str, ...], ...] = ()
    dots: tuple[tuple[str, tuple[float, ...]], ...] = ()


@dataclass(frozen=True)
class Page:
    """One text of a guide, as far as the state at which it is reached tells, or the present one if it is `live`.

    `go`: what the key for going on does; empty: nothing. `enter`: what is sent when the page is reached. `motion`: the
    way of the motion; None: the next page comes at once. `enough`: whether a motion that has arrived is the last one;
    another one follows otherwise, at most `tries` of them. `asks`: whether an answer leads to the next page. `stays`:
    whether the page stays after its motion; `action`: the action of the screen in place of a motion. `about`: the names
    of the panels that the text is about; the first is shown `alone` where the figures would cover it. `view`: what the
    lake shows.
    """

    name: str | Text
    text: Callable[[AppState], str]
    go: Callable[[AppState], str] = lambda state: ""
    motion: Callable[[AppState], Way | None] = lambda state: None
    enough: Callable[[AppState], bool] = lambda state: True
    tries: int = 1
    choices: Callable[[AppState], tuple[Choice, ...]] = lambda state: ()
    figures: Callable[[AppState], Figures] = lambda state: Figures()
    enter: Commands = ()
    about: tuple[str, ...] = ()
    view: LakeView | None = None
    action: str = ""
    alone: bool = False
    asks: bool = False
    live: bool = False
    stays: bool = False


class Guide:
    """Where a person is among the pages; methods that move the run return the commands that do."""

    def __init__(self, name: str, pages: Sequence[Page], state: AppState) -> None:
        """`name`: what it is called where it is left."""
        self.name, self.pages = name, pages
        self.at = 0
        self.reached = state
        self._awaited = 0  # the number of the motion on its way
        self._tries = 0
        self._hurried = False

    @property
    def over(self) -> bool:
        return self.at >= len(self.pages)

    @property
    def page(self) -> Page:
        return self.pages[self.at]

    @property
    def moving(self) -> bool:
        return bool(self._awaited)

    def idle(self, state: AppState) -> bool:
        """Return whether there is nothing to go on with: the page neither waits for an answer nor moves the run."""
        return not (self.moving or self.page.asks or self.page.go(state))

    def to_remember(self, progress: Progress) -> Mapping[str, Value]:
        """Return the settings that keep how far a person has come, after the `progress` in lessons before."""
        return {}

    def leave(self) -> Commands:
        """Return what is sent when the guide closes."""
        return ()

    @property
    def tried(self) -> str:
        """The knob whose values are tried in runs from the beginning, whatever the dock is told to do; empty: none."""
        return ""

    def trial(self, result: object) -> Commands | None:
        """Return what is sent in place of what the knob dock has closed with; None: that is to be done."""
        return None

    def view(self, state: AppState) -> GuideView:
        """Return what the strip shows."""
        page, shown = self.page, state if self.page.live else self.reached
        choices = () if self.moving else tuple(choice[:2] for choice in page.choices(state))
        head = _(page.name) if isinstance(page.name, str) else str(page.name)
        go = _(MOVING) if self.moving else page.go(state)
        place = f"{self.at + 1}/{len(self.pages)}"
        rows, dots = page.figures(state)
        alone = page.about[0] if page.alone and page.about else ""
        text, name = page.text(shown), _(self.name)
        return GuideView(head, place, text, go, choices, page.about, name, rows, dots, alone, page.asks)

    def begin(self) -> Commands:
        """Return what is sent for the first page."""
        return self.page.enter

    def go_on(self, state: AppState) -> Commands:
        """Begin the motion of this page; if it is on its way, do the rest at full speed."""
        page = self.page
        if page.asks or (page.action and not self.moving):
            return ()
        if self.moving:
            self._hurried = True
            return (PlayTo(self._way.end, FULL, self._awaited, self._way.updates),)
        self._hurried, self._tries = False, page.tries
        return self._play(state)

    def follow(self, state: AppState) -> Commands:
        """Turn to the next page once the motion of this one has ended there, or cannot arrive."""
        motion = state.snapshot.motion
        if not self.moving or motion.number != self._awaited or motion.state == "going":
            return ()
        self._awaited = 0
        if motion.state == "stopped":  # by a command: the text stays until the person goes on
            return ()
        page = self.page
        if motion.state == "arrived" and not page.enough(state) and self._tries > 1:
            self._tries -= 1
            return self._play(state)
        if page.stays:
            self.reached = state
            return ()
        return self._turn(state)

    def choose(self, letter: str, state: AppState) -> Commands | None:
        """Return what follows an answer; None if the page has no such one."""
        page = self.page
        choices = {} if self.moving else {choice.letter: choice for choice in page.choices(state)}
        if letter not in choices:
            return None
        return (*choices[letter].commands, *(self._turn(state) if page.asks else ()))

    def play_to(self, way: Way) -> Commands:
        """Return the command of a motion that is then awaited."""
        self._awaited, self._way = next(_numbers), way
        return (PlayTo(way.end, FULL if self._hurried else way.pace, self._awaited, way.updates),)

    def _play(self, state: AppState) -> Commands:
        way = self.page.motion(state)
        return self._turn(state) if way is None else self.play_to(way)

    def _turn(self, state: AppState) -> Commands:
        self.at += 1
        self.reached, self._awaited, self._hurried = state, 0, False
        return () if self.over else self.page.enter


def pace_for(steps: float, seconds: float) -> int:
    """Return the slowest pace at which so many environment steps take at most so long."""
    return next(index for index, pace in enumerate(PACES) if pace * seconds >= steps)
