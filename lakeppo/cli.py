"""The command line. Importing it imports neither torch nor Textual; each command imports what it needs."""

import codecs
import contextlib
import io
import os
import sys
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperCommand

from lakeppo import __version__
from lakeppo.config import PRESETS
from lakeppo.errors import InvalidValue, LakeppoError
from lakeppo.options import (
    MOST_AGENTS,
    check_agents,
    presets_in_words,
    read_limit,
    read_settings,
    read_settings_swept,
    read_sweep,
    refuse_beside,
    with_settings,
)  # fmt: skip
from lakeppo.torch_import import default_interrupt, frozen_gc

app = typer.Typer(
    name="lakeppo",
    help="See how PPO learns: an agent crosses FrozenLake in your terminal, and you can stop it anywhere.\n\n"
    "Start with `lakeppo tui`, press `?` there. The same runs without a screen: `lakeppo train`.",
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)

SavesOption = Annotated[Path, typer.Option("--saves", help="Folder for best.pt and last.pt.", metavar="DIR")]
RunOption = Annotated[
    Path | None, typer.Option("--run", help="Live a run again from its TOML file, changes and all.", metavar="FILE")
]
ResumeOption = Annotated[
    Path | None, typer.Option("--resume", help="Go on from a save, exactly where it stood.", metavar="SAVE")
]
SaveArgument = Annotated[
    Path, typer.Argument(help="A save, such as saves/best.pt.", metavar="SAVE", show_default=False)
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON object instead of words.")]
Count = typer.Option(min=1, help="Stop after so many, counted from the run's beginning.", metavar="N")


PLAIN = {"◂": "<", "▾": "v", "▸": ">", "▴": "^", "·": "-", "±": "+-"}
"""How the reports say it where nothing but ASCII can be written."""


class TerminalError(LakeppoError):
    """A terminal on which the screens cannot be drawn."""


@app.callback(invoke_without_command=True)
def root(
    context: typer.Context,
    version: Annotated[bool, typer.Option("--version", help="Print the version and leave.", is_eager=True)] = False,
) -> None:
    if version:
        print(f"lakeppo {__version__}")
        raise typer.Exit
    if context.invoked_subcommand is None:
        print(context.get_help())


@app.command(epilog=presets_in_words())
@with_settings
def tui(
    given: dict[str, Any],
    resume: ResumeOption = None,
    run_file: RunOption = None,
    paused: Annotated[bool, typer.Option("--paused", help="Wait for a key before the first step.")] = False,
    saves: SavesOption = Path("saves"),
    ascii_only: Annotated[bool, typer.Option("--ascii", help="Draw with ASCII characters alone.")] = False,
) -> int:
    """Watch PPO learn: pause with space, step with . e n u, change the ice with s, ? explains."""
    refuse_beside(resume, run_file, given)
    config, seed = read_settings(given)
    if not all(s.isatty() for s in (sys.stdin, sys.stdout, sys.stderr)) or os.environ.get("TERM", "") in ("", "dumb"):
        raise TerminalError("tui needs a terminal that can move its cursor; `lakeppo train` runs without one")
    from lakeppo.tui.start import show, show_run_file, show_save

    ascii_only = ascii_only or (sys.stdout.encoding or "").lower().replace("-", "") != "utf8"
    if resume is not None:
        return show_save(resume, saves, paused, ascii_only)
    if run_file is not None:
        return show_run_file(run_file, saves, paused, ascii_only)
    return show(config, seed, saves, paused, ascii_only)


@app.command(epilog=presets_in_words())
@with_settings
def train(
    given: dict[str, Any],
    resume: ResumeOption = None,
    run_file: RunOption = None,
    saves: SavesOption = Path("saves"),
    episodes: Annotated[int | None, Count] = None,
    updates: Annotated[int | None, Count] = None,
    steps: Annotated[int | None, Count] = None,
    as_json: JsonOption = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="No progress and no remarks on standard error.")] = False,
) -> int:
    """Train without a screen, and print what came of it.

    Stops at the preset's limit, or with --run where that run ended, unless another limit is given.
    """
    refuse_beside(resume, run_file, given)
    config, seed = read_settings(given)
    limit = read_limit(episodes, updates, steps)
    with default_interrupt(), frozen_gc():
        from lakeppo.headless.train import train as do_train
        from lakeppo.storage.checkpoint import read_save
        from lakeppo.storage.run_file import RunFile, read_run_file

    if run_file is not None:
        return do_train(read_run_file(run_file).timeline(), limit, saves, as_json=as_json, quiet=quiet)
    timeline = RunFile(seed, config).timeline() if resume is None else read_save(resume).timeline()
    limit = limit or PRESETS[timeline.run.origin.preset].limit
    return do_train(timeline, limit, saves, as_json=as_json, quiet=quiet)


