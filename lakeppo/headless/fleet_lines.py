"""Lines that the report of a fleet and that of a sweep share."""

import math
import textwrap

from rich.cells import cell_len

from lakeppo.cells import folded
from lakeppo.headless.fleet_result import FleetResult
from lakeppo.headless.reports import row
from lakeppo.i18n import _, pgettext

MOST_NAMED = 6
LABEL = 11
"""Cells of a row's label."""


def diverged(result: FleetResult) -> list[str]:
    """Return the lines that name the agents that diverged, if any."""
    population, lines = result.population, []
    for group in result.groups:
        if not len(group.diverged):
            continue
        seeds = ", ".join(
            _("{seed} (update {update:.0f})").format(seed=population.agents[k].seed, update=population.diverged[k])
            for k in group.diverged[:MOST_NAMED]
        )
        if (more := len(group.diverged) - MOST_NAMED) > 0:
            seeds = _("{seeds} and {count:,} others").format(seeds=seeds, count=more)
        template = _("{count:,} of {all:,}: weights no longer finite, success counted as 0: seed {seeds}")
        if result.swept:
            template = _(
                "{count:,} of {all:,} with {settings}: weights no longer finite, success counted as 0: seed {seeds}"
            )
        text = template.format(count=len(group.diverged), all=len(group.index), settings=group.name, seeds=seeds)
        lines += wrapped(row(pgettext("row", "diverged"), text, LABEL), 13)
    return lines


def bounds(result: FleetResult) -> list[str]:
    """Return the lines that say how much of the time limit is not computed, if any."""
    limits = {group.config.max_episode_steps: group.counted_steps for group in result.groups}
    template = _(
        "success, and what is possible, count goals within {counted:,} of the {limit:,} steps of an episode: both are "
        "lower bounds"
    )
    texts = [template.format(counted=counted, limit=limit) for limit, counted in limits.items() if counted < limit]
    return [line for text in texts for line in wrapped(row(pgettext("row", "not exact"), text, LABEL), 13)]


def wrapped(line: str, indent: int) -> list[str]:
    """Return the lines of a line too long for a terminal of 80 columns, with no word cut."""
    if cell_len(line) > len(line):
        return folded(line, 79, " " * indent)
    return textwrap.wrap(line, 79, subsequent_indent=" " * indent, break_long_words=False, break_on_hyphens=False)


def episode(value: float) -> str:
    return f"{value:,.0f}" if math.isfinite(value) else _("never")
