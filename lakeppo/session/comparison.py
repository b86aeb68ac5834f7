"""Another line, or an earlier run, in lock-step beside the run on screen. Only the worker thread imports this."""

from collections.abc import Iterable
from dataclasses import replace
from itertools import count
from typing import NamedTuple

from lakeppo.moment import Moment, Phase
from lakeppo.runs.compare import LockStep, shared_changes
from lakeppo.runs.run import Run
from lakeppo.runs.timeline import BEGINNING, Branch, Timeline
from lakeppo.session.changes import is_change, is_new_start
from lakeppo.session.channel import Command
from lakeppo.session.navigation import FAR, Result
from lakeppo.session.snapshot import BranchView, ComparisonView, Fields, Snapshot
from lakeppo.session.views import Ceilings, RunViews

REFUSED = ("fresh", "branch", "next_line", "demo")
MEMORIES = 8
"""Earlier runs that are remembered, and keyframes of each."""
_generations = count(-2, -1)


class Rival(NamedTuple):
    """What the run on screen can be compared with: a line of a timeline."""

    name: str
    timeline: Timeline
    branch: Branch


class Runs:
    """The runs of a session, by number: what was lived of the earlier ones, which can be lived again."""

    def __init__(self) -> None:
        self.number = 1
        self.earlier: list[tuple[int, Timeline]] = []

    def leave(self, timeline: Timeline) -> None:
        """Remember a run that makes way for the next."""
        if any(branch.end > BEGINNING for branch in timeline.branches):
            again = Run(timeline.run.origin, timeline.run.seed)
            on = timeline.branches.index(timeline.branch)
            kept = Timeline(again, timeline.branches, on, timeline.keyframes(MEMORIES))
            self.earlier = [*self.earlier, (self.number, kept)][-MEMORIES:]
        self.number += 1

    def rivals(self, timeline: Timeline) -> list[Rival]:
        """The parent of the present line and the run's other lines, the newest first; then the earlier runs."""
        others = [branch for branch in reversed(timeline.branches) if branch is not timeline.branch]
        others.sort(key=lambda branch: branch.name != timeline.branch.parent)
        return [
            *(Rival(branch.name, timeline, branch) for branch in others),
            *(
                Rival(f"run {number}{_branch_name(branch)}", kept, branch)
                for number, kept in reversed(self.earlier)
                for branch in kept.branches
            ),
        ]


def _branch_name(branch: Branch) -> str:
    return "" if branch.parent is None else f" {branch.name}"


def is_refused(command: Command) -> bool:
    """Whether a command must wait until the comparison is closed."""
    return command in REFUSED or is_change(command) or is_new_start(command) or command.startswith("line:")


class Comparison:
    """Two runs in lock-step, and the picture of the second."""

    def __init__(self, timeline: Timeline, runs: Runs, ceilings: Ceilings, name: str | None = None) -> None:
        self.timeline, self.runs, self._ceilings = timeline, runs, ceilings
        self.rivals = runs.rivals(timeline)
        names = [rival.name for rival in self.rivals]
        self._take(names.index(name) if name in names else 0)

    def _take(self, choice: int) -> None:
        """Compare with another one, both at the beginning of what may differ."""
        self.choice, self.rival = choice, self.rivals[choice]
        self.pair = LockStep(self.timeline, self.rival.timeline.second(self.rival.branch), self._note)
        self._views = RunViews(self.pair.b.run, self._ceilings)
        self._generation = next(_generations)
        self.pair.search()
        far = self.arrive(self.pair.common)
        self.far = far if isinstance(far, Moment) else None  # what is yet to be lived of the way there

    def next(self) -> None:
        self._take((self.choice + 1) % len(self.rivals))

    def _note(self, phase: Phase) -> None:
        self._views.note(phase)

    def follow(self, phase: Phase) -> None:
        """The run on screen has done a unit: the other one comes after."""
        self.pair.follow(phase)

    def arrive(self, said: Result) -> Result:
        """After the run on screen has gone elsewhere: both stand there, or at the last moment both have lived."""
        there = said if isinstance(said, Moment) else self.timeline.run.moment
        far = self.pair.go_to(there, FAR)
        self._views = RunViews(self.pair.b.run, self._ceilings)
        if far is None and there > self.pair.end:
            return f"{self.rival.name} has been lived only up to here; u goes on"
        return far or (said if isinstance(said, str) else None)

    def first_difference(self) -> str | None:
        """Go to where the two first differ."""
        first = self.pair.differs_at
        if first is None:
            return "no difference is known yet"
        self.arrive(first.moment)
        return None

    @property
    def names(self) -> tuple[str, str]:
        if self.related:
            return self.timeline.branch.name, self.rival.name
        return f"run {self.runs.number}{_branch_name(self.timeline.branch)}", self.rival.name

    @property
    def related(self) -> bool:
        return self.rival.timeline is self.timeline

    @property
    def unsettled(self) -> bool:
        return self._views.unsettled

    def drawn(self, shown: Snapshot) -> ComparisonView:
        """What stands beside a snapshot of the run on screen."""
        pair, b = self.pair, self.pair.b
        own: Fields = {
            "limit": shown.limit,
            "history_generation": self._generation,
            "branch": b.branch.name,
            "rewound": b.rewound,
            "end": b.branch.end,
            "left_at": b.branch.left_at,
            "bookmarks": (),
            "demo": None,
            "sheet": None,
        }
        same = shared_changes(pair.a.branch, pair.b.branch) if self.related else 0
        return ComparisonView(
            snapshot=replace(shown, **self._views.drawn(), **own),
            history=b.branch.history,
            names=self.names,
            origins=(pair.a.run.origin, b.run.origin),
            changes=(tuple(pair.a.branch.changes[same:]), tuple(b.branch.changes[same:])),
            related=self.related,
            common=pair.common,
            same_until=pair.same_until,
            differs_at=pair.differs_at,
            end=pair.end,
            choice=self.choice,
            choices=len(self.rivals),
        )


def drawn_branches(timeline: Timeline) -> Iterable[BranchView]:
    """Every line, once there are several."""
    if len(timeline.branches) == 1:
        return
    for branch in timeline.branches:
        left = branch.left_at.update if branch.left_at is not None else 0
        parent = next((other for other in timeline.branches if other.name == branch.parent), None)
        same = 0 if parent is None else shared_changes(branch, parent)
        yield BranchView(
            branch.name,
            branch.parent,
            branch.left_at,
            tuple(branch.changes[same:]),
            branch.end,
            branch.history[left - 1] if 0 < left <= len(branch.history) else None,
            branch.history[-1] if branch.history else None,
        )
