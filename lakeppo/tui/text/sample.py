"""The rows of a batch: which are shown and in which order, what stands in each, and what is to be said of one."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from lakeppo.config import Config
from lakeppo.lake.actions import ARROWS
from lakeppo.session.snapshot import Sheet
from lakeppo.tui.state import TableFilter
from lakeppo.tui.text.formatting import figure, signed

GROUPS = ("inside", "returning", "stopped")
SIGNS = ("A > 0", "A < 0")


class Field(NamedTuple):
    """One column on screen: the sheet's column it shows and sorts by."""

    name: str
    title: str
    width: int
    draw: Callable[[Sheet, int, Config], str]


def cell_words(state: int, config: Config) -> str:
    """A tile by its row and column: `(2,1)`."""
    row, column = divmod(state, config.shape[1])
    return f"({row},{column})"


def _went(sheet: Sheet, t: int, config: Config) -> str:
    action, went = int(sheet["action"][t]), int(sheet["went"][t])
    return f"{ARROWS[went]}{'  ' if action == went else ' x'}"


def _next_value(sheet: Sheet, t: int, config: Config) -> str:
    return "end" if sheet["terminated"][t] else figure(float(sheet["next_value"][t]), 4)


def _plain(name: str, places: int = 4) -> Callable[[Sheet, int, Config], str]:
    return lambda sheet, t, config: figure(float(sheet[name][t]), places)


def _signed(name: str) -> Callable[[Sheet, int, Config], str]:
    return lambda sheet, t, config: signed(float(sheet[name][t]), 4)


def _probability(name: str) -> Callable[[Sheet, int, Config], str]:
    return lambda sheet, t, config: figure(float(np.exp(sheet[name][t])))


FIELDS: tuple[Field, ...] = (
    Field("t", "t", 5, lambda sheet, t, config: str(t)),
    Field("state", "cell", 7, lambda sheet, t, config: cell_words(int(sheet["state"][t]), config)),
    Field("action", "meant", 5, lambda sheet, t, config: ARROWS[sheet["action"][t]]),
    Field("went", "went", 4, _went),
    Field("reward", "r", 1, lambda sheet, t, config: f"{sheet['reward'][t]:g}"),
    Field("value", "V", 6, _plain("value")),
    Field("next_value", "V'", 6, _next_value),
    Field("delta", "δ", 7, _signed("delta")),
    Field("advantage", "A", 7, _signed("advantage")),
    Field("weight", "A norm", 7, _signed("weight")),
    Field("return", "return", 6, _plain("return")),
    Field("old_logprob", "π old", 5, _probability("old_logprob")),
    Field("new_logprob", "π new", 5, _probability("new_logprob")),
    Field("ratio", "ratio", 5, _plain("ratio", 3)),
    Field("group", "group", 9, lambda sheet, t, config: str(sheet["group"][t])),
)
FIXED = 2
"""So many columns stay when the others are scrolled sideways."""


def fields(config: Config) -> tuple[Field, ...]:
    """The columns there are: the normalised advantage only where the objective uses it."""
    widths = {"t": max(4, len(str(config.batch_size - 1))), "state": len(cell_words(config.tiles - 1, config))}
    kept = (field for field in FIELDS if field.name != "weight" or config.norm_adv)
    return tuple(field._replace(width=max(widths.get(field.name, field.width), len(field.title))) for field in kept)


def order(sheet: Sheet, table_filter: TableFilter) -> NDArray[np.intp]:
    """The rows that pass the filters, sorted; among equals the earlier step comes first."""
    keep = np.ones(len(sheet["t"]), bool)
    if table_filter.cell is not None:
        keep &= sheet["state"] == table_filter.cell
    if table_filter.group is not None and "group" in sheet:
        keep &= sheet["group"] == table_filter.group
    if table_filter.sign is not None and "weight" in sheet:
        keep &= (sheet["weight"] > 0) if table_filter.sign == SIGNS[0] else (sheet["weight"] < 0)
    rows = np.flatnonzero(keep)
    keys = sheet.get(table_filter.sort, sheet["t"])[rows]
    if table_filter.down:
        _, keys = np.unique(keys, return_inverse=True)
        keys = -keys
    return rows[np.argsort(keys, kind="stable")]


