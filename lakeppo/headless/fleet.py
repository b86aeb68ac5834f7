"""`lakeppo fleet`: train many agents at once, on this machine or a Ray cluster, and report how their results vary."""

import contextlib
import itertools
import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import torch

from lakeppo.errors import InvalidValue, Message, SaveError
from lakeppo.files import quoted, reason
from lakeppo.fleets.batched_ppo import Improve
from lakeppo.fleets.compiler import CompilerUnavailable, compiled_pass
from lakeppo.fleets.fleet import Fleet
from lakeppo.fleets.interruption import Interrupted
from lakeppo.fleets.population import Population
from lakeppo.fleets.recorded import RecordedFleet
from lakeppo.headless.fleet_folder import FleetFolder, Kept, agents_of, result_files
from lakeppo.headless.fleet_history import HistoryFile
from lakeppo.headless.fleet_report import fleet_csv, fleet_json, fleet_text, plan
from lakeppo.headless.fleet_request import FleetRequest
from lakeppo.headless.fleet_result import FleetResult
from lakeppo.headless.progress import FleetProgress
from lakeppo.headless.reports import strict_json
from lakeppo.headless.signal_catcher import SignalCatcher
from lakeppo.i18n import _
from lakeppo.storage.atomic import check_folder, write_new
from lakeppo.storage.exports import EXISTS, check_new

if TYPE_CHECKING:
    from lakeppo.headless.cluster import Shards


STANDARD_OUTPUT = Path("-")


class Output(NamedTuple):
    """Where the results go: a folder, a table ("-": standard output), the form of the report, and every update."""

    saves: Path | None
    csv: Path | None
    as_json: bool
    quiet: bool
    history: Path | None = None


def fleet(request: FleetRequest, ray: str | None, output: Output, resumed: FleetFolder | None = None) -> int:
    """Train, print the report and write the files. Return the exit status.

    In `output.saves` a folder keeps what is trained until the end; that of a fleet that goes on is `resumed`. `ray` is
    the address of a cluster, "" that of the default one. The table is printed instead for `output.csv` -, and then the
    report goes to standard error unless quiet. Raise `InvalidValue` for a device that cannot be used, and `SaveError`
    for a file that exists or cannot be read or written.
    """
    _check_device(request, ray)
    _check_output(output, resumed)
    _check_history(output, ray, resumed)
    signals = SignalCatcher(exit_at_once=True, deadline=True)
    try:
        with signals, _opened(request, output, resumed) as folder, _history(request, output) as history:
            kept = Kept([], 0.0, None) if folder is None else folder.read()
            result = _train(request, ray, folder, kept, signals, output.quiet, history)
            _report(result, output, folder)
    except SystemExit:
        if not signals.number:
            raise
        if not (signals.exit_at_once or output.quiet):
            print(_("the report was given up: it would have taken too long"), file=sys.stderr, flush=True)
    if signals.number and (ray is not None or request.compile):
        os._exit(signals.status)  # the modules of Ray and of torch's compiler take seconds to end
    return signals.status


def _opened(
    request: FleetRequest, output: Output, resumed: FleetFolder | None
) -> contextlib.AbstractContextManager[FleetFolder | None]:
    if resumed is not None:
        return resumed
    return contextlib.nullcontext() if output.saves is None else FleetFolder.create(output.saves, request)


def _history(request: FleetRequest, output: Output) -> contextlib.AbstractContextManager[HistoryFile | None]:
    if output.history is None:
        return contextlib.nullcontext()
    return contextlib.closing(HistoryFile(output.history, request))


def _train(
    request: FleetRequest, ray: str | None, folder: FleetFolder | None, kept: Kept, signals: SignalCatcher,
    quiet: bool, history: HistoryFile | None,
) -> FleetResult:  # fmt: skip
    agents = agents_of(request)
    if ray is None:
        kind = Fleet if history is None else RecordedFleet
        population = Population(agents, request.limit, request.device, shards=kept.shards, fleet=kind)
        count = len(population.fleets)
        where = "" if count <= 1 else _(" for each of {count:,} fleets, one after another").format(count=count)
        training = _Training(request, population, folder, kept, quiet)
        if history is not None:
            history.watch(population)
            training.progress.note(history.plan(len(agents)))
        return training.run(where, population, signals)
    from lakeppo.headless.cluster import Shards
    from lakeppo.headless.ray_connection import connected

    with connected(ray, request.device, signals) as cluster:
        population = cluster.population(agents, request.limit, kept.shards)
        training = _Training(request, population, folder, kept, quiet)
        return training.run(cluster.where(population), Shards(population), signals)


