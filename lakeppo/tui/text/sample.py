"""The rows of the batch's table: their columns, order and filters, and texts on a single sample."""

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from rich.cells import cell_len

from lakeppo.config import Config
from lakeppo.figures import figure, fitted, signed
from lakeppo.i18n import N_, _
from lakeppo.lake.transition import ARROWS
from lakeppo.session.snapshot import BatchColumns, Floats
from lakeppo.tui.state import TableFilter

GROUPS = ("inside", "returning", "stopped")
SIGNS = ("A > 0", "A < 0")


class Column(NamedTuple):
    """A column on screen: the batch's column that it shows and sorts by, and the text of its cells."""

    name: str
    title: str
    width: int
    text: Callable[[BatchColumns, int, Config], str]


def normalised(batch: BatchColumns) -> bool:
    """Return whether the objective uses other advantages than GAE gave it."""
    return "advantage" in batch and not np.array_equal(batch["weight"], batch["advantage"], equal_nan=True)


def advantage_name(batch: BatchColumns) -> str:
    """Return the name of the advantages as the objective uses them."""
    return "A norm" if normalised(batch) else "A"


def sign_words(batch: BatchColumns, sign: str) -> str:
    """Return which advantages have a sign: `A < 0`, or `A norm < 0` where the objective normalises them."""
    return sign.replace("A", _(advantage_name(batch)))


def ratio_words(ratios: tuple[float, float]) -> str:
    """Return a span of ratios: `ratio 1.2 to 1.25`, `ratio above 1.5`."""
    low, high = ratios
    template = _("ratio {low:.3g} to {high:.3g}")
    if np.isinf(low) or np.isinf(high):
        template = _("ratio below {high:.3g}") if np.isinf(low) else _("ratio above {low:.3g}")
    return template.format(low=low, high=high)


def unclipped(batch: BatchColumns) -> bool:
    """Return whether the newest pass had no clip, so that no ratio is inside or outside."""
    return "clip_coef" in batch and bool(np.isnan(batch["clip_coef"]).all())


def cell_words(state: int, config: Config) -> str:
    """Return a tile by its row and column: `(2,1)`."""
    return "({},{})".format(*divmod(state, config.shape[1]))


def text_column(name: str, title: str, width: int, text: Callable[[Any], str]) -> Column:
    """Return a column whose cells depend on nothing but its values."""
    return Column(name, title, width, lambda batch, t, config: text(batch[name][t]))


def figure_column(name: str, title: str, width: int, places: int, form: Callable[[float, int], str] = figure) -> Column:
    """Return a column of figures with as many of their places as fit."""
    return text_column(name, title, width, lambda value: fitted(float(value), width, places, form))


def group_word(batch: BatchColumns, t: int) -> str:
    """Return the group of a sample as a person reads it."""
    return _("no clip") if unclipped(batch) else _(str(batch["group"][t]))


def _went(batch: BatchColumns, t: int, config: Config) -> str:
    return f"{ARROWS[batch['went'][t]]}{'  ' if batch['action'][t] == batch['went'][t] else ' x'}"


def _next_value(batch: BatchColumns, t: int, config: Config) -> str:
    return _("end") if batch["terminated"][t] else fitted(float(batch["next_value"][t]), 6, 4)


COLUMNS: tuple[Column, ...] = (
    text_column("t", "t", 5, str),
    Column("state", N_("tile"), 7, lambda batch, t, config: cell_words(int(batch["state"][t]), config)),
    text_column("action", N_("meant"), 5, ARROWS.__getitem__),
    Column("went", N_("went"), 4, _went),
    text_column("reward", "r", 1, "{:g}".format),
    figure_column("value", "V", 6, 4),
    Column("next_value", "V'", 6, _next_value),
    figure_column("delta", "δ", 7, 4, signed),
    figure_column("advantage", "A", 7, 4, signed),
    figure_column("weight", N_("A norm"), 7, 4, signed),
    figure_column("without_surprise", N_("no δ"), 5, 3),
    figure_column("without_push", N_("no A"), 5, 3),
    figure_column("return", N_("return"), 6, 4),
    text_column("old_logprob", N_("π old"), 5, lambda logprob: figure(np.exp(logprob))),
    text_column("new_logprob", N_("π new"), 5, lambda logprob: figure(np.exp(logprob))),
    figure_column("ratio", N_("ratio"), 5, 3),
    Column("group", N_("group"), 9, lambda batch, t, config: group_word(batch, t)),
)
EFFECTS = ("without_surprise", "without_push")
"""Exact success after this update, had the step turned out as expected, or had it not pushed; known a little later."""
FIXED = 2
"""Columns at the left that stay when the others are scrolled sideways."""


