"""The results of a fleet by setting, with their statistics."""

from functools import cached_property
from typing import Any

import numpy as np

from lakeppo.config import KNOBS, Config
from lakeppo.fleets import significance
from lakeppo.fleets.exact import counted_steps
from lakeppo.fleets.population import Population
from lakeppo.fleets.walkers import Integers
from lakeppo.headless.fleet_request import Settings
from lakeppo.knob import Value
from lakeppo.lake.exact import Floats, reachable
from lakeppo.runs.statistics import wilson_interval


class Group:
    """The agents of one setting whose fleet has started, and their statistics."""

    def __init__(self, population: Population, index: Integers, knobs: dict[str, Value], config: Config) -> None:
        self.index, self.knobs, self.config = index, knobs, config
        self.success: Floats = population.success[index]
        self.episodes: Floats = population.solved_episode[index]
        self.solved = int(np.isfinite(self.episodes).sum())
        self.diverged = index[np.isfinite(population.diverged[index])]
        self.reachable = reachable(config)
        self.counted_steps = counted_steps(config.map_rows, config.max_episode_steps)

    @property
    def name(self) -> str:
        return " ".join(f"{name}={KNOBS[name].show(value)}" for name, value in self.knobs.items())

    @cached_property
    def mean(self) -> float:
        """The mean success, by which settings are ranked: an agent that failed counts like any other."""
        return float(self.success.mean())

    @cached_property
    def figures(self) -> dict[str, Any]:
        """The figures of the report."""
        low, median, high = significance.quantiles(self.episodes, (0.25, 0.5, 0.75))
        return {
            "knobs": self.knobs, "agents": len(self.index), "counted_steps": self.counted_steps,
            "solved_share": self.solved / len(self.index),
            "solved_share_interval": wilson_interval(self.solved, len(self.index)),
            "never_solved": len(self.index) - self.solved,
            "episodes_to_solve_quartiles": [low, median, high],
            "diverged": len(self.diverged),
            "success_probability_mean": self.mean,
            "success_probability_mean_interval": significance.bootstrap_interval(self.success),
            "success_probability_median": float(np.median(self.success)),
            "success_probability_lowest_tenth": significance.quantiles(self.success, (0.1,))[0],
            "success_probability_worst": float(self.success.min()),
        }  # fmt: skip

    def as_json(self) -> dict[str, Any]:
        """Return the setting's part of the JSON object."""
        middle = significance.interquartile_mean
        return self.figures | {
            "success_probability_middle_mean": float(middle(self.success)),
            "success_probability_middle_mean_interval": significance.bootstrap_interval(self.success, middle),
        }


class FleetResult:
    """A population of `each` agents of every setting, and the seconds it took; `groups` are the started settings."""

    def __init__(
        self, population: Population, settings: Settings, each: int, seconds: float, resumed: bool = False
    ) -> None:
        self.population, self.settings, self.each, self.seconds = population, settings, each, seconds
        self.resumed = resumed
        self.swept = list(settings[0][0])
        indices = np.arange(len(population.agents)).reshape(-1, each)
        started = (index[np.isfinite(population.success[index])] for index in indices)
        pairs = zip(started, settings, strict=True)
        self.groups = [Group(population, index, *setting) for index, setting in pairs if len(index)]

    @cached_property
    def best(self) -> Group:
        """The setting of the highest mean success."""
        return max(self.groups, key=lambda group: group.mean)

    @cached_property
    def p_values(self) -> dict[tuple[int, int], float]:
        """The adjusted p of every pair of groups, of the test of their means."""
        return significance.pairwise_p_values([group.success for group in self.groups])

    def p_value(self, a: Group, b: Group) -> float:
        i, j = sorted((self.groups.index(a), self.groups.index(b)))
        return self.p_values[i, j] if i != j else 1.0
