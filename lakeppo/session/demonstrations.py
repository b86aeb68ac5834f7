"""Demonstrations: the policy as it stands plays in place of the run. Only the worker thread imports this."""

import time

from lakeppo.moment import Phase
from lakeppo.runs.demo import Demonstration
from lakeppo.runs.run import Run
from lakeppo.session.pace import Pace
from lakeppo.session.snapshot import PACES, Demo, EndCounts
from lakeppo.session.views import WalkTracker, count_ends

DEMO_PACE = PACES.index(4)


class RunningDemo:
    """A demonstration of a run's policy as it stands, sampled or greedy."""

    def __init__(self, run: Run, greedily: bool) -> None:
        self.greedy = greedily
        self._demonstration = Demonstration(run.config, run.policy(), greedily, run.seed)
        self._tracker, self._ends = WalkTracker(run.config.start), EndCounts()

    def step(self) -> None:
        """Take one environment step."""
        step = self._demonstration.step()
        self._tracker.follow(step)
        self._ends = EndCounts(*(a + b for a, b in zip(self._ends, count_ends([step]), strict=True)))

    def view(self) -> Demo:
        return Demo(self._tracker.walk(), self.greedy, self._ends)


class Demonstrations:
    """The demonstration that is shown, if one is, at a pace of its own."""

    def __init__(self, pace: Pace) -> None:
        self._pace = pace
        self._demo: RunningDemo | None = None

    @property
    def shown(self) -> bool:
        return self._demo is not None

    def view(self) -> Demo | None:
        return None if self._demo is None else self._demo.view()

    def cycle(self, run: Run) -> None:
        """Demonstrate with sampled actions, then with greedy ones, then return to the run."""
        if self._demo is None:
            self.begin(run)
        elif not self._demo.greedy:
            self._demo = RunningDemo(run, greedily=True)
        else:
            self.end()

    def begin(self, run: Run) -> None:
        self._pace.replace(DEMO_PACE)
        self._demo = RunningDemo(run, greedily=False)

    def follow_change(self, run: Run) -> None:
        """Start the demonstration again with a run that was changed."""
        if self._demo is not None:
            self._demo = RunningDemo(run, self._demo.greedy)

    def end(self) -> None:
        if self._demo is not None:
            self._demo = None
            self._pace.restore()

    def step(self) -> bool:
        """Take a step if one is due; return whether one was."""
        now = time.monotonic()
        if self._demo is None or now < self._pace.due:
            return False
        self._demo.step()
        self._pace.wait_for(Phase.COLLECT, now)
        return True
