"""What a person can ask of the run on screen: frozen commands, carried out in order by the worker thread."""

from dataclasses import dataclass
from enum import Enum
from typing import Literal

from lakeppo.causes.results import Part
from lakeppo.knob import Value
from lakeppo.moment import Moment, Phase
from lakeppo.runs.events import Event
from lakeppo.session.lesson_commands import InLesson


class Unit(Enum):
    """How far a step goes."""

    NEXT = "unit"
    """One environment step, the judging, one pass, or the copy: whatever comes next."""
    PASS = "pass"
    PHASE = "phase"
    COPY = "update"
    GOAL = "goal"
    EPISODE = "episode"


@dataclass(frozen=True, slots=True)
class Step:
    """Go on through the next `unit`."""

    unit: Unit


@dataclass(frozen=True, slots=True)
class Back:
    """Go back to right after the `unit` before."""

    unit: Unit


@dataclass(frozen=True, slots=True)
class GoTo:
    """Go to a moment of the branch of this name; of the present one if it is empty."""

    moment: Moment
    branch: str = ""


@dataclass(frozen=True, slots=True)
class GoToEvent:
    """Go to an event of the present branch."""

    event: Event


@dataclass(frozen=True, slots=True)
class NextEvent:
    """Go to the next event after the present moment (1), or to the last one before it (-1)."""

    by: Literal[-1, 1]


@dataclass(frozen=True, slots=True)
class GoBy:
    """Go by so many updates, back if negative."""

    updates: int


@dataclass(frozen=True, slots=True)
class GoToEnd:
    """Go to the last moment of the present branch."""


@dataclass(frozen=True, slots=True)
class GoToBranch:
    """Go to the end of the branch of this name."""

    name: str


@dataclass(frozen=True, slots=True)
class NextBranch:
    """Go to the end of the next branch."""


@dataclass(frozen=True, slots=True)
class AddBranch:
    """Start a branch at the present moment."""


@dataclass(frozen=True, slots=True)
class RenameBranch:
    """Rename the branch at `index` of the run's branches."""

    index: int
    name: str


@dataclass(frozen=True, slots=True)
class ToggleBookmark:
    """Set a bookmark at the present moment, or remove it."""


@dataclass(frozen=True, slots=True)
class CaptionBookmark:
    """Set a bookmark with this caption at a moment of the present branch; an empty one removes only the caption."""

    moment: Moment
    caption: str


@dataclass(frozen=True, slots=True)
class BackToCondition:
    """Go back to the latest moment at which the run's condition was true."""


@dataclass(frozen=True, slots=True)
class WhyThere:
    """Go back to where the arrow on a tile turned, and tell why; again: what came before."""

    tile: int


@dataclass(frozen=True, slots=True)
class Explain:
    """Finish the explanation of this moment, or of an arrow, before anything else is done."""


@dataclass(frozen=True, slots=True)
class TogglePlay:
    """Play or pause."""


@dataclass(frozen=True, slots=True)
class PlayTo:
    """Play in sight to the end of a unit, the start of a phase, a moment, or where a condition is true; pause there.

    It ends too after so many updates, at the run's limit, and with any other command but those of `Aside`. The sender
    gives it a number, by which snapshots tell how far it is; the same number again changes only the pace.
    """

    end: Unit | Phase | Moment | str
    pace: int  # index into `snapshot.PACES`
    number: int
    updates: int = 1_000_000


@dataclass(frozen=True, slots=True)
class ChangePace:
    """Go up (1) or down (-1) the list of paces."""

    by: Literal[-1, 1]


@dataclass(frozen=True, slots=True)
class CycleDemo:
    """Demonstrate with sampled actions, then with greedy ones, then return to the run."""


@dataclass(frozen=True, slots=True)
class CycleSiblings:
    """Train 64 siblings, then 256, then none."""


@dataclass(frozen=True, slots=True)
class OpenSibling:
    """Open the single run of the sibling with this seed."""

    seed: int


@dataclass(frozen=True, slots=True)
class SetKnob:
    """Change a knob and keep the weights; in the past, on a new branch."""

    name: str
    value: Value


@dataclass(frozen=True, slots=True)
class SetSeed:
    """Draw everything that follows from another seed; in the past, on a new branch."""

    seed: int


@dataclass(frozen=True, slots=True)
class ChangeSlip:
    """Set slip to the next (1) or previous (-1) step, or toggle (0) between firm and slippery ice."""

    by: Literal[-1, 0, 1]


@dataclass(frozen=True, slots=True)
class EditTile:
    """Make a tile F (ice), H (a hole) or G (a goal); in the past, on a new branch."""

    tile: int
    letter: str


@dataclass(frozen=True, slots=True)
class StartOver:
    """Start a new run with one knob changed."""

    name: str
    value: Value


@dataclass(frozen=True, slots=True)
class StartSeed:
    """Start a new run of the present config with this seed, or with the next one if None."""

    seed: int | None = None


@dataclass(frozen=True, slots=True)
class StartPreset:
    """Start a new run of a preset."""

    name: str


@dataclass(frozen=True, slots=True)
class Compare:
    """Compare with the branch or run of this name, or with the first choice if None."""

    name: str | None = None


@dataclass(frozen=True, slots=True)
class CompareNext:
    """Compare with the next choice."""


@dataclass(frozen=True, slots=True)
class GoToDifference:
    """Go to the first moment at which the two compared runs differ."""


@dataclass(frozen=True, slots=True)
class EndComparison:
    """Close the comparison; the run stays where it stands."""


@dataclass(frozen=True, slots=True)
class WatchBatch:
    """Put the batch table into every snapshot, and what each part of one kind did, or stop doing so."""

    on: bool
    part: Part = Part.STEP


@dataclass(frozen=True, slots=True)
class StopWhen:
    """Pause the run whenever a condition becomes true; an empty text takes the condition away."""

    text: str


@dataclass(frozen=True, slots=True)
class Save:
    """Write last.pt and best.pt now."""


@dataclass(frozen=True, slots=True)
class Export:
    """Write the batch and the history as CSV and the run as TOML."""


@dataclass(frozen=True, slots=True)
class Stop:
    """End a long step, such as the way to the next goal."""


@dataclass(frozen=True, slots=True)
class Quit:
    """Save and end the worker."""


Travel = (
    Back | GoTo | GoToEvent | NextEvent | GoBy | GoToEnd | GoToBranch | NextBranch | AddBranch | ToggleBookmark
    | BackToCondition
)  # fmt: skip
"""Commands that go to another moment or branch, or mark one."""
ChangeRun = SetKnob | SetSeed | ChangeSlip | EditTile
"""Commands that change the run and keep its weights."""
Start = StartOver | StartSeed | StartPreset | OpenSibling
"""Commands that start another run."""
Command = (
    Step | Travel | ChangeRun | Start | RenameBranch | CaptionBookmark | TogglePlay | PlayTo | ChangePace | CycleDemo
    | CycleSiblings | Compare | CompareNext | GoToDifference | WhyThere | Explain
    | EndComparison | WatchBatch | StopWhen | Save
    | Export | InLesson | Stop | Quit
)  # fmt: skip
Note = CycleSiblings | WatchBatch | StopWhen | Save | Export | CaptionBookmark | RenameBranch
"""Commands of what a person wants to be kept, watched or written."""
Aside = Note | ChangePace | Explain | Stop
"""Commands that leave the run as it stands: it goes on to where it was going."""
