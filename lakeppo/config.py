"""The config of a run: knobs, of which options, screens and help are made, and their schedules. No torch."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any, Literal, NamedTuple

from lakeppo.errors import InvalidValue, Message, printable
from lakeppo.i18n import N_
from lakeppo.knob import Knob, Value
from lakeppo.moment import Change
from lakeppo.presets import PRESETS

LONGEST_LABEL = 100
"""Characters of a map's label, which may be the name of any file."""
SOLVED = 0.95
"""A lake counts as solved when the exact success of sampling is at least this share of what is reachable."""
MAPS: dict[str, tuple[str, ...]] = {
    "4x4": ("SFFF", "FHFH", "FFFH", "HFFG"),
    "8x8": ("SFFFFFFF", "FFFFFFFF", "FFFHFFFF", "FFFFFHFF", "FFFHFFFF", "FHHFFFHF", "FHFFHFHF", "FFFHFFFG"),
}
"""Gymnasium's two maps, copied so that reading a config does not import Gymnasium."""


def _knob(default: Value, kind: Any, meaning: str, **more: Any) -> Any:
    knob = Knob(name="", kind=kind, meaning=meaning, default=default, **more)
    return field(default=default, metadata={"knob": knob})


def _number(default: float | None, low: float, high: float, meaning: str, **more: Any) -> Any:
    return _knob(default, "number", meaning, low=low, high=high, **more)


def _whole(default: int, low: float, high: float, meaning: str, **more: Any) -> Any:
    return _knob(default, "whole", meaning, low=low, high=high, **more)


class LakeKey(NamedTuple):
    """What identifies a lake; the arguments of the functions in `lake.exact`."""

    map_rows: tuple[str, ...]
    slip: float
    max_episode_steps: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """Everything that determines a run, apart from its seed and its changes.

    `map` and `preset` are labels without effect: the map is `map_rows`, and `preset` names the initial values. A label
    that a terminal must not show, or that cannot be encoded, is escaped here, before it is shown, hashed or saved.
    """

    preset: str = "classic"
    map: str = "4x4"
    map_rows: tuple[str, ...] = MAPS["4x4"]
    slip: float = _number(0.0, 0, 1, N_("probability that a move goes sideways, half to each side (2/3: slippery)"))
    max_episode_steps: int = _whole(100, 1, 1_000_000, N_("steps after which an episode is truncated"))
    batch_size: int = _whole(64, 1, 65_536, N_("environment steps the old actor collects for one update"))
    epochs: int = _whole(
        5, 1, 1000, N_("gradient passes over a batch before it is discarded"), alias="times_per_update"
    )
    learning_rate: float = _number(0.01, 0, 1e3, N_("Adam's step size"), open_low=True, alias="actor_lr")
    learning_rate_end: float | None = _number(None, 0, 1e3, N_("learning rate after anneal_steps"), word="same")
    critic_learning_rate: float | None = _number(
        None, 0, 1e3, N_("the critic's step size; same: that of learning_rate, its schedule included; else constant"),
        open_low=True, word="same", alias="critic_lr",
    )  # fmt: skip
    clip_coef: float | None = _number(
        0.2, 0, 1e9, N_("epsilon: past 1±epsilon in its own direction a sample has no gradient"),
        open_low=True, word="off", alias="clip_param", usual=N_("0.1 or 0.2"),
    )  # fmt: skip
    ent_coef: float = _number(
        0.01, 0, 1e3, N_("weight of the entropy bonus, which keeps the policy exploring"), alias="entropy_coeff"
    )
    ent_coef_end: float | None = _number(None, 0, 1e3, N_("entropy weight after anneal_steps"), word="same")
    vf_coef: float = _number(
        0.5, 0, 1e3, N_("weight of the value loss (little effect: Adam rescales the gradient)"),
        alias="value_loss_coeff",
    )  # fmt: skip
    gamma: float = _number(0.9, 0, 1, N_("discount: value now of a reward of 1 one step later"), alias="discount_rate")
    gae_lambda: float = _number(
        0.95, 0, 1, N_("GAE: 0 uses the critic's next value only, 1 the rewards only"), alias="lambda_gae"
    )
    anneal_steps: int = _whole(0, 0, 1e12, N_("environment steps of the linear *_end schedules (0: constant)"))
    norm_adv: bool = _knob(False, "switch", N_("normalise the advantages over the whole batch"))
    activation: str = _knob("relu", "choice", N_("activation between the layers"), choices=("relu", "tanh"),
                            startup_only=True)  # fmt: skip
    init: str = _knob("torch", "choice", N_("initial weights: torch's own, or orthogonal (gains sqrt 2, 0.01, 1)"),
                      choices=("torch", "orthogonal"), startup_only=True)  # fmt: skip

    def __post_init__(self) -> None:
        object.__setattr__(self, "map", printable(self.map, LONGEST_LABEL))

    @property
    def lake(self) -> LakeKey:
        return LakeKey(self.map_rows, self.slip, self.max_episode_steps)

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns of the lake."""
        return len(self.map_rows), len(self.map_rows[0])

    @property
    def tiles(self) -> int:
        return math.prod(self.shape)

    @property
    def start(self) -> int:
        """The state of the start tile."""
        return "".join(self.map_rows).index("S")

    def tile(self, state: int) -> str:
        """Return the letter of a state's tile: S, F, H or G."""
        row, column = divmod(state, len(self.map_rows[0]))
        return self.map_rows[row][column]

    def overrides(self) -> dict[str, Value]:
        """Return the values that differ from the preset's."""
        base = make_config(self.preset)
        values: dict[str, Value] = {"map": self.map} if self.map_rows != base.map_rows else {}
        if self.max_episode_steps != default_time_limit(self.map_rows):
            values["max_episode_steps"] = self.max_episode_steps
        names = [name for name in KNOBS if name != "max_episode_steps"]
        return values | {name: getattr(self, name) for name in names if getattr(self, name) != getattr(base, name)}

    def changed(self, changes: Iterable[Change]) -> "Config":
        """Return the config in force after `changes`."""
        values: dict[str, Any] = {change.name: change.value for change in changes if change.name != "seed"}
        return replace(self, **values)

    def annealed(self, name: Literal["learning_rate", "ent_coef"], env_steps: int) -> float:
        """Return a knob's scheduled value for an update that starts after `env_steps` environment steps."""
        start: float = getattr(self, name)
        end: float | None = getattr(self, f"{name}_end")
        if end is None or self.anneal_steps == 0:
            return start
        return start + (end - start) * min(1.0, env_steps / self.anneal_steps)

    def critic_rate(self, actor_rate: float) -> float:
        """Return the critic's learning rate while the actor has this one."""
        return actor_rate if self.critic_learning_rate is None else self.critic_learning_rate

    def as_json(self) -> dict[str, object]:
        """Return the values, without those of `LATER_KNOBS` that stand for what older versions did."""
        values = {**asdict(self), "map_rows": list(self.map_rows)}
        return {name: value for name, value in values.items() if name not in LATER_KNOBS or value is not None}


