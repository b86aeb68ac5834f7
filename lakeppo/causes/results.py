"""What the explanations found, as plain values and NumPy arrays: a snapshot can carry them. No torch.

Every figure can be recomputed by redoing the update. Probabilities "without" something are those after the same passes.
"""

import math
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from lakeppo.errors import Message

MOST_STEPS = 256
"""The most rows of a batch that is explained by its steps first; above, no single step does much."""
MOST_ROWS = 4096
"""The most rows of a batch that is redone without each of its rows, and without surprises."""


class Lens(StrEnum):
    """How rows are removed."""

    PUSH = "push"  # their advantages are 0
    SURPRISE = "surprise"  # their TD errors are 0


class Part(StrEnum):
    """What is removed at a time: a row, an episode, a tile's rows, or those of one action on a tile."""

    STEP = "step"
    EPISODE = "episode"
    TILE = "tile"
    CELL = "cell"


class Movement(NamedTuple):
    """The largest change of a probability in an update so far, among the tiles that can be reached."""

    tile: int
    action: int
    before: float
    after: float
    success_before: float
    success_after: float


class InWorlds(NamedTuple):
    """One figure after an update, in seven worlds. They are different worlds, not shares of anything."""

    actual: float
    empty: float  # all advantages 0: the momentum and the entropy bonus alone
    momentum_alone: float
    no_bonus: float
    forgotten: float  # Adam's first moment was 0 before the first pass
    neither: float  # without the bonus and with the moment forgotten
    no_clip: float


@dataclass(frozen=True, slots=True)
class Cause:
    """A part of the batch, and what would have been without it. Figures of several rows are their means."""

    part: Part
    lens: Lens
    key: int  # the row, the episode counted from 0 in the batch, the tile, or 4 x tile + action
    count: int  # rows
    tile: int | None  # where all its rows were, if on one tile
    action: int | None  # what all its rows did, if one action
    next_tile: int | None  # of a step
    end: str | None  # of a step: "goal", "hole" or "time"
    episode: int | None  # of a step or an episode, counted from 1 over the run
    delta: float  # how much better than the critic expected
    advantage: float  # as GAE gives it
    value: float  # V of the critic, and V' of the next states
    next_value: float
    true_value: float  # the same of the old policy, exactly
    true_next_value: float
    probability_without: float  # of the movement's tile and action
    success_without: float
    success_without_push: float


class Clip(NamedTuple):
    """What the clip did to the samples of the movement's tile and action."""

    clip_coef: float | None
    samples: int
    stopped: int  # by the last pass, as its gradient used them
    ratio: float  # new over old probability now


@dataclass(frozen=True, slots=True, eq=False)
class PartEffects:
    """The update redone without each of G parts: `(G,)` each."""

    lens: Lens
    part: Part
    keys: NDArray[np.int64]  # as `Cause.key`
    success: NDArray[np.float64]
    probability: NDArray[np.float64]  # of the movement's tile and action

    def success_without(self, key: int) -> float | None:
        """Return exact success without the part `key`; None if the batch has no such part."""
        at = int(np.searchsorted(self.keys, key))
        return float(self.success[at]) if at < len(self.keys) and self.keys[at] == key else None


@dataclass(frozen=True, slots=True, eq=False)
class Explanation:
    """Why an update moved the policy as it did, after its first `passes` passes.

    `mover` did most to the movement's probability, `decider` most to exact success, if it did enough to be named: the
    `largest_*` are the largest of all. `effects` are by step only up to 256 rows, unless they were asked for; so are
    some others on a large lake or in a very large batch.
    """

    update: int
    passes: int
    epochs: int
    rows: int
    width: int  # of the map, in tiles
    bonus: bool  # whether any pass had an entropy bonus
    movement: Movement
    success: InWorlds
    probability: InWorlds  # of the movement's tile and action
    mover: Cause | None
    decider: Cause | None
    largest_mover: Cause
    largest_decider: Cause
    clip: Clip
    effects: tuple[PartEffects, ...]
    sentences: tuple[Message, ...] = ()

    def effects_of(self, lens: Lens, part: Part) -> PartEffects | None:
        """Return what each part of one kind did, as far as it is known."""
        return next((one for one in self.effects if (one.lens, one.part) == (lens, part)), None)

    def success_without(self, lens: Lens, part: Part, key: int) -> float | None:
        """Return exact success after this update without a part of the batch, as far as it is known."""
        found = self.effects_of(lens, part)
        return None if found is None else found.success_without(key)


ENOUGH = 0.01
"""The least effect on an arrow's probability for a step or a tile to be named."""
LIKELIER = 2.0
"""How much likelier than at first an update must have made a path to be named as an earlier cause; else it was luck."""


MOST_TOGETHER = 64
"""The most steps that are removed together to turn an arrow away."""


class Turn(NamedTuple):
    """The last turn of an arrow: after pass `made` of `update`, counted from 1, it no longer pointed to `before`."""

    update: int
    made: int
    before: int
    after: int


class Influence(NamedTuple):
    """How a step's surprise reached the rows of one action on a tile: their number, and the sum of what they got."""

    action: int
    rows: int
    amount: float


class Raised(NamedTuple):
    """The update that did most to make a path likelier, and the tile and action on which it did most for it."""

    update: int
    times: float
    tile: int
    action: int
    before: float
    after: float


@dataclass(frozen=True, slots=True)
class Origin:
    """Where the turn of an arrow came from: the step of the update whose surprise did most for it."""

    rows: int
    tried: int  # steps: all, or in a large batch those of the largest effect by first order
    before: float  # the arrow's probability before the update and after it
    after: float
    empty: float  # with an empty batch
    empty_arrow: int
    cause: Cause
    tile_cause: Cause  # the tile without whose rows the probability would be smallest
    arrow_without: int  # without the surprise of the step
    needed: int | None  # how many of the strongest steps turn it away together; None: not even `MOST_TOGETHER`
    influences: tuple[Influence, ...]  # on the arrow's tile
    path: tuple[tuple[int, int], ...]  # tiles and actions of the step's episode in this batch, up to the step
    log_likelihood: float  # of exactly these actions on these tiles, for the policy that took them
    first_log_likelihood: float  # for the run's first policy
    raised: Raised | None  # None: no single update had made the path twice as likely

    @property
    def times(self) -> float:
        """How much likelier the path was than for the first policy."""
        return math.exp(min(self.log_likelihood - self.first_log_likelihood, 700.0))

    @property
    def single(self) -> bool:
        """Whether a single step did enough to be named."""
        return self.after - self.cause.probability_without >= ENOUGH


@dataclass(frozen=True, slots=True)
class ArrowExplanation:
    """Why the arrow on a tile points where it does. `since`: the first update that was looked at."""

    tile: int
    action: int
    width: int  # of the map, in tiles
    since: int
    turn: Turn | None
    origin: Origin | None  # None if the arrow has not turned
    sentences: tuple[Message, ...] = ()

    @property
    def next(self) -> tuple[int, int] | None:
        """The tile and the number of updates of the explanation before this one; None: there is none.

        Where no single step did much, it goes on with the turn before.
        """
        if self.turn is None or self.origin is None:
            return None
        if not self.origin.single:
            return self.tile, self.turn.update
        raised = self.origin.raised
        return (raised.tile, raised.update + 1) if raised else None
