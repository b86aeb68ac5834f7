"""The events of a run in glyphs and words."""

from lakeppo.i18n import _
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
MARKS = {
    "goal": FLAG, "solved": SOLVED, "fall": FALL, "rise": RISE, "odd": ODD, "change": CHANGE, "mark": DONE,
    "branch": BRANCH,
}  # fmt: skip


def legends() -> tuple[str, str]:
    """Return what the glyphs mean, the longest text first."""
    whole = _(
        "{goal} first goal {solved} solved {fall} fall {rise} rise {odd} KL, entropy {change} change {mark} bookmark "
        "{branch} branch"
    )
    short = _("{goal} goal {solved} solved {fall}{rise} fall, rise {odd} KL {mark} bookmark {branch} branch")
    return whole.format(**MARKS), short.format(**MARKS)


def event_text(event: Event) -> str:
    """Return what an event is: `exact success fell from 1.00 to .084, steepest here`."""
    if isinstance(event.subject, Change):
        return changed_words((event.subject,))
    return str(event_words(event))
