"""The batch in words: a list of its samples, and one sample with everything that was computed from it."""

from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np

from lakeppo.causes.results import Part
from lakeppo.errors import InvalidValue, nearest
from lakeppo.figures import figure, signed, small_figure
from lakeppo.i18n import N_, _, capital
from lakeppo.plain.words import action_words, listed, read_tile, sentence, tile_name
from lakeppo.session.snapshot import BatchColumns
from lakeppo.tui.state import AppState, TableFilter
from lakeppo.tui.text.formatting import steps_words
from lakeppo.tui.text.parts import COLUMNS as PART_COLUMNS
from lakeppo.tui.text.parts import (
    FIRST,
    LENSES,
    NAMES,
    did_figure,
    end_word,
    episodes_before,
    listed_parts,
    missing_words,
    order_words,
    part_columns,
    part_name,
    part_table,
    sample_words,
)
from lakeppo.tui.text.sample import (
    COLUMNS,
    GROUPS,
    SIGNS,
    advantage_terms,
    cell_words,
    delta_words,
    episodes_of,
    group_word,
    listed_rows,
    normalised,
    objective_words,
    trace_end_words,
    verdict,
    with_current_values,
)

LINES = 20
"""Samples that are listed at once."""
BY = {
    "step": Part.STEP, "episode": Part.EPISODE, "episodes": Part.EPISODE, "tile": Part.TILE, "tiles": Part.TILE,
    "cell": Part.CELL, "cells": Part.CELL,
}  # fmt: skip
"""By what the batch is listed, as it is typed; `steps` is a column."""
TERMS = 5
"""Terms of an advantage that are told."""


def batch_of(state: AppState) -> BatchColumns:
    """Return the batch, with δ by the critic's present values while it is not judged. Raises `InvalidValue`."""
    batch = state.snapshot.batch
    if batch is None or not len(batch["t"]):
        raise InvalidValue("there is no sample yet: no step of this batch has been taken")
    return with_current_values(batch, state.snapshot.run.values, state.config.gamma)


def sample_lines(state: AppState, number: int) -> list[str]:
    """Return everything about sample `number`, counted from 1. Raises `InvalidValue`."""
    batch = batch_of(state)
    count = len(batch["t"])
    if not 0 < number <= count:
        raise InvalidValue("a sample is a number from 1 to {count}, not {number}", count=count, number=number)
    t = number - 1
    lines = [
        _("Sample {number} of {count}: {step}, reward {reward:g}.").format(
            number=number, count=count, step=step_words(batch, t, state), reward=float(batch["reward"][t])
        ),
        delta_words(batch, t),
    ]
    if "ratio" not in batch:
        return [*lines, _("It is not judged yet: judging adds up this δ and those after it to A.")]
    odds = (float(np.exp(batch[name][t])) for name in ("old_logprob", "new_logprob"))
    probability = _("Its action had probability {old}, and in the newest pass {new}: ratio {ratio}.")
    return [
        *lines,
        *_advantage(batch, t),
        probability.format(**dict(zip(("old", "new"), map(figure, odds), strict=True)), ratio=_ratio(batch, t)),
        objective_words(batch, t),
        sentence(verdict(batch, t)),
        *([sentence(did)] if (did := sample_words(batch, t, state.snapshot.explanation)) else []),
    ]


def step_words(batch: BatchColumns, t: int, state: AppState) -> str:
    """Return the step of a sample: `right on (0,1), to (0,2)`."""
    action, went = int(batch["action"][t]), int(batch["went"][t])
    template = _("{action} on {tile}, to {next}")
    if action != went:
        template = _("{action} on {tile}, but the ice took it {went}, to {next}")
    tile, ahead = (cell_words(int(batch[name][t]), state.config) for name in ("state", "next_state"))
    return template.format(action=action_words(action), went=action_words(went), tile=tile, next=ahead)


def _advantage(batch: BatchColumns, t: int) -> list[str]:
    terms = advantage_terms(batch, t)
    last = terms[-1].t
    summands = " ".join(signed(term.product, 3) for term in terms[:TERMS]) + " ..." * (len(terms) > TERMS)
    template = _("A {advantage}: the sum of {count} δ, each weighted by (γλ)^k: {summands}; the trace ends {end}.")
    if len(terms) == 1:
        template = _("A {advantage}: its own δ alone ({summands}), for the trace ends {end}.")
    lines = [template.format(advantage=signed(float(batch["advantage"][t]), 4), count=len(terms), summands=summands,
                             end=trace_end_words(batch, last))]  # fmt: skip
    if normalised(batch):
        lines.append(_("Normalised over the batch, A is {weight}.").format(weight=signed(float(batch["weight"][t]), 4)))
    return lines