LATER_KNOBS = ("critic_learning_rate",)
"""Knobs that saves and hashes of older versions do not have; None is what those versions did."""


EFFECTS = {
    "slip": (N_("the ice obeys"), N_("most moves go astray"), "0 0.1 0.2 1/3 0.5 2/3"),
    "max_episode_steps": (N_("long ways are cut off"), N_("an agent may wander for long"), "20 50 100 200 500"),
    "batch_size": (N_("many updates, each noisy"), N_("few updates, each steady"), "16 32 64 128 256 512 1024 2048"),
    "epochs": (N_("slow; with 1 the clip cannot act"), N_("one batch moves the policy far"), "1 2 3 5 10 20 50"),
    "learning_rate": (N_("slow, safe"), N_("fast, may collapse"), "0.0003 0.001 0.003 0.01 0.03 0.1"),
    "critic_learning_rate": (
        N_("V lags behind the policy"),
        N_("V follows at once, noise and all"),
        "same 0.001 0.003 0.01 0.03 0.1",
    ),
    "learning_rate_end": (N_("settles at the end"), N_("keeps moving"), "0.0001 0.001 0.01 same"),
    "clip_coef": (N_("slow, safe"), N_("fast, may collapse; off: no limit"), "0.05 0.1 0.2 0.3 0.5 off"),
    "ent_coef": (
        N_("may settle before it finds the goal"),
        N_("explores, is never sure"),
        "0 0.001 0.003 0.01 0.02 0.05 0.1",
    ),
    "ent_coef_end": (N_("certain at the end"), N_("explores to the end"), "0 0.001 0.01 same"),
    "vf_coef": (N_("almost the same: Adam rescales it"), N_("almost the same: Adam rescales it"), "0 0.25 0.5 1"),
    "gamma": (N_("only near rewards count"), N_("far rewards count, learned slowly"), "0.5 0.8 0.9 0.95 0.99 0.999 1"),
    "gae_lambda": (
        N_("trusts the critic, errors and all"),
        N_("trusts the rewards, noise and all"),
        "0 0.5 0.8 0.9 0.95 0.99 1",
    ),
    "anneal_steps": (N_("the schedules end early; 0: none"), N_("they take longer"), "0 10000 50000 200000"),
    "norm_adv": (N_("off: a batch without reward moves little"), N_("on: each batch pushes as hard, noise too"), ""),
    "activation": (N_("relu: as in the tutorial"), N_("tanh: smooth, steadier"), ""),
    "init": (N_("torch: uniform, small"), N_("orthogonal: the first policy is nearly uniform"), ""),
}
"""Of each knob: what a low value does (of a switch or a choice: the first), what a high one does, values to try."""
KNOBS: dict[str, Knob]
KNOBS = {
    f.name: f.metadata["knob"]._replace(
        name=f.name, effects=EFFECTS[f.name][:2], steps=tuple(EFFECTS[f.name][2].split())
    )
    for f in fields(Config)
    if "knob" in f.metadata
}


