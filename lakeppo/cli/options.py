"""The command line's options: those of the knobs, generated from `config.py`, and how their values make a config."""

import functools
import inspect
import math
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

from typer import Argument, Option
from typer.core import TyperCommand

from lakeppo.cells import folded
from lakeppo.cli.language import language_option
from lakeppo.config import KNOBS, MAPS, Config, make_config, refuse_alias
from lakeppo.errors import InvalidValue, Message
from lakeppo.faults.table import FAULTS
from lakeppo.files import expand_home
from lakeppo.headless.fleet_request import MAX_AGENTS, MAX_SETTINGS
from lakeppo.i18n import N_, _, capital, joined
from lakeppo.knob import Knob, Value
from lakeppo.presets import PRESETS, SLIPPERY, Limit

MAX_SEED = 2**63 - 1
AGENTS = 256


def _limit(text: str) -> Any:
    return Option(min=1, help=text, metavar="N")


_PATH: Any = {"parser": expand_home}
_SAVES = N_("Folder for best.pt and last.pt (default: that of the settings, which is saves).")
SavesOption = Annotated[Path | None, Option("--saves", help=_SAVES, metavar=N_("DIR"), **_PATH)]
_RUN = N_("Repeat a run from its TOML file; -: from standard input.")
RunOption = Annotated[Path | None, Option("--run", help=_RUN, metavar=N_("FILE"), **_PATH)]
_SHOW = N_("Show the captioned bookmarks of a run file on the whole screen, for a projector.")
ShowOption = Annotated[Path | None, Option("--show", help=_SHOW, metavar=N_("FILE"), **_PATH)]
_SPOT = N_("Spot the bug: run a program with one faulty line and find it; N is 1 to {count}.")
SpotOption = Annotated[str | None, Option("--spot", help=_SPOT.format(count=len(FAULTS)), metavar="N")]
ResumeOption = Annotated[
    Path | None, Option("--resume", help=N_("Resume from a checkpoint."), metavar=N_("CHECKPOINT"), **_PATH)
]
CheckpointArgument = Annotated[
    Path, Argument(help=N_("A checkpoint, such as saves/best.pt."), metavar=N_("CHECKPOINT"), **_PATH)
]
EpisodesOption = Annotated[int | None, _limit(N_("Stop after N episodes, counted from the start of the run."))]
UpdatesOption = Annotated[int | None, _limit(N_("Stop after N updates, counted from the start of the run."))]
StepsOption = Annotated[int | None, _limit(N_("Stop after N steps, counted from the start of the run."))]
JsonOption = Annotated[bool, Option("--json", help=N_("Print one JSON object instead of text."))]
QuietOption = Annotated[bool, Option("--quiet", help=N_("Suppress progress and notes on standard error."))]
_TENSORBOARD = N_("Write the figures of every update as TensorBoard's event files. Needs lakeppo[tensorboard].")
TensorboardOption = Annotated[Path | None, Option("--tensorboard", help=_TENSORBOARD, metavar=N_("DIR"), **_PATH)]
_HISTORY = N_("Write the history as CSV instead, a row an update; without a FILE, or for -, to standard output.")
HistoryOption = Annotated[Path | None, Option("--history", help=_HISTORY, metavar=N_("[FILE]"), **_PATH)]
_STOP_WHEN = N_(
    "Stop when this becomes true, such as 'exact < .5 after solved'; the names are those of inspect --history."
)
StopWhenOption = Annotated[str | None, Option("--stop-when", help=_STOP_WHEN, metavar=N_("CONDITION"))]
PlainOption = Annotated[
    bool, Option("--plain", help=N_("Tell the run in lines of text, driven by keys or by commands on standard input."))
]
NARRATED = ("unit", "pass", "phase", "update")
_NARRATE = N_("With --plain, what gets a line of its own: unit, pass, phase or update.")
NarrateOption = Annotated[str | None, Option("--narrate", help=_NARRATE, metavar=N_("LEVEL"))]
_AGENTS = N_("Agents of each setting, with the seeds from --seed on (default {count}).")
AgentsOption = Annotated[int | None, Option(min=1, max=MAX_AGENTS, help=_AGENTS.format(count=AGENTS), metavar="N")]
_SWEEP = N_("Try each value of a knob, combined with all other sweeps.")
SweepOption = Annotated[list[str] | None, Option("--sweep", help=_SWEEP, metavar=N_("KNOB=v1,v2,..."))]
_RESULTS = N_("Folder for the results, JSON and CSV; until the end it keeps what --resume needs.")
ResultsOption = Annotated[Path | None, Option("--saves", help=_RESULTS, metavar=N_("DIR"), **_PATH)]
_UNFINISHED = N_("Go on with an interrupted or killed fleet, from its folder: the --saves, or one of the fleets in it.")
UnfinishedOption = Annotated[Path | None, Option("--resume", help=_UNFINISHED, metavar=N_("DIR"), **_PATH)]
_CSV = N_("Write one row for each agent, - to standard output; --history writes every update.")
CsvOption = Annotated[Path | None, Option("--csv", help=_CSV, metavar=N_("FILE"), **_PATH)]
_HISTORIES = N_(
    "Write the figures of every update of every agent as CSV, with the columns of inspect --history, while they are "
    "trained, which takes twice the time: about 350 bytes a row. Not with --resume or --ray."
)
HistoriesOption = Annotated[Path | None, Option("--history", help=_HISTORIES, metavar=N_("FILE"), **_PATH)]
_COMPILE = N_("Compile the passes first; pays off from some millions of steps on.")
CompileOption = Annotated[bool, Option("--compile", help=_COMPILE)]
_DEVICE = N_("Device of the networks: cpu (default) or cuda.")
DeviceOption = Annotated[str | None, Option("--device", help=_DEVICE, metavar=N_("NAME"))]
_RAY = N_(
    "Train on a Ray cluster: at HOST:PORT, on machines that have this version of lakeppo; auto: one that runs on this "
    "machine. Without an address: RAY_ADDRESS, or all CPUs of this machine. Needs lakeppo[ray]."
)
RayOption = Annotated[str | None, Option("--ray", help=_RAY, metavar=N_("[ADDRESS]"))]


