"""The results of `lakeppo fleet`: text with charts, one JSON object, CSV with one row for each agent."""

import csv
import io
import math
import textwrap
from collections.abc import Sequence
from functools import cached_property
from typing import Any

import numpy as np

from lakeppo.config import KNOBS, SOLVED, Config, advice
from lakeppo.fleets import significance
from lakeppo.fleets.fleet import Agent
from lakeppo.fleets.population import Population
from lakeppo.fleets.walkers import Integers
from lakeppo.headless.charts import Glyphs, fan_chart, glyphs, heat_map
from lakeppo.headless.reports import decimal, ice
from lakeppo.knob import Value
from lakeppo.lake.exact import Floats, reachable, solved_success

LEVEL = 0.05
WIDTH = 56
BEST, TIED = "*", "~"
LARGE = 64
"""Tiles above which computing exact success takes longer than learning."""
Settings = list[tuple[dict[str, Value], Config]]
"""The swept knobs of each setting, and the config they make."""


class Group:
    """The agents of one setting whose fleet has started, and their statistics."""

    def __init__(self, population: Population, index: Integers, knobs: dict[str, Value], config: Config) -> None:
        self.index, self.knobs, self.config = index, knobs, config
        self.success: Floats = population.success[index]
        self.episodes: Floats = population.solved_episode[index]
        self.solved = int(np.isfinite(self.episodes).sum())

    @property
    def name(self) -> str:
        return " ".join(f"{name}={KNOBS[name].show(value)}" for name, value in self.knobs.items())

    @cached_property
    def figures(self) -> dict[str, Any]:
        """The setting's part of the JSON object."""
        low, median, high = significance.quantiles(self.episodes, (0.25, 0.5, 0.75))
        return {
            "knobs": self.knobs, "agents": len(self.index),
            "solved_share": self.solved / len(self.index),
            "solved_share_interval": significance.wilson_interval(self.solved, len(self.index)),
            "never_solved": len(self.index) - self.solved,
            "episodes_to_solve_quartiles": [low, median, high],
            "success_probability_median": float(np.median(self.success)),
            "success_probability_middle_mean": float(significance.interquartile_mean(self.success)),
            "success_probability_middle_mean_interval": significance.interquartile_mean_interval(self.success),
            "success_probability_worst": float(self.success.min()),
        }  # fmt: skip


class FleetResult:
    """A population of `each` agents of every setting, and the seconds it took; `groups` are the started settings."""

    def __init__(self, population: Population, settings: Settings, each: int, seconds: float) -> None:
        self.population, self.settings, self.each, self.seconds = population, settings, each, seconds
        self.swept = list(settings[0][0])
        indices = np.arange(len(population.agents)).reshape(-1, each)
        started = (index[np.isfinite(population.success[index])] for index in indices)
        pairs = zip(started, settings, strict=True)
        self.groups = [Group(population, index, *setting) for index, setting in pairs if len(index)]

    @cached_property
    def best(self) -> Group:
        return max(self.groups, key=lambda group: group.figures["success_probability_middle_mean"])

    @cached_property
    def p_values(self) -> dict[tuple[int, int], float]:
        """The adjusted p of every pair of groups."""
        return significance.pairwise_p_values([group.success for group in self.groups])

    def p_value(self, a: Group, b: Group) -> float:
        i, j = sorted((self.groups.index(a), self.groups.index(b)))
        return self.p_values[i, j] if i != j else 1.0


