"""`lakeppo fleet`: many agents at once without a screen, and how much of what they did was luck."""

import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import torch
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn

from lakeppo.config import Config, Limit, advice
from lakeppo.errors import InvalidValue, SaveError
from lakeppo.fleets.batched_ppo import Improve
from lakeppo.fleets.compiler import CompilerUnavailable, compiled_pass
from lakeppo.fleets.fleet import Agent
from lakeppo.fleets.population import Population
from lakeppo.headless.fleet_report import FleetResult, in_words, result_of, seeds, to_csv
from lakeppo.headless.reports import strict_json
from lakeppo.headless.train import SignalCatcher
from lakeppo.knob import Value
from lakeppo.storage.atomic import check_folder, reason

if TYPE_CHECKING:
    from lakeppo.headless.cluster import Shards

LARGE = 64
"""Tiles from which exact success takes more time than learning."""


class FleetRequest(NamedTuple):
    """What is to be trained: `agents` of each setting, to a limit of their own."""

    settings: list[tuple[dict[str, Value], Config]]
    seed: int
    agents: int
    limit: Limit
    device: str
    compile: bool
    ray: str | None  # the address of a cluster, "" for any


def fleet(orders: FleetRequest, saves: Path | None, csv: Path | None, *, as_json: bool, quiet: bool) -> int:
    """Train, report, write. Returns the exit status; `SaveError` for a file that would be written over."""
    _check_device(orders)
    files = _files(saves, csv)
    with SignalCatcher(at_once=True) as signals:
        outcome = _train(orders, signals, quiet)
        result = result_of(outcome)
        try:
            print(strict_json(result) if as_json else in_words(outcome, sys.stdout.encoding), flush=True)
        finally:  # whoever reads along may have left
            for path, kind in files:
                _write(path, to_csv(outcome) if kind == "csv" else strict_json(result) + "\n")
    return signals.status


def _train(orders: FleetRequest, signals: SignalCatcher, quiet: bool) -> FleetResult:
    if orders.ray is None:
        population = Population(_agents(orders), orders.limit, orders.device)
        count = len(population.fleets)
        turns = "" if count == 1 else f" for each of {count:,} fleets, one after another"
        return _drive(orders, population, turns, population, signals, quiet)
    from lakeppo.headless.cluster import Shards, connected

    with connected(orders.ray, orders.device) as cluster:
        population = cluster.population(_agents(orders), orders.limit)
        return _drive(orders, population, cluster.turns(population), Shards(population), signals, quiet)


def _drive(
    orders: FleetRequest, population: Population, turns: str, trainer: "Population | Shards", signals: SignalCatcher,
    quiet: bool,
) -> FleetResult:  # fmt: skip
    progress = FleetProgress(population, quiet)
    for line in _beforehand(orders, population, turns):
        progress.say(line)
    if orders.compile:
        population.improve = _compiled(population, progress)
    begun, signals.at_once = time.monotonic(), False
    with progress.bar:
        while not (population.done.all() or signals.number):
            trainer.update()
            progress.show(time.monotonic() - begun)
    return FleetResult(population, orders.settings, orders.agents, time.monotonic() - begun)


def _agents(orders: FleetRequest) -> list[Agent]:
    return [Agent(orders.seed + k, config) for _, config in orders.settings for k in range(orders.agents)]


def _check_device(orders: FleetRequest) -> None:
    """Raise `InvalidValue` for a device that does not exist, and for compiling on other machines."""
    if orders.device not in ("cpu", "cuda"):
        raise InvalidValue("--device must be cpu or cuda, not {device}", device=orders.device)
    if orders.device == "cuda" and orders.ray is None and not torch.cuda.is_available():
        raise InvalidValue("--device cuda: this torch finds no such device here")
    if orders.compile and orders.ray is not None:
        raise InvalidValue("--compile cannot be given with --ray: every worker would have to compile for itself")


