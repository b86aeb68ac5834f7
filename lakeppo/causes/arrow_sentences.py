"""Why an arrow points where it does: at most five sentences on one explanation. No torch."""

from lakeppo.causes.results import ENOUGH, LIKELIER, MOST_TOGETHER, ArrowExplanation, Origin, Turn
from lakeppo.causes.words import ACTION_WORDS, cause_words, tile_words
from lakeppo.errors import Message
from lakeppo.figures import small_figure
from lakeppo.i18n import N_
from lakeppo.lake.transition import ARROWS

LONGEST_PATH = 12
"""The most steps of a path that are listed."""


def why_there(explanation: ArrowExplanation) -> list[Message]:
    """Return the sentences on a explanation."""
    here = {"tile": tile_words(explanation.tile, explanation.width), "arrow": ACTION_WORDS[explanation.action]}
    if explanation.turn is None or explanation.origin is None:
        if explanation.since:
            return [Message("The arrow on tile {tile} has pointed {arrow} since before update {since}.",
                            **here, since=explanation.since)]  # fmt: skip
        return [Message("The arrow on tile {tile} has pointed {arrow} since the first weights.", **here)]
    origin = explanation.origin
    sentences = [
        _turned(explanation, explanation.turn, origin),
        _anyway(explanation, origin),
        _strongest(explanation, origin),
    ]
    if origin.single:
        sentences += [_reached(explanation, origin), _path(explanation, origin)]
    return sentences


def _turned(explanation: ArrowExplanation, turn: Turn, origin: Origin) -> Message:
    return Message(
        "The arrow on tile {tile} turned from {before} to {arrow} in pass {made} of update {update}, in which its "
        "probability went from {start} to {end}.",
        tile=tile_words(explanation.tile, explanation.width), before=ACTION_WORDS[turn.before],
        arrow=ACTION_WORDS[explanation.action], made=turn.made, update=turn.update, start=small_figure(origin.before),
        end=small_figure(origin.after),
    )  # fmt: skip


def _anyway(explanation: ArrowExplanation, origin: Origin) -> Message:
    same = origin.empty_arrow == explanation.action
    template = N_("With an empty batch it would have come to {empty}, and the arrow would point {arrow}.")
    if same:
        template = N_(
            "With an empty batch it would have come to {empty}, and the arrow would point {arrow} all the same."
        )
    return Message(template, empty=small_figure(origin.empty), arrow=ACTION_WORDS[origin.empty_arrow])


def _strongest(explanation: ArrowExplanation, origin: Origin) -> Message:
    cause, needed = origin.cause, origin.needed
    steps = Message("the {rows:,} steps", rows=origin.rows)
    if origin.tried < origin.rows:
        steps = Message("the {tried} of {rows:,} steps that were tried", tried=origin.tried, rows=origin.rows)
    if not origin.single:
        return _many(explanation, origin)
    if needed == 1:
        template = N_(
            "The strongest of {steps} was {cause}: had it turned out as expected, it would be {without} and "
            "the arrow would point {arrow}."
        )
    elif needed is None:
        template = N_(
            "The strongest of {steps} was {cause}: had it turned out as expected, it would be {without}; not "
            "even the {most} strongest together turn the arrow away."
        )
    else:
        template = N_(
            "The strongest of {steps} was {cause}: had it turned out as expected, it would be {without}; it "
            "takes the {needed} strongest together to turn the arrow away."
        )
    return Message(
        template, steps=steps, cause=cause_words(cause, explanation.width), needed=needed or 0, most=MOST_TOGETHER,
        without=small_figure(cause.probability_without), arrow=ACTION_WORDS[origin.arrow_without],
    )  # fmt: skip


def _many(explanation: ArrowExplanation, origin: Origin) -> Message:
    tile = origin.tile_cause
    template = N_(
        "Many small steps did it, no single one of its {rows:,}: without the one that did most, {cause}, it would be "
        "{without}."
    )
    if origin.empty_arrow == explanation.action:
        template = N_(
            "None of its {rows:,} steps did much for it: without the one that did most, {cause}, it would be {without}."
        )
    elif origin.after - tile.probability_without >= ENOUGH:
        template = N_(
            "Many small steps did it, no single one of its {rows:,}: without the surprise of the one that did most it "
            "would be {without}, but without {cause}, it would be {without_tile}."
        )
    words = cause_words(tile if "{without_tile}" in template else origin.cause, explanation.width)
    without, without_tile = small_figure(origin.cause.probability_without), small_figure(tile.probability_without)
    return Message(template, rows=origin.rows, cause=words, without=without, without_tile=without_tile)


def _reached(explanation: ArrowExplanation, origin: Origin) -> Message:
    episode, tile = origin.cause.episode, tile_words(explanation.tile, explanation.width)
    if not origin.influences:
        return Message(
            "In this batch episode {episode} had not been on tile {tile} before: its surprise came through the "
            "weights that all tiles share.",
            episode=episode, tile=tile,
        )  # fmt: skip
    parts = [
        Message(N_("{action} once ({amount})") if one.rows == 1 else N_("{action} {rows} times ({amount})"),
                action=ACTION_WORDS[one.action], rows=one.rows, amount=_signed(one.amount))
        for one in origin.influences
    ]  # fmt: skip
    there = parts[0]
    for part in parts[1:]:
        there = Message("{there} and {part}", there=there, part=part)
    template = N_("It reached back along episode {episode} to tile {tile}, where the agent had gone {there}.")
    if origin.cause.tile == explanation.tile:
        template = N_("It was on tile {tile} itself, where the agent had gone {there} in episode {episode}.")
    return Message(template, episode=episode, tile=tile, there=there)


def _path(explanation: ArrowExplanation, origin: Origin) -> Message:
    names = [f"{tile_words(tile, explanation.width)}{ARROWS[action]}" for tile, action in origin.path]
    steps = " ".join(names[-LONGEST_PATH:]) if len(names) <= LONGEST_PATH else "... " + " ".join(names[-LONGEST_PATH:])
    times, raised = origin.times, origin.raised
    if raised is None:
        template = N_(
            "In this batch the episode went {steps}: {times} times as likely then as at first. That was luck."
        )
        if times >= LIKELIER:
            template = N_(
                "In this batch the episode went {steps}: {times} times as likely then as at first, by many updates "
                "that each did little."
            )
        return Message(template, steps=steps, times=_times(times))
    return Message(
        "In this batch the episode went {steps}: {times} times as likely then as at first, and no update had done more "
        "for it than update {update} ({most} times), above all on tile {tile}: {action} from {before} to {after}.",
        steps=steps, times=_times(times), update=raised.update, most=_times(raised.times),
        tile=tile_words(raised.tile, explanation.width), action=ACTION_WORDS[raised.action],
        before=small_figure(raised.before),
        after=small_figure(raised.after),
    )  # fmt: skip


def _times(value: float) -> str:
    return f"{value:.2g}" if value < 100 else f"{value:,.0f}"


def _signed(value: float) -> str:
    return f"{'-' if value < 0 else '+'}{small_figure(abs(value))}"