def plan(population: Population, settings: Settings, where: str) -> list[str]:
    """Return the lines that announce the training and its memory; `where` names the fleets or shards."""
    count, config = len(population.agents), settings[0][1]
    kinds = f" of {len(settings)} settings" if len(settings) > 1 else ""
    fleet, results = (round(size / 2**20) for size in (population.fleet_memory, population.result_memory))
    lines = [
        f"{count:,} agent{'s' * (count != 1)}{kinds}, {seed_range(population.agents)}, each to {population.limit}",
        f"memory: about {max(1, fleet):,} MB{where}{f'; {results:,} MB for all results' if results else ''}",
    ]
    if config.tiles > LARGE:
        steps = f"{config.max_episode_steps:,} steps"
        lines.append(f"large lake: exact success follows every policy for up to {steps} after every update")
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
        "steps_per_second": total / result.seconds if result.seconds > 0 else None, "reachable": reachable(config),
        "solved_share": float(np.isfinite(population.solved_episode[started]).mean()) if started.any() else None,
        "seeds": [agent.seed for agent in population.agents], "episodes": population.episodes,
        "episodes_to_solve": population.solved_episode, "steps_to_solve": population.solved_step,
        "success_probability": population.success, "settings": [group.figures for group in result.groups],
    }  # fmt: skip
    if result.swept:
        pairs = (([result.groups[k].knobs for k in pair], p) for pair, p in result.p_values.items())
        fields["chances"] = [{"settings": knobs, "p": p} for knobs, p in pairs]
    return fields


def seed_range(agents: Sequence[Agent]) -> str:
    first, last = agents[0].seed, agents[-1].seed
    return f"seed {first}" if first == last else f"seeds {first} to {last}"


def fleet_csv(result: FleetResult) -> str:
    """Return one row for each agent: its seed, the swept knobs, its results."""
    population, text = result.population, io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    columns = "updates env_steps episodes solved_episode solved_step success_probability".split()
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
        f"{config.map}, {'slip swept' if 'slip' in result.swept else ice(config)}, preset {config.preset}: "
        f"{result.each:,} agent{'s' * (result.each != 1)}{kinds}",
        f"  trained    {seed_range(population.agents)}, each to {population.limit}",
        f"  done       {total:,} steps in {result.seconds:.1f} s: {total / max(result.seconds, 1e-9):,.0f} a second",
    ]
    if not population.done.all():
        done, count = population.done.sum(), len(population.agents)
        lines.append(f"  stopped    {done:,} of {count:,} agents had reached their limit")
    if result.swept and result.groups:
        lines += [*_table(result), *_heat_map(result, glyphs(encoding)), *_conclusions(result)]
    elif result.groups:
        lines += [*_summary(result.groups[0], population), "", *_fan_chart(result, glyphs(encoding))]
    return "\n".join(lines)


def _summary(group: Group, population: Population) -> list[str]:
    figures, top = group.figures, reachable(group.config)
    low, high = figures["solved_share_interval"]
    mean_low, mean_high = figures["success_probability_middle_mean_interval"]
    quarter, half, three_quarters = (_episode(x) for x in figures["episodes_to_solve_quartiles"])
    worst = population.agents[group.index[group.success.argmin()]].seed
    return [
        f"  solved     {group.solved:,} of {len(group.index):,}: {figures['solved_share']:.3f}, "
        f"95 % interval {low:.3f} to {high:.3f}",
        f"             (exact success {solved_success(group.config):.4f} or more: {SOLVED} of the possible {top:.4f})",
        f"  episodes   until a quarter solved it: {quarter}, half: {half}, three quarters: {three_quarters};",
        f"             {figures['never_solved']:,} never solved it",
        f"  success    exact, at the end: median {decimal(figures['success_probability_median'])}, "
        f"worst {decimal(figures['success_probability_worst'])} (seed {worst})",
        f"             interquartile mean {decimal(figures['success_probability_middle_mean'])}, "
        f"95 % interval {mean_low:.4f} to {mean_high:.4f}",
    ]


def _episode(value: float) -> str:
    return f"{value:,.0f}" if math.isfinite(value) else "never"


