"""The events of the run on screen, branch by branch. Only the worker thread imports this."""

from collections.abc import Callable

from lakeppo.config import Config
from lakeppo.moment import Moment, Phase
from lakeppo.runs.branch import Branch
from lakeppo.runs.events import Event, EventFinder, Kind
from lakeppo.runs.timeline import Timeline
from lakeppo.session.commands import GoToEvent, NextEvent, Unit
from lakeppo.session.navigation import step_ends

PORTION = 1000
"""Rows of a long history that are read before anything else is done; reading them takes about 20 ms."""


class BranchEvents:
    """Finds the events of each branch of a run that is shown, and where an event is exactly."""

    def __init__(self, timeline: Timeline, reachable: Callable[[Config], float | None]) -> None:
        self._timeline, self._reachable = timeline, reachable
        self._finders: list[EventFinder] = []
        self.arrive()

    @property
    def _finder(self) -> EventFinder:
        """The finder of the present branch."""
        branch: Branch = self._timeline.branch
        found = next((finder for finder in self._finders if finder.branch is branch), None)
        if found is None:
            found = EventFinder(self._timeline.run.origin, branch, self._reachable)
            self._finders.append(found)
        return found

    @property
    def behind(self) -> bool:
        """Whether rows of the present branch are still to be read."""
        return self._finder.behind

    def events(self, most: int | None = PORTION) -> tuple[Event, ...]:
        """Return the events of the present branch, after reading at most `most` more of its rows."""
        own = self._timeline.branch
        leaving = (b for b in self._timeline.branches if b is own or b.parent == own.name)
        children = [(b.left_at, b.name) for b in leaving if b.left_at is not None]
        return self._finder.events(children, most)

    def arrive(self) -> None:
        """Note that the run has gone to another moment or branch."""
        self._unseen = self._timeline.run.trainer.first_goal_episode is None

    def follow(self, phase: Phase) -> list[Event]:
        """Follow the run through a unit of `phase`, and return the events that are new; most units take no time."""
        if phase is Phase.COPY:
            if self._timeline.rewound:
                return []
            self._finder.read(PORTION)
            return self._finder.take_news()
        run = self._timeline.run
        if not self._unseen or phase is not Phase.COLLECT or run.trainer.first_goal_episode is None:
            return []
        self._unseen = False
        if self._timeline.rewound:
            return []
        self._finder.reach_goal(run.moment)
        return self._finder.take_news()

    def find(self, command: NextEvent | GoToEvent) -> list[Event]:
        """Return the events at the moment that a command goes to, the first one exactly; none if there is none."""
        events, here = self.events(most=None), self._timeline.run.moment
        if isinstance(command, GoToEvent):
            events = tuple(event for event in events if event.moment == command.event.moment) or (command.event,)
        elif command.by > 0:
            events = tuple(event for event in events if event.moment > here)
        else:
            events = tuple(event for event in reversed(events) if event.moment < here)
        found = [event for event in events if event.moment == events[0].moment]
        if found and found[0].kind is Kind.FIRST_GOAL and found[0].moment.index == 0:
            exact = self._goal_of(found[0].moment)
            self._finder.reach_goal(exact)
            self._finder.take_news()
            return [found[0]._replace(moment=exact)]
        return found

    def _goal_of(self, start: Moment) -> Moment:
        """Return the moment of the first step into the goal in the collection that begins at `start`."""
        again = self._timeline.second(self._timeline.branch)
        again.go_to(start)
        while again.run.moment < Moment(start.update, Phase.JUDGE, 0):
            if step_ends(Unit.GOAL, again, again.unit()):
                return again.run.moment
        return start
