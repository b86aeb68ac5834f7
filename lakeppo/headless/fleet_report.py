"""What a fleet came to: as words with charts, as one JSON object, as CSV with a row an agent."""

import csv
import io
import math
import textwrap
from collections.abc import Sequence
from functools import cached_property
from typing import Any

import numpy as np

from lakeppo.config import KNOBS, SOLVED, Config
from lakeppo.fleets.fleet import Agent
from lakeppo.fleets.population import Population
from lakeppo.fleets.significance import interquartile_mean, interquartile_mean_interval, pairwise, quantiles, wilson
from lakeppo.fleets.walkers import Integers
from lakeppo.headless.charts import Glyphs, fan, glyphs, heat_map
from lakeppo.headless.reports import figure, ice
from lakeppo.knob import Value
from lakeppo.lake.exact import Floats, reachable, solved_success

LEVEL = 0.05
WIDTH = 56
BEST, CHANCE = "*", "~"


class Group:
    """The agents of one setting that have begun, and what is said of them."""

    def __init__(self, population: Population, who: Integers, knobs: dict[str, Value], config: Config) -> None:
        self.who, self.knobs, self.config = who, knobs, config
        self.success: Floats = population.success[who]
        self.episodes: Floats = population.solved_episode[who]
        self.solved = int(np.isfinite(self.episodes).sum())

    @property
    def name(self) -> str:
        return " ".join(f"{name}={KNOBS[name].show(value)}" for name, value in self.knobs.items())

    @cached_property
    def figures(self) -> dict[str, Any]:
        """The setting's own part of the JSON object."""
        low, median, high = quantiles(self.episodes, (0.25, 0.5, 0.75))
        return {
            "knobs": self.knobs,
            "agents": len(self.who),
            "solved_share": self.solved / len(self.who),
            "solved_share_interval": wilson(self.solved, len(self.who)),
            "never_solved": len(self.who) - self.solved,
            "episodes_to_solve_quartiles": [low, median, high],
            "success_probability_median": float(np.median(self.success)),
            "success_probability_middle_mean": float(interquartile_mean(self.success)),
            "success_probability_middle_mean_interval": interquartile_mean_interval(self.success),
            "success_probability_worst": float(self.success.min()),
        }


class FleetResult:
    """Siblings of some settings, `each` agents of each, and the seconds they took."""

    def __init__(
        self, population: Population, settings: list[tuple[dict[str, Value], Config]], each: int, seconds: float
    ) -> None:
        self.population, self.settings, self.each, self.seconds = population, settings, each, seconds
        self.swept = list(settings[0][0])
        begun = np.isfinite(population.success)
        whos = (np.arange(each) + each * k for k in range(len(settings)))
        pairs = zip(whos, settings, strict=True)
        self.groups = [
            Group(population, who[begun[who]], *setting) for who, setting in pairs if begun[who].any()
        ]  # fmt: skip

    @cached_property
    def best(self) -> Group:
        return max(self.groups, key=lambda group: group.figures["success_probability_middle_mean"])

    @cached_property
    def p_values(self) -> dict[tuple[int, int], float]:
        """Of every two settings, how likely chance alone would set them so far apart."""
        return pairwise([group.success for group in self.groups])

    def chance(self, one: Group, other: Group) -> float:
        """That of two of them."""
        i, j = sorted((self.groups.index(one), self.groups.index(other)))
        return self.p_values[i, j] if i != j else 1.0


def result_of(outcome: FleetResult) -> dict[str, Any]:
    """The JSON object; the lists have an entry an agent, null where there is nothing to say."""
    population, config = outcome.population, outcome.settings[0][1]
    total = int(population.env_steps.sum())
    begun = np.isfinite(population.success)
    result = {
        "agents": len(population.agents),
        "map": config.map,
        "map_rows": config.map_rows,
        "preset": config.preset,
        "overrides": config.overrides(),
        "limit": {"unit": population.limit.unit, "count": population.limit.count},
        "env_steps": total,
        "updates": int(population.updates.max()),
        "seconds": outcome.seconds,
        "steps_per_second": total / outcome.seconds if outcome.seconds > 0 else None,
        "reachable": reachable(config),
        "solved_share": float(np.isfinite(population.solved_episode[begun]).mean()) if begun.any() else None,
        "seeds": [agent.seed for agent in population.agents],
        "episodes": population.episodes,
        "episodes_to_solve": population.solved_episode,
        "steps_to_solve": population.solved_step,
        "success_probability": population.success,
        "settings": [group.figures for group in outcome.groups],
    }
    if outcome.swept:
        result["chances"] = [
            {"settings": [outcome.groups[i].knobs, outcome.groups[j].knobs], "p": p}
            for (i, j), p in outcome.p_values.items()
        ]
    return result