def _fan_chart(result: FleetResult, glyphs: Glyphs) -> list[str]:
    population, group = result.population, result.groups[0]
    steps = int(population.env_steps.max())
    columns = [population.success_after(steps * k // (WIDTH - 1))[group.index] for k in range(WIDTH)]
    return fan_chart(columns, steps, reachable(group.config), glyphs)


def _table(result: FleetResult) -> list[str]:
    cells = [["", *result.swept, "solved", "95 %", "episodes", "success", "95 %", "worst"]]
    for group in result.groups:
        figures = group.figures
        solved, mean = figures["solved_share_interval"], figures["success_probability_middle_mean_interval"]
        cells.append([
            _mark(result, group), *(KNOBS[name].show(value) for name, value in group.knobs.items()),
            f"{figures['solved_share']:.2f}", f"{solved[0]:.2f}-{solved[1]:.2f}",
            _episode(figures["episodes_to_solve_quartiles"][1]), f"{figures['success_probability_middle_mean']:.3f}",
            f"{mean[0]:.3f}-{mean[1]:.3f}", f"{figures['success_probability_worst']:.3f}",
        ])  # fmt: skip
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    return [
        "",
        *(" " + "  ".join(cell.rjust(w) for cell, w in zip(row, widths, strict=True)) for row in cells),
        f"  {BEST} best; {TIED} not significantly different from it; no mark: significantly worse",
        "  solved: share of agents, with its interval; episodes: until half had solved it;",
        "  success: exact, at the end: interquartile mean, its interval, the worst agent",
    ]


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
        values[row, column] = group.figures["success_probability_middle_mean"]
    top = max(reachable(config) for _, config in result.settings)
    return ["", f"  success, shaded by its share of the possible {top:.3f}",
            *heat_map((first, second), (labels[0], labels[1]), values, top, glyphs)]  # fmt: skip


def _conclusions(result: FleetResult) -> list[str]:
    others = [group for group in result.groups if group is not result.best]
    tied = [group.name for group in others if _mark(result, group) == TIED]
    lines = ["", f"  Best of {len(result.groups)}: {result.best.name}."]
    if others and not tied:
        lines.append(f"  All {len(others)} others are significantly worse.")
    elif len(tied) < len(others):
        lines.append(f"  {len(others) - len(tied)} of the {len(others)} others are significantly worse.")
    if tied:
        lines.append(f"  Not significantly different: {'; '.join(tied[:6])}{' and others' if len(tied) > 6 else ''}.")
    lines += _largest_effect(result)
    for groups in _identical(result.groups):
        lines.append(f"  Identical results: {'; '.join(group.name for group in groups)}.")
        if all(group.config.epochs == 1 for group in groups) and "clip_coef" in result.swept:
            lines.append("  With a single pass the clip has no effect: every ratio is exactly 1.")
    lines = [part for line in lines for part in (textwrap.wrap(line, 78, subsequent_indent="    ") or [""])]
    return [*lines, f"  (Rank test of every pair of settings, Holm's correction, p < {LEVEL}.)"]


def _largest_effect(result: FleetResult) -> list[str]:
    """Return where the first of two swept knobs changes success most."""
    if len(result.swept) != 2:
        return []
    first, second = result.swept
    columns: dict[str, list[tuple[float, str]]] = {}
    for group in result.groups:
        shown = {name: KNOBS[name].show(value) for name, value in group.knobs.items()}
        columns.setdefault(shown[second], []).append((group.figures["success_probability_middle_mean"], shown[first]))
    ranges = {value: (min(column), max(column)) for value, column in columns.items()}
    where, (low, high) = max(ranges.items(), key=lambda item: item[1][1][0] - item[1][0][0])
    return [f"  {first} matters most with {second}={where}: from {low[0]:.3f} ({low[1]}) to {high[0]:.3f} ({high[1]})."]


def _identical(groups: list[Group]) -> list[list[Group]]:
    """Return the settings whose agents have equal results, bit for bit."""
    by_success: dict[bytes, list[Group]] = {}
    for group in groups:
        by_success.setdefault(group.success.tobytes(), []).append(group)
    return [equal for equal in by_success.values() if len(equal) > 1]