class FleetCommand(TyperCommand):
    """Accept `--ray` without a value, which Typer cannot express."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        for index in range(len(args), 0, -1):
            if args[index - 1] == "--ray" and (index == len(args) or args[index].startswith("-")):
                args.insert(index, "")
        return super().parse_args(ctx, args)


class InspectCommand(TyperCommand):
    """Accept `--history` without a value, which Typer cannot express."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        values = [arg for arg in args if arg == "-" or not arg.startswith("-")]
        if "--history" in args and len(values) < 2:  # the checkpoint alone, or nothing
            args.insert(args.index("--history") + 1, "-")
        return super().parse_args(ctx, args)


HELP_TEMPLATES = (_SPOT, _AGENTS)
"""Texts of options with figures, which the help says in the language in use."""


def flag(name: str) -> str:
    """Return the option of a knob: `--clip-coef` for `clip_coef`."""
    return "--" + name.replace("_", "-")


def with_settings(function: Callable[..., int]) -> Callable[..., int]:
    """Give a command options for the seed, the preset, the lake and every knob; it gets those present as `given`."""
    return _with_options(function, "given", _options())


def with_preferences(function: Callable[..., int]) -> Callable[..., int]:
    """Give a command options for the settings of the app; it gets those present as `chosen`."""
    pace = N_("Environment steps a second at the start: 0.5, 1, 4, 15, 60, 250, 1000, full or auto (15, then 250).")
    view = N_("What the lake shows at the start: arrows, values, value error, visits, old and new, or optimal.")
    chosen: dict[str, object] = {
        "saves": SavesOption,
        "ascii": _option(bool, "--ascii/--no-ascii", N_("Draw with ASCII characters only.")),
        "theme": _option(str, "--theme", N_("Colours: textual-light, nord, gruvbox ..."), N_("NAME")),
        "pace": _option(str, "--pace", pace, "N"),
        "view": _option(str, "--view", view, N_("NAME")),
    }
    return _with_options(function, "chosen", chosen, lambda: language_option(sys.argv[1:]))