def seeds(agents: Sequence[Agent]) -> str:
    """Which seeds agents have that follow one another."""
    first, last = agents[0].seed, agents[-1].seed
    return f"seed {first}" if first == last else f"seeds {first} to {last}"


def to_csv(outcome: FleetResult) -> str:
    """A row an agent: its seed, the knobs that were swept, and what became of it."""
    population, text = outcome.population, io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    columns = "updates env_steps episodes solved_episode solved_step success_probability".split()
    writer.writerow(["seed", *outcome.swept, *columns])
    values = [getattr(population, column if column != "success_probability" else "success") for column in columns]
    for k, agent in enumerate(population.agents):
        knobs = [KNOBS[name].show(getattr(agent.config, name)) for name in outcome.swept]
        row = [value[k].item() for value in values]
        writer.writerow([agent.seed, *knobs, *("" if not math.isfinite(x) else x for x in row)])
    return text.getvalue()


def in_words(outcome: FleetResult, encoding: str | None) -> str:
    """The report, charts included, in characters that `encoding` has."""
    population, config = outcome.population, outcome.settings[0][1]
    total = int(population.env_steps.sum())
    kinds = f" of each of {len(outcome.settings)} settings" if outcome.swept else ""
    lines = [
        f"{config.map}, {'ice as swept' if 'slip' in outcome.swept else ice(config)}, preset {config.preset}: "
        f"{outcome.each:,} agent{'s' * (outcome.each != 1)}{kinds}",
        f"  trained    {seeds(population.agents)}, each to {population.limit}",
        f"  done       {total:,} steps in {outcome.seconds:.1f} s: {total / max(outcome.seconds, 1e-9):,.0f} a second",
    ]
    if not population.done.all():
        lines.append(
            f"  stopped    {population.done.sum():,} of {len(population.agents):,} agents had reached their limit"
        )
    if not outcome.groups:
        return "\n".join(lines)
    if outcome.swept:
        return "\n".join([*lines, *_table(outcome), *_map(outcome, glyphs(encoding)), *_sentences(outcome)])
    return "\n".join([*lines, *_one(outcome.groups[0], population), "", *_fan(outcome, glyphs(encoding))])


def _one(group: Group, population: Population) -> list[str]:
    said, top = group.figures, reachable(group.config)
    low, high = said["solved_share_interval"]
    inner = said["success_probability_middle_mean_interval"]
    quarter, half, most = (_episode(x) for x in said["episodes_to_solve_quartiles"])
    worst = population.agents[group.who[group.success.argmin()]].seed
    return [
        f"  solved     {group.solved:,} of {len(group.who):,}: {said['solved_share']:.3f}, "
        f"95 % interval {low:.3f} to {high:.3f}",
        f"             (exact success {solved_success(group.config):.4f} or more: {SOLVED} of the possible {top:.4f})",
        f"  episodes   until a quarter solved it: {quarter}, half: {half}, three quarters: {most};",
        f"             {said['never_solved']:,} never did",
        f"  success    exact, at the end: median {figure(said['success_probability_median'])}, "
        f"worst {figure(said['success_probability_worst'])} (seed {worst})",
        f"             mean of the middle half {figure(said['success_probability_middle_mean'])}, "
        f"95 % interval {inner[0]:.4f} to {inner[1]:.4f}",
    ]


def _episode(value: float) -> str:
    return f"{value:,.0f}" if math.isfinite(value) else "never"


