"""What the worker thread shows the interface thread: a frozen snapshot of a run, NumPy and plain values only.

Tables are `(S, 4)` or `(S,)` over the lake's tiles, row by row; columns of a batch are `(T,)`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from lakeppo.causes.results import ArrowExplanation, Explanation
from lakeppo.config import Config, solved_from
from lakeppo.errors import Message
from lakeppo.faults.spotting import Spot
from lakeppo.lake.transition import Transition
from lakeppo.moment import Change, Difference, Moment
from lakeppo.presets import Limit
from lakeppo.runs.events import Event
from lakeppo.runs.history import History
from lakeppo.runs.statistics import Row
from lakeppo.session.lesson_results import LessonView
from lakeppo.session.sibling_results import SiblingResults

Floats = NDArray[np.float64]
BatchColumns = Mapping[str, NDArray[Any]]
"""The batch by column, `(T,)` each, as `runs.batch_table` gives it; columns that are not known yet are absent."""
MotionState = Literal["going", "arrived", "missed", "stopped"]
RunStatus = Literal["loading", "playing", "paused", "stepping", "stepped", "finished", "failed"]
TRAIL = 64
"""Steps of an episode that are kept for drawing."""
PACES: tuple[float, ...] = (0.5, 1, 4, 15, 60, 250, 1000, float("inf"))
"""The paces of `<` and `>`, in environment steps a second; the last is full speed."""
FULL_SPEED = len(PACES) - 1
FIRST_PACE, DEFAULT_PACE = PACES.index(15), PACES.index(250)
"""The paces of a run for which none was chosen: during its first update, and from then on."""


class EndCounts(NamedTuple):
    """How episodes ended, in a batch or in a demonstration."""

    episodes: int = 0
    goals: int = 0
    holes: int = 0
    timeouts: int = 0


class Best(NamedTuple):
    """The best policy so far: the update after which it stood, and its exact success."""

    update: int
    success_probability: float


@dataclass(frozen=True, slots=True)
class Walk:
    """An agent on the lake: its tile, and the tiles of the episode so far (the newest last, at most `TRAIL`)."""

    agent: int
    trail: tuple[int, ...]
    last: Transition | None
    elapsed: int


@dataclass(frozen=True, slots=True)
class Demo:
    """The learned policy at work, without learning."""

    walk: Walk
    greedy: bool
    end_counts: EndCounts


@dataclass(frozen=True, slots=True)
class JudgedView:
    """The judged batch, `(T,)` in batch order."""

    advantages: Floats  # as the objective uses them
    returns: Floats
    values: Floats
    raw: Floats  # the advantages as GAE gives them
    states: NDArray[np.int64]
    actions: NDArray[np.int64]

    @property
    def name(self) -> str:
        """The name of `advantages`: they differ from GAE's where the batch is normalised."""
        return "A" if np.array_equal(self.advantages, self.raw, equal_nan=True) else "A norm"


@dataclass(frozen=True, slots=True)
class PassView:
    """One gradient pass as its gradient used it. The three groups are counts of samples."""

    policy_loss: float
    value_loss: float
    entropy: float
    approx_kl: float
    ratios: Floats
    inside: int
    returning: int
    stopped: int
    policy: Floats  # (S, 4) before the pass's step
    clip_coef: float | None  # the clip of this pass; the knob may have changed since


@dataclass(frozen=True, slots=True)
class Exact:
    """Success probabilities within the time limit, from the transition table of the present lake."""

    sampling: float
    greedy: float
    optimum: float
    ceiling: float | None  # None: not known yet, or the lake is too large
    ceiling_is_bound: bool  # a lower bound rather than a proven figure
    optimum_is_bound: bool = False

    @property
    def solved(self) -> float:
        """The success from which the lake counts as solved; infinite where no policy reaches a goal in time."""
        return solved_from(self.optimum if self.ceiling is None else self.ceiling)


