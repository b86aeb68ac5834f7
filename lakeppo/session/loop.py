"""Plays a run on the worker thread: carries out commands in their order, keeps the pace, publishes snapshots.

Imports torch, so only the worker thread imports it.
"""

import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from queue import Empty
from typing import ClassVar

from lakeppo.config import Limit
from lakeppo.moment import Moment, Phase
from lakeppo.runs.timeline import Timeline
from lakeppo.session.changes import is_change, is_new_start
from lakeppo.session.channel import Channel, Command
from lakeppo.session.comparison import is_refused
from lakeppo.session.controller import Controller
from lakeppo.session.demonstration import RunningDemo
from lakeppo.session.navigation import STEPS, is_travel
from lakeppo.session.snapshot import PACES, RunStatus, Snapshot

NEWS = 0.1  # seconds between two looks at what the siblings have done, while nothing else is
SLICE = 0.008  # seconds of work between two looks at the queue
UNITS = {Phase.COLLECT: 1.0, Phase.JUDGE: 4.0, Phase.IMPROVE: 4.0, Phase.COPY: 4.0}
"""How long a unit lasts on screen, in environment steps."""
DEMO_PACE = PACES.index(4)


class WorkerLoop:
    """Decides when the driver does what."""

    def __init__(self, timeline: Timeline, limit: Limit, saves: Path, paused: bool, channel: Channel) -> None:
        self.channel = channel
        self.controller = Controller(timeline, limit, saves, channel)
        self.pace = channel.pace
        self.demo: RunningDemo | None = None
        self.dirty = self.stoppable = True
        self.answering = False  # a command has been obeyed that the screen does not show yet
        self.due = 0.0
        self.stepping: Callable[[Phase], bool] | None = None
        self.status: RunStatus = "paused" if paused else "playing"
        if self.controller.at_limit() and not timeline.rewound:  # whoever looks back looks on, past the limit too
            self._finish()

    def loop(self) -> None:
        """Work until told to leave; then save the present moment."""
        while not self.channel.leaving():
            self._publish()
            command = self._next_command()
            if command is not None:
                self._obey(command)
            elif self.stepping is not None:
                self._step()
            elif self.demo is not None:
                self._walk_demo()
            elif self.status == "playing":
                self._play()
        if self.channel.overdue():
            self.channel.drop_the_rest()
        self.controller.siblings.end()
        self.controller.keep()
        self._publish()

    def rescue(self) -> None:
        """After a failure: keep what is whole."""
        self.controller.siblings.end()
        self.controller.rescue()

    def _next_command(self) -> Command | None:
        if self.stepping is not None and not self.stoppable:
            return None
        busy = self.status == "playing" or self.stepping is not None or self.demo is not None
        wait: float | None = max(0.0, self.due - time.monotonic()) if busy else None
        if self.dirty:
            wait = min(0.02, wait if wait is not None else 0.02)
        elif wait is None and self.controller.siblings.going:
            wait = NEWS
        try:
            return self.channel.queue.get_nowait() if wait == 0 else self.channel.queue.get(timeout=wait)
        except Empty:
            return None

    # -- commands ---------------------------------------------------------------------------------------------

    def _obey(self, command: Command) -> None:
        self.dirty = self.answering = True
        halted = self.stepping is not None
        if halted:
            self._end_step()
        if command == "quit":
            self.channel.leave()
        elif self.controller.comparison is not None and is_refused(command):
            self.controller.tell("two runs are being compared: close with esc first")
        elif command.startswith("compare"):
            self._compare(command.removeprefix("compare").removeprefix(":"))
        elif command in STEPS:
            self._begin_step(command)
        elif command == "toggle":
            self._toggle(halted)
        elif is_travel(command):
            self._end_demo()
            self.status = "stepped"
            self._go_on_to(self.controller.travel(command))
        elif is_change(command):
            self.controller.change(command)
            self.demo = None if self.demo is None else RunningDemo(self.controller.run, self.demo.greedy)
        elif is_new_start(command):
            if self.controller.start_over(command):
                self._begin()
        elif command.startswith("sibling:"):
            if self.controller.begin_sibling(int(command.removeprefix("sibling:"))):
                self._begin()
        elif command.startswith("name:"):
            self.controller.rename_branch(command.removeprefix("name:"))
        elif command != "hush":
            self._others[command](self)
            self.due = time.monotonic()

    def _toggle(self, halted: bool) -> None:
        playing = self.status == "playing" and self.demo is None
        self._end_demo()
        if playing:
            self.status = "paused"
            self.controller.keep_quickly()
        elif not halted:
            self.controller.past_limit = self.controller.run.reached(self.controller.limit)
            self.status = "playing"
        self.due = time.monotonic()

    def _begin_step(self, command: Command) -> None:
        self._end_demo()
        self.status = "stepping"
        self.stoppable = command == "goal"
        self.stepping = partial(STEPS[command], self.controller.timeline)

    def _go_on_to(self, far: Moment | None) -> None:
        """Live again what lies between here and a moment far ahead; any key stops it."""
        if far is not None:
            self.status, self.stoppable = "stepping", True
            self.stepping = lambda phase: self.controller.run.moment >= far

    def _slower(self) -> None:
        self.pace = max(0, self.pace - 1)

    def _faster(self) -> None:
        self.pace = min(len(PACES) - 1, self.pace + 1)

    def _fresh(self) -> None:
        self.controller.begin(self.controller.run.config, self.controller.run.seed + 1)
        self._begin()

    def _compare(self, name: str) -> None:
        """Put another line or run beside this one, paused where they part."""
        self._end_demo()
        self.status = "paused"
        if self.controller.compare(name or None):
            self.controller.tell("both stand where they part: u goes on with both; end: as far as both have been lived")
        else:
            self.controller.tell("there is nothing to compare with yet")
        self._to_common()

    def _next_rival(self) -> None:
        self.controller.compare_next()
        self._to_common()

    def _to_common(self) -> None:
        """Where two runs part lies too far ahead to be there at once: go there in sight."""
        comparison = self.controller.comparison
        self._go_on_to(None if comparison is None else comparison.far)

    def _to_first_difference(self) -> None:
        self.status = "stepped"
        self.controller.first_difference()

    def _begin(self) -> None:
        self._end_demo()
        self.status = "playing"

    # -- demonstrating ----------------------------------------------------------------------------------------

    def _cycle_demo(self) -> None:
        """Sampled, then greedy, then back to the run."""
        if self.demo is None:
            self._begin_demo()
        elif not self.demo.greedy:
            self.demo = RunningDemo(self.controller.run, greedily=True)
        else:
            self._end_demo()

    def _begin_demo(self) -> None:
        self._pace_before, self.pace = self.pace, DEMO_PACE
        self.demo = RunningDemo(self.controller.run, greedily=False)

    def _end_demo(self) -> None:
        if self.demo is not None:
            self.demo, self.pace = None, self._pace_before

    def _walk_demo(self) -> None:
        now = time.monotonic()
        if self.demo is None or now < self.due:
            return
        self.demo.step()
        self._wait_for(1.0, now)
        self.dirty = True

    # -- training ---------------------------------------------------------------------------------------------

    def _play(self) -> None:
        now = time.monotonic()
        while self.status == "playing" and self.due <= now:
            phase = self._unit()
            self._wait_for(UNITS[phase], now)
            if self.controller.at_limit():
                self._finish()
            if time.monotonic() - now > SLICE:
                break

    def _wait_for(self, steps: float, now: float) -> None:
        """The next unit is due when this one has lasted; a pace that cannot be kept is not caught up with."""
        self.due = max(self.due, now - 0.1) + steps / PACES[self.pace]

    def _step(self) -> None:
        """A step key's units, as fast as they go, until it is there."""
        begun = time.monotonic()
        while self.stepping is not None and time.monotonic() - begun < SLICE:
            if self.stepping(self._unit()):
                self._end_step()

    def _end_step(self) -> None:
        self.stepping = None
        self.status = "stepped"

    def _unit(self) -> Phase:
        self.dirty = True
        return self.controller.unit()

    def _finish(self) -> None:
        self.status = "finished"
        self.controller.keep()
        if self.controller.comparison is not None:
            self.controller.tell(f"{self.controller.limit} are done; space goes on past the limit")
            return
        self.controller.tell(
            f"finished after {self.controller.limit}; r: another seed, s: the other ice, space: go on past the limit"
        )
        self._begin_demo()

    # -- showing ----------------------------------------------------------------------------------------------

    def _publish(self) -> None:
        self.dirty |= self.controller.siblings.news()
        if self.dirty and (self.answering or self.channel.wanted()):
            self.channel.put(self._snapshot())
            self.dirty = self.controller.unsettled
            if self.answering:
                self.answering = False
                self.channel.answered()

    def _snapshot(self) -> Snapshot:
        demo = None if self.demo is None else self.demo.seen()
        resting = demo is None and self.status in ("paused", "stepping", "stepped")
        shown = Snapshot(status=self.status, pace=self.pace, demo=demo, **self.controller.drawn(resting))
        comparison = self.controller.comparison
        return shown if comparison is None else replace(shown, beside=comparison.drawn(shown))

    _others: ClassVar[dict[Command, "Callable[[WorkerLoop], None]"]] = {
        "slower": _slower,
        "faster": _faster,
        "demo": _cycle_demo,
        "fresh": _fresh,
        "save": lambda loop: loop.controller.save(),
        "siblings": lambda loop: loop.controller.siblings.press(loop.controller.timeline, loop.controller.limit),
        "export": lambda loop: loop.controller.export(),
        "next_rival": _next_rival,
        "first_difference": lambda loop: loop._to_first_difference(),
        "end_comparison": lambda loop: loop.controller.end_comparison(),
        "watch_batch": lambda loop: loop.controller.watched.add("batch"),
        "leave_batch": lambda loop: loop.controller.watched.discard("batch"),
    }
