"""Everything a panel may draw from: one run at one moment, and how the person wants to see it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Literal, get_args

import numpy as np

from lakeppo.causes.results import Explanation, Part
from lakeppo.config import Config
from lakeppo.lake.transition import ACTION_COUNT, Transition
from lakeppo.moment import Moment, Phase
from lakeppo.presets import Limit
from lakeppo.runs.history import History, Rows
from lakeppo.runs.statistics import Row
from lakeppo.session.sibling_results import SiblingResults
from lakeppo.session.snapshot import PACES, TRAIL, BatchColumns, Demo, Snapshot, Walk

LakeView = Literal["arrows", "values", "value error", "visits", "old and new", "optimal"]
VIEWS: tuple[LakeView, ...] = get_args(LakeView)
KeyName = Callable[[str], str]
"""Returns the name of the key that is bound now to an id of the table of keys: `toggle` is `space`, unless rebound."""


@dataclass(frozen=True, slots=True)
class TableFilter:
    """How a person looks at the batch: by which parts of it, sorted by which column, and which rows."""

    part: Part | None = None  # None: not chosen yet
    key: int = -1  # the selected episode, tile or cell, as `PartEffects.keys` numbers them; -1: the first one
    sort: str = "t"
    down: bool = False
    group: str | None = None
    sign: str | None = None
    tile: int | None = None
    action: int | None = None
    episode: int | None = None  # of the batch, counted from 0
    ratios: tuple[float, float] | None = None  # from the first up to, not including, the second

    @property
    def filtered(self) -> bool:
        chosen = (self.group, self.sign, self.tile, self.action, self.episode, self.ratios)
        return any(one is not None for one in chosen)

    @property
    def by_part(self) -> bool:
        """Whether episodes, tiles or cells are listed rather than single steps."""
        return self.part not in (None, Part.STEP)

    @property
    def whole(self) -> "TableFilter":
        """The same without anything left out."""
        return replace(self, group=None, sign=None, tile=None, action=None, episode=None, ratios=None)

    def steps_of(self, part: Part, key: int) -> "TableFilter":
        """Return the filter that lists the steps of an episode, a tile or a cell."""
        whole = replace(self.whole, part=Part.STEP, key=key, sort="t", down=False)
        if part is Part.EPISODE:
            return replace(whole, episode=key)
        if part is Part.TILE:
            return replace(whole, tile=key)
        return replace(whole, tile=key // ACTION_COUNT, action=key % ACTION_COUNT)


@dataclass(frozen=True, slots=True)
class LoadingState:
    """A run that the worker has not built yet."""

    config: Config
    seed: int
    keys: Mapping[str, str]
    failure: str | None = None
    message: str = ""


@dataclass(frozen=True, slots=True)
class GuideView:
    """What the strip of a guide shows, and the names of the panels that it is about."""

    head: str
    place: str  # of the page among all: `2/6`
    text: str
    go: str  # what the key for going on does; empty: it does nothing now
    choices: tuple[tuple[str, str], ...]  # the letter of each, and what it is
    about: tuple[str, ...]
    name: str  # of the guide
    rows: tuple[tuple[str, ...], ...] = ()  # of a table, the first one its heading
    dots: tuple[tuple[str, tuple[float, ...]], ...] = ()  # the success of many seeds, by their labels
    alone: str = ""  # the panel that is shown alone above it where there is little room
    asks: bool = False  # only an answer leads on


@dataclass(frozen=True, slots=True)
class AppState:
    """A snapshot of a run, and how a person looks at it."""

    snapshot: Snapshot
    keys: Mapping[str, str]  # names of the keys that are bound now, by their ids in the table of keys
    failure: str | None = None
    view: LakeView = "arrows"
    cursor: int | None = None  # None: the tile panel follows the agent
    table_filter: TableFilter = TableFilter()
    sample: int | None = None  # the selected transition of the batch
    large: str = ""  # the panel that is shown alone
    side: str = ""  # the run this state belongs to, where two are shown
    guide: GuideView | None = None

    def key(self, id: str) -> str:
        """Return the name of the key that is bound to an entry of the table of keys."""
        return self.keys[id]

    @property
    def enlarged(self) -> bool:
        """Whether a person has chosen to see one panel alone; a guide may show one too."""
        return bool(self.large) and (self.guide is None or self.guide.alone != self.large)

    def on_its_lake(self) -> "AppState":
        """Return the state without a cursor and a filter's tile that a larger lake had."""
        cursor, tile, tiles = self.cursor, self.table_filter.tile, self.config.tiles
        if (cursor or 0) < tiles and (tile or 0) < tiles:
            return self
        return replace(self, cursor=None, table_filter=replace(self.table_filter, tile=None, action=None))

    @property
    def view_choices(self) -> tuple[object, ...]:
        """Everything a person chooses on the screen; a change of it is drawn at once."""
        return self.view, self.cursor, self.table_filter, self.sample, self.large, self.side, self.guide

    @property
    def origin(self) -> Config:
        """The run's first config."""
        return self.snapshot.origin

    @property
    def config(self) -> Config:
        return self.snapshot.run.config

    @property
    def seed(self) -> int:
        return self.snapshot.run.seed

    @property
    def limit(self) -> Limit:
        return self.snapshot.limit

    @property
    def status(self) -> str:
        """The status in one word: the snapshot's, `failed`, `demonstrating`, or `rewound` before the branch's end."""
        if self.failure:
            return "failed"
        if self.snapshot.demo is not None and self.snapshot.status != "finished":
            return "demonstrating"
        if self.snapshot.position.rewound and self.snapshot.status in ("paused", "stepped"):
            return "rewound"
        return self.snapshot.status

    @property
    def progress(self) -> int:
        """The count the run has reached, in its limit's unit."""
        s = self.snapshot
        return self.limit.progress(episodes=s.run.episodes, updates=s.run.moment.update, env_steps=s.run.env_steps)

    @property
    def moment(self) -> Moment:
        return self.snapshot.run.moment

    @property
    def resting(self) -> bool:
        """Whether the run waits for a key."""
        return self.status in ("paused", "stepped", "rewound")

    @property
    def samples(self) -> int:
        """The number of samples that steps go through; 0 during collection and while two runs are compared."""
        complete = self.resting and self.moment.phase is not Phase.COLLECT
        return self.config.batch_size if complete and self.snapshot.comparison is None else 0

    @property
    def moment_key(self) -> tuple[object, ...]:
        """A key that differs between any two moments of any runs and branches."""
        s = self.snapshot
        return self.moment, s.run.history_generation, s.position.branch, s.run.seed

    @property
    def sampled(self) -> tuple[BatchColumns, int] | None:
        """The batch and the row of the selected sample."""
        batch = self.snapshot.batch
        if batch is None or self.sample is None:
            return None
        return (batch, self.sample) if 0 <= self.sample < len(batch["t"]) else None

    @property
    def walk(self) -> Walk:
        """The walk on the lake: at the selected sample, of the demonstration, or of the run."""
        if self.sampled is not None:
            return walk_at(*self.sampled)
        return self.snapshot.demo.walk if self.snapshot.demo else self.snapshot.run.walk

    @property
    def demo(self) -> Demo | None:
        return self.snapshot.demo

    @property
    def siblings(self) -> SiblingResults | None:
        return self.snapshot.siblings

    @property
    def history(self) -> History:
        """The history of the branch, up to its end."""
        return self.snapshot.history

    @property
    def rows(self) -> Rows:
        """The history up to this moment."""
        return Rows(self.history, self.snapshot.run.history_length, self.snapshot.run.history_generation)

    @property
    def last_row(self) -> Row | None:
        return self.rows[-1] if self.rows else None

    @property
    def previous_row(self) -> Row | None:
        """The row of the policy that collected this batch; None if a change of the lake came after it."""
        row = self.last_row
        return None if row and any(c.moment.update >= row.update for c in self.snapshot.run.changes) else row

    @property
    def at_full_speed(self) -> bool:
        """Whether the run plays at full speed; throttled panels are then drawn less often."""
        return self.snapshot.status == "playing" and self.snapshot.pace == len(PACES) - 1

    @property
    def explanation(self) -> Explanation | None:
        """Why the present update moved the policy, unless a person looks at a tile or a sample."""
        return self.snapshot.explanation if self.cursor is None and self.sampled is None else None

    @property
    def highlighted(self) -> int | None:
        """The tile with a heavy border: the sample's, the one under the cursor, or the one that moved most."""
        if self.sampled is not None:
            return int(self.sampled[0]["state"][self.sampled[1]])
        return self.cursor if self.explanation is None else self.explanation.movement.tile

    @property
    def shown_tile(self) -> int:
        """The tile that the tile panel shows."""
        return self.walk.agent if self.cursor is None else self.cursor

    @property
    def cursor_tile(self) -> int:
        """The tile that the cursor moves from, and that a key changes: the highlighted one, else the agent's."""
        return self.shown_tile if self.highlighted is None else self.highlighted


def walk_at(batch: BatchColumns, t: int) -> Walk:
    """Return the walk right after step `t`, as far back as its episode and the batch reach."""
    names = ("state", "action", "went", "reward", "next_state", "terminated", "truncated")
    step = Transition(*(batch[name][t].item() for name in names))
    first = max(0, t - TRAIL + 1)
    ends = np.flatnonzero(batch["terminated"][first:t] | batch["truncated"][first:t])
    start = first + int(ends[-1]) + 1 if len(ends) else first
    trail = (*batch["state"][start : t + 1].tolist(), step.next_state)
    return Walk(step.next_state, trail, step, t + 1 - start)
