"""What every step, episode, tile and cell of an update did: the update redone without each of them.

Two lenses remove something. *Push*: the rows' advantages are 0, so they do nothing to the arrows of their own tiles.
*Surprise*: their TD errors are 0, as if they had turned out exactly as the critic expected, which every earlier row of
the episode then does not hear of. Each lens partitions the batch: all its parts removed together make the empty batch.
"""

from collections.abc import Generator, Sequence
from typing import NamedTuple, TypeVar

import torch
from torch import Tensor

from lakeppo.causes.redo import ON_LARGE_LAKES, Redone, Versions, redo
from lakeppo.causes.results import Lens, Part
from lakeppo.causes.update import JudgedUpdate
from lakeppo.ppo.gae import gae, normalise

T = TypeVar("T")
BLOCK = 256
"""Versions of an update that are redone at a time, so that a caller can do something else between two blocks."""
BLOCK_CELLS = 2**18
"""Rows times versions of one block."""
BLOCK_TILES = 2**15
"""Tiles times versions times passes of one block: about 50 ms, and 30 MB at most."""
BLOCK_STEPS = 6_000_000
"""Versions times tiles times steps of one block, as exact success follows them: about 50 ms."""
LEAST_BLOCK = 8
"""A smaller block would save no time."""
NEGLIGIBLE = 1e-15
"""The share of a TD error in an advantage below which it is taken for 0."""


class Effects(NamedTuple):
    """An update redone without each of G parts, one at a time."""

    keys: Tensor  # (G,): the row, the episode from 0, the tile, or 4 x tile + action
    redone: Redone  # (G, ...)


class Worlds(NamedTuple):
    """An update redone with another batch, momentum, bonus or clip: the fields of each are `(...)`."""

    actual: Redone
    empty: Redone  # all advantages 0; the visits stay, for the bonus
    momentum_alone: Redone  # the empty batch without the bonus
    no_bonus: Redone
    forgotten: Redone  # Adam's first moment was 0 before the first pass
    neither: Redone  # without the bonus and with the moment forgotten
    no_clip: Redone


def worlds(update: JudgedUpdate, passes: int) -> Worlds:
    """Redo the update as it was, and in six other worlds."""
    used = update.judgement.used_advantages
    #                       actual empty alone bonus moment both clip
    batch = torch.tensor([1.0, 0.0, 0.0, 1.0, 1.0, 1.0, 1.0], dtype=torch.float64)
    bonus = torch.tensor([1.0, 1.0, 0.0, 0.0, 1.0, 0.0, 1.0], dtype=torch.float64)
    momentum = torch.tensor([1.0, 1.0, 1.0, 1.0, 0.0, 0.0, 1.0], dtype=torch.float64)
    clip = torch.tensor([True, True, True, True, True, True, False])
    redone = redo(update, Versions(used[:, None] * batch, bonus, momentum, clip), passes)
    return Worlds(*(Redone(*pair) for pair in zip(*redone, strict=True)))


def labels(update: JudgedUpdate, part: Part) -> Tensor:
    """Return to which part each row belongs, `(T,)`, as in `Effects.keys`."""
    rows = torch.arange(update.rows)
    by_part = {Part.STEP: rows, Part.TILE: update.batch.states, Part.CELL: update.batch.chosen}
    return update.episodes if part is Part.EPISODE else by_part[part]


def effects(update: JudgedUpdate, lens: Lens, part: Part, passes: int) -> Effects:
    """Redo the update without each part."""
    (found,) = finished(effects_in_blocks(update, [(lens, part)], passes))
    return found


def effects_in_blocks(
    update: JudgedUpdate, questions: Sequence[tuple[Lens, Part]], passes: int, measured: bool = True
) -> Generator[None, None, list[Effects]]:
    """Answer several questions as `effects` does, many versions at once, and yield after every block.

    Success is not computed unless `measured`, which saves most of the time on a large lake.
    """
    keys = [torch.unique(labels(update, part)) for _, part in questions]
    waiting: list[Tensor] = []
    blocks: list[Redone] = []
    size = _block_size(update, passes, measured)
    for (lens, part), found in zip(questions, keys, strict=True):
        for block in torch.split(found, size):
            if waiting and sum(advantages.shape[1] for advantages in waiting) + len(block) > size:
                blocks.append(redo(update, Versions(torch.cat(waiting, dim=1)), passes, measured))
                waiting.clear()
                yield
            waiting.append(_without(update, lens, part, block))
    if waiting:
        blocks.append(redo(update, Versions(torch.cat(waiting, dim=1)), passes, measured))
    sizes = [len(found) for found in keys]
    whole = [torch.cat(tensors).split_with_sizes(sizes) for tensors in zip(*blocks, strict=True)]
    return [Effects(found, Redone(*parts)) for found, *parts in zip(keys, *whole, strict=True)]


