"""What the worker has to report: frozen notices without words, which `tui.text.notices` puts into words."""

from dataclasses import dataclass
from pathlib import Path

from lakeppo.config import Limit
from lakeppo.knob import Value
from lakeppo.moment import Moment


@dataclass(frozen=True, slots=True)
class Remark:
    """A message that is already in words: an error's, or that of the save folder."""

    text: str


@dataclass(frozen=True, slots=True)
class Saved:
    path: Path


@dataclass(frozen=True, slots=True)
class Exported:
    path: Path


@dataclass(frozen=True, slots=True)
class ExportFailed:
    folder: Path
    reason: str


@dataclass(frozen=True, slots=True)
class AtEnd:
    """The run stands at the end of its branch already."""


@dataclass(frozen=True, slots=True)
class AtBeginning:
    """The run stands at its beginning already."""


@dataclass(frozen=True, slots=True)
class BookmarkSet:
    moment: Moment


@dataclass(frozen=True, slots=True)
class BookmarkRemoved:
    moment: Moment


@dataclass(frozen=True, slots=True)
class BranchAdded:
    name: str
    parent: str
    moment: Moment


@dataclass(frozen=True, slots=True)
class BranchRenamed:
    before: str
    name: str


@dataclass(frozen=True, slots=True)
class OnBranch:
    """The run has gone to the end of another of its `count` branches."""

    name: str
    count: int


@dataclass(frozen=True, slots=True)
class OnlyOneBranch:
    """There is no other branch to go to."""


@dataclass(frozen=True, slots=True)
class NoSuchBranch:
    name: str


@dataclass(frozen=True, slots=True)
class Changed:
    """A knob, `seed` or a tile (`tile`: its row and column) has another value, from a moment on.

    With `branch` and `parent` the change has started a branch.
    """

    name: str
    value: Value
    moment: Moment
    branch: str | None = None
    parent: str = ""
    tile: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class TileUnchanged:
    """The tile is what it was to become, or the start, which stays (`letter` S)."""

    tile: tuple[int, int]
    letter: str


@dataclass(frozen=True, slots=True)
class Finished:
    limit: Limit
    compared: bool


@dataclass(frozen=True, slots=True)
class ComparisonOpened:
    """Both runs stand where they part."""


@dataclass(frozen=True, slots=True)
class NothingToCompare:
    """There is no other branch or earlier run."""


@dataclass(frozen=True, slots=True)
class ComparisonInTheWay:
    """The command waits until the comparison is closed."""


@dataclass(frozen=True, slots=True)
class NoDifferenceYet:
    """The two compared runs have not differed so far."""


@dataclass(frozen=True, slots=True)
class BaselineEnds:
    """The baseline has been computed up to the present moment only."""

    name: str


@dataclass(frozen=True, slots=True)
class SiblingsStarted:
    first_seed: int
    last_seed: int
    with_changes: bool
    reseeded: bool


@dataclass(frozen=True, slots=True)
class MoreSiblings:
    more: int
    total: int
    by_themselves: bool


@dataclass(frozen=True, slots=True)
class SiblingsRemoved:
    """All siblings are removed."""


@dataclass(frozen=True, slots=True)
class SiblingsTrained:
    count: int


@dataclass(frozen=True, slots=True)
class SiblingsStopped:
    reason: str
    started: bool


@dataclass(frozen=True, slots=True)
class SiblingDiverged:
    """Rounding has parted the single run from the sibling of the same seed."""

    seed: int
    update: int
    single: float
    sibling: float


Notice = (
    Remark | Saved | Exported | ExportFailed | AtEnd | AtBeginning | BookmarkSet | BookmarkRemoved | BranchAdded
    | BranchRenamed | OnBranch | OnlyOneBranch | NoSuchBranch | Changed | TileUnchanged | Finished | ComparisonOpened
    | NothingToCompare | ComparisonInTheWay | NoDifferenceYet | BaselineEnds | SiblingsStarted | MoreSiblings
    | SiblingsRemoved | SiblingsTrained | SiblingsStopped | SiblingDiverged
)  # fmt: skip
