"""The events of a branch: what a person who looks back at it should see first, found from its history.

Importing this needs no torch.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import NamedTuple

from lakeppo.config import Config, LakeKey, solved_from
from lakeppo.moment import Change, Moment, Phase
from lakeppo.runs.branch import Branch
from lakeppo.runs.divergence import diverged_update
from lakeppo.runs.statistics import STATS, Row

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
    """An event; `before` and `after` are the figures it is about.

    `subject` is the change, the name of the branch that leaves here, or a bookmark's caption. A figure of an update is
    seen before its copy, when all its passes are done. A first goal from before the events were followed stands at the
    beginning of the collection in which it was reached.
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
        self.open: Swing | None = None
        """The newest fall or rise, which may go on."""

    def add(self, row: int, success: float) -> Swing | None:
        """Take the success of one more row, and return the fall or rise that has ended."""
        last, self._last = self._last, success
        ended = None
        for swing, other in ((self._fall, self._rise), (self._rise, self._fall)):
            if swing is not self.open and swing.sign * (success - swing.before) <= 0:
                swing.restart(success)
            swing.follow(row, last, success)
            if swing is not self.open and swing.size >= self._least:
                if self.open is not None:
                    ended = replace(other)
                self.open = swing
                other.restart(success)
        return ended


class Stretch:
    """The events among the updates from row `start` on one lake, of which `reachable` is the highest success."""

    def __init__(self, start: int, reachable: float) -> None:
        self.start, self._solved = start, solved_from(reachable)
        self._firsts: dict[Kind, Event] = {}
        self._ended: list[Event] = []  # the largest of each kind
        self._least = SWING * reachable
        self._swings: Swings | None = None
        self._kl: Event | None = None  # the largest of the present excursion

    def add(self, index: int, row: Row) -> list[Event]:
        """Take one more row, and return the events that begin with it, but for those of the KL."""
        self._add_kl(Event(after_passes(index), Kind.KL, after=row.kl))
        return [*self._add_first(index, row), *self._add_swing(index, row.success_probability)]

    def _add_first(self, index: int, row: Row) -> list[Event]:
        event = None
        if row.success_probability >= self._solved:
            event = Event(after_passes(index), Kind.SOLVED, after=row.success_probability)
        elif row.entropy < LOWEST_ENTROPY:
            event = Event(after_passes(index), Kind.ENTROPY, after=row.entropy)
        if event is None or event.kind in self._firsts:
            return []
        self._firsts[event.kind] = event
        return [event]

    def _add_swing(self, index: int, success: float) -> list[Event]:
        if self._swings is None:
            self._swings = Swings(success, self._least)
        before = self._swings.open
        ended = self._swings.add(index, success)
        if ended is not None:
            self._end(_swing_event(ended))
        opened = self._swings.open
        return [] if opened is before or opened is None else [_swing_event(opened)]

    def _add_kl(self, event: Event) -> None:
        """Keep the update of the largest KL of every excursion beyond the healthy range."""
        assert event.after is not None
        if event.after > HIGHEST_KL:
            self._kl = event if self._kl is None else max(self._kl, event, key=_size)
        elif self._kl is not None:
            self._end(self._kl)
            self._kl = None

    def _end(self, event: Event) -> None:
        """Keep an event that has ended, while it is among the largest of its kind."""
        self._ended = largest([*self._ended, event], event.kind)

    def events(self) -> list[Event]:
        opened = None if self._swings is None else self._swings.open
        swings = [] if opened is None else [_swing_event(opened)]
        return [*self._firsts.values(), *self._ended, *([] if self._kl is None else [self._kl]), *swings]


