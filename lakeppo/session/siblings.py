"""The siblings of the run on screen: ordered from a process of their own, gathered as they grow, and lived alone.

Only the worker thread imports this.
"""

import pickle
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import replace

from lakeppo.config import Limit
from lakeppo.fleets.siblings import SiblingReport, SiblingRequest, changes_at_updates
from lakeppo.runs.run import Run
from lakeppo.runs.timeline import BEGINNING, Branch, Timeline
from lakeppo.session.fan import SiblingReports, SiblingResults

FIRST, ALL = 64, 256
APART = 1e-3
"""Rounding has shown where exact success differs by more than this."""
PROGRAM = "lakeppo.session.siblings_process"


class SiblingProcess:
    """The siblings of one line as it was when they were asked for, and the process that trains them."""

    def __init__(self, timeline: Timeline, limit: Limit) -> None:
        self.seed, self.config = timeline.run.seed, timeline.run.origin
        changes = tuple(timeline.branch.changes)
        self.changes = changes_at_updates(changes)
        self.fan: SiblingResults | None = None
        self.failure: str | None = None
        self.seeds: tuple[int, ...] = ()
        self._order = SiblingRequest(self.config, (), changes, limit, timeline.branch.end.update)
        reseeded = any(change.name == "seed" for change in changes)
        self.unlike = "its change of seed" if reseeded else ""
        self._reports = SiblingReports(self.unlike)
        self._lock = threading.Lock()
        # a group of its own is out of the terminal's reach; a session of its own would make its low priority void
        self._process = subprocess.Popen(
            [sys.executable, "-m", PROGRAM], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
            process_group=0,
        )  # fmt: skip
        self.grow(FIRST)
        threading.Thread(target=self._read, name="siblings", daemon=True).start()

    @property
    def going(self) -> bool:
        """Whether there is more to come."""
        fan = self.fan
        return self.failure is None and (fan is None or len(fan.seeds) < len(self.seeds) or fan.going > 0)

    def grow(self, count: int) -> None:
        """Train more, until there are `count` in all."""
        more = tuple(range(self.seed + 1 + len(self.seeds), self.seed + 1 + count))
        self.seeds += more
        with self._lock:
            self._reports.begin(more)
        assert self._process.stdin is not None
        try:
            pickle.dump(self._order._replace(seeds=more), self._process.stdin)
            self._process.stdin.flush()
        except OSError as error:
            self.failure = self.failure or str(error)

    def end(self) -> None:
        """Stop the process, whatever it is doing."""
        self.failure = self.failure or "stopped"
        self._process.kill()
        self._process.wait()

    def of(self, timeline: Timeline) -> bool:
        """Whether a run is one of these, or the one they are siblings of, and has gone no way of its own since."""
        run = timeline.run
        kin = run.origin == self.config and (run.seed == self.seed or run.seed in self.seeds)
        return kin and changes_at_updates(timeline.branch.changes) == self.changes

    def _read(self) -> None:
        """On a thread of its own: gather what is reported."""
        assert self._process.stdout is not None
        try:
            while True:
                said = pickle.load(self._process.stdout)  # from the process started above
                if isinstance(said, str):
                    raise ChildProcessError(said)
                self._gather(*said)
        except (EOFError, OSError, pickle.UnpicklingError) as error:
            self.failure = self.failure or (str(error) or "their process has ended")

    def _gather(self, number: int, report: SiblingReport) -> None:
        with self._lock:
            self._reports.add(number, *report)
            self.fan = self._reports.fan()


