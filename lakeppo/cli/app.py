"""The commands but `lesson`, and the program's entry. Each command imports what it needs when it runs."""

from lakeppo.torch_import import default_interrupt, frozen_gc

with default_interrupt():  # which `main` does not handle yet
    import os
    import sys
    from pathlib import Path
    from typing import Annotated, Any

    import typer

    from lakeppo import __version__, streams
    from lakeppo.cli import options, usage
    from lakeppo.cli.language import start_language
    from lakeppo.cli.lesson import lesson
    from lakeppo.errors import InvalidValue
    from lakeppo.files import STANDARD_INPUT, check_current_folder, expand_home
    from lakeppo.i18n import N_
    from lakeppo.presets import PRESETS
    from lakeppo.settings import SAVES, Given, resolve
    from lakeppo.streams import error_text, print_error, print_problems

app = typer.Typer(
    name="lakeppo",
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)

RENDER = N_("Print every frame; the agent's tile is in colour, or without colour in lower case.")

WINDOW = N_("Show the episodes in Gymnasium's own window, four steps a second. Needs lakeppo[window].")


@app.callback(invoke_without_command=True)
def root(
    context: typer.Context,
    version: Annotated[bool, typer.Option("--version", help=N_("Print the version and exit."), is_eager=True)] = False,
) -> None:
    if version:
        print(f"lakeppo {__version__}")
        raise typer.Exit
    if context.invoked_subcommand is None:
        print(context.get_help())
    elif not {*context.help_option_names} & {*sys.argv}:
        check_current_folder()


@app.command(epilog=options.preset_list())
@options.with_settings
@options.with_preferences
def tui(
    given: dict[str, Any],
    chosen: dict[str, Any],
    resume: options.ResumeOption = None,
    run_file: options.RunOption = None,
    show_file: options.ShowOption = None,
    spot: options.SpotOption = None,
    paused: Annotated[bool, typer.Option("--paused", help=N_("Start paused."))] = False,
    stop_when: options.StopWhenOption = None,
    tour: Annotated[bool, typer.Option("--tour", help=N_("Begin with the tour, as the first time."))] = False,
    plain: options.PlainOption = False,
    narrate: options.NarrateOption = None,
) -> int:
    options.check_source(resume, run_file, given, show_file, spot)
    if tour and (resume or run_file or show_file or spot):
        raise InvalidValue("--tour shows a new run: it cannot be given with --resume, --run, --show or --spot")
    if STANDARD_INPUT in (resume, run_file, show_file, Path(given.get("map", ""))):
        raise InvalidValue("tui reads keys from standard input: give it a file instead of -")
    config, seed = options.read_settings(given)
    from lakeppo.session.source import find_source

    if plain:
        from lakeppo.plain.start import tell_with

        source = find_source(config, seed, resume, run_file, show_file, spot, tour)
        return tell_with(source, chosen, options.read_level(narrate), stop_when)
    if narrate is not None:
        raise InvalidValue("--narrate goes with --plain")
    from lakeppo.tui.settings import read_preferences
    from lakeppo.tui.start import check_terminal, show

    check_terminal()
    preferences = read_preferences(chosen, os.environ)
    print_problems(preferences.problems)
    source = find_source(config, seed, resume, run_file, show_file, spot, tour)
    return show(source, paused, preferences, stop_when)


@app.command(epilog=options.preset_list())
@options.with_settings
def train(
    given: dict[str, Any],
    resume: options.ResumeOption = None,
    run_file: options.RunOption = None,
    saves: options.SavesOption = None,
    episodes: options.EpisodesOption = None,
    updates: options.UpdatesOption = None,
    steps: options.StepsOption = None,
    stop_when: options.StopWhenOption = None,
    tensorboard: options.TensorboardOption = None,
    as_json: options.JsonOption = False,
    quiet: options.QuietOption = False,
) -> int:
    options.check_source(resume, run_file, given)
    config, seed = options.read_settings(given)
    limit = options.read_limit(episodes, updates, steps)
    folder = _saves_folder(quiet) if saves is None else saves
    with default_interrupt(), frozen_gc():
        from lakeppo.headless.train import train as do_train
        from lakeppo.storage.checkpoint import read_save
        from lakeppo.storage.run_file import RunFile, read_run_file

    if resume is not None:
        timeline, ends = read_save(resume).timeline(), False
    else:
        file = RunFile(seed, config) if run_file is None else read_run_file(run_file)
        timeline, ends = file.timeline(), file.branches is not None
    whole_updates = limit is None
    if not ends:
        limit = limit or PRESETS[timeline.run.origin.preset].limit
    return do_train(
        timeline, limit, folder, whole_updates=whole_updates, stop_when=stop_when, tensorboard=tensorboard,
        as_json=as_json, quiet=quiet,
    )  # fmt: skip


@app.command(epilog=options.preset_list(), cls=options.FleetCommand)
@options.with_settings
def fleet(
    given: dict[str, Any],
    agents: options.AgentsOption = None,
    episodes: options.EpisodesOption = None,
    updates: options.UpdatesOption = None,
    steps: options.StepsOption = None,
    sweep: options.SweepOption = None,
    resume: options.UnfinishedOption = None,
    saves: options.ResultsOption = None,
    csv: options.CsvOption = None,
    history: options.HistoriesOption = None,
    compile_passes: options.CompileOption = False,
    device: options.DeviceOption = None,
    ray: options.RayOption = None,
    as_json: options.JsonOption = False,
    quiet: options.QuietOption = False,
) -> int:
    if resume is not None:
        options.check_unfinished(
            given, agents=agents, episodes=episodes, updates=updates, steps=steps, sweep=sweep, saves=saves,
            compile=compile_passes, device=device,
        )  # fmt: skip
    swept = options.read_sweep(sweep or [], given)
    config, seed = options.read_settings(given)
    options.check_agents(agents or options.AGENTS, swept)
    limit = options.read_limit(episodes, updates, steps) or PRESETS[config.preset].limit
    with default_interrupt(), frozen_gc():
        from lakeppo.headless.fleet import Output
        from lakeppo.headless.fleet import fleet as do_fleet
        from lakeppo.headless.fleet_folder import FleetFolder
        from lakeppo.headless.fleet_request import FleetRequest

    request = FleetRequest(config, swept, seed, agents or options.AGENTS, limit, device or "cpu", compile_passes)
    folder = None if resume is None else FleetFolder.open(resume)
    output = Output(saves, csv, as_json, quiet, history)
    return do_fleet(request if folder is None else folder.request, ray, output, folder)


