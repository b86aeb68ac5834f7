"""The siblings of the run on screen: requested from a process of their own, and collected as they report.

Only the worker thread imports this.
"""

import pickle
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import replace

from lakeppo.errors import Message
from lakeppo.fleets.siblings import SiblingReport, SiblingRequest, changes_at_updates
from lakeppo.i18n import _
from lakeppo.moment import BEGINNING
from lakeppo.presets import Limit
from lakeppo.runs.branch import Branch
from lakeppo.runs.run import Run
from lakeppo.runs.timeline import Timeline
from lakeppo.session import notices
from lakeppo.session.sibling_results import SiblingReports, SiblingResults
from lakeppo.session.spots import has_fault

FIRST, ALL = 64, 256
ROUNDING = 1e-3
"""A single run has parted from its sibling where exact success differs by more than this."""
PROGRAM = "lakeppo.session.siblings_process"


class SiblingProcess:
    """The process that trains the siblings of one branch as it is now, and the results it has reported."""

    def __init__(self, timeline: Timeline, limit: Limit) -> None:
        self.seed, self.config = timeline.run.seed, timeline.run.origin
        changes = tuple(timeline.branch.changes)
        self.changes = changes_at_updates(changes)
        self.results: SiblingResults | None = None
        self.failure: str | None = None
        self.seeds: tuple[int, ...] = ()
        self._request = SiblingRequest(self.config, (), changes, limit, timeline.branch.end.update)
        self.reseeded = any(change.name == "seed" for change in changes)
        self._reports = SiblingReports(self.reseeded)
        self._lock = threading.Lock()  # both threads add to the reports
        # -P keeps the current folder's modules out. A process group of its own is out of the terminal's reach, and a
        # session of its own would void its low priority.
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", PROGRAM], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL, process_group=0,
        )  # fmt: skip
        self.grow(FIRST)
        threading.Thread(target=self._read, name="siblings", daemon=True).start()

    @property
    def training(self) -> bool:
        results = self.results
        return self.failure is None and (
            results is None or len(results.seeds) < len(self.seeds) or results.training > 0
        )

    def grow(self, count: int) -> None:
        """Request more siblings, up to `count` in all."""
        more = tuple(range(self.seed + 1 + len(self.seeds), self.seed + 1 + count))
        self.seeds += more
        with self._lock:
            self._reports.begin(more)
        assert self._process.stdin is not None
        try:
            pickle.dump(self._request._replace(seeds=more), self._process.stdin)
            self._process.stdin.flush()
        except OSError as error:
            self.failure = self.failure or str(error)

    def end(self) -> None:
        """Kill the process."""
        self.failure = self.failure or "stopped"
        self._process.kill()
        self._process.wait()

    def belongs_to(self, timeline: Timeline) -> bool:
        """Return whether a run is one of the siblings, or the one they were requested for, without later changes."""
        run = timeline.run
        same_seeds = run.origin == self.config and (run.seed == self.seed or run.seed in self.seeds)
        return same_seeds and changes_at_updates(timeline.branch.changes) == self.changes

    def _read(self) -> None:
        """On a thread of its own, collect the reports."""
        assert self._process.stdout is not None
        try:
            while True:
                report = pickle.load(self._process.stdout)  # from the process started above
                if isinstance(report, str):
                    raise ChildProcessError(report)
                self._collect(*report)
        except (EOFError, OSError, pickle.UnpicklingError) as error:
            self.failure = self.failure or (str(error) or _("their process has ended"))

    def _collect(self, number: int, report: SiblingReport) -> None:
        with self._lock:
            self._reports.add(number, *report)
            self.results = self._reports.results()