def why(sheet: Sheet, t: int) -> str:
    """What the clip makes of this sample, and what its end means for its advantage."""
    if "group" not in sheet:
        return "not judged yet"
    said = _clip_words(float(sheet["ratio"][t]), float(sheet["weight"][t]), str(sheet["group"][t]), _clip(sheet, t))
    if sheet["truncated"][t]:
        said += f"; truncated: bootstraps from V' {figure(float(sheet['next_value'][t]), 2)}"
    elif sheet["terminated"][t]:
        said += f"; {'goal' if sheet['reward'][t] > 0 else 'hole'}: nothing after it counts"
    return said


def _clip(sheet: Sheet, t: int) -> float | None:
    clip = float(sheet["clip_coef"][t])
    return None if np.isnan(clip) else clip


def _clip_words(ratio: float, advantage: float, group: str, clip: float | None) -> str:
    push = "no push" if advantage == 0 else "pushed up" if advantage > 0 else "pushed down"
    sign = f"A {'=' if advantage == 0 else '>' if advantage > 0 else '<'} 0"
    if not np.isfinite(ratio * advantage):
        return "not a finite number any more"
    if clip is None:
        return f"{sign}, no clip: {push}"
    if group == "inside":
        return f"inside {_short(1 - clip)}..{_short(1 + clip)}: {push}"
    edge = 1 + clip if ratio > 1 else 1 - clip
    outside = f"{_told_apart(ratio, edge)} {'>' if ratio > 1 else '<'} {_short(edge)}"
    if group == "stopped":
        return f"{outside} and {sign}: stopped"
    return f"{outside} but {sign}: {'no push' if advantage == 0 else 'pushed back'}"


def _short(edge: float) -> str:
    return f"{edge:.2f}" if round(edge, 2) == round(edge, 6) else f"{edge:.4g}"


def _told_apart(ratio: float, edge: float) -> str:
    """The ratio in as few digits as tell it from the edge."""
    return next((text for n in range(2, 9) if float(text := f"{ratio:.{n}f}") != round(edge, n)), repr(ratio))


def objective_words(sheet: Sheet, t: int) -> str:
    """What the objective takes of this sample: `min(1.27·A, 1.20·A) = min(+.166, +.157) = +.157`."""
    ratio, weight, clip = float(sheet["ratio"][t]), float(sheet["weight"][t]), _clip(sheet, t)
    if clip is None:
        return f"{figure(ratio)}·A = {signed(ratio * weight, 3)}"
    clipped = min(max(ratio, 1 - clip), 1 + clip)
    both = ratio * weight, clipped * weight
    products = ", ".join(signed(product, 3) for product in both)
    return f"min({figure(ratio)}·A, {figure(clipped)}·A) = min({products}) = {signed(min(both), 3)}"


class Term(NamedTuple):
    """One summand of an advantage: `(γλ)^k δ` of the row k steps on, and the sum so far."""

    k: int
    t: int
    weight: float
    delta: float
    product: float
    total: float


def unfold(sheet: Sheet, t: int) -> list[Term]:
    """The advantage of row `t` as the sum it is, until its trace ends."""
    decay = float(sheet["gamma"][t] * sheet["gae_lambda"][t])
    terms: list[Term] = []
    total, weight = 0.0, 1.0
    for k, row in enumerate(range(t, len(sheet["t"]))):
        delta = float(sheet["delta"][row])
        total += weight * delta
        terms.append(Term(k, row, weight, delta, weight * delta, total))
        if sheet["terminated"][row] or sheet["truncated"][row]:
            break
        weight *= decay
    return terms


def ending(sheet: Sheet, t: int) -> str:
    """Where the trace ends, `t` being its last row."""
    if sheet["truncated"][t]:
        return "where time was up"
    if sheet["terminated"][t]:
        return "at the goal" if sheet["reward"][t] > 0 else "in a hole"
    return "with the batch"


def delta_words(sheet: Sheet, t: int) -> str:
    """The TD error of row `t` worked out."""
    reward, value, ahead, delta = (float(sheet[name][t]) for name in ("reward", "value", "next_value", "delta"))
    onward = "0" if sheet["terminated"][t] else f"{sheet['gamma'][t]:g} × {_bracketed(ahead)}"
    return f"δ = r + γV' - V = {reward:g} + {onward} - {_bracketed(value)} = {signed(delta, 4)}"


def _bracketed(value: float) -> str:
    text = figure(value, 4)
    return f"({text})" if text.startswith("-") else text