def _compiled(population: Population, progress: "FleetProgress") -> Improve | None:
    """The compiled pass; None, and a line that says why, where it cannot be had."""
    progress.say("compiling the passes: up to a minute the first time, some seconds from then on")
    begun = time.monotonic()
    try:
        compiled = compiled_pass(
            ((population.agents[who[0]].config, len(who)) for who in population.fleets), population.device
        )
    except CompilerUnavailable as error:
        progress.say(f"{error}; going on without")
        return None
    progress.say(f"compiled in {time.monotonic() - begun:.0f} s, and kept in {os.environ['TORCHINDUCTOR_CACHE_DIR']}")
    return compiled


def _files(saves: Path | None, csv: Path | None) -> list[tuple[Path, str]]:
    """The files to be written, none of which is there yet."""
    files = [] if csv is None else [(csv, "csv")]
    if saves is not None:
        check_folder(saves)
        number = 1
        while any((saves / f"fleet-{number}.{kind}").exists() for kind in ("json", "csv")):
            number += 1
        files += [(saves / f"fleet-{number}.{kind}", kind) for kind in ("json", "csv")]
    if csv is not None:
        check_folder(csv.parent)
        if csv.exists():
            raise SaveError("{path} is already there, and nothing is written over", path=csv)
    return files


def _write(path: Path, text: str) -> None:
    """A new file, whole or not at all."""
    path.touch(exist_ok=False)
    try:
        path.write_text(text, encoding="utf-8", newline="")
    except OSError as error:
        path.unlink()
        raise SaveError("cannot write {path}: {reason}", path=path, reason=reason(error)) from None


def _beforehand(orders: FleetRequest, population: Population, turns: str) -> list[str]:
    """What will be done, and what it will cost."""
    count, config = len(population.agents), orders.settings[0][1]
    kinds = f" of {len(orders.settings)} settings" if len(orders.settings) > 1 else ""
    fleet, kept = (round(some / 2**20) for some in (population.memory, population.kept))
    lines = [
        f"{count:,} agent{'s' * (count != 1)}{kinds}, {seeds(population.agents)}, each to {orders.limit}",
        f"about {max(1, fleet):,} MB{turns}{f'; and {kept:,} MB for what is kept of them all' if kept else ''}",
    ]
    if config.tiles > LARGE:
        lines.append(
            f"a large lake: to know its success exactly, every policy is followed for up to "
            f"{config.max_episode_steps:,} steps after every update"
        )
    advised = advice(config)
    return lines if advised is None else [*lines, str(advised)]


class FleetProgress:
    """A bar on a terminal, a plain line now and then elsewhere, nothing when quiet."""

    def __init__(self, population: Population, quiet: bool) -> None:
        self.population, self.quiet = population, quiet
        self.console = Console(stderr=True, quiet=quiet, highlight=False, soft_wrap=True)
        self.live = self.console.is_terminal and not self.console.is_dumb_terminal
        columns = TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[said]}")
        self.bar = Progress(*columns, console=self.console, disable=not self.live or quiet, transient=True)
        self.task = self.bar.add_task("training", total=1.0, said="")
        self._next = 0.0

    def say(self, line: str) -> None:
        """A remark, which stays."""
        if not self.quiet:
            self.console.print(line, markup=False)

    def show(self, seconds: float) -> None:
        population = self.population
        if seconds < self._next or self.quiet or not population.env_steps.any():
            return
        self._next = seconds + (0.1 if self.live else 2.0)
        share, solved = population.progress, np.isfinite(population.solved_episode).sum()
        said = f"{solved:,} of {len(population.agents):,} solved  {population.env_steps.sum() / seconds:,.0f} steps/s"
        if 0 < share < 1 and seconds > 1:
            said += f"  {_duration(seconds * (1 - share) / share)} left"
        if self.live:
            self.bar.update(self.task, completed=share, said=said)
        else:
            print(f"{share:.0%}  {said}", file=sys.stderr, flush=True)


def _duration(seconds: float) -> str:
    if seconds < 99.5:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"