class SiblingManager:
    """No siblings, 64 or 256 beside the run on screen."""

    def __init__(self, notify: Callable[[Message], None]) -> None:
        self.notify = notify
        self.process: SiblingProcess | None = None
        self._published: tuple[SiblingResults | None, str | None] | None = None
        self._followed: Run | None = None
        self._agreed = 0  # updates of the followed run that agree with its sibling
        self._diverged_at: int | None = None  # the first update that does not

    def cycle(self, timeline: Timeline, limit: Limit) -> None:
        """Train 64, then 256, then none; for a run that has other changes since, 64 again; none with a fault."""
        if has_fault(timeline.run):
            self.notify(notices.FAULTY_ALONE)
            return
        process = self.process
        if process is not None and not (process.belongs_to(timeline) and process.failure is None):
            self.end()
        if self.process is None:
            self._start(timeline, limit)
        elif len(self.process.seeds) == FIRST:
            self.process.grow(ALL)
            self.notify(notices.more_siblings(ALL - FIRST, ALL, by_themselves=False))
        else:
            self.end()
            self.notify(notices.SIBLINGS_REMOVED)

    def _start(self, timeline: Timeline, limit: Limit) -> None:
        try:
            process = self.process = SiblingProcess(timeline, limit)
        except OSError as error:
            self.notify(notices.siblings_stopped(str(error), started=False))
            return
        self.notify(
            notices.siblings_started(process.seeds[0], process.seeds[-1], bool(process.changes), process.reseeded)
        )

    def end(self) -> None:
        """Remove all siblings."""
        if self.process is not None:
            self.process.end()
        self.process = None

    def leave(self, timeline: Timeline) -> None:
        """Another run is on screen: keep the siblings only if it is one of them."""
        if self.process is not None and not self.process.belongs_to(timeline):
            self.end()

    @property
    def training(self) -> bool:
        """Whether there are results to publish, now or later."""
        process = self.process
        return process is not None and (
            process.training or self._published is None or self._published[0] is not process.results
        )

    def news(self) -> bool:
        """Return whether there are results that were not there the last time; request more once all are trained."""
        process = self.process
        if process is not None and not process.training and process.failure is None and len(process.seeds) == FIRST:
            process.grow(ALL)
            self.notify(notices.more_siblings(ALL - FIRST, FIRST, by_themselves=True))
        newest = None if process is None else (process.results, process.failure)
        before, self._published = self._published, newest
        known = before is not None and newest is not None and before[0] is newest[0] and before[1] == newest[1]
        if process is None or known:
            return False
        if process.failure is not None:
            self.notify(notices.siblings_stopped(process.failure, started=True))
        elif not process.training:
            self.notify(notices.siblings_trained(len(process.seeds)))
        return True

    def results(self, timeline: Timeline) -> SiblingResults | None:
        """Return the results so far, and whether they are still those of the run on screen."""
        process = self.process
        if process is None or process.results is None:
            return None
        if process.belongs_to(timeline):
            self._follow(process.results, timeline)
            return replace(process.results, diverged_at=self._diverged_at)
        before = changes_at_updates(timeline.branch.changes)[: len(process.changes)] == process.changes
        return replace(process.results, outdated="change" if before else "branch")

    def run_of(self, seed: int) -> Timeline | None:
        """Return the single run of a sibling, at its beginning; its changes are made as it plays."""
        process = self.process
        if process is None or (seed != process.seed and seed not in process.seeds):
            return None
        changes = list(process.changes)
        end = changes[-1].moment if changes else BEGINNING
        return Timeline(Run(process.config, seed), [Branch("main", changes, end)])

    def _follow(self, results: SiblingResults, timeline: Timeline) -> None:
        """If the run on screen has a sibling's seed, find the first update at which rounding has parted the two."""
        run = timeline.run
        if run is not self._followed:
            self._followed, self._agreed, self._diverged_at = run, 0, None
        if run.seed not in results.seeds or self._diverged_at is not None:
            return
        column = results.seeds.index(run.seed)
        last = int(results.ended[column]) if results.ended[column] >= 0 else results.reached
        for update in range(self._agreed + 1, min(last, run.trainer.updates) + 1):
            if column >= results.known[update]:
                break
            single, sibling = run.history[update - 1].success_probability, float(results.success[update, column])
            if abs(single - sibling) > ROUNDING:
                self._diverged_at = update
                self.notify(notices.sibling_diverged(run.seed, update, single, sibling))
                break
            self._agreed = update
