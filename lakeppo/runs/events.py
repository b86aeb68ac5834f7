"""The events of a branch: what a person who looks back at it should see first, found from its history."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import NamedTuple

from lakeppo.config import Config, LakeKey, solved_from
from lakeppo.moment import Change, Moment, Phase
from lakeppo.runs.divergence import diverged_update
from lakeppo.runs.statistics import STATS, Row
from lakeppo.runs.timeline import Branch

SWING = 0.15
"""The least fall or rise of exact success that is an event, as a share of what is reachable."""
MOST = 5
"""The most falls, the most rises and the most excursions of the KL that are events: the largest."""


class Kind(StrEnum):
    """The kinds of events, in their order at one moment."""

    BRANCH = "branch"
    CHANGE = "change"
    FIRST_GOAL = "first goal"
    SOLVED = "solved"
    FALL = "fall"
    RISE = "rise"
    KL = "kl"
    ENTROPY = "entropy"
    DIVERGED = "diverged"
    BOOKMARK = "bookmark"


ORDER = {kind: place for place, kind in enumerate(Kind)}
LOWEST_ENTROPY, HIGHEST_KL = (STATS["entropy"].low or 0.0), (STATS["kl"].high or 0.0)


class Event(NamedTuple):
    """An event; `before` and `after` are the figures it is about, and `subject` the change or the other branch's name.

    A figure of an update is seen before its copy, when all its passes are done. A first goal stands at the beginning
    of the collection in which it was reached.
    """

    moment: Moment
    kind: Kind
    before: float | None = None
    after: float | None = None
    subject: Change | str | None = None


@dataclass
class Swing:
    """A fall (`sign` -1) or a rise (1) of exact success, from `before` to the farthest `after`."""

    sign: int
    before: float
    after: float
    row: int = 0  # of its largest single step
    step: float = 0.0

    @property
    def size(self) -> float:
        return abs(self.after - self.before)

    def restart(self, success: float) -> None:
        self.before = self.after = success
        self.step = 0.0

    def follow(self, row: int, last: float, success: float) -> None:
        """Take the success of one more row, after `last`."""
        if self.sign * (success - last) > self.step:
            self.row, self.step = row, self.sign * (success - last)
        if self.sign * (success - self.after) > 0:
            self.after = success


class Swings:
    """The falls and rises of exact success of at least `least`; each ends where the other direction makes as much."""

    def __init__(self, first: float, least: float) -> None:
        self._least, self._last = least, first
        self._fall, self._rise = Swing(-1, first, first), Swing(1, first, first)
        self._open: Swing | None = None
        self._ended: list[Swing] = []

    def add(self, row: int, success: float) -> None:
        """Take the success of one more row."""
        last, self._last = self._last, success
        for swing, other in ((self._fall, self._rise), (self._rise, self._fall)):
            if swing is not self._open and swing.sign * (success - swing.before) <= 0:
                swing.restart(success)
            swing.follow(row, last, success)
            if swing is not self._open and swing.size >= self._least:
                if self._open is not None:
                    self._ended.append(replace(other))
                self._open = swing
                other.restart(success)

    def found(self) -> list[Swing]:
        """Return the falls and rises so far; the last one may go on."""
        return [*self._ended, *([] if self._open is None else [replace(self._open)])]


class Stretch:
    """The events among the updates from row `start` on one lake, of which `reachable` is the highest success."""

    def __init__(self, start: int, reachable: float) -> None:
        self.start, self._solved = start, solved_from(reachable)
        self.firsts: dict[Kind, Event] = {}
        self.kls: list[Event] = []
        self._least = SWING * reachable
        self._swings: Swings | None = None
        self._high = False

    def add(self, index: int, row: Row) -> None:
        success, here = row.success_probability, after_passes(index)
        if self._swings is None:
            self._swings = Swings(success, self._least)
        self._swings.add(index, success)
        if success >= self._solved:
            self.firsts.setdefault(Kind.SOLVED, Event(here, Kind.SOLVED, after=success))
        elif row.entropy < LOWEST_ENTROPY:
            self.firsts.setdefault(Kind.ENTROPY, Event(here, Kind.ENTROPY, after=row.entropy))
        self._add_kl(Event(here, Kind.KL, after=row.kl))

    def _add_kl(self, event: Event) -> None:
        """Keep the update of the largest KL of every excursion beyond the healthy range."""
        assert event.after is not None
        high = event.after > HIGHEST_KL
        if high and not self._high:
            self.kls.append(event)
        elif high and event.after > (self.kls[-1].after or 0.0):
            self.kls[-1] = event
        self._high = high

    def events(self) -> list[Event]:
        swings = [] if self._swings is None else self._swings.found()
        kinds = {-1: Kind.FALL, 1: Kind.RISE}
        found = [Event(after_passes(s.row), kinds[s.sign], s.before, s.after) for s in swings]
        return [*self.firsts.values(), *self.kls, *found]


class EventFinder:
    """Finds the events of one branch while its history grows: reads each row once.

    `reachable` returns the highest reachable success on a config's lake, None while it is being computed: the rows of
    that lake wait.
    """

    def __init__(self, origin: Config, branch: Branch, reachable: Callable[[Config], float | None]) -> None:
        self.branch = branch
        self._origin, self._reachable = origin, reachable
        self._seen = 0
        self._first_goal: list[Event] = []
        self._stretches: list[Stretch] = []

    def events(self, children: Iterable[tuple[Moment, str]] = ()) -> list[Event]:
        """Return the events in order; `children` are the moments and names of the branches that left this one."""
        self._read()
        found = [event for stretch in self._stretches for event in stretch.events()]
        for kind in (Kind.FALL, Kind.RISE, Kind.KL):
            found = _largest(found, kind)
        diverged = diverged_update(self.branch.history)
        marks = [
            *(Event(change.moment, Kind.CHANGE, subject=change) for change in self.branch.changes),
            *(Event(moment, Kind.BRANCH, subject=name) for moment, name in children),
            *(Event(moment, Kind.BOOKMARK) for moment in self.branch.bookmarks),
            *([] if diverged is None else [Event(after_passes(diverged - 1), Kind.DIVERGED)]),
        ]
        return sorted([*self._first_goal, *found, *marks], key=lambda event: (event.moment, ORDER[event.kind]))

    def _read(self) -> None:
        """Read the rows that are new, as far as the lakes they were measured on are known."""
        history = self.branch.history
        if len(history) < self._seen:  # cut where a unit has failed
            self._seen, self._first_goal, self._stretches = 0, [], []
        while self._seen < len(history):
            index, row = self._seen, history[self._seen]
            stretch = self._stretch(index)
            if stretch is None:
                return
            stretch.add(index, row)
            if row.success_rate and not self._first_goal:
                self._first_goal = [Event(Moment(index, Phase.COLLECT, 0), Kind.FIRST_GOAL)]
            self._seen += 1

    def _stretch(self, index: int) -> Stretch | None:
        """Return the stretch of row `index`, a new one after a change of the lake; None while that is unknown."""
        changed = [
            c.moment.update for c in self.branch.changes if c.name in LakeKey._fields and c.moment.update <= index
        ]
        start = max(changed, default=0)
        if not self._stretches or self._stretches[-1].start < start:
            config = self._origin.changed(c for c in self.branch.changes if c.moment.update <= start)
            reachable = self._reachable(config)
            if reachable is None:
                return None
            self._stretches.append(Stretch(start, reachable))
        return self._stretches[-1]


def after_passes(index: int) -> Moment:
    """Return the moment at which the update of row `index` is seen: after its passes, before its copy."""
    return Moment(index, Phase.COPY, 0)


def _largest(events: list[Event], kind: Kind) -> list[Event]:
    """Return the events with only the `MOST` largest of one kind."""
    own = sorted((event for event in events if event.kind is kind), key=_size, reverse=True)
    return [*(event for event in events if event.kind is not kind), *own[:MOST]]


def _size(event: Event) -> float:
    return abs((event.after or 0.0) - (event.before or 0.0))
