"""The steps of an update whose surprises did most for an arrow."""

from collections.abc import Generator
from typing import NamedTuple

import torch
from torch import Tensor

from lakeppo.causes.cause import Without, describe_cause
from lakeppo.causes.counterfactuals import Effects, advantages_without, effects_in_blocks, without_surprises
from lakeppo.causes.redo import Redone, Versions, redo
from lakeppo.causes.results import MOST_ROWS, MOST_TOGETHER, Cause, Lens, Part
from lakeppo.causes.update import JudgedUpdate

SMALL = 0.003
"""The share of a cell's advantages that is taken away to see what they do by first order."""


class Strongest(NamedTuple):
    """What did most for an arrow: the fields of `Origin` with the same names."""

    tried: int
    cause: Cause
    tile_cause: Cause
    arrow_without: int
    needed: int | None


def strongest_steps(update: JudgedUpdate, tile: int, arrow: int) -> Generator[None, None, Strongest]:
    """Return the step and the tile without which the arrow's probability would be smallest after the passes so far."""
    passes = update.made
    if update.rows <= MOST_ROWS:
        asked = [(Lens.SURPRISE, Part.STEP), (Lens.PUSH, Part.TILE)]
        steps, tiles = yield from effects_in_blocks(update, asked, passes, measured=False)
    else:
        (tiles,) = yield from effects_in_blocks(update, [(Lens.PUSH, Part.TILE)], passes, measured=False)
        rows = first_order(update, tile, arrow).topk(MOST_TOGETHER).indices
        yield
        steps = Effects(rows, redo(update, Versions(without_surprises(update, rows)), passes, measured=False))
    yield
    kept = steps.redone.policies[:, tile, arrow]
    order = kept.argsort()
    best = int(order[0])
    arrow_without = int(steps.redone.log_policies[best, tile].argmax())
    cause, tile_cause = _causes(update, steps, tiles, tile, arrow)
    needed = 1 if arrow_without != arrow else _needed(update, steps.keys[order], tile, arrow)
    return Strongest(len(kept), cause, tile_cause, arrow_without, needed)


def _causes(update: JudgedUpdate, steps: Effects, tiles: Effects, tile: int, arrow: int) -> tuple[Cause, Cause]:
    """Return the step and the tile that did most, with their success measured."""
    places = [int(found.redone.log_policies[:, tile, arrow].argmin()) for found in (steps, tiles)]
    row, worst = (int(found.keys[place]) for found, place in zip((steps, tiles), places, strict=True))
    alone, there = torch.arange(update.rows)[:, None] == row, update.batch.states[:, None] == worst
    lenses = ((Lens.SURPRISE, alone), (Lens.PUSH, alone), (Lens.PUSH, there))
    advantages = torch.cat([advantages_without(update, lens, removed) for lens, removed in lenses], dim=1)
    by_surprise, by_push, by_tile = redo(update, Versions(advantages), update.made).success.tolist()
    step_left, tile_left = (
        _at(found.redone, place, tile, arrow) for found, place in zip((steps, tiles), places, strict=True)
    )
    return (
        describe_cause(update, Lens.SURPRISE, Part.STEP, row, Without(step_left, by_surprise, by_push)),
        describe_cause(update, Lens.PUSH, Part.TILE, worst, Without(tile_left, by_tile, by_tile)),
    )


def _at(redone: Redone, version: int, tile: int, action: int) -> float:
    return float(redone.log_policies[version, tile, action].exp())


def _needed(update: JudgedUpdate, rows: Tensor, tile: int, arrow: int) -> int | None:
    """Return how many of `rows`, in their order, turn the arrow away together; None if `MOST_TOGETHER` do not."""
    most = min(MOST_TOGETHER, len(rows))
    rank = torch.full((update.rows,), update.rows)
    rank[rows[:most]] = torch.arange(most)
    removed = rank[:, None] <= torch.arange(most)  # version k is without the first k + 1
    redone = redo(update, Versions(advantages_without(update, Lens.SURPRISE, removed)), update.made, measured=False)
    turned = (redone.log_policies[:, tile].argmax(dim=-1) != arrow).nonzero()
    return int(turned[0]) + 1 if len(turned) else None


def first_order(update: JudgedUpdate, tile: int, arrow: int) -> Tensor:
    """Estimate how much each step's surprise did for an arrow's probability, `(T,)`.

    The loss depends on a row only through the sum of the advantages of its tile, action and sign. So the update is
    redone with a little less of each such sum, and a surprise counts by what it adds to the sums.
    """
    used, chosen = update.judgement.used_advantages, update.batch.chosen
    sums, place = torch.unique(2 * chosen + (used < 0), return_inverse=True)
    scale = torch.ones(update.rows, len(sums) + 1, dtype=torch.float64)
    scale[torch.arange(update.rows), place] -= SMALL  # the last version is the actual one
    log_policies = redo(update, Versions(used[:, None] * scale), update.made, measured=False).log_policies
    probability = log_policies[:, tile, arrow].exp()
    total = used.new_zeros(len(sums)).index_add_(0, place, used)
    slope = (probability[-1] - probability[:-1]) / SMALL / torch.where(total == 0, torch.inf, total)
    given, decay = slope[place], update.gamma * update.gae_lambda * (~update.over).double()
    worth = []
    trace = 0.0
    for gain, before in zip(given.tolist(), [0.0, *decay.tolist()], strict=False):
        trace = gain + before * trace
        worth.append(trace)
    return torch.tensor(worth, dtype=torch.float64) * update.deltas