def _fan(outcome: FleetResult, drawn: Glyphs) -> list[str]:
    population, group = outcome.population, outcome.groups[0]
    steps = int(population.env_steps.max())
    columns = [population.after(steps * k // (WIDTH - 1))[group.who] for k in range(WIDTH)]
    return fan(columns, steps, reachable(group.config), drawn)


def _table(outcome: FleetResult) -> list[str]:
    cells = [["", *outcome.swept, "solved", "95 %", "episodes", "success", "95 %", "worst"]]
    for group in outcome.groups:
        said = group.figures
        solved, inner = said["solved_share_interval"], said["success_probability_middle_mean_interval"]
        cells.append([
            _mark(outcome, group), *(KNOBS[name].show(value) for name, value in group.knobs.items()),
            f"{said['solved_share']:.2f}", f"{solved[0]:.2f}-{solved[1]:.2f}",
            _episode(said["episodes_to_solve_quartiles"][1]), f"{said['success_probability_middle_mean']:.3f}",
            f"{inner[0]:.3f}-{inner[1]:.3f}", f"{said['success_probability_worst']:.3f}",
        ])  # fmt: skip
    wide = [max(map(len, column)) for column in zip(*cells, strict=True)]
    return [
        "",
        *(" " + "  ".join(cell.rjust(w) for cell, w in zip(row, wide, strict=True)) for row in cells),
        f"  {BEST} best; {CHANCE} may differ from it by chance alone; all others are worse by more than that",
        "  solved: share of agents, and its interval; episodes: half had solved it by then;",
        "  success: exact, at the end, mean of the agents' middle half, its interval, the worst",
    ]


def _mark(outcome: FleetResult, group: Group) -> str:
    if group is outcome.best:
        return BEST
    return "" if outcome.chance(outcome.best, group) < LEVEL else CHANCE


def _map(outcome: FleetResult, drawn: Glyphs) -> list[str]:
    """The heat map of two knobs."""
    if len(outcome.swept) != 2:
        return []
    first, second = outcome.swept
    labels = [
        list(dict.fromkeys(KNOBS[name].show(knobs[name]) for knobs, _ in outcome.settings)) for name in (first, second)
    ]
    values = np.full((len(labels[0]), len(labels[1])), np.nan)
    for group in outcome.groups:
        row, column = (labels[k].index(KNOBS[name].show(group.knobs[name])) for k, name in enumerate((first, second)))
        values[row, column] = group.figures["success_probability_middle_mean"]
    top = max(reachable(config) for _, config in outcome.settings)
    return ["", f"  success, shaded by its share of the possible {top:.3f}",
            *heat_map((first, second), (labels[0], labels[1]), values, top, drawn)]  # fmt: skip


def _sentences(outcome: FleetResult) -> list[str]:
    """What the sweep says, and by which test."""
    others = [group for group in outcome.groups if group is not outcome.best]
    equal = [group.name for group in others if _mark(outcome, group) == CHANCE]
    lines = ["", f"  Best of {len(outcome.groups)}: {outcome.best.name}."]
    if others and not equal:
        lines.append(f"  All {len(others)} others are worse by more than chance.")
    elif len(equal) < len(others):
        lines.append(f"  {len(others) - len(equal)} of the {len(others)} others are worse by more than chance.")
    if equal:
        lines.append(f"  Not told apart from it: {'; '.join(equal[:6])}{' and others' if len(equal) > 6 else ''}.")
    lines += _where_it_matters(outcome)
    for twins in _twins(outcome.groups):
        lines.append(f"  The very same runs, to the last digit: {'; '.join(group.name for group in twins)}.")
        if all(group.config.epochs == 1 for group in twins) and "clip_coef" in outcome.swept:
            lines.append("  With a single pass the clip does nothing: every ratio is still exactly 1.")
    lines = [part for line in lines for part in (textwrap.wrap(line, 78, subsequent_indent="    ") or [""])]
    return [*lines, "  (Rank test of every pair of settings, Holm's correction, p under 0.05.)"]


def _where_it_matters(outcome: FleetResult) -> list[str]:
    """Of two knobs: where the first changes most, and from what to what."""
    if len(outcome.swept) != 2:
        return []
    first, second = outcome.swept
    columns: dict[str, list[tuple[float, str]]] = {}
    for group in outcome.groups:
        shown = {name: KNOBS[name].show(value) for name, value in group.knobs.items()}
        columns.setdefault(shown[second], []).append((group.figures["success_probability_middle_mean"], shown[first]))
    where, (low, high) = max(
        ((value, (min(column), max(column))) for value, column in columns.items()),
        key=lambda found: found[1][1][0] - found[1][0][0],
    )
    return [
        f"  {first} matters most with {second}={where}: from {low[0]:.3f} ({low[1]}) to {high[0]:.3f} ({high[1]}).",
    ]


def _twins(groups: list[Group]) -> list[list[Group]]:
    """Settings whose agents ended alike to the bit."""
    fleet_key: dict[bytes, list[Group]] = {}
    for group in groups:
        fleet_key.setdefault(group.success.tobytes(), []).append(group)
    return [twins for twins in fleet_key.values() if len(twins) > 1]