class SiblingManager:
    """None, 64 or 256 siblings beside the run on screen; what is to be said about them is told."""

    def __init__(self, tell: Callable[[str], None]) -> None:
        self.tell = tell
        self.siblings: SiblingProcess | None = None
        self._seen: tuple[SiblingResults | None, str | None] | None = None
        self._followed: Run | None = None
        self._alike = 0  # updates of the run followed that are its sibling's
        self._left: int | None = None  # the first that is not

    def press(self, timeline: Timeline, limit: Limit) -> None:
        """The key: 64, then 256, then none; for a run that has gone another way, 64 again."""
        siblings = self.siblings
        if siblings is not None and not (siblings.of(timeline) and siblings.failure is None):
            self.end()
        if self.siblings is None:
            self._begin(timeline, limit)
        elif len(self.siblings.seeds) == FIRST:
            self.siblings.grow(ALL)
            self.tell(f"{ALL - FIRST} more siblings are trained: {ALL} in all; f takes them away")
        else:
            self.end()
            self.tell("the siblings are gone; f trains new ones")

    def _begin(self, timeline: Timeline, limit: Limit) -> None:
        try:
            self.siblings = SiblingProcess(timeline, limit)
        except OSError as error:
            self.tell(f"no siblings can be trained: {error}")
            return
        siblings = self.siblings
        changes = " with its changes, made where updates begin" if siblings.changes else ""
        but = f"; not shared: {siblings.unlike}" if siblings.unlike else "; F lists them"
        self.tell(
            f"{FIRST} siblings, seeds {siblings.seeds[0]} to {siblings.seeds[-1]}, train beside this run{changes}{but}"
        )

    def end(self) -> None:
        """Let go of them all."""
        if self.siblings is not None:
            self.siblings.end()
        self.siblings = None

    def leave(self, timeline: Timeline) -> None:
        """Another run is on screen: they stay only if it is one of them."""
        if self.siblings is not None and not self.siblings.of(timeline):
            self.end()

    @property
    def going(self) -> bool:
        """Whether there is, or will be, something to show."""
        siblings = self.siblings
        return siblings is not None and (siblings.going or self._seen is None or self._seen[0] is not siblings.fan)

    def news(self) -> bool:
        """Whether there is something to show that was not there the last time; more are ordered when all are done."""
        siblings = self.siblings
        if siblings is not None and not siblings.going and siblings.failure is None and len(siblings.seeds) == FIRST:
            siblings.grow(ALL)
            self.tell(f"the {FIRST} siblings are trained; {ALL - FIRST} more follow, f takes them all away")
        seen = None if siblings is None else (siblings.fan, siblings.failure)
        old, self._seen = self._seen, seen
        if siblings is None or seen is None or (old is not None and old[0] is seen[0] and old[1] == seen[1]):
            return False
        if siblings.failure is not None:
            self.tell(f"the siblings have stopped: {siblings.failure}")
        elif not siblings.going:
            self.tell(f"all {len(siblings.seeds)} siblings are trained")
        return True

    def drawn(self, timeline: Timeline) -> SiblingResults | None:
        """What is known of them, and whether they are still those of the run on screen."""
        siblings = self.siblings
        if siblings is None or siblings.fan is None:
            return None
        if siblings.of(timeline):
            self._follow(siblings.fan, timeline)
            return replace(siblings.fan, left=self._left)
        before = changes_at_updates(timeline.branch.changes)[: len(siblings.changes)] == siblings.changes
        return replace(siblings.fan, stale="the run before its newest change" if before else "another line of the run")

    def run_of(self, seed: int) -> Timeline | None:
        """The single run of a sibling, at its beginning: what the run's siblings live happens as it plays."""
        siblings = self.siblings
        if siblings is None or (seed != siblings.seed and seed not in siblings.seeds):
            return None
        changes = list(siblings.changes)
        end = changes[-1].moment if changes else BEGINNING
        return Timeline(Run(siblings.config, seed), [Branch("main", changes, end)])

    def _follow(self, fan: SiblingResults, timeline: Timeline) -> None:
        """Where the run on screen is a sibling's own: tell the first update at which rounding has parted them."""
        run = timeline.run
        if run is not self._followed:
            self._followed, self._alike, self._left = run, 0, None
        if run.seed not in fan.seeds or self._left is not None:
            return
        column = fan.seeds.index(run.seed)
        last = int(fan.ended[column]) if fan.ended[column] >= 0 else fan.reached
        for update in range(self._alike + 1, min(last, run.trainer.updates) + 1):
            if column >= fan.known[update]:
                break
            mine, other = run.history[update - 1].success_probability, float(fan.success[update, column])
            if abs(mine - other) > APART:
                self._left = update
                self.tell(
                    f"seed {run.seed} leaves its sibling at update {update}: exact {mine:.3f} here, {other:.3f} there. "
                    "Rounding (float32 sums in another order), not luck"
                )
                break
            self._alike = update