def _with_options(
    function: Callable[..., int], argument: str, options: dict[str, object],
    more: Callable[[], dict[str, Any]] = dict,
) -> Callable[..., int]:  # fmt: skip
    """Give a command more options; it gets a dict of those present as `argument`, and what `more` returns."""
    own = [p for p in inspect.signature(function, eval_str=True).parameters.values() if p.name != argument]
    kind = inspect.Parameter.KEYWORD_ONLY
    generated = [inspect.Parameter(name, kind, default=None, annotation=option) for name, option in options.items()]

    @functools.wraps(function)
    def command(**values: Any) -> int:
        present = {p.name: value for p in generated if (value := values.pop(p.name)) is not None}
        return function(**{argument: present | more()}, **values)

    parameters = [p.replace(kind=kind) for p in (*generated, *own)]
    command.__signature__ = inspect.Signature(parameters, return_annotation=int)  # type: ignore[attr-defined]  # read by Typer
    command.__annotations__ = {p.name: p.annotation for p in parameters}
    return command


def _options() -> dict[str, object]:
    map_help = N_(
        "Map: a name, a random one (by default with the run's seed), or a file of S, F, H and G; -: standard input."
    )
    options = {
        "seed": _option(int, "--seed", N_("Random seed (default 0)."), "N", min=0, max=MAX_SEED),
        "preset": _option(str, "--preset", N_("Preset to start from, listed below (default classic)."), N_("NAME"),
                          autocompletion=lambda: list(PRESETS)),
        "map": _option(str, "--map", map_help, N_("4x4|8x8|random:SIZE[:SEED]|FILE"),
                       autocompletion=lambda: [*MAPS, "random:"]),
        "slippery": _option(bool, "--slippery/--no-slippery", N_("Same as --slip 2/3, and as --slip 0.")),
    }  # fmt: skip
    return options | {knob.name: _knob_option(knob) for knob in KNOBS.values()}


def _option(kind: Any, name: str, text: str, metavar: str | None = None, **more: Any) -> object:
    return Annotated[kind | None, Option(name, help=text, metavar=metavar, **more)]


def _knob_option(knob: Knob) -> object:
    if knob.kind == "switch":
        return _option(bool, f"{flag(knob.name)}/--no-{flag(knob.name)[2:]}", knob_help(knob))
    metavar = knob.span if knob.kind == "choice" else "P" if knob.name == "slip" else "N"
    return _option(str, flag(knob.name), knob_help(knob), metavar)


def knob_help(knob: Knob) -> str:
    """Return the help of a knob's option in the language in use."""
    default = _("depends on the map") if knob.name == "max_episode_steps" else knob.show(knob.default)
    template = _("{meaning}. {span}, default {default}.")
    if knob.kind in ("switch", "choice"):
        template = _("{meaning}. Default {default}.")
    text = template.format(meaning=capital(_(knob.meaning)), span=knob.span, default=default)
    return joined(text, knob.in_tutorial)


def preset_list() -> str:
    """Return the list of presets for the end of a command's help; `\b` keeps Click from rewrapping it."""
    lines = ["\b", _("Presets:")]
    for name, preset in PRESETS.items():
        lines.append(_("  {name}  (to {limit})").format(name=name, limit=preset.limit))
        lines += [f"    {line}" for line in folded(_(preset.reaches), 68)]
    return "\n".join(lines)


def read_settings(given: dict[str, Any]) -> tuple[Config, int]:
    """Return the config and the seed of the options. Raise `InvalidValue` for an invalid one, `MapError` for a map."""
    seed = given.get("seed", 0)
    if "slip" in given and "slippery" in given:
        raise InvalidValue("--slip and --slippery set the same knob; give one of them")
    knobs: dict[str, Value] = {}
    for name in KNOBS.keys() & given.keys():
        value = given[name]
        knobs[name] = KNOBS[name].parse(value) if isinstance(value, str) else value
    if "slippery" in given:
        knobs["slip"] = SLIPPERY if given["slippery"] else 0.0
    lake = None
    if "map" in given:
        from lakeppo.lake.maps import find_map

        lake = find_map(str(expand_home(given["map"])), seed)
    return make_config(given.get("preset", "classic"), lake, **knobs), seed


