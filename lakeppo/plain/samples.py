"""The batch in words: a list of its samples, and one sample with everything that was computed from it."""

from typing import Any

import numpy as np

from lakeppo.errors import InvalidValue, nearest
from lakeppo.figures import figure, signed
from lakeppo.i18n import N_, _
from lakeppo.plain.words import action_words, listed, read_tile, sentence
from lakeppo.session.snapshot import BatchColumns
from lakeppo.tui.state import AppState, TableFilter
from lakeppo.tui.text.sample import (
    COLUMNS,
    GROUPS,
    SIGNS,
    advantage_terms,
    cell_words,
    delta_words,
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
    """Return rows of the batch, a line each: those that `words` name. Raises `InvalidValue`."""
    batch = batch_of(state)
    first, table_filter = read_filter(state, words, batch)
    rows = listed_rows(batch, table_filter).tolist()
    if not rows:
        return [_("No sample of this batch is of that kind.")]
    if first > len(rows):
        raise InvalidValue("there are {count:,} such samples, and no number {first}", count=len(rows), first=first)
    shown = rows[first - 1 : first - 1 + LINES]
    head = _("{count:,} of {total:,} samples, from number {first:,} on:")
    lines = [head.format(count=len(rows), total=len(batch["t"]), first=first)]
    lines += [_line(batch, t, state) for t in shown]
    if first - 1 + LINES < len(rows):
        rest = " ".join([*(word for word in words if not word.isdecimal()), str(first + LINES)])
        lines.append(_('"batch {words}" shows more.').format(words=rest))
    return lines


def _line(batch: BatchColumns, t: int, state: AppState) -> str:
    parts = [_("{number}: {step}").format(number=t + 1, step=step_words(batch, t, state))]
    parts += [_("δ {delta}").format(delta=signed(float(batch["delta"][t]), 3))] if "delta" in batch else []
    if "ratio" in batch:
        parts.append(_("A {advantage}").format(advantage=signed(float(batch["weight"][t]), 3)))
        parts.append(_("ratio {ratio}").format(ratio=_ratio(batch, t)))
        parts.append(group_word(batch, t))
    return listed(parts)


def read_filter(state: AppState, words: list[str], batch: BatchColumns) -> tuple[int, TableFilter]:
    """Return the first row and the filter that words name: `stopped`, `positive`, `tile 6`, `by ratio`, `down`, `21`.

    Raises `InvalidValue`.
    """
    first, chosen = 1, dict[str, Any]()
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
            chosen["cell"] = read_tile(left.pop(0), state.config)
        elif word == "by" and left:
            chosen["sort"] = _column(left.pop(0), batch)
        else:
            known = (*GROUPS, "positive", "negative", "tile", "by", "down")
            raise InvalidValue("batch takes {known} and a number, not {word}", known=", ".join(known), word=word)
    return first, TableFilter(**chosen)


def _column(name: str, batch: BatchColumns) -> str:
    names = [column.name for column in COLUMNS if column.name in batch]
    if name not in names:
        near = nearest(name, names)
        template = N_("the batch has no {name}; is it {near}?") if near else N_("the batch has no {name}")
        raise InvalidValue(template, name=name, near=near)
    return name
