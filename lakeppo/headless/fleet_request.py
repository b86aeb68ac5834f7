"""What `lakeppo fleet` has to train. No torch: the options are read before it is imported."""

import itertools
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from lakeppo.config import Config
from lakeppo.knob import Value
from lakeppo.presets import Limit

MAX_SETTINGS, MAX_AGENTS = 200, 1_000_000
Settings = list[tuple[dict[str, Value], Config]]
"""The swept knobs of each setting, and the config they make."""


@dataclass(frozen=True)
class FleetRequest:
    """The agents to train: `agents` of each setting, with the seeds from `seed` on.

    The settings are `config` with every combination of the values in `sweep`. Device and compiler decide the last bits.
    """

    config: Config
    sweep: dict[str, list[Value]]
    seed: int
    agents: int
    limit: Limit
    device: str
    compile: bool

    @cached_property
    def settings(self) -> Settings:
        """Return the settings; a single one without knobs for an empty sweep."""
        combinations = itertools.product(*self.sweep.values())
        swept: list[dict[str, Any]] = [dict(zip(self.sweep, values, strict=True)) for values in combinations]
        return [(knobs, replace(self.config, **knobs)) for knobs in swept]