ALIASES = {knob.alias: knob.name for knob in KNOBS.values() if knob.alias}
"""The knobs by the tutorial's names."""


def default_time_limit(rows: tuple[str, ...]) -> int:
    """Return the steps after which an episode is truncated: Gymnasium's 100 on 4x4 and 200 on 8x8."""
    return max(100, math.ceil(25 * len(rows) * len(rows[0]) / 8))


def make_config(preset: str, lake: tuple[str, tuple[str, ...]] | None = None, **knobs: Value) -> Config:
    """Return the config of `preset` with `knobs`, on `lake` (label and rows; default: the preset's own).

    Raises `InvalidValue` for an unknown preset or knob, or a value out of range.
    """
    if preset not in PRESETS:
        raise InvalidValue("preset must be one of {presets}, not {preset}", presets=", ".join(PRESETS), preset=preset)
    label, rows = lake or (PRESETS[preset].map, MAPS[PRESETS[preset].map])
    values = {"max_episode_steps": default_time_limit(rows), **PRESETS[preset].knobs, **knobs}
    for name, value in values.items():
        if name not in KNOBS:
            refuse_alias(name)
            raise InvalidValue("there is no knob named {name}", name=name)
        values[name] = KNOBS[name].check(value)
    return Config(preset=preset, map=label, map_rows=rows, **values)  # type: ignore[arg-type]  # checked by its Knob


def matching_preset(config: Config) -> str:
    """Return the preset that has all values of a config, or the config's own if none has."""
    for name in PRESETS:
        other = make_config(name, (config.map, config.map_rows), max_episode_steps=config.max_episode_steps)
        if all(getattr(other, knob) == getattr(config, knob) for knob in KNOBS):
            return name
    return config.preset


def refuse_alias(word: str) -> None:
    """Raise `InvalidValue` for one of the tutorial's names: it says what the knob is called here."""
    if (own := ALIASES.get(word.strip().lower().replace("-", "_"))) is not None:
        raise InvalidValue("{word} is called {own} here", word=word, own=own)


def solved_from(reachable: float) -> float:
    """Return the success from which a lake counts as solved; infinite where no policy reaches a goal in time."""
    return SOLVED * reachable if reachable > 0 else math.inf


def edited_label(label: str) -> str:
    """Return the label of a map edited from the one called `label`."""
    return f"{label.removesuffix(', edited')}, edited"


def advice(config: Config) -> Message | None:
    """Return a line of advice for valid settings that learn badly, or None."""
    if config.slip == 0 and config.preset == "classic" and config.tiles >= 64:
        return Message("the classic preset learns a large lake badly; --preset 8x8 is made for it")
    if config.slip == 0 or PRESETS[config.preset].knobs.get("slip"):
        return None
    better = "8x8-slippery" if config.tiles > 16 else "slippery"
    template = N_("the {preset} preset learns a slippery lake badly; --preset {better} is made for it")
    return Message(template, preset=config.preset, better=better)


def read_config(values: Mapping[str, Any]) -> Config:
    """Return the config that `Config.as_json` wrote. Raises `InvalidValue` for a value out of range."""
    if values["preset"] not in PRESETS:
        raise InvalidValue("there is no preset named {preset}", preset=values["preset"])
    given = {**dict.fromkeys(LATER_KNOBS), **values}
    knobs = {name: knob.check(given[name]) for name, knob in KNOBS.items()}
    rows = tuple(str(row) for row in values["map_rows"])
    return Config(preset=str(values["preset"]), map=str(values["map"]), map_rows=rows, **knobs)  # type: ignore[arg-type]  # as above