def columns(config: Config, batch: BatchColumns | None = None) -> tuple[Column, ...]:
    """Return the columns for this config: the normalised advantage only if the objective uses it, effects if known."""
    known = EFFECTS if batch is not None and EFFECTS[0] in batch else ()
    used = (column for column in COLUMNS if column.name != "weight" or config.norm_adv)
    return titled((column for column in used if column.name not in EFFECTS or column.name in known), config)


def titled(columns: Iterable[Column], config: Config) -> tuple[Column, ...]:
    """Return columns with their titles in the language in use, wide enough for these and for the numbers of a run."""
    widths = {"t": max(4, len(str(config.batch_size - 1))), "state": len(cell_words(config.tiles - 1, config))}
    named = (column._replace(title=_(column.title)) for column in columns)
    return tuple(c._replace(width=max(widths.get(c.name, c.width), cell_len(c.title))) for c in named)


def listed_rows(batch: BatchColumns, table_filter: TableFilter) -> NDArray[np.intp]:
    """Return the rows that pass the filter, sorted; of equal ones the earlier step comes first."""
    keep = np.ones(len(batch["t"]), bool)
    for name, value in (("state", table_filter.tile), ("action", table_filter.action)):
        if value is not None:
            keep &= batch[name] == value
    if table_filter.episode is not None:
        keep &= episodes_of(batch) == table_filter.episode
    if table_filter.group is not None and "group" in batch:
        keep &= (batch["group"] == table_filter.group) & (not unclipped(batch))
    if table_filter.sign is not None and "weight" in batch:
        keep &= (batch["weight"] > 0) if table_filter.sign == SIGNS[0] else (batch["weight"] < 0)
    if table_filter.ratios is not None and "ratio" in batch:
        low, high = table_filter.ratios
        keep &= (batch["ratio"] >= low) & (batch["ratio"] < high)
    rows = np.flatnonzero(keep)
    return rows[in_order(batch.get(table_filter.sort, batch["t"])[rows], table_filter.down)]


def in_order(values: NDArray[Any], down: bool) -> NDArray[np.intp]:
    """Return the order of values, `down`: the largest first; of equal ones the earlier comes first."""
    if down:
        _, values = np.unique(values, return_inverse=True)
        values = -values
    return np.argsort(values, kind="stable")


def episodes_of(batch: BatchColumns) -> NDArray[np.intp]:
    """Return the episode of each row `(T,)`, counted from 0 at the first one of the batch."""
    over = batch["terminated"] | batch["truncated"]
    return np.cumsum(over) - over


def with_current_values(batch: BatchColumns, values: Floats, gamma: float) -> BatchColumns:
    """Return a batch that is not judged yet with V, V' and δ by the critic's present values `(S,)`."""
    if "delta" in batch:
        return batch
    value, ahead = values[batch["state"]], values[batch["next_state"]]
    delta = batch["reward"] + gamma * ahead * ~batch["terminated"] - value
    return {**batch, "value": value, "next_value": ahead, "delta": delta, "gamma": np.full(len(value), gamma)}


def path_words(batch: BatchColumns, t: int, config: Config) -> str:
    """Return the tiles that a step led from and to: `(0,0) to (0,1)`."""
    start, end = (cell_words(int(batch[name][t]), config) for name in ("state", "next_state"))
    return _("{start} to {end}").format(start=start, end=end)


def verdict(batch: BatchColumns, t: int) -> str:
    """Return what the clip does with a sample, and what the end of its episode means for its advantage."""
    if "group" not in batch:
        return _("not judged yet")
    words = _clip_words(batch, t)
    if batch["truncated"][t]:
        value = figure(float(batch["next_value"][t]), 2)
        return _("{verdict}; truncated: bootstraps from V' {value}").format(verdict=words, value=value)
    if batch["terminated"][t]:
        template = _("{verdict}; hole: nothing after it counts")
        if batch["reward"][t] > 0:
            template = _("{verdict}; goal: nothing after it counts")
        return template.format(verdict=words)
    return words


