"""`lakeppo fleet`: train many agents at once, on this machine or a Ray cluster, and report how their results vary."""

import itertools
import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import torch

from lakeppo.config import Config, Limit
from lakeppo.errors import InvalidValue, SaveError
from lakeppo.files import reason
from lakeppo.fleets.batched_ppo import Improve
from lakeppo.fleets.compiler import CompilerUnavailable, compiled_pass
from lakeppo.fleets.fleet import Agent
from lakeppo.fleets.population import Population
from lakeppo.headless.fleet_report import fleet_csv, fleet_json, fleet_text, plan
from lakeppo.headless.fleet_result import FleetResult
from lakeppo.headless.progress import FleetProgress
from lakeppo.headless.reports import strict_json
from lakeppo.headless.signals import SignalCatcher
from lakeppo.knob import Value
from lakeppo.storage.atomic import check_folder, write_new
from lakeppo.storage.exports import EXISTS

if TYPE_CHECKING:
    from lakeppo.headless.cluster import Shards


STANDARD_OUTPUT = Path("-")


class FleetRequest(NamedTuple):
    """The agents to train: `agents` of each setting, with the seeds from `seed` on."""

    settings: list[tuple[dict[str, Value], Config]]
    seed: int
    agents: int
    limit: Limit
    device: str
    compile: bool
    ray: str | None  # the address of a cluster, "" for the default one


def fleet(request: FleetRequest, saves: Path | None, csv: Path | None, *, as_json: bool, quiet: bool) -> int:
    """Train, print the report and write the files. Return the exit status.

    The table is printed instead for `csv` -, and the report then goes to standard error unless `quiet`. Raise
    `InvalidValue` for a device that cannot be used, and `SaveError` for a file that exists or cannot be written.
    """
    _check_device(request)
    if as_json and csv == STANDARD_OUTPUT:
        raise InvalidValue("--json and --csv - cannot be given together: both write to standard output")
    _check_paths(saves, csv)
    with SignalCatcher(exit_at_once=True) as signals:
        result = _train(request, signals, quiet)
        fields, table = fleet_json(result), fleet_csv(result)
        try:
            if csv == STANDARD_OUTPUT:
                print(table, end="", flush=True)
            if csv != STANDARD_OUTPUT or not quiet:
                stream = sys.stderr if csv == STANDARD_OUTPUT else sys.stdout
                print(strict_json(fields) if as_json else fleet_text(result, stream.encoding), file=stream, flush=True)
        finally:  # standard output may be closed
            _write_files(saves, csv, fields, table)
    return signals.status


def _train(request: FleetRequest, signals: SignalCatcher, quiet: bool) -> FleetResult:
    agents = [Agent(request.seed + k, config) for _, config in request.settings for k in range(request.agents)]
    if request.ray is None:
        population = Population(agents, request.limit, request.device)
        count = len(population.fleets)
        where = "" if count == 1 else f" for each of {count:,} fleets, one after another"
        return _run_to_limit(request, population, where, population, signals, quiet)
    from lakeppo.headless.cluster import Shards, connected

    with connected(request.ray, request.device) as cluster:
        population = cluster.population(agents, request.limit)
        return _run_to_limit(request, population, cluster.where(population), Shards(population), signals, quiet)


def _run_to_limit(
    request: FleetRequest, population: Population, where: str, trainer: "Population | Shards", signals: SignalCatcher,
    quiet: bool,
) -> FleetResult:  # fmt: skip
    progress = FleetProgress(population, quiet)
    for line in plan(population, request.settings, where):
        progress.note(line)
    if request.compile:
        population.improve = _compiled(population, progress)
    start, signals.exit_at_once = time.monotonic(), False
    with progress.bar:
        while not (population.done.all() or signals.number):
            trainer.update()
            progress.update(time.monotonic() - start)
    return FleetResult(population, request.settings, request.agents, time.monotonic() - start)


def _check_device(request: FleetRequest) -> None:
    if request.device not in ("cpu", "cuda"):
        raise InvalidValue("--device must be cpu or cuda, not {device}", device=request.device)
    if request.device == "cuda" and request.ray is None and not torch.cuda.is_available():
        raise InvalidValue("--device cuda: torch finds no CUDA device here")
    if request.compile and request.ray is not None:
        raise InvalidValue("--compile cannot be given with --ray: every worker would compile for itself")


def _compiled(population: Population, progress: FleetProgress) -> Improve | None:
    """Return the compiled pass, or None after a note of the reason."""
    progress.note("compiling the passes: up to a minute the first time, some seconds later")
    start = time.monotonic()
    shapes = ((population.agents[index[0]].config, len(index)) for index in population.fleets)
    try:
        compiled = compiled_pass(shapes, population.device)
    except CompilerUnavailable as error:
        progress.note(f"{error}; continuing without compiling")
        return None
    progress.note(f"compiled in {time.monotonic() - start:.0f} s, cached in {os.environ['TORCHINDUCTOR_CACHE_DIR']}")
    return compiled


def _check_paths(saves: Path | None, csv: Path | None) -> None:
    """Raise `SaveError` for a folder that cannot be written and for a file that exists."""
    if saves is not None:
        check_folder(saves)
    if csv is not None and csv != STANDARD_OUTPUT:
        check_folder(csv.parent)
        if csv.exists():
            raise SaveError(EXISTS, path=csv)


def _write_files(saves: Path | None, csv: Path | None, fields: dict[str, Any], table: str) -> None:
    """Write each file whole or not at all; those in `saves` have the next number. Raise `SaveError`."""
    json = strict_json(fields) + "\n"
    if saves is not None:
        pairs = ([saves / f"fleet-{number}.{kind}" for kind in ("json", "csv")] for number in itertools.count(1))
        first = next(pair for pair in pairs if not any(map(os.path.lexists, pair)) and _write(pair[0], json))
        _write(first[1], table)
    if csv is not None and csv != STANDARD_OUTPUT and not _write(csv, table):
        raise SaveError(EXISTS, path=csv)


def _write(path: Path, text: str) -> bool:
    """Write a new file and return whether it is new."""
    try:
        write_new(path, text.encode())
    except FileExistsError:
        return False
    except OSError as error:
        raise SaveError("cannot write {path}: {reason}", path=path, reason=reason(error)) from None
    return True
