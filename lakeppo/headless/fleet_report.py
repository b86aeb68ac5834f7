"""The results of `lakeppo fleet`: text with charts, one JSON object, CSV with one row for each agent."""

import csv
import io
import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from lakeppo.config import KNOBS, SOLVED, advice
from lakeppo.fleets import significance
from lakeppo.fleets.exact import counted_steps
from lakeppo.fleets.fleet import Agent
from lakeppo.fleets.population import Population
from lakeppo.headless.charts import Glyphs, fan_chart, glyphs
from lakeppo.headless.fleet_lines import LABEL, bounds, diverged, episode, wrapped
from lakeppo.headless.fleet_request import Settings
from lakeppo.headless.fleet_result import FleetResult, Group
from lakeppo.headless.reports import decimal, ice, row
from lakeppo.headless.sweep_report import conclusions, means_map, table
from lakeppo.i18n import _, ngettext, pgettext
from lakeppo.lake.exact import DENSE, ceiling, reachable, solved_success

WIDTH = 56


def plan(population: Population, settings: Settings, where: str) -> list[str]:
    """Return the lines that announce the training and its memory; `where` names the fleets or shards."""
    count, config = len(population.agents), settings[0][1]
    agents = ngettext("{count:,} agent", "{count:,} agents", count)
    if len(settings) > 1:
        agents = ngettext("{count:,} agent of {settings} settings", "{count:,} agents of {settings} settings", count)
    fleet, results = (round(size / 2**20) for size in (population.fleet_memory, population.result_memory))
    memory = _("memory: about {size:,} MB{where}; {results:,} MB for all results")
    lines = [
        _("{agents}, {seeds}, each to {limit}").format(
            agents=agents.format(count=count, settings=len(settings)), seeds=seed_range(population.agents),
            limit=population.limit,
        ),
        (memory if results else _("memory: about {size:,} MB{where}")).format(
            size=max(1, fleet), where=where, results=results
        ),
    ]  # fmt: skip
    if config.tiles > DENSE:
        steps = counted_steps(config.map_rows, config.max_episode_steps)
        template = _("large lake: exact success takes up to {steps:,} steps after every update")
        lines.append(template.format(steps=steps))
    unsolvable = sum(reachable(config) == 0 for _name, config in settings)
    if unsolvable:
        template = _("no policy can reach a goal within the time limit: nothing will be solved")
        if len(settings) > 1:
            template = _(
                "no policy can reach a goal within the time limit in {count} of {settings} settings: nothing will be "
                "solved"
            )
        lines.append(template.format(count=unsolvable, settings=len(settings)))
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
    template = _("seed {first}") if first == last else _("seeds {first} to {last}")
    return template.format(first=first, last=last)


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
    each, count = result.each, len(population.agents)
    agents = ngettext("{count:,} agent", "{count:,} agents", each)
    if result.swept:
        agents = ngettext(
            "{count:,} agent of each of {settings} settings", "{count:,} agents of each of {settings} settings", each
        )
    head = _("{map}, {ice}, preset {preset}: {agents}").format(
        map=config.map, ice=_("slip swept") if "slip" in result.swept else ice(config), preset=config.preset,
        agents=agents.format(count=each, settings=len(result.settings)),
    )  # fmt: skip
    trained = _("{seeds}, each to {limit}").format(seeds=seed_range(population.agents), limit=population.limit)
    done = _("{steps:,} steps in {seconds:.1f} s: {rate:,.0f} a second").format(
        steps=total, seconds=result.seconds, rate=total / max(result.seconds, 1e-9)
    )
    lines = [
        *wrapped(head, 4),
        row(pgettext("row", "trained"), trained, LABEL),
        row(pgettext("row", "done"), done, LABEL),
    ]
    if result.resumed:
        text = _("it was interrupted, and went on with the same bits")
        lines.append(row(pgettext("row", "resumed"), text, LABEL))
    if not population.done.all():
        text = _("{done:,} of {count:,} agents had reached their limit")
        lines.append(row(pgettext("row", "stopped"), text.format(done=population.done.sum(), count=count), LABEL))
    if result.swept and result.groups:
        lines += [*table(result), *means_map(result, glyphs(encoding)), *conclusions(result)]
    elif result.groups:
        lines += [
            *_summary(result.groups[0], population),
            *bounds(result),
            *diverged(result),
            "",
            *_fan_chart(result, glyphs(encoding)),
        ]
    return "\n".join(lines)


def _summary(group: Group, population: Population) -> list[str]:
    figures = group.figures
    low, high = figures["solved_share_interval"]
    mean_low, mean_high = figures["success_probability_mean_interval"]
    quarter, half, three_quarters = (episode(x) for x in figures["episodes_to_solve_quartiles"])
    worst = population.agents[group.index[group.success.argmin()]].seed
    solved = _("{solved:,} of {count:,}: {share:.3f}, 95 % interval {low:.3f} to {high:.3f}").format(
        solved=group.solved, count=len(group.index), share=figures["solved_share"], low=low, high=high
    )
    episodes = _("until a quarter solved it: {quarter}, half: {half}, three quarters: {three_quarters};").format(
        quarter=quarter, half=half, three_quarters=three_quarters
    )
    success = _("exact, at the end: mean {mean}, 95 % interval {low:.4f} to {high:.4f}").format(
        mean=decimal(group.mean), low=mean_low, high=mean_high
    )
    spread = _("median {median}, a tenth at {tenth} or below, worst {worst} (seed {seed})").format(
        median=decimal(figures["success_probability_median"]),
        tenth=decimal(figures["success_probability_lowest_tenth"]),
        worst=decimal(figures["success_probability_worst"]), seed=worst,
    )  # fmt: skip
    return [
        row(pgettext("row", "solved"), solved, LABEL),
        row("", f"({_meaning_of_solved(group)})", LABEL),
        row(pgettext("row", "episodes"), episodes, LABEL),
        row("", _("{count:,} never solved it").format(count=figures["never_solved"]), LABEL),
        row(pgettext("row", "success"), success, LABEL),
        row("", spread, LABEL),
    ]


def _meaning_of_solved(group: Group) -> str:
    if group.reachable == 0:
        template = _("no policy can reach a goal within the limit of {steps:,} steps")
        return template.format(steps=group.config.max_episode_steps)
    template = _("exact success {enough:.4f} or more: {share} of the possible {reachable:.4f}")
    return template.format(enough=solved_success(group.config), share=SOLVED, reachable=group.reachable)


def _fan_chart(result: FleetResult, glyphs: Glyphs) -> list[str]:
    population, group = result.population, result.groups[0]
    steps = int(population.env_steps.max())
    columns = [population.success_after(steps * k // (WIDTH - 1))[group.index] for k in range(WIDTH)]
    kind = _("optimum") if ceiling(*group.config.lake) is None else _("ceiling")
    return fan_chart(columns, steps, (kind, group.reachable), glyphs)