@dataclass(frozen=True, slots=True)
class RunView:
    """A run at one moment."""

    seed: int
    config: Config  # the values in force, changes included
    changes: tuple[Change, ...]
    learning_rate: float  # in force in the present update
    ent_coef: float  # in force in the present update
    moment: Moment
    episodes: int
    env_steps: int
    first_goal_episode: int | None
    best: Best | None
    walk: Walk
    end_counts: EndCounts  # of the present batch
    visits: NDArray[np.int64]  # (S,) of the present batch
    policy: Floats  # (S, 4) the new actor
    old_policy: Floats  # (S, 4)
    kl: float  # the exact KL(old || new), mean over the states of the batch; 0 before the first pass
    values: Floats  # (S,) the critic
    true_values: Floats  # (S,) exact V of `policy`, discounted with gamma
    true_advantages: Floats  # (S, 4) exact A of `policy`
    optimal_values: Floats  # (S,) the best V of any policy
    optimal_actions: NDArray[np.bool_]  # (S, 4) the best actions, ties included
    optimal_gamma: float  # the discount of these two
    judged: JudgedView | None
    last_pass: PassView | None  # the newest of the present update
    success_rate: float | None
    window: int  # episodes in it, at most 100
    exact: Exact
    history_generation: int  # another history has another number
    history_length: int  # rows of the history that belong to this moment


class BranchView(NamedTuple):
    """One branch, as the timeline and the list of branches draw it."""

    name: str
    parent: str | None
    left_at: Moment | None
    changed: tuple[Change, ...]  # its own, since it left its parent
    end: Moment
    left: Row | None  # the last update before it left; None at the beginning
    last: Row | None  # its newest update


class Caption(NamedTuple):
    """The caption of a bookmark."""

    branch: str
    moment: Moment
    text: str


@dataclass(frozen=True, slots=True)
class PositionView:
    """Where the run stands among its branches."""

    branch: str = "main"
    branch_count: int = 1
    branches: tuple[BranchView, ...] = ()  # all of them, once there are several
    end: Moment | None = None  # the last moment of the present branch
    rewound: bool = False  # the run stands before `end`
    left_at: Moment | None = None  # where the present branch left its parent
    bookmarks: tuple[Moment, ...] = ()
    diverged: Moment | None = None  # after the branch's first pass that diverged
    events: tuple[Event, ...] = ()  # of the present branch, as far as it has been computed; marks beyond that too
    captions: tuple[Caption, ...] = ()  # of all branches, in the order that they are shown in


@dataclass(frozen=True, slots=True)
class ComparisonView:
    """The run that is compared with the one on screen, the baseline; pairs are (on screen, baseline)."""

    run: RunView
    position: PositionView
    history: History  # append-only; rows `[0:run.history_length]` belong to the moment
    names: tuple[str, str]
    origins: tuple[Config, Config]  # the first config of each
    changes: tuple[tuple[Change, ...], tuple[Change, ...]]  # those that only one of them has
    related: bool  # branches of one run
    common: Moment  # up to here both are the same run
    same_until: Moment  # no difference is known up to here, while `differs_at` is None
    differs_at: Difference | None
    end: Moment  # the last moment both have reached
    choice: int  # the index of the baseline among `choices`
    choices: int


class MotionView(NamedTuple):
    """How far the last `PlayTo` is, by its number: on its way, arrived, at its limit, or ended by another command."""

    number: int = 0
    state: MotionState = "stopped"


@dataclass(frozen=True, slots=True)
class SaveView:
    """Whether the run can be saved."""

    error: str | None = None


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Everything the screens show of a session."""

    status: RunStatus
    pace: int  # index into PACES
    steps_per_second: float
    limit: Limit
    run: RunView
    origin: Config  # the run's first config
    history: History  # append-only; rows `[0:run.history_length]` belong to the moment
    position: PositionView = PositionView()
    save: SaveView = SaveView()
    demo: Demo | None = None
    comparison: ComparisonView | None = None
    choices: int = 0  # branches and earlier runs to compare with
    siblings: SiblingResults | None = None
    motion: MotionView = MotionView()
    lesson: LessonView | None = None
    stop_when: str = ""  # the condition at which the run pauses; empty: none
    chosen_pace: int | None = None  # the pace that a key has set, of the run and not of a demonstration
    spot: Spot | None = None  # the fault of the run on screen, which is to be spotted
    batch: BatchColumns | None = None  # while the batch is complete and the run rests, or a screen watches it
    explanation: Explanation | None = None  # of the present moment, once it is known
    arrow_explanation: ArrowExplanation | None = None  # why an arrow turned here, if a person asked
    notices: tuple[Message, ...] = ()  # the newest last, at most 8
    notice_count: int = 0  # of all notices so far: tells a new one from an old one
    carried_out: int = 0  # commands so far: tells whether a command is among them
    met: bool = False  # the condition became true in the last unit
