"""Why an update moved the policy as it did: what moved, in which worlds it would have moved too, and what moved it."""

from collections.abc import Collection, Generator, Sequence
from dataclasses import replace
from typing import Literal

import numpy as np
import torch

from lakeppo.causes.cause import Without, describe_cause
from lakeppo.causes.counterfactuals import Effects, Worlds, effects_in_blocks, finished, worlds
from lakeppo.causes.movement import movement
from lakeppo.causes.results import (
    MOST_ROWS,
    MOST_STEPS,
    Cause,
    Clip,
    Explanation,
    InWorlds,
    Lens,
    Movement,
    Part,
    PartEffects,
)
from lakeppo.causes.sentences import why
from lakeppo.causes.update import JudgedUpdate
from lakeppo.lake.exact import DENSE
from lakeppo.ppo.objective import three_groups

MATTERS = 0.01
"""The least effect on a probability that is worth naming."""
Question = tuple[Lens, Part]


def explain(update: JudgedUpdate) -> Explanation | None:
    """Explain the passes that an update has made; None before the first.

    About 30 ms of a processor for 64 rows, 100 ms for 2,048, where the effects of single steps are left out.
    """
    return finished(explain_in_blocks(update))


def explain_in_blocks(update: JudgedUpdate) -> Generator[None, None, Explanation | None]:
    """Do as `explain` does, and yield every few dozen milliseconds."""
    moved, passes = movement(update), update.made
    if moved is None:
        return None
    found_worlds = worlds(update, passes)
    yield
    asked = questions(update)
    effects = yield from effects_in_blocks(update, asked, passes)
    actual, cell = found_worlds.actual, (moved.tile, moved.action)
    columns = _columns(update, asked, effects, moved)
    mover, most_moving = _largest(
        update, columns, moved.after - moved.before, actual.policies[cell].item(), "probability"
    )
    change = moved.success_after - moved.success_before
    decider, most_deciding = _largest(update, columns, change, actual.success.item(), "success")
    explanation = Explanation(
        update.update, passes, len(update.knobs), update.rows, len(update.lake.map_rows[0]),
        any(knobs.ent_coef for knobs in update.knobs[:passes]), moved,
        _in_worlds(found_worlds, None), _in_worlds(found_worlds, cell),
        mover, decider, most_moving, most_deciding, _clip(update, moved), columns,
    )  # fmt: skip
    return replace(explanation, sentences=tuple(why(explanation)))


def part_in_blocks(
    update: JudgedUpdate, part: Part, known: Collection[Question] = ()
) -> Generator[None, None, tuple[PartEffects, ...]]:
    """Redo a batch without each of its steps, episodes, tiles or cells, by surprise and by push, unless it is `known`.

    Nothing is found before the first pass. Above `MOST_ROWS` rows no step is removed, and nothing by surprise. The
    steps of 2,048 rows take 0.4 s of a processor for each lens.
    """
    moved, asked = movement(update), [question for question in _every(update, part) if question not in known]
    if moved is None or not asked:
        return ()
    effects = yield from effects_in_blocks(update, asked, update.made)
    return _columns(update, asked, effects, moved)


def _every(update: JudgedUpdate, part: Part) -> list[Question]:
    """Return the questions on one kind of part that are answered if a person asks."""
    if update.rows > MOST_ROWS:
        return [] if part is Part.STEP else [(Lens.PUSH, part)]
    if part is Part.EPISODE and not update.norm_adv:
        return [(Lens.SURPRISE, part)]
    return [(Lens.SURPRISE, part), (Lens.PUSH, part)]


def questions(update: JudgedUpdate) -> list[Question]:
    """Return the parts that an explanation looks at."""
    parts = [(Lens.SURPRISE, Part.STEP), (Lens.PUSH, Part.STEP)] if update.rows <= MOST_STEPS else []
    parts.append((Lens.PUSH, Part.TILE))
    if len(update.batch.visits) > DENSE or update.rows > MOST_ROWS:  # every version takes many milliseconds
        return parts
    others = [(Lens.SURPRISE, Part.TILE), (Lens.PUSH, Part.CELL), (Lens.SURPRISE, Part.CELL)]
    return [*parts, *others, *_every(update, Part.EPISODE)]


def _columns(
    update: JudgedUpdate, questions: Sequence[Question], effects: Sequence[Effects], moved: Movement
) -> tuple[PartEffects, ...]:
    columns = []
    for (lens, part), found in zip(questions, effects, strict=True):
        probability = found.redone.policies[:, moved.tile, moved.action].numpy()
        column = PartEffects(lens, part, found.keys.numpy(), found.redone.success.numpy(), probability)
        columns.append(column)
        if part is Part.EPISODE and not update.norm_adv:  # without its surprises an episode pushes nothing
            columns.append(replace(column, lens=Lens.PUSH if lens is Lens.SURPRISE else Lens.SURPRISE))
    return tuple(columns)


def _largest(
    update: JudgedUpdate,
    columns: Sequence[PartEffects],
    change: float,
    actual: float,
    figure: Literal["probability", "success"],
) -> tuple[Cause | None, Cause]:
    """Return the part of the batch that did enough to a figure to be named, if any, and the one that did most.

    A step did, if by its surprise it did a quarter of the whole `change` and half of what the largest tile did; else a
    tile, if by its push it did a quarter of the whole change.
    """
    by_question = {(column.lens, column.part): column for column in columns}
    kinds = [kind for kind in ((Lens.SURPRISE, Part.STEP), (Lens.PUSH, Part.TILE)) if kind in by_question]
    causes, sizes = [], []
    for lens, part in kinds:
        column, push = by_question[lens, part], by_question[Lens.PUSH, part]
        effect = np.abs(getattr(column, figure) - actual)
        k = int(effect.argmax())
        without = Without(float(column.probability[k]), float(column.success[k]), float(push.success[k]))
        causes.append(describe_cause(update, lens, part, int(column.keys[k]), without))
        sizes.append(float(effect[k]))
    least = max(MATTERS, abs(change) / 4, sizes[-1] / 2)
    named = (cause for cause, size in zip(causes, sizes, strict=True) if size >= least)
    return next(named, None), causes[int(np.argmax(sizes))]


def _in_worlds(found: Worlds, cell: tuple[int, int] | None) -> InWorlds:
    """Return exact success in each world, or the probability of `cell`, a tile and an action."""
    return InWorlds(*(world.success.item() if cell is None else world.policies[cell].item() for world in found))


def _clip(update: JudgedUpdate, moved: Movement) -> Clip:
    """Return what the clip did to the samples of the movement's tile and action in the last pass."""
    batch, clip_coef = update.batch, update.knobs[update.made - 1].clip_coef
    rows = (batch.states == moved.tile) & (batch.actions == moved.action)
    ratios = (update.log_policies[update.made - 1] - update.old_log_policy).take(batch.chosen).exp()
    stopped = three_groups(ratios, update.judgement.used_advantages, clip_coef).stopped
    change = update.log_policies[-1] - update.old_log_policy
    ratio = torch.exp(change[moved.tile, moved.action]).item()
    return Clip(clip_coef, int(rows.sum()), int((rows & stopped).sum()), ratio)
