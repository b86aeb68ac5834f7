"""What the worker thread shows the interface thread: one frozen picture of a run, NumPy and plain values only."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from lakeppo.config import SOLVED, Config, Limit
from lakeppo.lake.transition import Transition
from lakeppo.moment import Change, Difference, Moment
from lakeppo.runs.statistics import Row
from lakeppo.session.fan import SiblingResults

Floats = NDArray[np.float64]
Fields = dict[str, Any]
"""Fields of a snapshot, by name."""
Sheet = Mapping[str, NDArray[Any]]
"""The batch by column, `(T,)` each, as `runs.batch_table` gives it; what is not known yet has no column."""
RunStatus = Literal["loading", "playing", "paused", "stepping", "stepped", "finished", "failed"]
TRAIL = 64
"""Steps of a walk that are remembered."""
PACES: tuple[float, ...] = (0.5, 1, 4, 15, 60, 250, 1000, float("inf"))
"""The rungs of `<` and `>`, in environment steps a second; the last is as fast as it goes."""


class EndCounts(NamedTuple):
    """How the episodes that ended in a batch, or in a demonstration, ended."""

    episodes: int = 0
    goals: int = 0
    holes: int = 0
    timeouts: int = 0


class Best(NamedTuple):
    update: int
    success_probability: float


@dataclass(frozen=True, slots=True)
class Walk:
    """An agent on the ice: where it is, and the states of the episode so far (the newest last, at most `TRAIL`)."""

    agent: int
    trail: tuple[int, ...]
    last: Transition | None
    elapsed: int


@dataclass(frozen=True, slots=True)
class Demo:
    """The learned policy walking, nobody learning."""

    walk: Walk
    greedy: bool
    end_counts: EndCounts


@dataclass(frozen=True, slots=True)
class Judged:
    """What judging found: `(T,)` in batch order."""

    advantages: Floats  # as the objective uses them
    returns: Floats
    values: Floats
    raw: Floats  # the advantages as GAE gave them
    states: NDArray[np.int64]
    actions: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Pass:
    """One gradient pass, as its gradient saw it. `ratios` is `(T,)`; the three groups are counts of samples."""

    policy_loss: float
    value_loss: float
    entropy: float
    approx_kl: float
    ratios: Floats
    inside: int
    returning: int
    stopped: int
    policy: Floats  # (S, 4) as the gradient saw it, before its step
    clip_coef: float | None  # the clip it was made with; the knob may have been turned since


@dataclass(frozen=True, slots=True)
class Exact:
    """Success probabilities within the time limit, from the transition table of the present lake."""

    sampling: float
    greedy: float
    optimum: float
    ceiling: float | None  # None: not known yet, or the lake is too large
    ceiling_is_bound: bool  # a lower bound rather than a proven figure

    @property
    def solved(self) -> float:
        """The success from which the lake counts as solved."""
        return SOLVED * (self.optimum if self.ceiling is None else self.ceiling)


class BranchView(NamedTuple):
    """One line of the run, as the timeline and the list of branches draw it."""

    name: str
    parent: str | None
    left_at: Moment | None
    changed: tuple[Change, ...]  # its own, since it left its parent
    end: Moment
    left: Row | None  # the last update before it left; None at the beginning
    last: Row | None  # its newest update


@dataclass(frozen=True, slots=True)
class ComparisonView:
    """The run that is compared with the one the snapshot shows; pairs are (shown, beside)."""

    snapshot: "Snapshot"
    history: Sequence[Row]  # append-only; rows `[0:snapshot.history_length]` are the moment's own
    names: tuple[str, str]
    origins: tuple[Config, Config]  # what each began with
    changes: tuple[tuple[Change, ...], tuple[Change, ...]]  # all that only one of them has
    related: bool  # lines of one run
    common: Moment  # up to here both are the same run
    same_until: Moment  # no difference is known up to here, where `differs_at` is None
    differs_at: Difference | None
    end: Moment  # the last moment both have lived
    choice: int  # which of `choices` runs to compare with
    choices: int


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A run at one moment. Tables are `(S, 4)` or `(S,)` over the lake's tiles, row by row."""

    status: RunStatus
    pace: int  # index into PACES
    steps_per_second: float
    seed: int
    config: Config  # the values in force, changes included
    changes: tuple[Change, ...]
    limit: Limit
    moment: Moment
    episodes: int
    env_steps: int
    first_goal_episode: int | None
    best: Best | None

    walk: Walk
    demo: Demo | None
    end_counts: EndCounts  # of the present batch
    visits: NDArray[np.int64]  # (S,) of the present batch

    policy: Floats  # (S, 4) the new actor
    old_policy: Floats  # (S, 4)
    values: Floats  # (S,) the critic
    true_values: Floats  # (S,) exact V of `policy`, discounted with gamma
    true_advantages: Floats  # (S, 4) exact A of `policy`
    optimal_values: Floats  # (S,) the best V any policy has
    optimal_actions: NDArray[np.bool_]  # (S, 4) which actions are best, ties included
    optimal_gamma: float  # the discount these two are for
    judged: Judged | None
    last_pass: Pass | None  # the newest of the present update

    success_rate: float | None
    success_error: float | None  # standard error of success_rate
    window: int  # episodes in it, at most 100
    exact: Exact

    history_generation: int
    history_length: int  # rows of the run's history that belong to this moment
    notices: tuple[str, ...] = field(default=())  # one-line messages, the newest last, at most 8
    notice_count: int = 0  # how many there have ever been: tells a new one from an old one
    rewound: bool = False  # the run stands before what has been lived of its line
    branch: str = "main"
    branch_count: int = 1
    end: Moment | None = None  # the last moment lived of this line
    bookmarks: tuple[Moment, ...] = ()
    left_at: Moment | None = None  # where this line left its parent
    branches: tuple[BranchView, ...] = ()  # all lines of the run, once there are several
    rivals: int = 0  # lines and earlier runs there are to compare with
    beside: ComparisonView | None = None  # while two runs are compared
    fan: SiblingResults | None = None  # other seeds of the same run, while there are any
    sheet: Sheet | None = None  # the batch as a table, while it lies still or somebody looks at it
    trouble: str | None = None  # why the run cannot be saved, as long as it cannot
    failure: str | None = None
