"""Every knob once: its name, default, range and meaning; the schedules; the presets.

The command line, the screens and the help are all generated from here. No torch, no Textual.
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from fractions import Fraction
from typing import Any, Literal, NamedTuple

from lakeppo.moment import Change

Value = float | int | str | bool | None
SLIPPERY = 2 / 3
"""Gymnasium's slippery ice, in our words: two moves in three go sideways."""


MAPS: dict[str, tuple[str, ...]] = {
    "4x4": ("SFFF", "FHFH", "FFFH", "HFFG"),
    "8x8": ("SFFFFFFF", "FFFFFFFF", "FFFHFFFF", "FFFFFHFF", "FFFHFFFF", "FHHFFFHF", "FHFFHFHF", "FFFHFFFG"),
}
"""Gymnasium's two maps, held to them by a test; here so that reading a config imports no Gymnasium."""


class InvalidValue(ValueError):
    """A value that a knob, a flag or a config cannot take; the message names it and the range."""


class Knob(NamedTuple):
    """What is known of one knob besides its value."""

    name: str
    kind: Literal["number", "whole", "choice", "switch"]
    meaning: str
    plain: str
    low: float = 0.0
    high: float = 0.0
    open_low: bool = False
    word: str | None = None  # the word that stands for None
    choices: tuple[str, ...] = ()
    default: Value = None

    @property
    def span(self) -> str:
        """The range as people read it: `(0, 1000]`, `1..65536`, `relu|tanh`."""
        if self.kind == "switch":
            return "on|off"
        if self.kind == "choice":
            return "|".join(self.choices)
        high = f"{self.high:g}".replace("e+0", "e").replace("e+", "e")
        if self.kind == "whole":
            return f"{self.low:.0f}..{high if self.high > 1e6 else int(self.high)}"
        span = f"{'(' if self.open_low else '['}{self.low:g}, {high}]"
        return f"{span} or {self.word}" if self.word else span

    def parse(self, text: str) -> Value:
        """The value that `text` says; raises `BadValue` with the range when it says none."""
        text = text.strip().lower()
        if self.word is not None and text == self.word:
            return None
        value: object = text
        try:
            if self.kind == "switch":
                value = {"on": True, "true": True, "yes": True, "off": False, "false": False, "no": False}[text]
            elif self.kind == "whole":
                value = int(text)
            elif self.kind == "number":
                value = float(Fraction(text)) if "/" in text else float(text)
        except (KeyError, ValueError, ZeroDivisionError, OverflowError):
            raise self._refusal(text) from None
        return self.check(value)

    def check(self, value: object) -> Value:
        """`value` as this knob's type, or `BadValue`."""
        if value is None and self.word is not None:
            return None
        if self.kind == "switch" and isinstance(value, bool):
            return value
        if self.kind == "choice" and isinstance(value, str) and value in self.choices:
            return value
        if self.kind in ("number", "whole") and isinstance(value, int | float) and not isinstance(value, bool):
            above = value > self.low if self.open_low else value >= self.low
            within = above and value <= self.high  # nan and the infinities are in no range
            if within and (self.kind == "number" or value == int(value)):
                return float(value) if self.kind == "number" else int(value)
        raise self._refusal(value)

    def _refusal(self, value: object) -> InvalidValue:
        return InvalidValue(f"{self.name} must be {_article(self)}{self.span}, not {value}")

    def show(self, value: Value) -> str:
        """`value` as the screens print it."""
        if value is None:
            return self.word or "none"
        if isinstance(value, bool):
            return "on" if value else "off"
        if self.name == "slip" and value == SLIPPERY:
            return "2/3"
        return f"{value:.4g}" if isinstance(value, float) else str(value)


def _article(knob: Knob) -> str:
    return {"number": "a number in ", "whole": "a whole number in ", "choice": "one of ", "switch": ""}[knob.kind]


def _knob(default: Value, kind: Any, meaning: str, plain: str = "", **more: Any) -> Any:
    knob = Knob(name="", kind=kind, meaning=meaning, plain=plain, default=default, **more)
    return field(default=default, metadata={"knob": knob})