def _ratio(batch: BatchColumns, t: int) -> str:
    return figure(float(batch["ratio"][t]), 4)


def batch_lines(state: AppState, words: list[str]) -> list[str]:
    """Return rows of the batch, or its parts, a line each: those that `words` name. Raises `InvalidValue`."""
    batch = batch_of(state)
    first, table_filter = read_filter(state, words, batch)
    if table_filter.by_part:
        return _part_lines(state, batch, table_filter, first, words)
    rows = listed_rows(batch, table_filter).tolist()
    if not rows:
        return [_("No sample of this batch is of that kind.")]
    if first > len(rows):
        raise InvalidValue("there are {count:,} such samples, and no number {first}", count=len(rows), first=first)
    shown = rows[first - 1 : first - 1 + LINES]
    head = _("{count:,} of {total:,} samples, from number {first:,} on:")
    lines = [head.format(count=len(rows), total=len(batch["t"]), first=first), *_actual(batch, state)]
    return [*lines, *(_line(batch, t, state) for t in shown), *_more(words, first, len(rows))]


def _actual(table: BatchColumns, state: AppState) -> list[str]:
    """Return what exact success is, where a table says what it would be without something."""
    explanation = state.snapshot.explanation
    if explanation is None or "without_push" not in table:
        return []
    return [_("Exact success is {actual}.").format(actual=small_figure(explanation.success.actual))]


def _more(words: list[str], first: int, count: int) -> list[str]:
    """Return the line that says what lists the next ones, if there are more."""
    if first - 1 + LINES >= count:
        return []
    numbered = len(words) > 1 and words[-2].lower() in ("tile", "episode")
    kept = words[:-1] if words and words[-1].isdecimal() and not numbered else words
    return [_('"batch {words}" shows more.').format(words=" ".join([*kept, str(first + LINES)]))]


def _line(batch: BatchColumns, t: int, state: AppState) -> str:
    parts = [_("{number}: {step}").format(number=t + 1, step=step_words(batch, t, state))]
    parts += [_("δ {delta}").format(delta=signed(float(batch["delta"][t]), 3))] if "delta" in batch else []
    if "ratio" in batch:
        parts.append(_("A {advantage}").format(advantage=signed(float(batch["weight"][t]), 3)))
        parts.append(_("ratio {ratio}").format(ratio=_ratio(batch, t)))
        parts.append(group_word(batch, t))
    if "without_push" in batch:
        parts.append(_("without its surprise {value}").format(value=small_figure(float(batch["without_surprise"][t]))))
        parts.append(_("without its push {value}").format(value=small_figure(float(batch["without_push"][t]))))
    return listed(parts)


def read_filter(state: AppState, words: list[str], batch: BatchColumns) -> tuple[int, TableFilter]:
    """Return the first row and the filter that words name: `stopped`, `positive`, `tile 6`, `by ratio`, `down`, `21`.

    `by tile` lists tiles instead of steps, `by episode` episodes, `by cell` each action on a tile. Raises
    `InvalidValue`.
    """
    first, sort, chosen = 1, "", dict[str, Any]()
    left = [word.lower() for word in words]
    while left:
        word = left.pop(0)
        if word.isascii() and word.isdecimal() and len(word) < 7:
            first = max(1, int(word))
        elif word in GROUPS:
            chosen["group"] = word
        elif word in ("positive", "negative"):
            chosen["sign"] = SIGNS[word == "negative"]
        elif word == "down":
            chosen["down"] = True
        elif word == "tile" and left:
            chosen["tile"] = read_tile(left.pop(0), state.config)
        elif word == "episode" and left:
            chosen["episode"] = _episode(left.pop(0), state, batch)
        elif word == "by" and left:
            sort = sort if (name := left.pop(0)) in BY else name
        else:
            known = (*GROUPS, "positive", "negative", "tile", "episode", "by", "down")
            raise InvalidValue("batch takes {known} and a number, not {word}", known=", ".join(known), word=word)
    table_filter = TableFilter(**chosen, part=listed_part(words))
    if sort:
        table_filter = replace(table_filter, sort=_column(sort, _table(state, batch, table_filter)))
    return first, table_filter