def read_level(narrate: str | None) -> str | None:
    """Return what gets a line of its own in a narration. Raise `InvalidValue` for anything else."""
    if narrate is not None and narrate not in NARRATED:
        raise InvalidValue("--narrate must be one of {levels}, not {level}", levels=", ".join(NARRATED), level=narrate)
    return narrate


def check_source(
    resume: object, run_file: object, given: dict[str, Any], show: object = None, spot: object = None
) -> None:
    """Raise `InvalidValue` for an option that contradicts `--resume`, `--run`, `--show` or `--spot`."""
    sources = {
        "--resume": (resume, N_("checkpoint")), "--run": (run_file, N_("run file")), "--show": (show, N_("run file")),
        "--spot": (spot, N_("fault")),
    }  # fmt: skip
    named = [(option, source) for option, (path, source) in sources.items() if path is not None]
    if len(named) > 1:
        raise InvalidValue("{a} and {b} each name a run; give one of them", a=named[0][0], b=named[1][0])
    for option, source in named:
        _refuse({name: given[name] for name in given if (name, option) != ("seed", "--spot")}, option, source)


def check_unfinished(given: dict[str, Any], **options: object) -> None:
    """Raise `InvalidValue` for an option of `fleet` that contradicts `--resume`."""
    present = {name: value for name, value in options.items() if value not in (None, False, [])}
    _refuse(given | present, "--resume", N_("fleet"))


def _refuse(given: dict[str, Any], option: str, source: str) -> None:
    for name in given:
        template = N_("{name} cannot be given with {option}: the {source} sets it")
        raise InvalidValue(template, name=flag(name), option=option, source=Message(source))


def read_limit(episodes: int | None, updates: int | None, steps: int | None) -> Limit | None:
    """Return the limit on the command line, if any. Raise `InvalidValue` for more than one."""
    given = {"episodes": episodes, "updates": updates, "steps": steps}
    limits = [Limit(unit, count) for unit, count in given.items() if count is not None]  # type: ignore[arg-type]  # dict keys
    if len(limits) > 1:
        raise InvalidValue("give one of --episodes, --updates and --steps")
    return limits[0] if limits else None


def read_sweep(texts: list[str], given: dict[str, Any]) -> dict[str, list[Value]]:
    """Return the values to try of each knob in `--sweep KNOB=v1,v2,...`.

    Raise `InvalidValue` for an unknown knob, an invalid or repeated value, and a knob that has an option as well.
    """
    sweep: dict[str, list[Value]] = {}
    for text in texts:
        knob, equals, values = text.partition("=")
        name = knob.strip().lower().replace("-", "_")
        if not all(part.strip() for part in (knob, equals, *values.split(","))):
            raise InvalidValue("--sweep must be KNOB=v1,v2,..., not {text}", text=text)
        if name not in KNOBS:
            refuse_alias(knob.strip())
            raise InvalidValue("--sweep: there is no knob named {name}; see `lakeppo fleet --help`", name=knob.strip())
        if name in sweep:
            raise InvalidValue("--sweep: {name} is given twice", name=name)
        if name in given or (name == "slip" and "slippery" in given):
            raise InvalidValue("--sweep: {name} has an option of its own as well", name=name)
        sweep[name] = [KNOBS[name].parse(value) for value in values.split(",")]
        if len(set(sweep[name])) < len(sweep[name]):
            raise InvalidValue("--sweep: {name} has the same value twice", name=name)
    if (count := math.prod(map(len, sweep.values()))) > MAX_SETTINGS:
        raise InvalidValue("--sweep: {count:,} settings exceed the limit of {limit}", count=count, limit=MAX_SETTINGS)
    return sweep


def check_agents(agents: int, sweep: dict[str, list[Value]]) -> None:
    """Raise `InvalidValue` for more than `MAX_AGENTS` in all."""
    settings = math.prod(map(len, sweep.values()))
    if agents * settings > MAX_AGENTS:
        template = N_("--agents: {agents:,} agents for each of {settings} settings exceed the limit of {limit:,}")
        raise InvalidValue(template, agents=agents, settings=settings, limit=MAX_AGENTS)
