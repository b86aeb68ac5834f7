"""Plays a run on the worker thread: carries out commands in their order, keeps the pace, draws snapshots.

The only one that touches the run. Imports torch, so only the worker thread imports it.
"""

import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from queue import Empty
from typing import ClassVar

from lakeppo.config import SLIPPERY, Limit, advice
from lakeppo.core.exports import export_batch
from lakeppo.core.keeper import Keeper
from lakeppo.core.moment import Phase
from lakeppo.core.run import Run
from lakeppo.core.sheet import sheet
from lakeppo.core.timeline import Timeline
from lakeppo.tui.picture import Ceilings, Picture, Rate
from lakeppo.tui.post import Command, Post
from lakeppo.tui.showing import Showing
from lakeppo.tui.snapshot import PACES, Snapshot, State
from lakeppo.tui.travel import STEPS, is_travel, travel

SLICE = 0.008  # seconds of work between two looks at the queue
UNITS = {Phase.COLLECT: 1.0, Phase.JUDGE: 4.0, Phase.IMPROVE: 4.0, Phase.COPY: 4.0}
"""How long a unit lasts on screen, in environment steps."""
DEMO_PACE = PACES.index(4)
SLIPS = sorted({*(k / 20 for k in range(21)), SLIPPERY})


class Player:
    """Owns the run while the app is open."""

    def __init__(self, run: Run, limit: Limit, saves: Path, paused: bool, post: Post) -> None:
        self.post = post
        self.limit = limit
        self.saves = saves
        self.ceilings = Ceilings()
        self.notices: list[str] = []
        self.pace = post.pace
        self.demo: Showing | None = None
        self.generation = -1
        self.dirty = self.stoppable = True
        self.watched: set[str] = set()  # what a screen wants drawn that others do not
        self.due = 0.0
        self.stepping: Callable[[Phase], bool] | None = None
        self._take_up(run)
        if run.reached(limit):
            self._finish()
        elif not paused:
            self.state: State = "playing"

    def _take_up(self, run: Run) -> None:
        self.run = run
        self.timeline = Timeline(run)
        self._settle()
        self.state = "paused"
        self.past_limit = False
        self.rate = Rate()
        if (line := advice(run.config)) is not None:
            self.tell(line)

    def _settle(self) -> None:
        """On another run or another line: its saves are its own, and its history another list."""
        self.line = self.timeline.line
        self.picture = Picture(self.run, self.ceilings)
        self.keeper = Keeper(self.saves, self.tell)
        self.generation += 1
        self.post.adopt(self.run)

    def tell(self, line: str) -> None:
        """A one-line message for the screen."""
        self.notices.append(line)
        self.dirty = True

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
        self._keep()
        self._publish()

    def _keep(self) -> None:
        """Save, at an end of whatever kind; a run that looks at its past was saved when it left its present."""
        if not self.timeline.rewound:
            self.keeper.write(self.run)

    def rescue(self) -> None:
        """After a failure: keep what is whole, the best policy."""
        self.keeper.write(self.run, names=("best",))

    def _next_command(self) -> Command | None:
        if self.stepping is not None and not self.stoppable:
            return None
        busy = self.state == "playing" or self.stepping is not None or self.demo is not None
        wait: float | None = max(0.0, self.due - time.monotonic()) if busy else None
        if self.dirty:
            wait = min(0.02, wait if wait is not None else 0.02)
        try:
            return self.post.queue.get_nowait() if wait == 0 else self.post.queue.get(timeout=wait)
        except Empty:
            return None

    # -- commands ---------------------------------------------------------------------------------------------

    def _obey(self, command: Command) -> None:
        self.dirty = True
        halted = self.stepping is not None
        if halted:
            self._end_step()
        if command == "quit":
            self.post.leave()
        elif command in STEPS:
            self._begin_step(command)
        elif command == "toggle":
            self._toggle(halted)
        elif is_travel(command):
            self._travel(command)
        elif command != "hush":
            self._others[command](self)
            self.due = time.monotonic()

    def _toggle(self, halted: bool) -> None:
        playing = self.state == "playing" and self.demo is None
        self._end_demo()
        if playing:
            self.state = "paused"
            self._keep()
        elif not halted:
            self.past_limit = self.run.reached(self.limit)
            self.state = "playing"
        self.due = time.monotonic()

    def _travel(self, command: Command) -> None:
        """To another moment or line; what was lived last is saved before it is left."""
        self._end_demo()
        self._keep()
        line = travel(self.timeline, command)
        if line is not None:
            self.tell(line)
        self.state = "stepped"
        self._land()

    def _land(self) -> None:
        if self.timeline.line is not self.line:
            self._settle()
        self.picture = Picture(self.run, self.ceilings)

    def _begin_step(self, command: Command) -> None:
        self._end_demo()
        self.state = "stepping"
        self.stoppable = command == "goal"
        self.stepping = partial(STEPS[command], self.timeline)

    def _slip_to(self, slip: float) -> None:
        self.timeline.change("slip", slip)
        if self.timeline.line is not self.line:
            self.tell(f"branch {self.timeline.line.name} leaves {self.timeline.line.parent} here: slip {slip:.3g}")
            self._land()
        self.demo = None if self.demo is None else Showing(self.run, self.demo.greedy)
        if slip > 0 and (line := advice(self.run.config)) is not None and line not in self.notices:
            self.tell(line)

    def _slip_switch(self) -> None:
        self._slip_to(0.0 if self.run.config.slip > 0 else SLIPPERY)

    def _slip_down(self) -> None:
        self._slip_to(max((s for s in SLIPS if s < self.run.config.slip - 1e-9), default=0.0))

    def _slip_up(self) -> None:
        self._slip_to(min((s for s in SLIPS if s > self.run.config.slip + 1e-9), default=1.0))

    def _slower(self) -> None:
        self.pace = max(0, self.pace - 1)

    def _faster(self) -> None:
        self.pace = min(len(PACES) - 1, self.pace + 1)

    def _save(self) -> None:
        if self.timeline.rewound:
            self.keeper = Keeper(self.saves, self.tell)  # which keeps the later save aside
        if self.keeper.write(self.run, asked=True):
            self.tell(f"saved {self.keeper.folder / 'last.pt'}")

    def _fresh(self) -> None:
        self._end_demo()
        self._keep()
        self._take_up(Run(self.run.config, self.run.seed + 1))
        self.state = "playing"

    # -- demonstrating ----------------------------------------------------------------------------------------

    def _cycle_demo(self) -> None:
        """Sampled, then greedy, then back to the run."""
        if self.demo is None:
            self._begin_demo()
        elif not self.demo.greedy:
            self.demo = Showing(self.run, greedily=True)
        else:
            self._end_demo()

    def _begin_demo(self) -> None:
        self._pace_before, self.pace = self.pace, DEMO_PACE
        self.demo = Showing(self.run, greedily=False)

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
            if not self.past_limit and self.run.reached(self.limit):
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
        phase = self.timeline.unit()
        self.picture.note(phase)
        now = time.monotonic()
        self.rate.count(self.run.trainer.env_steps, now)
        if phase is Phase.COPY and not self.timeline.rewound:
            self.keeper.offer(self.run, now)
        self.dirty = True
        return phase

    def _finish(self) -> None:
        self.state = "finished"
        self._keep()
        self.tell(f"finished after {self.limit}; r: another seed, s: the other ice, space: go on past the limit")
        self._begin_demo()

    # -- showing ----------------------------------------------------------------------------------------------

    def _publish(self) -> None:
        if self.dirty and self.post.wanted():
            self.post.put(self._snapshot())
            self.dirty = self.picture.ceilings.of(self.run.config) is None and self.run.config.tiles <= 64

    def _snapshot(self) -> Snapshot:
        return Snapshot(
            state=self.state,
            pace=self.pace,
            steps_per_second=self.rate.per_second,
            limit=self.limit,
            demo=None if self.demo is None else self.demo.seen(),
            history_generation=self.generation,
            notices=tuple(self.notices[-8:]),
            notice_count=len(self.notices),
            trouble=self.keeper.trouble,
            rewound=self.timeline.rewound,
            line=self.timeline.line.name,
            lines=len(self.timeline.lines),
            end=self.timeline.line.end,
            bookmarks=tuple(self.timeline.line.bookmarks),
            left_at=self.timeline.line.left_at,
            sheet=sheet(self.run.trainer) if "batch" in self.watched else None,
            **self.picture.drawn(),
        )

    _others: ClassVar[dict[Command, "Callable[[Player], None]"]] = {
        "slip_switch": _slip_switch,
        "slip_down": _slip_down,
        "slip_up": _slip_up,
        "slower": _slower,
        "faster": _faster,
        "demo": _cycle_demo,
        "fresh": _fresh,
        "save": _save,
        "export": lambda player: player.tell(export_batch(player.saves, player.run)),
        "watch_batch": lambda player: player.watched.add("batch"),
        "leave_batch": lambda player: player.watched.discard("batch"),
    }
