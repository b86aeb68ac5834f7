"""The presets: settings made for a lake, what they reach, and the limit at which their runs stop."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, NamedTuple, TypeVar

from lakeppo.i18n import N_, ngettext
from lakeppo.knob import Value

T = TypeVar("T")
SLIPPERY = 2 / 3
"""`slip` of Gymnasium's slippery lake: two moves in three go sideways."""


@dataclass(frozen=True, slots=True)
class Limit:
    """The count at which a run stops; not part of its config."""

    unit: Literal["episodes", "updates", "steps"]
    count: int

    def progress(self, *, episodes: T, updates: T, env_steps: T) -> T:
        """Return the count in this limit's unit, of one run or, as arrays, of many."""
        return episodes if self.unit == "episodes" else updates if self.unit == "updates" else env_steps

    def __str__(self) -> str:
        template = {
            "episodes": ngettext("{count:,} episode", "{count:,} episodes", self.count),
            "updates": ngettext("{count:,} update", "{count:,} updates", self.count),
            "steps": ngettext("{count:,} step", "{count:,} steps", self.count),
        }[self.unit]
        return template.format(count=self.count)


class Preset(NamedTuple):
    """Settings, and in `reaches` their results, measured by `lakeppo fleet --agents 256` (on 8x8: 64)."""

    reaches: str
    limit: Limit
    knobs: Mapping[str, Value]
    map: str = "4x4"


_STEADY: dict[str, Value]
_STEADY = {"activation": "tanh", "init": "orthogonal", "learning_rate": 0.01, "learning_rate_end": 0.001}
PRESETS: dict[str, Preset] = {
    "classic": Preset(
        N_(
            "firm 4x4, the tutorial's own numbers: 256 of 256 seeds solve it, half by episode 187; "
            "252 end at 0.95 or more"
        ),
        Limit("episodes", 2000), {},
    ),
    "steady": Preset(
        N_("firm 4x4: 256 of 256 seeds end at 0.995 or more, half of them solved by episode 148"),
        Limit("episodes", 2000), _STEADY | {"ent_coef": 0.02, "ent_coef_end": 0.003, "anneal_steps": 10_000},
    ),
    "slippery": Preset(
        N_("slippery 4x4: 256 of 256 seeds end at 0.718 or more, half at 0.730 or more, of a possible 0.740"),
        Limit("steps", 98 * 2048),
        _STEADY | {"slip": SLIPPERY, "gamma": 0.99, "gae_lambda": 0.8, "batch_size": 2048, "epochs": 10,
                   "ent_coef": 0.02, "ent_coef_end": 0.0, "anneal_steps": 200_000},
    ),
    "8x8": Preset(
        N_("firm 8x8: 64 of 64 seeds end at 0.995 or more, half of them solved by step 34,000"),
        Limit("steps", 586 * 256),
        _STEADY | {"gamma": 0.99, "gae_lambda": 0.99, "batch_size": 256, "epochs": 10,
                   "ent_coef": 0.02, "ent_coef_end": 0.002, "anneal_steps": 150_000},
        map="8x8",
    ),
    "8x8-slippery": Preset(
        N_("slippery 8x8: 59 of 64 seeds end at 0.80 or more, half at 0.845 or more, of 0.89; three end at 0.3"),
        Limit("steps", 489 * 2048),
        _STEADY | {"slip": SLIPPERY, "gamma": 0.99, "gae_lambda": 0.9, "batch_size": 2048, "epochs": 10,
                   "ent_coef": 0.005, "ent_coef_end": 0.0, "anneal_steps": 1_000_000},
        map="8x8",
    ),
}  # fmt: skip
