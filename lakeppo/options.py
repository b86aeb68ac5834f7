"""The command line's knobs: an option for each, generated from `config.py`, and what they say put into a config."""

import functools
import inspect
import itertools
import math
import textwrap
from collections.abc import Callable
from typing import Annotated, Any

import typer

from lakeppo.config import KNOBS, MAPS, PRESETS, SLIPPERY, Config, Limit, make_config
from lakeppo.errors import InvalidValue
from lakeppo.knob import Knob, Value

MOST_SETTINGS, MOST_AGENTS = 200, 1_000_000


def flag(name: str) -> str:
    """The option of a knob: `clip_coef` is `--clip-coef`."""
    return "--" + name.replace("_", "-")


def with_settings(function: Callable[..., int]) -> Callable[..., int]:
    """Give a command an option for everything that can be set; it gets those given, by name, as `given`."""
    own = [p for p in inspect.signature(function, eval_str=True).parameters.values() if p.name != "given"]
    generated = [_parameter(name, option) for name, option in _options().items()]

    @functools.wraps(function)
    def command(**values: Any) -> int:
        given = {p.name: value for p in generated if (value := values.pop(p.name)) is not None}
        return function(given=given, **values)

    parameters = [p.replace(kind=inspect.Parameter.KEYWORD_ONLY) for p in (*generated, *own)]
    command.__signature__ = inspect.Signature(parameters, return_annotation=int)  # type: ignore[attr-defined]
    command.__annotations__ = {p.name: p.annotation for p in parameters}
    return command


def _parameter(name: str, annotation: object) -> inspect.Parameter:
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=annotation)


def _options() -> dict[str, object]:
    options: dict[str, object] = {
        "seed": Annotated[
            int | None,
            typer.Option(
                "--seed", help="What all chance comes from. 0 if not given.", metavar="N", min=0, max=2**63 - 1
            ),
        ],
        "preset": Annotated[
            str | None,
            typer.Option(
                "--preset",
                help="Settings to start from, listed below; classic if not given.",
                metavar="NAME",
                autocompletion=lambda: list(PRESETS),
            ),
        ],
        "map": Annotated[
            str | None,
            typer.Option(
                "--map",
                help="The lake: a name, a random one (by default of the run's seed), or a text file of S F H G.",
                metavar="4x4|8x8|random:SIZE[:SEED]|FILE",
                autocompletion=lambda: [*MAPS, "random:"],
            ),
        ],
        "slippery": Annotated[
            bool | None, typer.Option("--slippery/--no-slippery", help="Short for --slip 2/3, and for --slip 0.")
        ],
    }
    return options | {knob.name: _knob_option(knob) for knob in KNOBS.values()}


def _knob_option(knob: Knob) -> object:
    default = "by the map's size" if knob.name == "max_episode_steps" else knob.show(knob.default)
    meaning = f"{knob.meaning[0].upper()}{knob.meaning[1:]}."
    if knob.kind == "switch":
        decl = f"{flag(knob.name)}/--no-{flag(knob.name)[2:]}"
        return Annotated[bool | None, typer.Option(decl, help=f"{meaning} Default {default}.")]
    span = "" if knob.kind == "choice" else f"{knob.span}, "
    metavar = knob.span if knob.kind == "choice" else "P" if knob.name == "slip" else "N"
    text = f"{meaning} {span}default {default}." if span else f"{meaning} Default {default}."
    return Annotated[str | None, typer.Option(flag(knob.name), help=text, metavar=metavar)]


def presets_in_words() -> str:
    """The presets as the end of a command's help lists them; `\b` keeps Click from folding a paragraph."""
    return "\b\nPresets:\n" + "\n".join(
        line
        for name, preset in PRESETS.items()
        for line in (f"  {name}  (to {preset.limit})", *_wrapped(preset.reaches))
    )


def _wrapped(text: str) -> list[str]:
    return textwrap.wrap(text, 72, initial_indent="    ", subsequent_indent="    ")