class EventFinder:
    """Finds the events of one branch while its history grows: reads each row once.

    `reachable` returns the highest reachable success on a config's lake, None while it is being computed: the rows of
    that lake wait.
    """

    def __init__(self, origin: Config, branch: Branch, reachable: Callable[[Config], float | None]) -> None:
        self.branch = branch
        self._origin, self._reachable = origin, reachable
        self._old = len(branch.history)  # rows whose events are no news
        self._news: list[Event] = []
        self._sorted: tuple[object, tuple[Event, ...]] = (None, ())
        self._restart()

    def _restart(self) -> None:
        self._seen, self._changes, self._start = 0, 0, 0
        self._first_goal: Event | None = None
        self._diverged: Moment | None = None
        self._stretches: list[Stretch] = []

    @property
    def behind(self) -> bool:
        """Whether there are rows that have not been read."""
        return self._seen < len(self.branch.history)

    def take_news(self) -> list[Event]:
        """Return the events that are new since the last call, but for marks, a divergence and those of the KL."""
        news, self._news = self._news, []
        return news

    def reach_goal(self, moment: Moment) -> None:
        """Note the exact moment of the first goal; it is news if no row has shown it."""
        if self._first_goal is None:
            self._news.append(Event(moment, Kind.FIRST_GOAL))
        self._first_goal = Event(moment, Kind.FIRST_GOAL)

    def events(self, children: Iterable[tuple[Moment, str]] = (), most: int | None = None) -> tuple[Event, ...]:
        """Return the events in order, after reading at most `most` new rows.

        `children` are the moments and names of the branches that left this one. The same events are the same tuple.
        """
        self.read(most)
        branch, children = self.branch, tuple(children)
        marks = tuple(branch.bookmarks), tuple(branch.captions.items())
        key = self._seen, len(branch.changes), self._first_goal, self._diverged, marks, children
        if key != self._sorted[0]:
            self._sorted = key, self._sort(children)
        return self._sorted[1]

    def _sort(self, children: Iterable[tuple[Moment, str]]) -> tuple[Event, ...]:
        branch = self.branch
        found = [event for stretch in self._stretches for event in stretch.events()]
        for kind in (Kind.FALL, Kind.RISE, Kind.KL):
            found = largest(found, kind)
        marks = [
            *(Event(change.moment, Kind.CHANGE, subject=change) for change in branch.changes),
            *(Event(moment, Kind.BRANCH, subject=name) for moment, name in children),
            *(Event(moment, Kind.BOOKMARK, subject=branch.captions.get(moment)) for moment in branch.bookmarks),
            *([] if self._first_goal is None else [self._first_goal]),
            *([] if self._diverged is None else [Event(self._diverged, Kind.DIVERGED)]),
        ]
        return tuple(sorted([*found, *marks], key=lambda event: (event.moment, ORDER[event.kind])))

    def read(self, most: int | None = None) -> None:
        """Read the rows that are new, at most `most`, as far as the lakes they were measured on are known."""
        history = self.branch.history
        if len(history) < self._seen:  # cut where a unit has failed
            self._restart()
        end = len(history) if most is None else min(len(history), self._seen + most)
        if self._seen == end:
            return
        while self._seen < end and (stretch := self._stretch(self._seen)) is not None:
            row = history[self._seen]
            self._announce(self._seen, stretch.add(self._seen, row))
            if row.success_rate and self._first_goal is None:
                self._first_goal = Event(Moment(self._seen, Phase.COLLECT, 0), Kind.FIRST_GOAL)
                self._announce(self._seen, [self._first_goal])
            self._seen += 1
        update = diverged_update(history)
        self._diverged = None if update is None else self.branch.diverged or after_passes(update - 1)

    def _announce(self, index: int, events: list[Event]) -> None:
        if index >= self._old:
            self._news += events

    def _stretch(self, index: int) -> Stretch | None:
        """Return the stretch of row `index`, a new one after a change of the lake; None while that is unknown."""
        changes = self.branch.changes
        while self._changes < len(changes) and changes[self._changes].moment.update <= index:
            if changes[self._changes].name in LakeKey._fields:
                self._start = changes[self._changes].moment.update
            self._changes += 1
        if not self._stretches or self._stretches[-1].start < self._start:
            config = self._origin.changed(change for change in changes if change.moment.update <= self._start)
            reachable = self._reachable(config)
            if reachable is None:
                return None
            self._stretches.append(Stretch(self._start, reachable))
        return self._stretches[-1]


def after_passes(index: int) -> Moment:
    """Return the moment at which the update of row `index` is seen: after its passes, before its copy."""
    return Moment(index, Phase.COPY, 0)


def largest(events: list[Event], kind: Kind) -> list[Event]:
    """Return the events with only the `MOST` largest of one kind."""
    own = sorted((event for event in events if event.kind is kind), key=_size, reverse=True)
    return [*(event for event in events if event.kind is not kind), *own[:MOST]]


def _swing_event(swing: Swing) -> Event:
    return Event(after_passes(swing.row), Kind.FALL if swing.sign < 0 else Kind.RISE, swing.before, swing.after)


def _size(event: Event) -> float:
    return abs((event.after or 0.0) - (event.before or 0.0))