class FleetCommand(TyperCommand):
    """Lets `--ray` stand without its value, for which Typer has no option."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        for place in range(len(args), 0, -1):
            if args[place - 1] == "--ray" and (place == len(args) or args[place].startswith("-")):
                args.insert(place, "")
        return super().parse_args(ctx, args)


@app.command(epilog=presets_in_words(), cls=FleetCommand)
@with_settings
def fleet(
    given: dict[str, Any],
    agents: Annotated[
        int,
        typer.Option(min=1, max=MOST_AGENTS, help="Agents, of each setting; their seeds follow --seed.", metavar="N"),
    ] = 256,
    episodes: Annotated[int | None, Count] = None,
    updates: Annotated[int | None, Count] = None,
    steps: Annotated[int | None, Count] = None,
    sweep: Annotated[
        list[str] | None,
        typer.Option("--sweep", help="Try each value of a knob, with those of any other.", metavar="KNOB=v1,v2,..."),
    ] = None,
    saves: Annotated[
        Path | None, typer.Option("--saves", help="Folder to leave the results in, as JSON and CSV.", metavar="DIR")
    ] = None,
    csv: Annotated[Path | None, typer.Option("--csv", help="A row an agent, as CSV.", metavar="FILE")] = None,
    compile_passes: Annotated[
        bool, typer.Option("--compile", help="Compile the passes first: worth it from some millions of steps on.")
    ] = False,
    device: Annotated[str, typer.Option("--device", help="Where the networks are: cpu or cuda.")] = "cpu",
    ray: Annotated[
        str | None,
        typer.Option(
            "--ray",
            help="Spread it over a Ray cluster: HOST:PORT, on whose machines this lakeppo is installed, or auto, one "
            "running here; without an address, RAY_ADDRESS or all CPUs of this machine. Needs lakeppo[ray].",
            metavar="[ADDRESS]",
        ),
    ] = None,
    as_json: JsonOption = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="No progress and no remarks on standard error.")] = False,
) -> int:
    """Train many agents at once, each as it would be alone but for rounding, and say how much was luck.

    The limits are each agent's own: it stops at the end of the update that reaches them.
    """
    swept = read_sweep(sweep or [], given)
    config, seed = read_settings(given)
    settings = read_settings_swept(given, swept)
    check_agents(agents, len(settings))
    limit = read_limit(episodes, updates, steps) or PRESETS[config.preset].limit
    with default_interrupt(), frozen_gc():
        from lakeppo.headless.fleet import FleetRequest
        from lakeppo.headless.fleet import fleet as do_fleet

    orders = FleetRequest(settings, seed, agents, limit, device, compile_passes, ray)
    return do_fleet(orders, saves, csv, as_json=as_json, quiet=quiet)


@app.command()
def replay(
    save: SaveArgument,
    episodes: Annotated[int, typer.Option(min=1, max=10_000_000, help="How many to play.", metavar="N")] = 100,
    seed: Annotated[
        int, typer.Option(min=0, max=2**63 - 1, help="What the dice and the ice come from.", metavar="N")
    ] = 0,
    greedy: Annotated[bool, typer.Option("--greedy", help="Always take the likeliest action.")] = False,
    render: Annotated[bool, typer.Option("--render", help="Print every frame.")] = False,
    as_json: JsonOption = False,
) -> int:
    """Let a saved policy walk in Gymnasium itself, and count."""
    with default_interrupt(), frozen_gc():
        from lakeppo.headless.replay import replay as do_replay
        from lakeppo.storage.checkpoint import read_save

    return do_replay(save, read_save(save), episodes, seed, greedy=greedy, render=render, as_json=as_json)


@app.command()
def inspect(
    save: SaveArgument,
    as_json: JsonOption = False,
    batch: Annotated[bool, typer.Option("--batch", help="Print the batch instead, as CSV.")] = False,
) -> int:
    """Say what a save holds: the run, the moment, the policy and its exact success; or every step of its batch."""
    if as_json and batch:
        raise InvalidValue("--json and --batch: the batch is printed as CSV, so one or the other")
    with default_interrupt(), frozen_gc():
        from lakeppo.headless.inspect import inspect as do_inspect
        from lakeppo.headless.inspect import print_batch
        from lakeppo.storage.checkpoint import read_save

    if batch:
        return print_batch(read_save(save))
    return do_inspect(save, read_save(save), as_json=as_json)


def main() -> None:
    """Run the command line; anything wrong is one line on standard error and an exit status, never a traceback."""
    _open_closed_streams()
    codecs.register_error("plain", _plainly)
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="plain")
    usage_error: type[Any] = typer.BadParameter.__bases__[0]  # Typer's own Click, whose module moved between releases
    try:
        status = app(standalone_mode=False)
        sys.stdout.flush()
    except InvalidValue as error:
        status = _complain(str(error), 2)
    except usage_error as error:
        status = _complain(error.format_message(), 2)
    except KeyboardInterrupt:
        status = 130
    except BrokenPipeError:
        with contextlib.suppress(OSError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        status = 1
    except Exception as error:
        status = _complain(_one_line(error), 1)
    sys.exit(status if isinstance(status, int) else 0)


def _open_closed_streams() -> None:
    """A shell's `<&-` or `>&-` leaves None where a stream should be: read and write nothing instead."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, Path(os.devnull).open(mode))  # noqa: SIM115  # for as long as the process


def _plainly(error: UnicodeError) -> tuple[str, int]:
    """What is written for characters that standard output cannot encode."""
    assert isinstance(error, UnicodeEncodeError)
    return "".join(PLAIN.get(c, "?") for c in error.object[error.start : error.end]), error.end


def _complain(message: str, status: int) -> int:
    print(f"lakeppo: {' '.join(message.split())}", file=sys.stderr)
    return status


def _one_line(error: Exception) -> str:
    if isinstance(error, LakeppoError):
        return str(error)
    if isinstance(error, OSError):
        return f"{error.filename}: {error.strerror}" if error.filename else str(error.strerror or error)
    return f"something in lakeppo broke: {type(error).__name__}: {error}"
