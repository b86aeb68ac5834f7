"""The batch by its parts: a row for every episode, tile or cell (tile and action), and what each did to exact success.

A table of parts has columns `(G,)` as a batch has columns `(T,)`, sorted by the numbers of the parts.
"""

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lakeppo.causes.results import MOST_ROWS, MOST_STEPS, Explanation, Lens, Part
from lakeppo.config import Config
from lakeppo.figures import signed, small_figure
from lakeppo.i18n import N_, _, ngettext, pgettext
from lakeppo.lake.transition import ACTION_COUNT, ACTIONS, ARROWS
from lakeppo.moment import Phase
from lakeppo.session.snapshot import BatchColumns, RunView
from lakeppo.tui.state import AppState, TableFilter
from lakeppo.tui.text.sample import COLUMNS as STEP_COLUMNS
from lakeppo.tui.text.sample import Column, cell_words, episodes_of, figure_column, in_order, text_column, titled

LEAST = 5e-5
"""The least effect on exact success that is more than rounding."""
NAMES = {Part.STEP: N_("steps"), Part.EPISODE: N_("episodes"), Part.TILE: N_("tiles"), Part.CELL: N_("cells")}
HEADS = {
    Part.EPISODE: N_("BATCH BY EPISODE"), Part.TILE: N_("BATCH BY TILE"), Part.CELL: N_("BATCH BY TILE AND ACTION"),
}  # fmt: skip


def did_figure(effect: float, places: int = 4) -> str:
    """Return an effect on exact success with its sign: `+.0123`, `0` if it is no more than rounding."""
    return "0" if abs(effect) < LEAST else signed(effect, places)


LENSES = (Lens.SURPRISE, Lens.PUSH)
PLACE = (
    Column("state", N_("tile"), 7, lambda table, k, config: cell_words(int(table["state"][k]), config)),
    text_column("action", N_("meant"), 5, ARROWS.__getitem__),
)
FIRST = {
    Part.EPISODE: (
        text_column("episode", N_("episode"), 7, str),
        Column("first", "t", 9, lambda table, k, config: f"{table['first'][k]}-{table['last'][k]}"),
        Column("end", N_("end"), 7, lambda table, k, config: end_word(str(table["end"][k]))),
    ),
    Part.TILE: PLACE[:1],
    Part.CELL: PLACE,
}
"""The columns that say which part it is."""
COLUMNS = (
    text_column("steps", N_("steps"), 5, "{:,}".format),
    figure_column("delta", N_("mean δ"), 7, 4, signed),
    figure_column("advantage", N_("mean A"), 7, 4, signed),
    figure_column("weight", N_("A norm"), 7, 4, signed),
    figure_column("without_surprise", N_("no δ"), 5, 3),
    figure_column("did_surprise", N_("δ did"), 6, 4, did_figure),
    figure_column("without_push", N_("no A"), 5, 3),
    figure_column("did_push", N_("A did"), 6, 4, did_figure),
)
MEANS = ("delta", "advantage", "weight")
DID = ("did_push", "did_surprise")


def order_of(rows: int) -> tuple[Part, ...]:
    """Return the parts in the order in which they are looked at: steps first only where a single step does much."""
    tables = (Part.TILE, Part.CELL, Part.EPISODE, Part.STEP)
    return tuple(Part) if rows <= MOST_STEPS else tables


def first_part(state: AppState) -> Part:
    """Return what the batch is listed by until a person chooses; a filter or a sample is about single steps."""
    table_filter = state.table_filter
    if table_filter.filtered or state.sample is not None or state.moment.phase <= Phase.JUDGE:
        return Part.STEP
    return table_filter.part or order_of(state.config.batch_size)[0]


def next_part(state: AppState) -> Part:
    """Return what the batch is listed by next."""
    order = order_of(state.config.batch_size)
    return order[(order.index(state.table_filter.part or Part.STEP) + 1) % len(order)]


def listed_by(table_filter: TableFilter, part: Part, key: int) -> TableFilter:
    """Return the filter that lists other parts, with `key` selected, and sorted as before if they have the column."""
    columns = STEP_COLUMNS if part is Part.STEP else (*FIRST[part], *COLUMNS)
    if any(column.name == table_filter.sort for column in columns):
        return replace(table_filter, part=part, key=key)
    return replace(table_filter, part=part, key=key, sort="t" if part is Part.STEP else "", down=False)


def labels(batch: BatchColumns, part: Part) -> NDArray[np.intp]:
    """Return to which part each row of a batch belongs `(T,)`, numbered as `PartEffects.keys` are."""
    if part is Part.EPISODE:
        return episodes_of(batch)
    by_part = {Part.STEP: batch["t"], Part.TILE: batch["state"]}
    return by_part[part] if part in by_part else ACTION_COUNT * batch["state"] + batch["action"]


