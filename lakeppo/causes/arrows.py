"""Why does this arrow point there? The pass in which it last turned, the step that turned it, and what led to it.

An explanation leads to an earlier one: on the tile and the update that did most to make the path to the step likely.
"""

import math
from collections.abc import Generator, Sequence
from dataclasses import replace

import numpy as np
import torch

from lakeppo.causes.arrow_sentences import why_there
from lakeppo.causes.branch_tables import BranchTables, branch_tables
from lakeppo.causes.counterfactuals import finished, reach, worlds
from lakeppo.causes.results import LIKELIER, ArrowExplanation, Influence, Origin, Raised, Turn
from lakeppo.causes.strongest import strongest_steps
from lakeppo.causes.update import JudgedUpdate, judged_update, update_at
from lakeppo.lake.exact import Floats
from lakeppo.lake.transition import ACTION_COUNT
from lakeppo.moment import Moment, Phase
from lakeppo.runs.pass_tables import Tables
from lakeppo.runs.timeline import Timeline


def explain_arrow(timeline: Timeline, tile: int, updates: int | None = None) -> ArrowExplanation:
    """Explain the arrow on `tile` now, or after `updates` updates; `ArrowExplanation.next` has both of an earlier one.

    25 ms of a processor where an update has 64 rows, half a second where it has 2,048. The tables of updates that the
    run has not kept are recomputed; the run itself stays where it is.
    """
    return finished(explain_arrow_in_blocks(timeline, tile, updates))


def explain_arrow_in_blocks(
    timeline: Timeline, tile: int, updates: int | None = None
) -> Generator[None, None, ArrowExplanation]:
    """Do as `explain_arrow` does, and yield every few dozen milliseconds: the timeline must not go on in between."""
    run = timeline.run
    tables = yield from branch_tables(timeline, updates)
    turn = last_turn(tables, tile)
    width = run.config.shape[1]
    arrow = int(tables.newest[tile].argmax())
    explanation = ArrowExplanation(tile, arrow, width, tables.since, turn, None)
    if turn is not None:
        now = turn.update == run.trainer.updates
        update = judged_update(run) if now else None
        if update is None:
            moment = run.moment if now else Moment(turn.update, Phase.COPY, 0)
            update = update_at(timeline, moment)
        yield
        origin = yield from _origin(update, tables, tile, arrow)
        explanation = replace(explanation, origin=origin)
    return replace(explanation, sentences=tuple(why_there(explanation)))


def last_turn(tables: BranchTables, tile: int) -> Turn | None:
    """Return the last pass in which the likeliest action of a tile changed; None if none did."""
    for update in range(tables.until - 1, tables.since - 1, -1):
        arrows = np.vstack([tables.before(update)[tile], tables.after(update)[:, tile]]).argmax(axis=1)
        turned = np.flatnonzero(arrows[1:] != arrows[:-1])
        if len(turned):
            made = int(turned[-1]) + 1
            return Turn(update, made, int(arrows[made - 1]), int(arrows[made]))
    return None


def _origin(update: JudgedUpdate, tables: BranchTables, tile: int, arrow: int) -> Generator[None, None, Origin]:
    """Return the step whose surprise did most for the arrow in its update, and what led to it."""
    world = worlds(update, update.made)
    found = yield from strongest_steps(update, tile, arrow)
    row = found.cause.key
    path = _path(update, row)
    return Origin(
        rows=update.rows,
        tried=found.tried,
        before=float(update.log_policies[0][tile, arrow].exp()),
        after=float(world.actual.policies[tile, arrow]),
        empty=float(world.empty.policies[tile, arrow]),
        empty_arrow=int(world.empty.log_policies[tile].argmax()),
        cause=found.cause,
        tile_cause=found.tile_cause,
        arrow_without=found.arrow_without,
        needed=found.needed,
        influences=_influences(update, row, tile),
        path=path,
        log_likelihood=_log_likelihood(update.old_log_policy.exp().numpy(), path),
        first_log_likelihood=_log_likelihood(tables.first, path),
        raised=_raised(tables, update.update, path),
    )


def _path(update: JudgedUpdate, row: int) -> tuple[tuple[int, int], ...]:
    """Return the tiles and actions of a row's episode in this batch, up to the row."""
    rows = (update.episodes == update.episodes[row]).nonzero().flatten()
    rows = rows[rows <= row]
    return tuple(zip(update.batch.states[rows].tolist(), update.batch.actions[rows].tolist(), strict=True))


def _influences(update: JudgedUpdate, row: int, tile: int) -> tuple[Influence, ...]:
    """Return what a step's surprise gave to the rows on a tile before it, by action."""
    given = reach(update, torch.tensor([row]))[:, 0] * update.deltas[row]
    there = (given != 0) & (update.batch.states == tile)
    actions = [(there & (update.batch.actions == action)) for action in range(ACTION_COUNT)]
    sums = ((action, int(rows.sum()), float(given[rows].sum())) for action, rows in enumerate(actions))
    return tuple(Influence(*one) for one in sums if one[1])


def _log_likelihood(policy: Floats | Tables, path: Sequence[tuple[int, int]]) -> float:
    tiles, actions = (list(column) for column in zip(*path, strict=True))
    return float(np.log(np.maximum(policy[tiles, actions].astype(np.float64), 1e-300)).sum())


def _raised(tables: BranchTables, until: int, path: Sequence[tuple[int, int]]) -> Raised | None:
    """Return the update before `until` that did most to make a path likely, if that was more than luck."""
    before = [tables.before(update) for update in range(tables.since, until)]
    if not before:
        return None
    likely = np.array([_log_likelihood(policy, path) for policy in [*before, tables.before(until)]])
    k = int(np.diff(likely).argmax())
    rise = likely[k + 1] - likely[k]
    if min(rise, likely[-1] - _log_likelihood(tables.first, path)) < math.log(LIKELIER):
        return None
    old, new = before[k], [*before, tables.before(until)][k + 1]
    gains: dict[tuple[int, int], float] = {}
    for tile, action in path:
        gain = math.log(max(float(new[tile, action]), 1e-300) / max(float(old[tile, action]), 1e-300))
        gains[tile, action] = gains.get((tile, action), 0.0) + gain
    tile, action = max(gains, key=lambda cell: gains[cell])
    return Raised(tables.since + k, math.exp(rise), tile, action, float(old[tile, action]), float(new[tile, action]))