def _number(default: float | None, low: float, high: float, meaning: str, **more: Any) -> Any:
    return _knob(default, "number", meaning, low=low, high=high, **more)


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """Everything besides the seed and the changes that decides a run.

    The map is held as its rows, never as a path; `preset` is where the values started from and decides nothing.
    """

    preset: str = "classic"
    map: str = "4x4"
    map_rows: tuple[str, ...] = MAPS["4x4"]
    slip: float = _number(
        0.0, 0, 1, "probability that the ice sends a move sideways, half to each side (2/3: slippery)"
    )
    max_episode_steps: int = _knob(
        100, "whole", "an episode is cut off (truncated) after this many steps", low=1, high=1_000_000
    )
    batch_size: int = _knob(
        64, "whole", "environment steps the old actor collects for one update", "batch_size", low=1, high=65_536
    )
    epochs: int = _knob(
        5, "whole", "gradient passes over one batch before it is thrown away", "times_per_update", low=1, high=1000
    )
    learning_rate: float = _number(0.01, 0, 1e3, "step size of both Adams", open_low=True)
    learning_rate_end: float | None = _number(
        None, 0, 1e3, "learning rate after anneal_steps (same: it stays)", word="same"
    )
    clip_coef: float | None = _number(
        0.2, 0, 1e9, "epsilon: past 1±epsilon in its own direction a sample stops pushing", open_low=True, word="off"
    )
    ent_coef: float = _number(0.01, 0, 1e3, "weight of the entropy bonus, which keeps the policy curious")
    ent_coef_end: float | None = _number(
        None, 0, 1e3, "entropy weight after anneal_steps (same: it stays)", word="same"
    )
    vf_coef: float = _number(
        0.5, 0, 1e3, "weight of the value loss; with an Adam of its own for the critic it changes next to nothing"
    )
    gamma: float = _number(0.9, 0, 1, "discount: what a reward one step later is worth now")
    gae_lambda: float = _number(0.95, 0, 1, "GAE: 0 trusts the critic's next value, 1 only the rewards that came")
    anneal_steps: int = _knob(
        0, "whole", "environment steps over which the *_end schedules run, linearly (0: constant)", low=0, high=1e12
    )
    norm_adv: bool = _knob(False, "switch", "normalise the advantages over the whole batch")
    activation: str = _knob("relu", "choice", "what stands between the layers", choices=("relu", "tanh"))
    init: str = _knob(
        "torch",
        "choice",
        "first weights: torch's own, or orthogonal with gains sqrt 2, policy 0.01, value 1",
        choices=("torch", "orthogonal"),
    )

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns of the lake."""
        return len(self.map_rows), len(self.map_rows[0])

    @property
    def tiles(self) -> int:
        return math.prod(self.shape)

    @property
    def start(self) -> int:
        """The state of the tile S."""
        return "".join(self.map_rows).index("S")

    def tile(self, state: int) -> str:
        """The letter at a state: S, F, H or G."""
        row, column = divmod(state, len(self.map_rows[0]))
        return self.map_rows[row][column]

    def overrides(self) -> dict[str, Value]:
        """What differs from the preset this config started from."""
        base = make_config(self.preset)
        mine: dict[str, Value] = {"map": self.map} if self.map_rows != base.map_rows else {}
        if self.max_episode_steps != default_time_limit(self.map_rows):
            mine["max_episode_steps"] = self.max_episode_steps
        names = [name for name in KNOBS if name != "max_episode_steps"]
        return mine | {name: getattr(self, name) for name in names if getattr(self, name) != getattr(base, name)}

    def changed(self, changes: Iterable[Change]) -> "Config":
        """The values in force after `changes`."""
        values: dict[str, Any] = {change.name: change.value for change in changes if change.name != "seed"}
        return replace(self, **values)

    def annealed(self, name: Literal["learning_rate", "ent_coef"], env_steps: int) -> float:
        """The scheduled value of a knob for an update that starts after `env_steps` environment steps."""
        start: float = getattr(self, name)
        end: float | None = getattr(self, f"{name}_end")
        if end is None or self.anneal_steps == 0:
            return start
        return start + (end - start) * min(1.0, env_steps / self.anneal_steps)

    def as_json(self) -> dict[str, object]:
        return {**asdict(self), "map_rows": list(self.map_rows)}


KNOBS: dict[str, Knob] = {
    f.name: f.metadata["knob"]._replace(name=f.name) for f in fields(Config) if "knob" in f.metadata
}


@dataclass(frozen=True, slots=True)
class Limit:
    """Where a run stops; no part of its config."""

    unit: Literal["episodes", "updates", "steps"]
    count: int

    def __str__(self) -> str:
        return f"{self.count:,} {self.unit if self.count != 1 else self.unit[:-1]}"


class Preset(NamedTuple):
    """Settings known to do what `reaches` says, as `lakeppo fleet --agents 256` (on 8x8 64) counted it."""

    reaches: str
    limit: Limit
    knobs: Mapping[str, Value]
    map: str = "4x4"


_STEADY: dict[str, Value] = {
    "activation": "tanh",
    "init": "orthogonal",
    "learning_rate": 0.01,
    "learning_rate_end": 0.001,
}

PRESETS: dict[str, Preset] = {
    "classic": Preset(
        "firm 4x4, the tutorial's own numbers: 256 of 256 seeds solve it, half by episode 187; 252 end at 0.95 or more",
        Limit("episodes", 2000),
        {},
    ),
    "steady": Preset(
        "firm 4x4: 256 of 256 seeds end at 0.995 or better, half of them solved by episode 148",
        Limit("episodes", 2000),
        _STEADY | {"ent_coef": 0.02, "ent_coef_end": 0.003, "anneal_steps": 10_000},
    ),
    "slippery": Preset(
        "slippery 4x4: 256 of 256 seeds end at 0.718 or better, half at 0.730 or better, of a possible 0.740",
        Limit("steps", 98 * 2048),
        _STEADY
        | {"slip": SLIPPERY, "gamma": 0.99, "gae_lambda": 0.8, "batch_size": 2048, "epochs": 10}
        | {"ent_coef": 0.02, "ent_coef_end": 0.0, "anneal_steps": 200_000},
    ),
    "8x8": Preset(
        "firm 8x8: 64 of 64 seeds end at 0.995 or better, half of them solved by step 34,000",
        Limit("steps", 586 * 256),
        _STEADY
        | {"gamma": 0.99, "gae_lambda": 0.99, "batch_size": 256, "epochs": 10}
        | {"ent_coef": 0.02, "ent_coef_end": 0.002, "anneal_steps": 150_000},
        map="8x8",
    ),
    "8x8-slippery": Preset(
        "slippery 8x8: 59 of 64 seeds end at 0.80 or better, half at 0.845 or better, of 0.89; three were at 0.3",
        Limit("steps", 489 * 2048),
        _STEADY
        | {"slip": SLIPPERY, "gamma": 0.99, "gae_lambda": 0.9, "batch_size": 2048, "epochs": 10}
        | {"ent_coef": 0.005, "ent_coef_end": 0.0, "anneal_steps": 1_000_000},
        map="8x8",
    ),
}


def default_time_limit(rows: tuple[str, ...]) -> int:
    """Steps until an episode is truncated: 100 on 4x4, 200 on 8x8, as Gymnasium registers them."""
    return max(100, math.ceil(25 * len(rows) * len(rows[0]) / 8))


def make_config(preset: str, lake: tuple[str, tuple[str, ...]] | None = None, **knobs: Value) -> Config:
    """The config of `preset` on `lake` (label, rows; the preset's own if None) with `knobs` on top.

    Raises `BadValue` for an unknown preset or knob, or a value outside its range.
    """
    if preset not in PRESETS:
        raise InvalidValue(f"preset must be one of {', '.join(PRESETS)}, not {preset}")
    label, rows = lake or (PRESETS[preset].map, MAPS[PRESETS[preset].map])
    values = {"max_episode_steps": default_time_limit(rows), **PRESETS[preset].knobs, **knobs}
    for name, value in values.items():
        if name not in KNOBS:
            raise InvalidValue(f"there is no knob named {name}")
        values[name] = KNOBS[name].check(value)
    return Config(preset=preset, map=label, map_rows=rows, **values)  # type: ignore[arg-type]  # checked by its Knob


def advice(config: Config) -> str | None:
    """One line for settings that are allowed but will not learn well; None where there is nothing to say."""
    if config.slip == 0 or PRESETS[config.preset].knobs.get("slip"):
        return None
    better = "8x8-slippery" if config.tiles > 16 else "slippery"
    return f"the {config.preset} preset learns slippery ice badly; --preset {better} is made for it"


def read_config(values: Mapping[str, Any]) -> Config:
    """The config that `Config.as_json` wrote; `BadValue` when a value is out of its range."""
    if values["preset"] not in PRESETS:
        raise InvalidValue(f"there is no preset named {values['preset']}")
    knobs = {name: KNOBS[name].check(values[name]) for name in KNOBS}
    rows = tuple(str(row) for row in values["map_rows"])
    return Config(preset=str(values["preset"]), map=str(values["map"]), map_rows=rows, **knobs)  # type: ignore[arg-type]  # as above
