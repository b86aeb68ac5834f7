"""The results of `lakeppo fleet`: text with charts, one JSON object, CSV with one row for each agent."""

import csv
import io
import math
import textwrap
from collections.abc import Sequence
from typing import Any

import numpy as np

from lakeppo.config import KNOBS, SOLVED, advice
from lakeppo.fleets import significance
from lakeppo.fleets.exact import counted_steps
from lakeppo.fleets.fleet import Agent
from lakeppo.fleets.population import Population
from lakeppo.headless.charts import COLUMNS, Glyphs, fan_chart, glyphs, heat_map
from lakeppo.headless.fleet_request import Settings
from lakeppo.headless.fleet_result import FleetResult, Group
from lakeppo.headless.reports import decimal, ice
from lakeppo.lake.exact import DENSE, ceiling, reachable, solved_success

LEVEL = 0.05
WIDTH = 56
MOST_NAMED = 6
BEST, TIED = "*", "~"


def plan(population: Population, settings: Settings, where: str) -> list[str]:
    """Return the lines that announce the training and its memory; `where` names the fleets or shards."""
    count, config = len(population.agents), settings[0][1]
    kinds = f" of {len(settings)} settings" if len(settings) > 1 else ""
    fleet, results = (round(size / 2**20) for size in (population.fleet_memory, population.result_memory))
    lines = [
        f"{count:,} agent{'s' * (count != 1)}{kinds}, {seed_range(population.agents)}, each to {population.limit}",
        f"memory: about {max(1, fleet):,} MB{where}{f'; {results:,} MB for all results' if results else ''}",
    ]
    if config.tiles > DENSE:
        steps = f"{counted_steps(config.map_rows, config.max_episode_steps):,} steps"
        lines.append(f"large lake: exact success takes up to {steps} after every update")
    unsolvable = sum(reachable(config) == 0 for _, config in settings)
    if unsolvable:
        where = f" in {unsolvable} of {len(settings)} settings" if len(settings) > 1 else ""
        lines.append(f"no policy can reach a goal within the time limit{where}: nothing will be solved")
    return lines if (line := advice(config)) is None else [*lines, str(line)]


def fleet_json(result: FleetResult) -> dict[str, Any]:
    """Return the JSON object; its lists have one entry for each agent."""
    population, config = result.population, result.settings[0][1]
    total = int(population.env_steps.sum())
    started = np.isfinite(population.success)
    fields = {
        "agents": len(population.agents), "map": config.map, "map_rows": config.map_rows,
        "preset": config.preset, "overrides": config.overrides(),
        "limit": {"unit": population.limit.unit, "count": population.limit.count},
        "env_steps": total, "updates": int(population.updates.max()), "seconds": result.seconds,
        "steps_per_second": total / result.seconds if result.seconds > 0 else None, "resumed": result.resumed,
        "reachable": reachable(config),
        "solved_share": float(np.isfinite(population.solved_episode[started]).mean()) if started.any() else None,
        "seeds": [agent.seed for agent in population.agents], "episodes": population.episodes,
        "episodes_to_solve": population.solved_episode, "steps_to_solve": population.solved_step,
        "success_probability": population.success, "diverged": population.diverged,
        "settings": [group.as_json() for group in result.groups],
    }  # fmt: skip
    if result.swept:
        ranks = significance.pairwise_p_values([group.success for group in result.groups], significance.rank_test)
        fields["chances"] = [
            {"settings": [result.groups[k].knobs for k in pair], "p": ranks[pair], "p_of_means": p}
            for pair, p in result.p_values.items()
        ]
    return fields


def seed_range(agents: Sequence[Agent]) -> str:
    first, last = agents[0].seed, agents[-1].seed
    return f"seed {first}" if first == last else f"seeds {first} to {last}"


def fleet_csv(result: FleetResult) -> str:
    """Return one row for each agent: its seed, the swept knobs, its results."""
    population, text = result.population, io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    columns = "updates env_steps episodes solved_episode solved_step success_probability diverged".split()
    writer.writerow(["seed", *result.swept, *columns])
    values = [getattr(population, column if column != "success_probability" else "success") for column in columns]
    for k, agent in enumerate(population.agents):
        knobs = [KNOBS[name].show(getattr(agent.config, name)) for name in result.swept]
        row = [value[k].item() for value in values]
        writer.writerow([agent.seed, *knobs, *("" if not math.isfinite(x) else x for x in row)])
    return text.getvalue()