def read_settings(given: dict[str, Any]) -> tuple[Config, int]:
    """The config and the seed that the options given on the command line say.

    Raises `InvalidValue` (a value that is none) or `MapError` (a map file that is no lake).
    """
    seed = given.get("seed", 0)
    if "slip" in given and "slippery" in given:
        raise InvalidValue("--slip and --slippery say the same thing; give one of them")
    knobs: dict[str, Value] = {}
    for name in KNOBS.keys() & given.keys():
        value = given[name]
        knobs[name] = value if isinstance(value, bool) else KNOBS[name].parse(value)
    if "slippery" in given:
        knobs["slip"] = SLIPPERY if given["slippery"] else 0.0
    lake = None
    if "map" in given:
        from lakeppo.lake.maps import find_map

        lake = find_map(given["map"], seed)
    return make_config(given.get("preset", "classic"), lake, **knobs), seed


def refuse_beside(resume: object, run_file: object, given: dict[str, Any]) -> None:
    """Raises `InvalidValue` naming the first option that a save or a run file already decides."""
    if resume is not None and run_file is not None:
        raise InvalidValue("--resume and --run each name a run; give one of them")
    if resume is None and run_file is None:
        return
    which, holder = ("--resume", "save") if run_file is None else ("--run", "run file")
    for name in given:
        raise InvalidValue(
            "{option} cannot be given with {which}: the {holder} holds it",
            option=flag(name), which=which, holder=holder,
        )  # fmt: skip


def read_limit(episodes: int | None, updates: int | None, steps: int | None) -> Limit | None:
    """The limit given, if any. Raises `InvalidValue` for more than one."""
    given = {"episodes": episodes, "updates": updates, "steps": steps}
    limits = [Limit(unit, count) for unit, count in given.items() if count is not None]  # type: ignore[arg-type]  # dict keys
    if len(limits) > 1:
        raise InvalidValue("give one of --episodes, --updates and --steps")
    return limits[0] if limits else None


def read_sweep(texts: list[str], given: dict[str, Any]) -> dict[str, list[str]]:
    """The values to try of each knob named in `--sweep KNOB=v1,v2,...`, as they were written.

    Raises `InvalidValue` for what is no knob, no value, said twice, or given as an option of its own as well.
    """
    sweep: dict[str, list[str]] = {}
    for text in texts:
        word, equals, values = text.partition("=")
        name = word.strip().lower().replace("-", "_")
        if not all(part.strip() for part in (word, equals, *values.split(","))):
            raise InvalidValue("--sweep wants KNOB=v1,v2,..., not {text}", text=text)
        if name not in KNOBS:
            raise InvalidValue(
                "--sweep: there is no knob named {name}; `lakeppo fleet --help` lists them", name=word.strip()
            )
        if name in sweep:
            raise InvalidValue("--sweep: {name} is given twice", name=name)
        if name in given or (name == "slip" and "slippery" in given):
            raise InvalidValue("--sweep: {name} has been given a value of its own as well", name=name)
        sweep[name] = [value.strip() for value in values.split(",")]
        parsed = [KNOBS[name].parse(value) for value in sweep[name]]
        if len(set(parsed)) < len(parsed):
            raise InvalidValue("--sweep: {name} has the same value twice", name=name)
    if (count := math.prod(map(len, sweep.values()))) > MOST_SETTINGS:
        raise InvalidValue(
            "--sweep: {count:,} settings are more than the {most} it can compare", count=count, most=MOST_SETTINGS
        )
    return sweep


def check_agents(agents: int, settings: int) -> None:
    """Raises `InvalidValue` for more than can be held."""
    if agents * settings > MOST_AGENTS:
        raise InvalidValue(
            "--agents: {agents:,} of each of {settings} settings are more than the {most:,} it can hold",
            agents=agents,
            settings=settings,
            most=MOST_AGENTS,
        )


def read_settings_swept(given: dict[str, Any], sweep: dict[str, list[str]]) -> list[tuple[dict[str, Value], Config]]:
    """Every combination of the values swept, and the config it makes; one with no knobs if nothing is."""
    settings = []
    for values in itertools.product(*sweep.values()):
        knobs = {name: KNOBS[name].parse(value) for name, value in zip(sweep, values, strict=True)}
        texts = {name: value if isinstance(knobs[name], bool) else text
                 for (name, value), text in zip(knobs.items(), values, strict=True)}  # fmt: skip
        settings.append((knobs, read_settings(given | texts)[0]))
    return settings