@app.command()
def replay(
    checkpoint: options.CheckpointArgument,
    episodes: Annotated[int, typer.Option(min=1, max=10_000_000, help=N_("Number of episodes."), metavar="N")] = 100,
    seed: Annotated[int, typer.Option(min=0, max=options.MAX_SEED, help=N_("Random seed."), metavar="N")] = 0,
    greedy: Annotated[bool, typer.Option("--greedy", help=N_("Always take the most likely action."))] = False,
    render: Annotated[bool, typer.Option("--render", help=RENDER)] = False,
    window: Annotated[bool, typer.Option("--window", help=WINDOW)] = False,
    as_json: options.JsonOption = False,
) -> int:
    if as_json and render:
        raise InvalidValue("--json and --render cannot be given together: the frames are text")
    if window and (as_json or render):
        raise InvalidValue("--window cannot be given together with --json or --render")
    with default_interrupt(), frozen_gc():
        from lakeppo.headless.replay import replay as do_replay
        from lakeppo.storage.checkpoint import read_save

    shown: Any = "human" if window else "ansi" if render else None
    return do_replay(checkpoint, read_save(checkpoint), episodes, seed, greedy=greedy, shown=shown, as_json=as_json)


@app.command(cls=options.InspectCommand)
def inspect(
    checkpoint: options.CheckpointArgument,
    as_json: options.JsonOption = False,
    batch: Annotated[bool, typer.Option("--batch", help=N_("Print the batch as CSV instead."))] = False,
    history: options.HistoryOption = None,
) -> int:
    if as_json + batch + (history is not None) > 1:
        raise InvalidValue("give one of --json, --batch and --history: the batch and the history are CSV")
    with default_interrupt(), frozen_gc():
        from lakeppo.headless.inspect import inspect as do_inspect
        from lakeppo.headless.inspect import print_batch, write_history
        from lakeppo.storage.checkpoint import read_save

    if batch:
        return print_batch(read_save(checkpoint))
    if history is not None:
        return write_history(read_save(checkpoint), history)
    return do_inspect(checkpoint, read_save(checkpoint), as_json=as_json)


@app.command()
@options.with_preferences
def settings(
    chosen: dict[str, Any],
    init: Annotated[
        bool, typer.Option("--init", help=N_("Write a settings file with every setting explained."))
    ] = False,
    schema: Annotated[
        bool, typer.Option("--schema", help=N_("Print the JSON schema of the file, for editors."))
    ] = False,
    as_json: options.JsonOption = False,
) -> int:
    if init + schema + as_json > 1:
        raise InvalidValue("--init, --schema and --json cannot be given together")
    from lakeppo.headless import settings as headless
    from lakeppo.tui.rebinding import ACTIONS, written
    from lakeppo.tui.settings import SETTINGS, read_preferences

    preferences = read_preferences(chosen, os.environ)
    if schema:
        return headless.print_schema(SETTINGS, ACTIONS)
    if init:
        return headless.write_commented(preferences.path, SETTINGS, ACTIONS)
    print_problems(preferences.problems)
    keys = {id: Given(tuple(written(keys)), "file") for id, keys in preferences.keymap.items()}
    headless.print_settings(preferences.path, preferences.exists, preferences.given, keys, as_json=as_json)
    return 1 if preferences.problems else 0


app.command()(options.with_preferences(lesson))


def _saves_folder(quiet: bool) -> Path:
    """Return the folder for saves that the settings name."""
    from lakeppo.storage.settings_file import find_settings

    found = find_settings(os.environ)
    given, problems = resolve([SAVES], found.path, found.content, os.environ, {})
    if not quiet:
        print_problems([*found.problems, *problems])
    return expand_home(str(given["saves"].value))


def main() -> None:
    """Run the command line and exit; print an error as one line on standard error, never a traceback."""
    streams.prepare()
    os.environ.setdefault("PYTHONSAFEPATH", "1")  # processes of torch's compiler and of Ray import nothing from here
    usage_error: type[Any] = typer.BadParameter.__bases__[0]  # Typer's own Click; its module differs between releases
    try:
        problems = start_language(sys.argv[1:], os.environ, getattr(sys.stdout, "encoding", None) or "utf-8")
        if not {"tui", "settings", "--quiet"} & {*sys.argv}:  # those two say what is wrong with every setting
            print_problems(problems)
        status = usage.command(app)(standalone_mode=False)
        sys.stdout.flush()
    except InvalidValue as error:
        status = print_error(str(error), 2)
    except usage_error as error:
        status = print_error(usage.refusal(error), 2)
    except KeyboardInterrupt:
        status = 130
    except SystemExit as end:
        status = end.code
    except BrokenPipeError:
        status = 1
    except Exception as error:
        status = print_error(error_text(error), 1)
    streams.leave(status if isinstance(status, int) else 0)