def listed_part(words: list[str]) -> Part:
    """Return by what words list the batch; by its steps, unless they say otherwise."""
    pairs = pairwise(word.lower() for word in words)
    return next((BY[name] for by, name in pairs if by == "by" and name in BY), Part.STEP)


def _table(state: AppState, batch: BatchColumns, table_filter: TableFilter) -> BatchColumns:
    """Return what is listed: the batch, or its parts."""
    if table_filter.part is None or not table_filter.by_part:
        return batch
    before = episodes_before(batch, state.snapshot.run)
    return part_table(batch, table_filter.part, state.snapshot.explanation, before)


def _episode(word: str, state: AppState, batch: BatchColumns) -> int:
    """Return the place in the batch of the episode with this number."""
    before = episodes_before(batch, state.snapshot.run)
    last = int(episodes_of(batch)[-1])
    number = int(word) if word.isascii() and word.isdecimal() and len(word) < 10 else -1
    if not before < number <= before + last + 1:
        template = N_("this batch has the episodes {first} to {last}, not {word}")
        raise InvalidValue(template, first=before + 1, last=before + last + 1, word=word)
    return number - before - 1


def _column(name: str, table: BatchColumns) -> str:
    known = (*COLUMNS, *PART_COLUMNS, *FIRST[Part.EPISODE])
    names = list(dict.fromkeys(column.name for column in known if column.name in table))
    if name not in names:
        near = nearest(name, names)
        template = N_("the batch has no {name}; is it {near}?") if near else N_("the batch has no {name}")
        raise InvalidValue(template, name=name, near=near)
    return name


def _part_lines(
    state: AppState, batch: BatchColumns, table_filter: TableFilter, first: int, words: list[str]
) -> list[str]:
    """Return a line for each episode, tile or cell of the batch."""
    part = table_filter.part or Part.STEP
    table = _table(state, batch, table_filter)
    columns = part_columns(part, state.config, table)
    order = listed_parts(table, table_filter, columns).tolist()
    if first > len(order):
        raise InvalidValue("there are {count:,} such parts, and no number {first}", count=len(order), first=first)
    by = order_words(table, table_filter, columns)
    head = _("{parts}: {count:,} in this batch, {order}, from number {first:,} on.")
    head = head if by else _("{parts}: {count:,} in this batch, from number {first:,} on.")
    lines = [head.format(parts=capital(_(NAMES[part])), count=len(order), first=first, order=by)]
    lines += _actual(table, state) or [missing_words(state)]
    shown = order[first - 1 : first - 1 + LINES]
    return [*lines, *(_part_line(state, part, table, k) for k in shown), *_more(words, first, len(order))]


def _part_line(state: AppState, part: Part, table: BatchColumns, k: int) -> str:
    pieces = [_part_name(state, part, table, k), steps_words(int(table["steps"][k]))]
    if part is Part.EPISODE:
        span = _("samples {first} to {last}").format(first=table["first"][k] + 1, last=table["last"][k] + 1)
        pieces += [span, end_word(str(table["end"][k]))]
    if "delta" in table:
        pieces.append(_("mean δ {delta}").format(delta=signed(float(table["delta"][k]), 4)))
    if "advantage" in table:
        pieces.append(_("mean A {advantage}").format(advantage=signed(float(table["advantage"][k]), 4)))
    templates = _("without its surprise {value} (that did {did})"), _("without its push {value} (that did {did})")
    for lens, template in zip(LENSES, templates, strict=True):
        value, did = (float(table[f"{name}_{lens}"][k]) for name in ("without", "did"))
        pieces += [] if np.isnan(value) else [template.format(value=small_figure(value), did=did_figure(did))]
    return listed(pieces)


def _part_name(state: AppState, part: Part, table: BatchColumns, k: int) -> str:
    if part is Part.EPISODE:
        return part_name(part, table, k, state.config)
    tile = tile_name(int(table["state"][k]), state.config)
    if part is Part.TILE:
        return tile
    return _("{action} on {tile}").format(action=action_words(int(table["action"][k])), tile=tile)
