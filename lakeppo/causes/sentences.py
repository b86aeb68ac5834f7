"""WHY an update moved the policy: at most five sentences, each on figures that redoing the update gives. No torch.

In this order: what moved, what would have moved anyway, which steps or tiles moved it, what the clip did about it, and
what it did to exact success. No cause stands without the empty batch beside it, and none is given a share.
"""

from lakeppo.causes.results import Explanation, Part
from lakeppo.causes.words import ACTION_WORDS, cause_words, tile_words
from lakeppo.errors import Message
from lakeppo.figures import small_figure
from lakeppo.i18n import N_


def why(explanation: Explanation) -> list[Message]:
    """Return the sentences on an update."""
    parts = (_moved, _anyway, _mover, _clip, _success)
    return [part(explanation) for part in parts]


def _cell(explanation: Explanation) -> dict[str, Message]:
    moved = explanation.movement
    return {"action": ACTION_WORDS[moved.action], "tile": tile_words(moved.tile, explanation.width)}


def _moved(e: Explanation) -> Message:
    template = N_("What moved most in this update: {action} on tile {tile}, from {before} to {after}.")
    if e.passes < e.epochs:
        template = N_(
            "What moved most up to pass {passes} of {epochs}: {action} on tile {tile}, from {before} to {after}."
        )
    before, after = small_figure(e.movement.before), small_figure(e.movement.after)
    return Message(template, **_cell(e), passes=e.passes, epochs=e.epochs, before=before, after=after)


def _anyway(e: Explanation) -> Message:
    template = N_(
        "With an empty batch, by momentum and entropy bonus alone, it would be {probability} and exact success "
        "{empty}; exact success without the bonus would be {no_bonus}, with the momentum forgotten {forgotten}, "
        "without both {neither}."
    )
    if not e.bonus:
        template = N_(
            "With an empty batch, by momentum alone, it would be {probability} and exact success {empty}; "
            "with the momentum forgotten exact success would be {forgotten}."
        )
    success = {name: small_figure(value) for name, value in e.success._asdict().items()}
    return Message(template, probability=small_figure(e.probability.empty), **success)


def _mover(e: Explanation) -> Message:
    moved, cause = e.movement, e.mover or e.largest_mover
    pushed_on = (e.probability.actual - cause.probability_without) * (moved.after - moved.before) >= 0
    figures: dict[str, object] = {
        "cause": cause_words(cause, e.width),
        "way": Message("for it") if pushed_on else Message("against it"),
        "probability": small_figure(cause.probability_without),
    }
    step = cause.part is Part.STEP
    if e.mover is not None:
        template = N_("The tile that did most {way}: {cause}; without them it would be {probability}.")
        if step:
            template = N_(
                "The step that did most {way} is {cause}: had it turned out as expected, it would be {probability}."
            )
    elif abs(e.probability.actual - e.probability.empty) < abs(moved.after - moved.before) / 4:
        template = N_("The batch did little to it: without {cause}, which did most, it would be {probability}.")
        if step:
            template = N_(
                "The batch did little to it: without the surprise of what did most, {cause}, it would be {probability}."
            )
    else:
        template = N_("Many small ones moved it: without {cause}, which did most, it would be {probability}.")
        if step:
            template = N_(
                "Many small ones moved it: without the surprise of what did most, {cause}, it would be {probability}."
            )
    return Message(template, **figures)


def _clip(e: Explanation) -> Message:
    clip, without = e.clip, small_figure(e.success.no_clip)
    if clip.clip_coef is None:
        return Message("The clip is off, so it stopped nothing.")
    if clip.samples == 0:
        return Message(
            "No step of the batch took {action} on tile {tile}, so the clip had none to stop there; without the clip "
            "exact success would be {without}.", **_cell(e), without=without,
        )  # fmt: skip
    outside = abs(clip.ratio - 1) > clip.clip_coef
    template = N_(
        "In the last pass the clip stopped {stopped:,} of the {samples:,} steps that took it, whose ratio is now "
        "{ratio}; without the clip exact success would be {without}."
    )
    if outside:
        template = N_(
            "In the last pass the clip stopped {stopped:,} of the {samples:,} steps that took it, whose ratio still "
            "came to {ratio}: momentum and other steps go on. Without the clip exact success would be {without}."
        )
    return Message(
        template, stopped=clip.stopped, samples=clip.samples, ratio=small_figure(clip.ratio), without=without
    )


def _success(e: Explanation) -> Message:
    moved, cause = e.movement, e.decider
    figures = {"before": small_figure(moved.success_before), "after": small_figure(moved.success_after)}
    if cause is None:
        most = abs(e.largest_decider.success_without - e.success.actual)
        template = N_("Exact success went from {before} to {after}; no single step or tile was worth more than {most}.")
        if not any(column.part is Part.STEP for column in e.effects):
            template = N_("Exact success went from {before} to {after}; no single tile was worth more than {most}.")
        return Message(template, **figures, most=small_figure(most + 5e-4))
    without, push = small_figure(cause.success_without), small_figure(cause.success_without_push)
    same = e.mover is not None and (cause.part, cause.key) == (e.mover.part, e.mover.key)
    if cause.part is Part.STEP:
        template = N_(
            "Exact success went from {before} to {after}; what did most to it is {cause}: had it turned out as "
            "expected, it would be {without}, and {push} without the step."
        )
        if same:
            template = N_(
                "Exact success went from {before} to {after}; had the same step turned out as expected, it would be "
                "{without}, and {push} without the step."
            )
    else:
        template = N_(
            "Exact success went from {before} to {after}; what did most to it: {cause}; without them it would be "
            "{without}."
        )
        if same:
            template = N_("Exact success went from {before} to {after}; without the same steps it would be {without}.")
    words = cause_words(cause, e.width)
    return Message(template, **figures, cause=words, without=without, push=push)
