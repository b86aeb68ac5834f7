"""Another branch, or an earlier run, in lock-step beside the run on screen. Only the worker thread imports this."""

from itertools import count
from typing import NamedTuple

from lakeppo.errors import Message
from lakeppo.faults.first_number import UPDATES
from lakeppo.i18n import _, pgettext
from lakeppo.moment import BEGINNING, Moment, Phase
from lakeppo.runs.branch import Branch
from lakeppo.runs.compare import LockStep, shared_changes
from lakeppo.runs.run import Run
from lakeppo.runs.timeline import Timeline
from lakeppo.session import notices
from lakeppo.session.commands import AddBranch, ChangeRun, Command, CycleDemo, GoToBranch, NextBranch, Start
from lakeppo.session.navigation import FAR, Arrival
from lakeppo.session.snapshot import ComparisonView
from lakeppo.session.spots import SpotTimeline
from lakeppo.session.views import Ceilings, RunViewer, position_view

EARLIER_RUNS = 8
"""Earlier runs that are kept, and keyframes of each."""
_generations = count(-2, -1)


class Choice(NamedTuple):
    """A branch of a timeline that the run on screen can be compared with."""

    name: str
    timeline: Timeline
    branch: Branch
    right: bool = False  # the right program beside one whose fault is to be spotted


class SessionRuns:
    """The runs of a session, numbered from 1: the earlier ones are kept, to compare with."""

    def __init__(self) -> None:
        self.number = 1
        self.earlier: list[tuple[int, Timeline]] = []
        self._right: tuple[Run, Timeline] | None = None  # a run with a fault, and the right one

    def leave(self, timeline: Timeline) -> None:
        """Keep a run that makes way for the next."""
        if any(branch.end > BEGINNING for branch in timeline.branches):
            again = timeline.run.again()
            current = timeline.branches.index(timeline.branch)
            kept = Timeline(again, timeline.branches, current, timeline.keyframes(EARLIER_RUNS))
            self.earlier = [*self.earlier, (self.number, kept)][-EARLIER_RUNS:]
        self.number += 1

    def choices(self, timeline: Timeline) -> list[Choice]:
        """Return all that a run can be compared with.

        These are the right program of a run with a fault, the parent of the present branch, the run's other branches,
        the newest first, and the earlier runs.
        """
        others = [branch for branch in reversed(timeline.branches) if branch is not timeline.branch]
        others.sort(key=lambda branch: branch.name != timeline.branch.parent)
        return [
            *self._right_choice(timeline),
            *(Choice(branch.name, timeline, branch) for branch in others),
            *(
                Choice(_("run {number}").format(number=number) + _suffix(branch), kept, branch)
                for number, kept in reversed(self.earlier)
                for branch in kept.branches
            ),
        ]

    def _right_choice(self, timeline: Timeline) -> list[Choice]:
        """Return the run of the same seed and the same changes without the fault, if there is one."""
        run, branch = timeline.run, timeline.branch
        if not isinstance(timeline, SpotTimeline):
            return []
        if self._right is None or self._right[0] is not run or self._right[1].branch.changes != branch.changes:
            end = branch.changes[-1].moment if branch.changes else BEGINNING
            self._right = run, Timeline(Run(run.origin, run.seed), [Branch("main", list(branch.changes), end)])
        return [Choice(pgettext("program", "right"), self._right[1], self._right[1].branch, right=True)]


def _suffix(branch: Branch) -> str:
    return "" if branch.parent is None else f" {branch.name}"


def waits_for_comparison(command: Command) -> bool:
    """Return whether a command must wait until the comparison is closed."""
    return isinstance(command, ChangeRun | Start | AddBranch | NextBranch | GoToBranch | CycleDemo)


class Comparison:
    """Two runs in lock-step, and the views of the second, the baseline."""

    def __init__(self, timeline: Timeline, runs: SessionRuns, ceilings: Ceilings, name: str | None = None) -> None:
        self.timeline, self.runs, self._ceilings = timeline, runs, ceilings
        self.choices = runs.choices(timeline)
        names = [choice.name for choice in self.choices]
        self._take(names.index(name) if name in names else 0)

    def _take(self, index: int) -> None:
        """Compare with another choice, both at the beginning of what may differ."""
        self.index, self.choice = index, self.choices[index]
        self.pair = LockStep(self.timeline, self.choice.timeline.second(self.choice.branch), self._note)
        self._generation = next(_generations)
        self._viewer = self._new_viewer()
        self._catch_up()
        self.pair.search()
        far = self.arrive(self.pair.common)
        self.far = far if isinstance(far, Moment) else None  # the rest of the way there, to be computed in sight

    def _catch_up(self) -> None:
        """Compute of a right program what has been computed of the faulty one, as far as that is at once."""
        a, b = self.pair.a, self.pair.b
        end = min(a.branch.computed_end, Moment(FAR, Phase.COLLECT, 0))
        if self.choice.right and b.branch.end < end:
            b.go_to(b.branch.end)
            while b.run.moment < end:
                b.unit()

    def _new_viewer(self) -> RunViewer:
        return RunViewer(self.pair.b.run, self._ceilings, self._generation)

    def next(self) -> None:
        """Compare with the next choice."""
        self._take((self.index + 1) % len(self.choices))

    def _note(self, phase: Phase) -> None:
        self._viewer.note(phase)

    def follow(self, phase: Phase) -> None:
        """Let the baseline follow a unit of the run on screen."""
        self.pair.follow(phase)

    def arrive(self, arrival: Arrival) -> Arrival:
        """Follow the run on screen to another moment, or to the last one that both have reached."""
        there = arrival if isinstance(arrival, Moment) else self.timeline.run.moment
        far = self.pair.go_to(there, FAR)
        self._viewer = self._new_viewer()
        if far is None and there > self.pair.end:
            return notices.baseline_ends(self.choice.name)
        return far or (None if isinstance(arrival, Moment) else arrival)

    def go_to_difference(self) -> Message | None:
        """Go to the first moment at which the two differ; a faulty program and the right one soon do."""
        while self.choice.right and self.pair.differs_at is None and self.timeline.run.moment.update < UPDATES:
            self.pair.unit()
        first = self.pair.differs_at
        if first is None:
            return notices.NO_DIFFERENCE_YET
        self.arrive(first.moment)
        return None

    @property
    def names(self) -> tuple[str, str]:
        if self.related:
            return self.timeline.branch.name, self.choice.name
        if self.choice.right:
            return pgettext("program", "faulty"), self.choice.name
        name = _("run {number}").format(number=self.runs.number) + _suffix(self.timeline.branch)
        return name, self.choice.name

    @property
    def related(self) -> bool:
        """Whether the two are branches of one run."""
        return self.choice.timeline is self.timeline

    @property
    def unsettled(self) -> bool:
        return self._viewer.unsettled

    def view(self) -> ComparisonView:
        pair, a, b = self.pair, self.pair.a, self.pair.b
        same = shared_changes(a.branch, b.branch) if self.related else 0
        return ComparisonView(
            run=self._viewer.view(),
            position=position_view(b, branch_list=False),
            history=b.branch.history,
            names=self.names,
            origins=(a.run.origin, b.run.origin),
            changes=(tuple(a.branch.changes[same:]), tuple(b.branch.changes[same:])),
            related=self.related,
            common=pair.common,
            same_until=pair.same_until,
            differs_at=pair.differs_at,
            end=pair.end,
            choice=self.index,
            choices=len(self.choices),
        )