def _block_size(update: JudgedUpdate, passes: int, measured: bool) -> int:
    tiles = len(update.batch.visits)
    size = min(BLOCK, BLOCK_CELLS // update.rows, BLOCK_TILES // (tiles * max(1, passes)))
    if measured:
        size = min(size, BLOCK_STEPS // (tiles * min(update.lake.max_episode_steps, ON_LARGE_LAKES)))
    return max(LEAST_BLOCK, size)


def finished(steps: Generator[None, None, T]) -> T:
    """Return the result of a generator that yields nothing but control."""
    while True:
        try:
            next(steps)
        except StopIteration as end:
            result: T = end.value
            return result


def _without(update: JudgedUpdate, lens: Lens, part: Part, keys: Tensor) -> Tensor:
    """Return the advantages `(T, K)` without each of the parts `keys` `(K,)`."""
    if part is Part.STEP and lens is Lens.SURPRISE:
        return without_surprises(update, keys)
    return advantages_without(update, lens, labels(update, part)[:, None] == keys)


def advantages_without(update: JudgedUpdate, lens: Lens, removed: Tensor) -> Tensor:
    """Return the advantages `(T, K)`, as the objective uses them, without the rows `removed` `(T, K)` of each version.

    With `norm_adv` they are normalised again: over all rows without a surprise, over the rows that are left without a
    push.
    """
    judged = update.judgement
    if lens is Lens.PUSH:
        raw = judged.advantages[:, None]
        return (_normalised_rest(raw, removed) if update.norm_adv else raw).masked_fill(removed, 0.0)
    deltas = update.deltas[:, None].masked_fill(removed, 0.0)
    nothing, batch = deltas.new_zeros(update.rows, 1), update.batch
    ends = batch.terminated[:, None], batch.truncated[:, None]
    advantages, _ = gae(deltas, nothing, nothing, *ends, update.gamma, update.gae_lambda)
    return normalise(advantages) if update.norm_adv else advantages


def without_surprises(update: JudgedUpdate, rows: Tensor) -> Tensor:
    """Return `advantages_without` the surprise of one of `rows` `(K,)` in each version, which is quicker for many."""
    advantages = update.judgement.advantages[:, None] - reach(update, rows) * update.deltas[rows]
    return normalise(advantages) if update.norm_adv else advantages


def _normalised_rest(advantages: Tensor, removed: Tensor) -> Tensor:
    """Return the advantages `(T, 1)` normalised over the rows that are not `removed` `(T, K)`."""
    kept = (~removed).double()
    count = kept.sum(dim=0).clamp(min=1)
    centred = advantages - (advantages * kept).sum(dim=0) / count
    deviation = ((centred.square() * kept).sum(dim=0) / count).sqrt()
    return centred / (deviation + 1e-8)


def reach(update: JudgedUpdate, rows: Tensor) -> Tensor:
    """Return how much of the TD errors of `rows` `(K,)` each row's advantage contains, `(T, K)`.

    The raw advantage of row j is the sum over all rows k of `reach[j, k]` times the TD error of k: the product of
    gamma, lambda and "not over" from j to k - 1, and 0 for j > k.
    """
    decay = update.gamma * update.gae_lambda * (~update.over).double()
    reached = decay.new_zeros(update.rows, len(rows))
    columns, weights = torch.arange(len(rows)), torch.ones_like(rows, dtype=torch.float64)
    while len(rows):
        reached[rows, columns] = weights
        rows = rows - 1
        weights = weights * decay[rows]  # row -1 is left out below
        going = (rows >= 0) & (weights > NEGLIGIBLE)
        rows, columns, weights = rows[going], columns[going], weights[going]
    return reached
