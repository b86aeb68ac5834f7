"""What can be done to the run on screen, and what is kept of it. When it is done, the player decides.

Only the worker thread imports this.
"""

import time
from pathlib import Path

from lakeppo.config import PRESETS, Config, Limit, advice
from lakeppo.errors import InvalidValue
from lakeppo.moment import Moment, Phase
from lakeppo.runs.batch_table import batch_of
from lakeppo.runs.run import Run
from lakeppo.runs.timeline import Timeline
from lakeppo.session.changes import begun_anew, change, named
from lakeppo.session.channel import Channel, Command
from lakeppo.session.comparison import Comparison, Runs, drawn_branches
from lakeppo.session.navigation import travel
from lakeppo.session.siblings import SiblingManager
from lakeppo.session.snapshot import Fields
from lakeppo.session.views import Ceilings, Rate, RunViews
from lakeppo.storage.atomic import reason
from lakeppo.storage.exports import FOLDER, export_run
from lakeppo.storage.save_folder import SaveFolder


class Controller:
    """Holds the run, its timeline, its picture and its saves."""

    def __init__(self, timeline: Timeline, limit: Limit, saves: Path, channel: Channel) -> None:
        self.limit = limit
        self.channel = channel
        self.saves = saves
        self.notices: list[str] = []
        self.watched: set[str] = set()  # what a screen wants drawn that others do not
        self.runs = Runs()
        self.comparison: Comparison | None = None
        self.siblings = SiblingManager(self.tell)
        self._ceilings = Ceilings()
        self._generation = -1
        self._take_up(timeline)

    def _take_up(self, timeline: Timeline) -> None:
        self.run = timeline.run
        self.timeline = timeline
        self.past_limit = False
        self.siblings.leave(timeline)
        self._rate = Rate()
        self._save_folder = SaveFolder(self.saves, lambda message: self.tell(str(message)))
        self._settle()
        self._advise()

    def _settle(self) -> None:
        """On another run or another line: its history is another list."""
        self._branch = self.timeline.branch
        self._views = RunViews(self.run, self._ceilings)
        self._generation += 1
        self.channel.adopt(self.run)

    def tell(self, branch: str) -> None:
        """A one-line message for the screen."""
        self.notices.append(branch)

    def _advise(self) -> None:
        advised = advice(self.run.config)
        if advised is not None and str(advised) not in self.notices:
            self.tell(str(advised))

    def unit(self) -> Phase:
        """The next unit."""
        phase = self.timeline.unit()
        self._views.note(phase)
        if self.comparison is not None:
            self.comparison.follow(phase)
        if phase is Phase.COPY and not self.timeline.rewound:
            self._save_folder.save_if_due(self.timeline, time.monotonic())
        return phase

    def at_limit(self) -> bool:
        """Whether the run has come to its limit, and has not been asked to go on past it."""
        return not self.past_limit and self.run.reached(self.limit)

    def keep(self) -> None:
        """Save, at an end of whatever kind."""
        self.channel.saved = self._save_folder.folder / "last.pt" if self._save_folder.write(self.timeline) else None
        self.channel.unsaved = self._save_error()

    def keep_quickly(self) -> None:
        """Save while a key waits for its answer: all but the keyframes, which are most of the work."""
        self._save_folder.write(self.timeline, keyframes=0)
        self.channel.unsaved = self._save_error()

    def _save_error(self) -> str | None:
        return None if self._save_folder.error is None else str(self._save_folder.error)

    def rescue(self) -> None:
        """After a failure: keep what is whole, the best policy."""
        self._save_folder.write(self.timeline, names=("best",))

    def save(self) -> None:
        """Save this moment, because a person asked for it."""
        if self._save_folder.write(self.timeline, force=True):
            self.tell(f"saved {self._save_folder.folder / 'last.pt'}")

    def export(self) -> None:
        """Write the batch as CSV, and the run as a file that can be opened again."""
        try:
            path = export_run(self.saves, self.timeline)
        except OSError as error:
            self.tell(f"cannot export into {self.saves / FOLDER}: {reason(error)}")
        else:
            self.tell(f"wrote {path} (tui --run opens it), .csv and .svg beside it")

    def travel(self, command: Command) -> Moment | None:
        """To another moment or line; a moment too far ahead to be there at once is returned."""
        if not self.timeline.rewound:
            self.keep_quickly()
        said = travel(self.timeline, command)
        if self.comparison is not None:
            said = self.comparison.arrive(said)
        if isinstance(said, str):
            self.tell(said)
        if self.timeline.branch is not self._branch:
            self._settle()
        self._views = RunViews(self.run, self._ceilings)
        return said if isinstance(said, Moment) else None

    def compare(self, name: str | None = None) -> bool:
        """Put another line or an earlier run beside this one, both where they part; False if there is none."""
        if not self.runs.rivals(self.timeline):
            return False
        if not self.timeline.rewound:
            self.keep_quickly()
        self.comparison = Comparison(self.timeline, self.runs, self._ceilings, name)
        self._views = RunViews(self.run, self._ceilings)
        return True

    def compare_next(self) -> None:
        """Compare with the next of them."""
        if self.comparison is not None:
            self.comparison.next()
            self._views = RunViews(self.run, self._ceilings)

    def first_difference(self) -> None:
        """Both to where they first differ."""
        said = self.comparison.first_difference() if self.comparison is not None else None
        if said is not None:
            self.tell(said)
        self._views = RunViews(self.run, self._ceilings)

    def end_comparison(self) -> None:
        """The run stays where it stands."""
        self.comparison = None

    def change(self, command: Command) -> None:
        """Another value for a knob, the weights kept; in the past, on a branch."""
        try:
            said = change(self.timeline, command)
        except InvalidValue as error:
            said = str(error)
        if said is not None:
            self.tell(said)
        if self.timeline.branch is not self._branch:
            self._settle()
        self._advise()

    def rename_branch(self, told: str) -> None:
        """Call a line something else: `told` is its number and the name, as in `1=no clip`."""
        number, _, name = told.partition("=")
        branches = self.timeline.branches[int(number) :]
        if not branches:  # of a run that has made way for another meanwhile
            return
        before = branches[0].name
        try:
            self.timeline.rename(branches[0], name.strip())
        except InvalidValue as error:
            self.tell(str(error))
        else:
            self.tell(f"{before} is called {branches[0].name} now")

    def start_over(self, command: Command) -> bool:
        """A run from its beginning, with something changed; False if that cannot be."""
        try:
            config, seed = begun_anew(self.run, command)
        except InvalidValue as error:
            self.tell(str(error))
            return False
        self.begin(config, seed)
        return True

    def begin(self, config: Config, seed: int) -> None:
        """Leave this run, saved, for a new one."""
        if config.preset != self.run.config.preset:
            self.limit = PRESETS[config.preset].limit
        self._leave_for(Timeline(Run(named(config, self.run.origin), seed)))

    def begin_sibling(self, seed: int) -> bool:
        """Leave this run, saved, for the single run of one of its siblings; False if there is none such."""
        timeline = self.siblings.run_of(seed)
        if timeline is not None:
            self._leave_for(timeline)
        return timeline is not None

    def _leave_for(self, timeline: Timeline) -> None:
        self.keep()
        self.runs.leave(self.timeline)
        self._take_up(timeline)

    @property
    def unsettled(self) -> bool:
        """Whether what is drawn may still change by itself."""
        return self._views.unsettled or (self.comparison is not None and self.comparison.unsettled)

    def drawn(self, resting: bool) -> Fields:
        """The fields of a `Snapshot` that show the run, its line and its saves.

        The batch's table is among them where it lies still, to be gone through, and while somebody watches it.
        """
        table = "batch" in self.watched or (resting and self.run.moment.phase is not Phase.COLLECT)
        branch = self.timeline.branch
        fan = self.siblings.drawn(self.timeline)
        self._rate.count(self.run.trainer.env_steps, time.monotonic())
        return self._views.drawn() | {
            "limit": self.limit,
            "steps_per_second": self._rate.per_second,
            "history_generation": self._generation,
            "notices": tuple(self.notices[-8:]),
            "notice_count": len(self.notices),
            "trouble": self._save_error(),
            "rewound": self.timeline.rewound,
            "branch": branch.name,
            "branch_count": len(self.timeline.branches),
            "end": branch.end,
            "bookmarks": tuple(branch.bookmarks),
            "left_at": branch.left_at,
            "branches": tuple(drawn_branches(self.timeline)),
            "rivals": len(self.runs.rivals(self.timeline)),
            "fan": fan,
            "sheet": batch_of(self.run) if table else None,
        }