def fleet_text(result: FleetResult, encoding: str | None) -> str:
    """Return the report with its charts, in characters that `encoding` can represent."""
    population, config = result.population, result.settings[0][1]
    total = int(population.env_steps.sum())
    kinds = f" of each of {len(result.settings)} settings" if result.swept else ""
    lines = [
        *_wrapped(
            f"{config.map}, {'slip swept' if 'slip' in result.swept else ice(config)}, preset {config.preset}: "
            f"{result.each:,} agent{'s' * (result.each != 1)}{kinds}",
            4,
        ),
        f"  trained    {seed_range(population.agents)}, each to {population.limit}",
        f"  done       {total:,} steps in {result.seconds:.1f} s: {total / max(result.seconds, 1e-9):,.0f} a second",
    ]
    if result.resumed:
        lines.append("  resumed    it was interrupted, and went on with the same bits")
    if not population.done.all():
        done, count = population.done.sum(), len(population.agents)
        lines.append(f"  stopped    {done:,} of {count:,} agents had reached their limit")
    if result.swept and result.groups:
        lines += [*_table(result), *_heat_map(result, glyphs(encoding)), *_conclusions(result)]
    elif result.groups:
        lines += [
            *_summary(result.groups[0], population),
            *_bounds(result),
            *_diverged(result),
            "",
            *_fan_chart(result, glyphs(encoding)),
        ]
    return "\n".join(lines)


def _summary(group: Group, population: Population) -> list[str]:
    figures = group.figures
    low, high = figures["solved_share_interval"]
    mean_low, mean_high = figures["success_probability_mean_interval"]
    quarter, half, three_quarters = (_episode(x) for x in figures["episodes_to_solve_quartiles"])
    worst = population.agents[group.index[group.success.argmin()]].seed
    return [
        f"  solved     {group.solved:,} of {len(group.index):,}: {figures['solved_share']:.3f}, "
        f"95 % interval {low:.3f} to {high:.3f}",
        f"             ({_meaning_of_solved(group)})",
        f"  episodes   until a quarter solved it: {quarter}, half: {half}, three quarters: {three_quarters};",
        f"             {figures['never_solved']:,} never solved it",
        f"  success    exact, at the end: mean {decimal(group.mean)}, 95 % interval {mean_low:.4f} to {mean_high:.4f}",
        f"             median {decimal(figures['success_probability_median'])}, "
        f"a tenth at {decimal(figures['success_probability_lowest_tenth'])} or below, "
        f"worst {decimal(figures['success_probability_worst'])} (seed {worst})",
    ]


def _meaning_of_solved(group: Group) -> str:
    if group.reachable == 0:
        return f"no policy can reach a goal within the limit of {group.config.max_episode_steps:,} steps"
    enough = f"exact success {solved_success(group.config):.4f} or more"
    return f"{enough}: {SOLVED} of the possible {group.reachable:.4f}"


def _diverged(result: FleetResult) -> list[str]:
    """Return the lines that name the agents that diverged, if any."""
    population, lines = result.population, []
    for group in result.groups:
        if not len(group.diverged):
            continue
        named = [
            f"{population.agents[k].seed} (update {population.diverged[k]:.0f})" for k in group.diverged[:MOST_NAMED]
        ]
        more = f" and {len(group.diverged) - MOST_NAMED:,} others" if len(group.diverged) > MOST_NAMED else ""
        where = f" with {group.name}" if result.swept else ""
        text = (
            f"{len(group.diverged):,} of {len(group.index):,}{where}: weights no longer finite, success counted as 0: "
        )
        lines += _wrapped(f"  diverged   {text}seed {', '.join(named)}{more}", 13)
    return lines


def _bounds(result: FleetResult) -> list[str]:
    """Return the lines that say how much of the time limit is not computed, if any."""
    limits = {group.config.max_episode_steps: group.counted_steps for group in result.groups}
    texts = [
        f"success, and what is possible, count goals within {counted:,} of the {limit:,} steps of an episode: both are "
        "lower bounds"
        for limit, counted in limits.items()
        if counted < limit
    ]
    return [line for text in texts for line in _wrapped(f"  not exact  {text}", 13)]


def _wrapped(line: str, indent: int) -> list[str]:
    """Return the lines of a line too long for a terminal of 80 columns, with no word cut."""
    return textwrap.wrap(line, 79, subsequent_indent=" " * indent, break_long_words=False, break_on_hyphens=False)


def _episode(value: float) -> str:
    return f"{value:,.0f}" if math.isfinite(value) else "never"