class _Training:
    """The training of a population to its limit, with its progress; what is trained is kept in `folder`."""

    def __init__(
        self, request: FleetRequest, population: Population, folder: FleetFolder | None, kept: Kept, quiet: bool
    ) -> None:
        self.request, self.population, self.folder, self.kept = request, population, folder, kept
        self.progress = FleetProgress(population, quiet)

    def run(self, where: str, trainer: "Population | Shards", signals: SignalCatcher) -> FleetResult:
        """Train with `trainer`, the population itself or the shards of a cluster, until a signal arrives."""
        population, request = self.population, self.request
        for line in [*plan(population, request.settings, where), *self._folder_lines()]:
            self.progress.note(line)
        if request.compile:
            population.improve = _compiled(population, self.progress)
        population.check = signals.check
        start, signals.exit_at_once = time.monotonic() - self.kept.seconds, False
        with self.progress.bar:
            while not (population.done.all() or signals.number):
                with contextlib.suppress(Interrupted):
                    trainer.update()
                seconds = time.monotonic() - start
                self._keep(seconds)
                self.progress.update(seconds)
        seconds = time.monotonic() - start
        if not population.done.all():
            self._keep(seconds, now=True)
            self.progress.note(self._how_to_go_on())
        return FleetResult(population, request.settings, request.agents, seconds, resumed=bool(self.kept.shards))

    def _folder_lines(self) -> list[str]:
        population, folder = self.population, self.folder
        lines = [] if self.kept.remark is None else [str(self.kept.remark)]
        if self.kept.shards:
            done, started = int(population.done.sum()), int((population.updates > 0).sum())
            template = _("going on: {done:,} of {count:,} agents are done, {started:,} started")
            lines.append(template.format(done=done, count=len(population.agents), started=started - done))
        elif folder is not None:
            lines.append(str(Message("kept in {path} until the end; --resume goes on from there", path=folder.path)))
        return lines

    def _keep(self, seconds: float, now: bool = False) -> None:
        if self.folder is not None and (error := self.folder.write(self.population, seconds, now)) is not None:
            self.progress.note(str(error))

    def _how_to_go_on(self) -> str:
        if self.folder is None:
            return _("interrupted, and nothing is kept: --saves DIR keeps a fleet, so that --resume can go on")
        if self.folder.empty:
            return _("interrupted before anything could be kept: the same command starts it again")
        command = f"lakeppo fleet --resume {quoted(str(self.folder.path))}"
        return _("interrupted; to go on: {command}").format(command=command)


def _report(result: FleetResult, output: Output, folder: FleetFolder | None) -> None:
    """Print the report, and write the files unless the fleet can go on."""
    fields, table = fleet_json(result), fleet_csv(result)
    try:
        if output.csv == STANDARD_OUTPUT:
            print(table, end="", flush=True)
        if output.csv != STANDARD_OUTPUT or not output.quiet:
            stream = sys.stderr if output.csv == STANDARD_OUTPUT else sys.stdout
            text = strict_json(fields) if output.as_json else fleet_text(result, stream.encoding)
            print(text, file=stream, flush=True)
    finally:  # standard output may be closed
        if folder is None or result.population.done.all():
            _write_files(folder, output.csv, fields, table)
            if folder is not None:
                folder.remove()


def _check_device(request: FleetRequest, ray: str | None) -> None:
    if request.device not in ("cpu", "cuda"):
        raise InvalidValue("--device must be cpu or cuda, not {device}", device=request.device)
    if request.device == "cuda" and ray is None and not torch.cuda.is_available():
        raise InvalidValue("--device cuda: torch finds no CUDA device here")
    if request.compile and ray is not None:
        raise InvalidValue("--compile cannot be given with --ray: every worker would compile for itself")


def _check_history(output: Output, ray: str | None, resumed: FleetFolder | None) -> None:
    if output.history is None:
        return
    if output.history == STANDARD_OUTPUT:
        raise InvalidValue("--history of a fleet needs the name of a file")
    if output.csv is not None and output.csv.absolute() == output.history.absolute():
        raise InvalidValue("--history and --csv name the same file")
    if ray is not None:
        raise InvalidValue("--history cannot be given with --ray: the shards report their success only")
    if resumed is not None:
        raise InvalidValue("--history cannot be given with --resume: the earlier updates are not kept")


def _compiled(population: Population, progress: FleetProgress) -> Improve | None:
    """Return the compiled pass, or None after a note of the reason."""
    progress.note(_("compiling the passes: up to a minute the first time, some seconds later"))
    start = time.monotonic()
    shapes = ((population.agents[index[0]].config, len(index)) for index in population.fleets)
    try:
        compiled = compiled_pass(shapes, population.device)
    except CompilerUnavailable as error:
        progress.note(_("{error}; continuing without compiling").format(error=error))
        return None
    template, cache = _("compiled in {seconds:.0f} s, cached in {folder}"), os.environ["TORCHINDUCTOR_CACHE_DIR"]
    progress.note(template.format(seconds=time.monotonic() - start, folder=cache))
    return compiled


def _check_output(output: Output, resumed: FleetFolder | None) -> None:
    """Raise `SaveError` for a folder that cannot be written and for a file that exists."""
    saves, csv = output.saves, output.csv
    if output.as_json and csv == STANDARD_OUTPUT:
        raise InvalidValue("--json and --csv - cannot be given together: both write to standard output")
    for folder in [saves] if resumed is None else [resumed.path, resumed.path.parent]:
        if folder is not None:
            check_folder(folder)
    if csv is not None and csv != STANDARD_OUTPUT:
        check_folder(csv.parent)
        check_new(csv)


def _write_files(folder: FleetFolder | None, csv: Path | None, fields: dict[str, Any], table: str) -> None:
    """Write each file whole or not at all; those beside `folder` have its number or the next. Raise `SaveError`."""
    if csv is not None and csv != STANDARD_OUTPUT and not _write(csv, table):  # first: it may have the folder's number
        raise SaveError(EXISTS, path=csv)
    if folder is not None:
        others = (folder.path.with_name(f"fleet-{number}") for number in itertools.count(1))
        free = (path for path in others if not os.path.lexists(path))
        pairs, json = map(result_files, itertools.chain([folder.path], free)), strict_json(fields) + "\n"
        first = next(pair for pair in pairs if not any(map(os.path.lexists, pair)) and _write(pair[0], json))
        _write(first[1], table)


def _write(path: Path, text: str) -> bool:
    """Write a new file and return whether it is new."""
    try:
        write_new(path, text.encode())
    except FileExistsError:
        return False
    except OSError as error:
        raise SaveError("cannot write {path}: {reason}", path=path, reason=reason(error)) from None
    return True
