"""What the events of a run are called."""

import math

from lakeppo.errors import Message
from lakeppo.moment import Change, Phase
from lakeppo.runs.events import Event, Kind
from lakeppo.session import notices

MARKS = (Kind.BRANCH, Kind.CHANGE, Kind.BOOKMARK)
"""The kinds of events that a person makes."""
EVENTS = {
    Kind.FIRST_GOAL: "the first time at the goal",
    Kind.SOLVED: "solved: exact success {after}",
    Kind.FALL: "exact success fell from {before} to {after}",
    Kind.RISE: "exact success rose from {before} to {after}",
    Kind.KL: "a large step: KL {after}",
    Kind.ENTROPY: "entropy {after}, and not solved: the policy hardly tries anything new",
    Kind.DIVERGED: "the run has diverged",
    Kind.BOOKMARK: "bookmark",
    Kind.BRANCH: "a branch leaves",
    Kind.CHANGE: "a change",
}
"""What the events are, by their kinds."""


def event_notice(*events: Event) -> Message:
    """Return where events at one moment are, and what they are."""
    message = Message("{place}: {what}", place=event_place(events[0]), what=event_words(events[0]))
    for other in events[1:]:
        message = Message("{before}; {what}", before=message, what=event_words(other))
    return message


def event_place(event: Event) -> str:
    """Return the moment of an event: `update 48`, or for a mark within an update `update 48, pass 3`."""
    update, phase, index = event.moment
    parts = {
        Phase.COLLECT: f"step {index}" if index else "",
        Phase.JUDGE: "judge",
        Phase.IMPROVE: f"pass {index}" if index else "improve",
        Phase.COPY: "copy" if event.kind in MARKS else "",
    }
    return f"update {update}, {parts[phase]}".removesuffix(", ")


def event_words(event: Event) -> Message:
    """Return what an event is, with its figures."""
    before, after = _figure(event.before), _figure(event.after)
    match event.kind, event.subject:
        case Kind.CHANGE, Change(_, "map_rows", _):
            return Message("the map changes")
        case Kind.CHANGE, Change(_, name, value) if not isinstance(value, tuple):
            return notices.knob_change(name, value)
        case ((Kind.BRANCH | Kind.BOOKMARK), str(text)):
            return Message("branch {name} leaves" if event.kind is Kind.BRANCH else "{name}", name=text)
    return Message(EVENTS[event.kind], before=before, after=after)


def _figure(value: float | None) -> str:
    """Return a figure as the screens show it: `.084`, `1.00`."""
    return "-" if value is None or math.isnan(value) else f"{value:.3f}"[1:] if 0 <= value < 0.9995 else f"{value:.2f}"
