"""What the events of a run are called."""

from lakeppo.errors import Message
from lakeppo.figures import figure
from lakeppo.i18n import N_
from lakeppo.moment import Change, Phase
from lakeppo.runs.events import Event, Kind
from lakeppo.session import notices

MARKS = (Kind.BRANCH, Kind.CHANGE, Kind.BOOKMARK)
"""The kinds of events that a person makes."""
EVENTS = {
    Kind.FIRST_GOAL: N_("the first time at the goal"),
    Kind.SOLVED: N_("solved, with exact success {after}"),
    Kind.FALL: N_("exact success fell from {before} to {after}, steepest here"),
    Kind.RISE: N_("exact success rose from {before} to {after}, steepest here"),
    Kind.KL: N_("a large KL: {after} (mean of the passes)"),
    Kind.ENTROPY: N_("entropy {after} with the lake not solved: hardly anything new is tried"),
    Kind.DIVERGED: N_("the run has diverged"),
    Kind.BOOKMARK: N_("bookmark"),
    Kind.BRANCH: N_("a branch leaves"),
    Kind.CHANGE: N_("a change"),
}
"""What the events are, by their kinds."""


def event_notice(*events: Event) -> Message:
    """Return where events at one moment are, and what they are."""
    message = Message("{place}: {what}", place=event_place(events[0]), what=event_words(events[0]))
    for other in events[1:]:
        message = Message("{before}; {what}", before=message, what=event_words(other))
    return message


def event_place(event: Event) -> Message:
    """Return the moment of an event: `update 48`, or for a mark within an update `update 48, pass 3`."""
    update, phase, index = event.moment
    templates = {
        Phase.COLLECT: N_("update {update}, step {index}") if index else N_("update {update}"),
        Phase.JUDGE: N_("update {update}, judge"),
        Phase.IMPROVE: N_("update {update}, pass {index}") if index else N_("update {update}, improve"),
        Phase.COPY: N_("update {update}, copy") if event.kind in MARKS else N_("update {update}"),
    }
    return Message(templates[phase], update=update, index=index)


def event_words(event: Event) -> Message:
    """Return what an event is, with its figures."""
    before, after = figure(event.before), figure(event.after)
    match event.kind, event.subject:
        case Kind.CHANGE, Change(_, "map_rows", _):
            return Message("the map changes")
        case Kind.CHANGE, Change(_, name, value) if not isinstance(value, tuple):
            return notices.knob_change(name, value)
        case ((Kind.BRANCH | Kind.BOOKMARK), str(text)):
            return Message(N_("branch {name} leaves") if event.kind is Kind.BRANCH else "{name}", name=text)
    return Message(EVENTS[event.kind], before=before, after=after)
