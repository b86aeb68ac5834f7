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
from lakeppo.session.channel import Command, Post
from lakeppo.session.comparison import is_refused
from lakeppo.session.controller import Driver
from lakeppo.session.demonstration import Showing
from lakeppo.session.navigation import STEPS, is_travel
from lakeppo.session.snapshot import PACES, Snapshot, State

NEWS = 0.1  # seconds between two looks at what the siblings have done, while nothing else is
SLICE = 0.008  # seconds of work between two looks at the queue
UNITS = {Phase.COLLECT: 1.0, Phase.JUDGE: 4.0, Phase.IMPROVE: 4.0, Phase.COPY: 4.0}
"""How long a unit lasts on screen, in environment steps."""
DEMO_PACE = PACES.index(4)


class Player:
    """Decides when the driver does what."""

    def __init__(self, timeline: Timeline, limit: Limit, saves: Path, paused: bool, post: Post) -> None:
        self.post = post
        self.driver = Driver(timeline, limit, saves, post)
        self.pace = post.pace
        self.demo: Showing | None = None
        self.dirty = self.stoppable = True
        self.answering = False  # a command has been obeyed that the screen does not show yet
        self.due = 0.0
        self.stepping: Callable[[Phase], bool] | None = None
        self.state: State = "paused" if paused else "playing"
        if self.driver.at_limit() and not timeline.rewound:  # whoever looks back looks on, past the limit too
            self._finish()

    def loop(self) -> None:
        """Work until told to leave; then save the present moment."""
        while not self.post.leaving():
            self._publish()
            command = self._next_command()
            if command is not None:
                self._obey(command)
            elif self.stepping is not None:
                self._step()
            elif self.demo is not None:
                self._walk_demo()
            elif self.state == "playing":
                self._play()
        if self.post.overdue():
            self.post.drop_the_rest()
        self.driver.siblings.end()
        self.driver.keep()
        self._publish()

    def rescue(self) -> None:
        """After a failure: keep what is whole."""
        self.driver.siblings.end()
        self.driver.rescue()

    def _next_command(self) -> Command | None:
        if self.stepping is not None and not self.stoppable:
            return None
        busy = self.state == "playing" or self.stepping is not None or self.demo is not None
        wait: float | None = max(0.0, self.due - time.monotonic()) if busy else None
        if self.dirty:
            wait = min(0.02, wait if wait is not None else 0.02)
        elif wait is None and self.driver.siblings.going:
            wait = NEWS
        try:
            return self.post.queue.get_nowait() if wait == 0 else self.post.queue.get(timeout=wait)
        except Empty:
            return None

    # -- commands ---------------------------------------------------------------------------------------------

    def _obey(self, command: Command) -> None:
        self.dirty = self.answering = True
        halted = self.stepping is not None
        if halted:
            self._end_step()
        if command == "quit":
            self.post.leave()
        elif self.driver.comparison is not None and is_refused(command):
            self.driver.tell("two runs are being compared: close with esc first")
        elif command.startswith("compare"):
            self._compare(command.removeprefix("compare").removeprefix(":"))
        elif command in STEPS:
            self._begin_step(command)
        elif command == "toggle":
            self._toggle(halted)
        elif is_travel(command):
            self._end_demo()
            self.state = "stepped"
            self._go_on_to(self.driver.travel(command))
        elif is_change(command):
            self.driver.change(command)
            self.demo = None if self.demo is None else Showing(self.driver.run, self.demo.greedy)
        elif is_new_start(command):
            if self.driver.start_over(command):
                self._begin()
        elif command.startswith("sibling:"):
            if self.driver.begin_sibling(int(command.removeprefix("sibling:"))):
                self._begin()
        elif command.startswith("name:"):
            self.driver.name_line(command.removeprefix("name:"))
        elif command != "hush":
            self._others[command](self)
            self.due = time.monotonic()

    def _toggle(self, halted: bool) -> None:
        playing = self.state == "playing" and self.demo is None
        self._end_demo()
        if playing:
            self.state = "paused"
            self.driver.keep_quickly()
        elif not halted:
            self.driver.past_limit = self.driver.run.reached(self.driver.limit)
            self.state = "playing"
        self.due = time.monotonic()

    def _begin_step(self, command: Command) -> None:
        self._end_demo()
        self.state = "stepping"
        self.stoppable = command == "goal"
        self.stepping = partial(STEPS[command], self.driver.timeline)

    def _go_on_to(self, far: Moment | None) -> None:
        """Live again what lies between here and a moment far ahead; any key stops it."""
        if far is not None:
            self.state, self.stoppable = "stepping", True
            self.stepping = lambda phase: self.driver.run.moment >= far

    def _slower(self) -> None:
        self.pace = max(0, self.pace - 1)

    def _faster(self) -> None:
        self.pace = min(len(PACES) - 1, self.pace + 1)

    def _fresh(self) -> None:
        self.driver.begin(self.driver.run.config, self.driver.run.seed + 1)
        self._begin()

    def _compare(self, name: str) -> None:
        """Put another line or run beside this one, paused where they part."""
        self._end_demo()
        self.state = "paused"
        if self.driver.compare(name or None):
            self.driver.tell("both stand where they part: u goes on with both; end: as far as both have been lived")
        else:
            self.driver.tell("there is nothing to compare with yet")
        self._to_common()

    def _next_rival(self) -> None:
        self.driver.compare_next()
        self._to_common()

    def _to_common(self) -> None:
        """Where two runs part lies too far ahead to be there at once: go there in sight."""
        comparison = self.driver.comparison
        self._go_on_to(None if comparison is None else comparison.far)

    def _to_first_difference(self) -> None:
        self.state = "stepped"
        self.driver.first_difference()

    def _begin(self) -> None:
        self._end_demo()
        self.state = "playing"

    # -- demonstrating ----------------------------------------------------------------------------------------

    def _cycle_demo(self) -> None:
        """Sampled, then greedy, then back to the run."""
        if self.demo is None:
            self._begin_demo()
        elif not self.demo.greedy:
            self.demo = Showing(self.driver.run, greedily=True)
        else:
            self._end_demo()

    def _begin_demo(self) -> None:
        self._pace_before, self.pace = self.pace, DEMO_PACE
        self.demo = Showing(self.driver.run, greedily=False)

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
        while self.state == "playing" and self.due <= now:
            phase = self._unit()
            self._wait_for(UNITS[phase], now)
            if self.driver.at_limit():
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
        self.state = "stepped"

    def _unit(self) -> Phase:
        self.dirty = True
        return self.driver.unit()

    def _finish(self) -> None:
        self.state = "finished"
        self.driver.keep()
        if self.driver.comparison is not None:
            self.driver.tell(f"{self.driver.limit} are done; space goes on past the limit")
            return
        self.driver.tell(
            f"finished after {self.driver.limit}; r: another seed, s: the other ice, space: go on past the limit"
        )
        self._begin_demo()

    # -- showing ----------------------------------------------------------------------------------------------

    def _publish(self) -> None:
        self.dirty |= self.driver.siblings.news()
        if self.dirty and (self.answering or self.post.wanted()):
            self.post.put(self._snapshot())
            self.dirty = self.driver.unsettled
            if self.answering:
                self.answering = False
                self.post.answered()

    def _snapshot(self) -> Snapshot:
        demo = None if self.demo is None else self.demo.seen()
        resting = demo is None and self.state in ("paused", "stepping", "stepped")
        shown = Snapshot(state=self.state, pace=self.pace, demo=demo, **self.driver.drawn(resting))
        comparison = self.driver.comparison
        return shown if comparison is None else replace(shown, beside=comparison.drawn(shown))

    _others: ClassVar[dict[Command, "Callable[[Player], None]"]] = {
        "slower": _slower,
        "faster": _faster,
        "demo": _cycle_demo,
        "fresh": _fresh,
        "save": lambda player: player.driver.save(),
        "siblings": lambda player: player.driver.siblings.press(player.driver.timeline, player.driver.limit),
        "export": lambda player: player.driver.export(),
        "next_rival": _next_rival,
        "first_difference": lambda player: player._to_first_difference(),
        "end_comparison": lambda player: player.driver.end_comparison(),
        "watch_batch": lambda player: player.driver.watched.add("batch"),
        "leave_batch": lambda player: player.driver.watched.discard("batch"),
    }