def part_table(batch: BatchColumns, part: Part, explanation: Explanation | None, before: int) -> BatchColumns:
    """Return a row for each part: its steps, their means, and exact success without them, NaN if that is not known.

    `before`: episodes that had ended before the batch.
    """
    keys, first, place, steps = np.unique(
        labels(batch, part), return_index=True, return_inverse=True, return_counts=True
    )
    table: dict[str, NDArray[Any]] = {"key": keys, "first": first, "steps": steps}
    if part is Part.EPISODE:
        last = first + steps - 1
        table |= {"last": last, "episode": keys + before + 1, "end": _ends(batch, last)}
    else:
        table["state"] = keys if part is Part.TILE else keys // ACTION_COUNT
        table["action"] = batch["action"][first]
    for name in MEANS:
        if name in batch:
            table[name] = np.bincount(place.ravel(), batch[name], len(keys)) / steps
    for lens in LENSES:
        found = None if explanation is None else explanation.effects_of(lens, part)
        unknown = np.full(len(keys), np.nan)
        known = found is not None and np.array_equal(found.keys, keys)
        table[f"without_{lens}"] = found.success if found is not None and known else unknown
        actual = np.nan if explanation is None else explanation.success.actual
        table[f"did_{lens}"] = actual - table[f"without_{lens}"]
    return table


def _ends(batch: BatchColumns, last: NDArray[np.intp]) -> NDArray[np.str_]:
    """Return how each episode ended, by its last row in the batch."""
    terminated = batch["terminated"][last]
    ends = [batch["truncated"][last], terminated & (batch["reward"][last] > 0), terminated]
    return np.select(ends, ["time", "goal", "hole"], "")


def end_word(end: str) -> str:
    """Return how an episode ended, as `part_table` has it."""
    if not end:
        return pgettext("episode", "goes on")
    words = {"time": pgettext("episode", "time"), "goal": pgettext("tile", "goal"), "hole": pgettext("tile", "hole")}
    return words[end]


def episodes_before(batch: BatchColumns, run: RunView) -> int:
    """Return how many episodes of the run had ended before its present batch."""
    return run.episodes - int((batch["terminated"] | batch["truncated"]).sum())


def part_columns(part: Part, config: Config, table: BatchColumns) -> tuple[Column, ...]:
    """Return the columns that are shown of a table of parts, with their titles."""
    used = [column for column in COLUMNS if column.name in table and (column.name != "weight" or config.norm_adv)]
    return titled((*FIRST[part], *used), config)


def sorted_by(table: BatchColumns, table_filter: TableFilter, columns: tuple[Column, ...]) -> str:
    """Return the column by which parts are sorted: the chosen one, else what they did, by push if that is known."""
    if any(column.name == table_filter.sort for column in columns):
        return table_filter.sort
    return next((name for name in DID if not np.isnan(table[name]).all()), "key")


def listed_parts(table: BatchColumns, table_filter: TableFilter, columns: tuple[Column, ...]) -> NDArray[np.intp]:
    """Return the indices of the parts, sorted; unless a column was chosen, the largest effect comes first."""
    name = sorted_by(table, table_filter, columns)
    if name == table_filter.sort:
        return in_order(table[name], table_filter.down)
    if name == "key":
        return np.arange(len(table[name]))
    return in_order(np.abs(table[name]), not _backwards(table_filter))


def _backwards(table_filter: TableFilter) -> bool:
    """Return whether a person has reversed the order of effects; `down` may be of the steps' order."""
    return table_filter.down and not table_filter.sort


def order_words(table: BatchColumns, table_filter: TableFilter, columns: tuple[Column, ...]) -> str:
    """Return by what the parts are sorted; empty if by their places."""
    name = sorted_by(table, table_filter, columns)
    if name == "key":
        return ""
    if name != table_filter.sort:
        return _("smallest effect first") if _backwards(table_filter) else _("largest effect first")
    title = next(column.title for column in columns if column.name == name)
    return (_("by {column}, largest first") if table_filter.down else _("by {column}")).format(column=title)


def part_name(part: Part, table: BatchColumns, k: int, config: Config) -> str:
    """Return which part it is: `episode 483`, `tile (2,1)`, `right on tile (2,1)`."""
    if part is Part.EPISODE:
        return _("episode {number}").format(number=table["episode"][k])
    tile = cell_words(int(table["state"][k]), config)
    if part is Part.TILE:
        return _("tile {tile}").format(tile=tile)
    return _("{action} on tile {tile}").format(action=_(ACTIONS[table["action"][k]]), tile=tile)


