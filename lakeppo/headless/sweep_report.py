"""The part of a fleet's report that compares the settings of a sweep."""

from collections.abc import Sequence

import numpy as np

from lakeppo.cells import padded, widest
from lakeppo.config import KNOBS
from lakeppo.headless.charts import COLUMNS, Glyphs, heat_map
from lakeppo.headless.fleet_lines import MOST_NAMED, bounds, diverged, episode, wrapped
from lakeppo.headless.fleet_result import FleetResult, Group
from lakeppo.i18n import N_, _, ngettext
from lakeppo.lake.exact import reachable

LEVEL = 0.05
BEST, TIED = "*", "~"
LEGEND = N_("""{best} best mean; {tied} mean not significantly different; no mark: significantly lower
solved: share of agents, its interval; episodes: until half had solved it;
exact success at the end: its mean and the mean's interval; tenth: a tenth of
the agents are at this or below; worst: the worst agent""")


def table(result: FleetResult) -> list[str]:
    knobs = [list(result.swept), *([KNOBS[k].show(v) for k, v in group.knobs.items()] for group in result.groups)]
    marks = ["", *(_mark(result, group) for group in result.groups)]
    columns = _("solved|95 %|episodes|mean|95 %|tenth|worst").split("|")
    figures = [columns, *map(_figures, result.groups)]
    lines = _aligned([[mark, *k, *f] for mark, k, f in zip(marks, knobs, figures, strict=True)])
    if widest(lines) >= COLUMNS:  # then a setting has a line of its own
        header, *rows = _aligned([[mark, *f] for mark, f in zip(marks, figures, strict=True)])
        names = (wrapped(f"    {group.name}", 4) for group in result.groups)
        lines = [header, *(line for name, one in zip(names, rows, strict=True) for line in (*name, one))]
    return ["", *lines, *(f"  {line}" for line in _(LEGEND).format(best=BEST, tied=TIED).splitlines())]


def _figures(group: Group) -> list[str]:
    figures = group.figures
    solved, mean = figures["solved_share_interval"], figures["success_probability_mean_interval"]
    return [
        f"{figures['solved_share']:.2f}", f"{solved[0]:.2f}-{solved[1]:.2f}",
        episode(figures["episodes_to_solve_quartiles"][1]), f"{group.mean:.3f}", f"{mean[0]:.3f}-{mean[1]:.3f}",
        f"{figures['success_probability_lowest_tenth']:.3f}", f"{figures['success_probability_worst']:.3f}",
    ]  # fmt: skip


def _aligned(rows: list[list[str]]) -> list[str]:
    widths = [widest(column) for column in zip(*rows, strict=True)]
    gap = "  " if sum(widths) + 2 * len(widths) < COLUMNS else " "
    return [" " + gap.join(padded(cell, w, "right") for cell, w in zip(cells, widths, strict=True)) for cells in rows]


def _mark(result: FleetResult, group: Group) -> str:
    if group is result.best:
        return BEST
    return "" if result.p_value(result.best, group) < LEVEL else TIED


def means_map(result: FleetResult, glyphs: Glyphs) -> list[str]:
    """Return the heat map of a sweep of two knobs, nothing for others."""
    if len(result.swept) != 2:
        return []
    first, second = result.swept
    shown = [[KNOBS[name].show(knobs[name]) for knobs, _config in result.settings] for name in result.swept]
    labels = [list(dict.fromkeys(texts)) for texts in shown]
    values = np.full([*map(len, labels)], np.nan)
    for group in result.groups:
        place = (labels[k].index(KNOBS[name].show(group.knobs[name])) for k, name in enumerate((first, second)))
        values[*place] = group.mean
    top = max(reachable(config) for _name, config in result.settings)
    return ["", "  " + _("mean success, shaded by its share of the possible {top:.3f}").format(top=top),
            *heat_map((first, second), (labels[0], labels[1]), values, top, glyphs)]  # fmt: skip


def conclusions(result: FleetResult) -> list[str]:
    others = [group for group in result.groups if group is not result.best]
    tied = [group.name for group in others if _mark(result, group) == TIED]
    best, tenth = result.best, result.best.figures["success_probability_lowest_tenth"]
    first = _("Best of {count}: {name}, mean {mean:.3f}, a tenth at {tenth:.3f} or below.")
    lines = [first.format(count=len(result.groups), name=best.name, mean=best.mean, tenth=tenth)]
    if worse := len(others) - len(tied):
        lines.append(_how_many(worse, len(others)))
    safest = max(result.groups, key=lambda group: group.figures["success_probability_lowest_tenth"])
    if (lowest := safest.figures["success_probability_lowest_tenth"]) > tenth:
        text = _("Highest tenth: {name}, {tenth:.3f} (mean {mean:.3f}).")
        lines.append(text.format(name=safest.name, tenth=lowest, mean=safest.mean))
    if tied:
        lines.append(_("Not significantly different: {names}.").format(names=_first(tied)))
    lines += _largest_effect(result)
    for groups in _identical(result.groups):
        lines.append(_("Identical results: {names}.").format(names=_first([group.name for group in groups])))
        if all(group.config.epochs == 1 for group in groups) and "clip_coef" in result.swept:
            lines.append(_("With a single pass the clip has no effect: every ratio is exactly 1."))
    if unsolvable := [group.name for group in result.groups if group.reachable == 0]:
        text = _("No policy can reach a goal within the time limit: {names}.")
        lines.append(text.format(names=_first(unsolvable)))
    test = _("(Test of the means of every pair of settings, Holm's correction, p < {level}.)").format(level=LEVEL)
    parts = (part for line in lines for part in wrapped(f"  {line}", 4))
    return ["", *parts, *diverged(result), *bounds(result), f"  {test}"]


def _how_many(count: int, all_others: int) -> str:
    """Return how many settings are significantly worse than the best one."""
    if count == all_others:
        return ngettext(
            "The other is significantly worse.", "All {count} others are significantly worse.", count
        ).format(count=count)
    return ngettext(
        "{count} of the {all} others is significantly worse.", "{count} of the {all} others are significantly worse.",
        count,
    ).format(count=count, all=all_others)  # fmt: skip


def _first(names: Sequence[str]) -> str:
    shown = "; ".join(names[:MOST_NAMED])
    return _("{names} and others").format(names=shown) if len(names) > MOST_NAMED else shown


def _largest_effect(result: FleetResult) -> list[str]:
    """Return where the first of two swept knobs changes success most."""
    if len(result.swept) != 2:
        return []
    first, second = result.swept
    columns: dict[str, list[tuple[float, str]]] = {}
    for group in result.groups:
        shown = {name: KNOBS[name].show(value) for name, value in group.knobs.items()}
        columns.setdefault(shown[second], []).append((group.mean, shown[first]))
    ranges = {value: (min(column), max(column)) for value, column in columns.items()}
    where, (low, high) = max(ranges.items(), key=lambda item: item[1][1][0] - item[1][0][0])
    template = _("{first} matters most with {second}={value}: from {low:.3f} ({least}) to {high:.3f} ({most}).")
    return [
        template.format(first=first, second=second, value=where, low=low[0], least=low[1], high=high[0], most=high[1])
    ]


def _identical(groups: list[Group]) -> list[list[Group]]:
    """Return the settings whose agents have equal results, bit for bit."""
    by_success: dict[bytes, list[Group]] = {}
    for group in groups:
        by_success.setdefault(group.success.tobytes(), []).append(group)
    return [equal for equal in by_success.values() if len(equal) > 1]