def _fan_chart(result: FleetResult, glyphs: Glyphs) -> list[str]:
    population, group = result.population, result.groups[0]
    steps = int(population.env_steps.max())
    columns = [population.success_after(steps * k // (WIDTH - 1))[group.index] for k in range(WIDTH)]
    kind = "optimum" if ceiling(*group.config.lake) is None else "ceiling"
    return fan_chart(columns, steps, (kind, group.reachable), glyphs)


def _table(result: FleetResult) -> list[str]:
    knobs = [list(result.swept), *([KNOBS[k].show(v) for k, v in group.knobs.items()] for group in result.groups)]
    marks = ["", *(_mark(result, group) for group in result.groups)]
    figures = [[*"solved|95 %|episodes|mean|95 %|tenth|worst".split("|")], *map(_figures, result.groups)]
    lines = _aligned([[mark, *k, *f] for mark, k, f in zip(marks, knobs, figures, strict=True)])
    if max(map(len, lines)) >= COLUMNS:  # then a setting has a line of its own
        header, *rows = _aligned([[mark, *f] for mark, f in zip(marks, figures, strict=True)])
        names = (_wrapped(f"    {group.name}", 4) for group in result.groups)
        lines = [header, *(line for name, row in zip(names, rows, strict=True) for line in (*name, row))]
    return [
        "",
        *lines,
        f"  {BEST} best mean; {TIED} mean not significantly different; no mark: significantly lower",
        "  solved: share of agents, its interval; episodes: until half had solved it;",
        "  exact success at the end: its mean and the mean's interval; tenth: a tenth of",
        "  the agents are at this or below; worst: the worst agent",
    ]


def _figures(group: Group) -> list[str]:
    figures = group.figures
    solved, mean = figures["solved_share_interval"], figures["success_probability_mean_interval"]
    return [
        f"{figures['solved_share']:.2f}", f"{solved[0]:.2f}-{solved[1]:.2f}",
        _episode(figures["episodes_to_solve_quartiles"][1]), f"{group.mean:.3f}", f"{mean[0]:.3f}-{mean[1]:.3f}",
        f"{figures['success_probability_lowest_tenth']:.3f}", f"{figures['success_probability_worst']:.3f}",
    ]  # fmt: skip


def _aligned(rows: list[list[str]]) -> list[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    gap = "  " if sum(widths) + 2 * len(widths) < COLUMNS else " "
    return [" " + gap.join(cell.rjust(w) for cell, w in zip(row, widths, strict=True)) for row in rows]


def _mark(result: FleetResult, group: Group) -> str:
    if group is result.best:
        return BEST
    return "" if result.p_value(result.best, group) < LEVEL else TIED


def _heat_map(result: FleetResult, glyphs: Glyphs) -> list[str]:
    """Return the heat map of a sweep of two knobs, nothing for others."""
    if len(result.swept) != 2:
        return []
    first, second = result.swept
    shown = [[KNOBS[name].show(knobs[name]) for knobs, _ in result.settings] for name in result.swept]
    labels = [list(dict.fromkeys(texts)) for texts in shown]
    values = np.full([*map(len, labels)], np.nan)
    for group in result.groups:
        row, column = (labels[k].index(KNOBS[name].show(group.knobs[name])) for k, name in enumerate((first, second)))
        values[row, column] = group.mean
    top = max(reachable(config) for _, config in result.settings)
    return ["", f"  mean success, shaded by its share of the possible {top:.3f}",
            *heat_map((first, second), (labels[0], labels[1]), values, top, glyphs)]  # fmt: skip


def _conclusions(result: FleetResult) -> list[str]:
    others = [group for group in result.groups if group is not result.best]
    tied = [group.name for group in others if _mark(result, group) == TIED]
    best, tenth = result.best, result.best.figures["success_probability_lowest_tenth"]
    lines = ["", f"  Best of {len(result.groups)}: {best.name}, mean {best.mean:.3f}, a tenth at {tenth:.3f} or below."]
    if worse := len(others) - len(tied):
        lines.append(f"  {_how_many(worse, len(others))} significantly worse.")
    safest = max(result.groups, key=lambda group: group.figures["success_probability_lowest_tenth"])
    if (lowest := safest.figures["success_probability_lowest_tenth"]) > tenth:
        lines.append(f"  Highest tenth: {safest.name}, {lowest:.3f} (mean {safest.mean:.3f}).")
    if tied:
        lines.append(f"  Not significantly different: {_first(tied)}.")
    lines += _largest_effect(result)
    for groups in _identical(result.groups):
        lines.append(f"  Identical results: {_first([group.name for group in groups])}.")
        if all(group.config.epochs == 1 for group in groups) and "clip_coef" in result.swept:
            lines.append("  With a single pass the clip has no effect: every ratio is exactly 1.")
    if unsolvable := [group.name for group in result.groups if group.reachable == 0]:
        lines.append(f"  No policy can reach a goal within the time limit: {_first(unsolvable)}.")
    lines = [part for line in lines for part in (_wrapped(line, 4) or [""])]
    return [
        *lines,
        *_diverged(result),
        *_bounds(result),
        f"  (Test of the means of every pair of settings, Holm's correction, p < {LEVEL}.)",
    ]


def _how_many(count: int, all_others: int) -> str:
    if count == all_others:
        return "The other is" if count == 1 else f"All {count} others are"
    return f"{count} of the {all_others} others {'is' if count == 1 else 'are'}"


def _first(names: Sequence[str]) -> str:
    return "; ".join(names[:MOST_NAMED]) + (" and others" if len(names) > MOST_NAMED else "")


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
    return [f"  {first} matters most with {second}={where}: from {low[0]:.3f} ({low[1]}) to {high[0]:.3f} ({high[1]})."]


def _identical(groups: list[Group]) -> list[list[Group]]:
    """Return the settings whose agents have equal results, bit for bit."""
    by_success: dict[bytes, list[Group]] = {}
    for group in groups:
        by_success.setdefault(group.success.tobytes(), []).append(group)
    return [equal for equal in by_success.values() if len(equal) > 1]
