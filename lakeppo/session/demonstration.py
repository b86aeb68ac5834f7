"""A demonstration on screen: the learned policy walks, its trail and how its episodes ended."""

from lakeppo.runs.demo import Demonstration
from lakeppo.runs.run import Run
from lakeppo.session.snapshot import Demo, EndCounts
from lakeppo.session.views import WalkTracker, count_ends


class RunningDemo:
    """One demonstration of a run's policy as it stands, sampled or greedy."""

    def __init__(self, run: Run, greedily: bool) -> None:
        self.greedy = greedily
        self._walker = Demonstration(run.config, run.policy(), greedily, run.seed)
        self._prints, self._end_counts = WalkTracker(run.config.start), EndCounts()

    def step(self) -> None:
        """One environment step."""
        step = self._walker.step()
        self._prints.follow(step)
        self._end_counts = EndCounts(*(a + b for a, b in zip(self._end_counts, count_ends([step]), strict=True)))

    def seen(self) -> Demo:
        return Demo(self._prints.walk(), self.greedy, self._end_counts)