def _clip(batch: BatchColumns, t: int) -> float | None:
    clip = float(batch["clip_coef"][t])
    return None if np.isnan(clip) else clip


def _clip_words(batch: BatchColumns, t: int) -> str:
    ratio, advantage = float(batch["ratio"][t]), float(batch["weight"][t])
    group, clip = str(batch["group"][t]), _clip(batch, t)
    push = _("no push") if advantage == 0 else _("pushed up") if advantage > 0 else _("pushed down")
    sign = f"{_(advantage_name(batch))} {'=' if advantage == 0 else '>' if advantage > 0 else '<'} 0"
    if not np.isfinite(ratio * advantage):
        return _("not a finite number any more")
    if clip is None:
        return _("{sign}, no clip: {push}").format(sign=sign, push=push)
    if group == "inside":
        return _("inside {low}..{high}: {push}").format(low=_edge(1 - clip), high=_edge(1 + clip), push=push)
    edge = 1 + clip if ratio > 1 else 1 - clip
    outside = f"{_ratio(ratio, edge)} {'>' if ratio > 1 else '<'} {_edge(edge)}"
    if group == "stopped":
        return _("{outside} and {sign}: stopped").format(outside=outside, sign=sign)
    push = push if advantage == 0 else _("pushed back")
    return _("{outside} but {sign}: {push}").format(outside=outside, sign=sign, push=push)


def _edge(edge: float) -> str:
    return f"{edge:.2f}" if round(edge, 2) == round(edge, 6) else f"{edge:.4g}"


def _ratio(ratio: float, edge: float) -> str:
    """Return a ratio in as few digits as distinguish it from the clip's edge."""
    return next((text for n in range(2, 9) if float(text := f"{ratio:.{n}f}") != round(edge, n)), repr(ratio))


def objective_words(batch: BatchColumns, t: int) -> str:
    """Return a sample's term of the objective: `min(1.27·A, 1.20·A) = min(+.166, +.157) = +.157`."""
    ratio, weight, clip = float(batch["ratio"][t]), float(batch["weight"][t]), _clip(batch, t)
    if clip is None:
        return f"{figure(ratio)}·A = {signed(ratio * weight, 3)}"
    clipped = min(max(ratio, 1 - clip), 1 + clip)
    both = ratio * weight, clipped * weight
    products = ", ".join(signed(product, 3) for product in both)
    return f"min({figure(ratio)}·A, {figure(clipped)}·A) = min({products}) = {signed(min(both), 3)}"


class Term(NamedTuple):
    """A summand of an advantage: `(γλ)^k δ` of the row k steps later, and the sum up to it."""

    k: int
    t: int
    weight: float
    delta: float
    product: float
    total: float


def advantage_terms(batch: BatchColumns, t: int) -> list[Term]:
    """Return the terms that the advantage of row `t` is the sum of."""
    decay = float(batch["gamma"][t] * batch["gae_lambda"][t])
    terms: list[Term] = []
    total, weight = 0.0, 1.0
    for k, row in enumerate(range(t, len(batch["t"]))):
        delta = float(batch["delta"][row])
        total += weight * delta
        terms.append(Term(k, row, weight, delta, weight * delta, total))
        if batch["terminated"][row] or batch["truncated"][row]:
            break
        weight *= decay
    return terms


def trace_end_words(batch: BatchColumns, t: int) -> str:
    """Return where the trace of an advantage ends, `t` being its last row."""
    if batch["truncated"][t]:
        return _("at the time limit")
    if batch["terminated"][t]:
        return _("at the goal") if batch["reward"][t] > 0 else _("in a hole")
    return _("with the batch")


def delta_words(batch: BatchColumns, t: int) -> str:
    """Return the TD error of row `t` in figures: `δ = r + γV' - V = 0 + 0.9 × .51 - .42 = +.0390`."""
    reward, value, ahead, delta = (float(batch[name][t]) for name in ("reward", "value", "next_value", "delta"))
    discounted = "0" if batch["terminated"][t] else f"{batch['gamma'][t]:g} × {_bracketed(ahead)}"
    return f"δ = r + γV' - V = {reward:g} + {discounted} - {_bracketed(value)} = {signed(delta, 4)}"


def _bracketed(value: float) -> str:
    text = figure(value, 4)
    return f"({text})" if text.startswith("-") else text
