"""The events of a run in glyphs and words."""

from lakeppo.moment import Change
from lakeppo.runs.events import Event, Kind
from lakeppo.session.event_words import event_words
from lakeppo.tui.text.comparison import changed_words
from lakeppo.tui.theme import BRANCH, CHANGE, DONE, FALL, FLAG, ODD, RISE, SOLVED

GLYPHS = {
    Kind.KL: ODD, Kind.ENTROPY: ODD, Kind.RISE: RISE, Kind.CHANGE: CHANGE, Kind.BRANCH: BRANCH, Kind.DIVERGED: ODD,
    Kind.SOLVED: SOLVED, Kind.FIRST_GOAL: FLAG, Kind.FALL: FALL, Kind.BOOKMARK: DONE,
}  # fmt: skip
"""The glyph of each kind; where several would stand in one place, that of the last kind stands there."""
RANKS = {kind: rank for rank, kind in enumerate(GLYPHS)}
LEGENDS = (
    f"{FLAG} first goal {SOLVED} solved {FALL} fall {RISE} rise {ODD} KL, entropy {CHANGE} change {DONE} bookmark "
    f"{BRANCH} branch",
    f"{FLAG} goal {SOLVED} solved {FALL}{RISE} fall, rise {ODD} KL {DONE} bookmark {BRANCH} branch",
)
"""What the glyphs mean, the longest text first."""


def event_text(event: Event) -> str:
    """Return what an event is: `exact success fell from 1.00 to .084`."""
    if isinstance(event.subject, Change):
        return changed_words((event.subject,))
    return str(event_words(event))