def effect_words(part: Part, table: BatchColumns, k: int, explanation: Explanation | None) -> list[str]:
    """Return in sentences what exact success would be without a part; none if it is not known."""
    surprise, push = (float(table[f"without_{lens}"][k]) for lens in LENSES)
    if explanation is None:
        return []
    steps, words = int(table["steps"][k]), []
    if not np.isnan(push):
        words.append(without_words(steps, push, explanation.success.actual))
    if not np.isnan(surprise) and (part is not Part.EPISODE or surprise != push):
        template = ngettext("Had it turned out as the critic expected: {without}.",
                            "Had they turned out as the critic expected: {without}.", steps)  # fmt: skip
        words.append(template.format(without=small_figure(surprise)))
    return words


def without_words(steps: int, without: float, actual: float) -> str:
    """Return what exact success would be without the `steps` of a tile, a cell or an episode."""
    if small_figure(without) == small_figure(actual):
        template = ngettext("Without its one step exact success would be {actual} all the same.",
                            "Without its {count:,} steps exact success would be {actual} all the same.",
                            steps)  # fmt: skip
    else:
        template = ngettext("Without its one step exact success would be {without}; it is {actual}.",
                            "Without its {count:,} steps exact success would be {without}; it is {actual}.",
                            steps)  # fmt: skip
    return template.format(count=steps, without=small_figure(without), actual=small_figure(actual))


def tile_effect(tile: int, explanation: Explanation | None) -> tuple[float, float] | None:
    """Return exact success without the steps on a tile, and as it is; None if there are none or it is not known."""
    without = None if explanation is None else explanation.success_without(Lens.PUSH, Part.TILE, tile)
    return None if explanation is None or without is None else (without, explanation.success.actual)


def mean_words(table: BatchColumns, k: int) -> str:
    """Return how much better or worse than expected a part turned out; empty before it is judged."""
    if "advantage" not in table:
        return ""
    delta, steps = float(table["delta"][k]), int(table["steps"][k])
    template = ngettext("It turned out {size} less than the critic expected (δ); A {advantage}.",
                        "On average {size} less than the critic expected (mean δ); mean A {advantage}.",
                        steps)  # fmt: skip
    if delta >= 0:
        template = ngettext("It turned out {size} more than the critic expected (δ); A {advantage}.",
                            "On average {size} more than the critic expected (mean δ); mean A {advantage}.",
                            steps)  # fmt: skip
    return template.format(size=small_figure(abs(delta)), advantage=signed(float(table["advantage"][k]), 4))


def path_words(batch: BatchColumns, first: int, last: int, config: Config) -> str:
    """Return the tiles and the actions from one row to another: `(0,0) ▾ (1,0) ▸ (1,1)`."""
    steps = [
        f"{cell_words(int(batch['state'][t]), config)} {ARROWS[batch['action'][t]]}" for t in range(first, last + 1)
    ]
    return " ".join([*steps, cell_words(int(batch["next_state"][last]), config)])


def sample_effects(batch: BatchColumns, t: int, explanation: Explanation | None) -> list[tuple[str, str]]:
    """Return exact success without a step's surprise, push and episode, by these words, as far as it is known."""
    if explanation is None:
        return []
    episode = int(episodes_of(batch)[t])
    found = {
        _("surprise"): explanation.success_without(Lens.SURPRISE, Part.STEP, t),
        _("push"): explanation.success_without(Lens.PUSH, Part.STEP, t),
        _("episode"): explanation.success_without(Lens.PUSH, Part.EPISODE, episode),
    }
    return [(name, small_figure(value)) for name, value in found.items() if value is not None]


def sample_words(batch: BatchColumns, t: int, explanation: Explanation | None) -> str:
    """Return exact success, and what it would be without a step, its push and its episode; empty if not known."""
    found = sample_effects(batch, t, explanation)
    if explanation is None or not found:
        return ""
    template, actual = _("exact success {actual}, without its {effects}"), small_figure(explanation.success.actual)
    return template.format(actual=actual, effects=_(", ").join(f"{name} {value}" for name, value in found))


def missing_words(state: AppState) -> str:
    """Return why it is not known what a part did."""
    if state.snapshot.spot is not None:
        return _("What it did is not computed for a program with a fault.")
    if state.snapshot.explanation is None:
        return _("What it did is computed after the first pass, while the run rests.")
    if state.config.batch_size > MOST_ROWS:
        return _("Surprises are not removed from a batch of more than {most:,} steps.").format(most=MOST_ROWS)
    return _("What it did is being computed.")
