"""Parts of the sentences: figures, tiles, actions and causes. No torch."""

from lakeppo.causes.results import Cause, Part
from lakeppo.errors import Message
from lakeppo.figures import small_figure
from lakeppo.i18n import N_

ACTION_WORDS = (Message("left"), Message("down"), Message("right"), Message("up"))
WRONG = 0.1
"""The least error of the critic that is said."""


def tile_words(tile: int, width: int) -> Message:
    """Return a tile by its row and column."""
    row, column = divmod(tile, width)
    return Message("({row},{column})", row=row, column=column)


def cause_words(cause: Cause, width: int) -> Message:
    """Return what a cause is, where it was, what happened there, and what the critic had expected."""
    if cause.part is Part.STEP:
        return _step(cause, width)
    template = N_("the {count:,} steps on tile {tile}, {surprise}")
    if cause.action is not None:
        template = N_("the {count:,} steps {action} on tile {tile}, {surprise}; nothing else was tried there")
        if cause.count == 1:
            template = N_("the one step on tile {tile}, {action}, {surprise}")
    assert cause.tile is not None
    action = ACTION_WORDS[cause.action or 0]  # without one no template names it
    tile = tile_words(cause.tile, width)
    return Message(template, count=cause.count, action=action, tile=tile, surprise=_surprise(cause))


def _step(cause: Cause, width: int) -> Message:
    assert cause.tile is not None
    assert cause.action is not None
    assert cause.next_tile is not None
    templates = {
        "goal": N_("step {number}, {action} on tile {tile}, into the goal, {surprise}"),
        "hole": N_("step {number}, {action} on tile {tile}, into a hole, {surprise}"),
        "time": N_("step {number}, {action} on tile {tile}, at which the time was up, {surprise}"),
        None: N_("step {number}, {action} on tile {tile}, to tile {next}, {surprise}"),
    }
    return Message(
        templates[cause.end], number=cause.key + 1, action=ACTION_WORDS[cause.action],
        tile=tile_words(cause.tile, width), next=tile_words(cause.next_tile, width), surprise=_surprise(cause),
    )  # fmt: skip


def _surprise(cause: Cause) -> Message:
    """Return how much better or worse than expected a cause was, with V and V', and their exact values where wrong."""
    if cause.count == 1:
        more = N_("{size} more than the critic expected ({values})")
        less = N_("{size} less than the critic expected ({values})")
    else:
        more = N_("on average {size} more than the critic expected ({values})")
        less = N_("on average {size} less than the critic expected ({values})")
    return Message(more if cause.delta >= 0 else less, size=small_figure(abs(cause.delta)), values=_values(cause))


def _values(cause: Cause) -> Message:
    wrong = abs(cause.value - cause.true_value) >= WRONG
    next_wrong = abs(cause.next_value - cause.true_next_value) >= WRONG
    value, true = small_figure(cause.value), small_figure(cause.true_value)
    here = Message(N_("V {value}, exactly {true}") if wrong else N_("V {value}"), value=value, true=true)
    if cause.end in ("goal", "hole"):
        return here
    value, true = small_figure(cause.next_value), small_figure(cause.true_next_value)
    there = Message(N_("V' {value}, exactly {true}") if next_wrong else N_("V' {value}"), value=value, true=true)
    return Message("{here}; {there}", here=here, there=there)
