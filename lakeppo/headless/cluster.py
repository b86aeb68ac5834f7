"""`lakeppo fleet --ray`: a population in shards, each a fleet of its own and one task of a Ray cluster.

Ray decides where a shard runs, and repeats it when its machine is lost. No bit of an agent depends on its shard.
"""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from lakeppo import __version__
from lakeppo.errors import LakeppoError
from lakeppo.fleets.fleet import Agent
from lakeppo.fleets.population import MAX_FLEET, History, Population
from lakeppo.fleets.shard import RESULTS, Shard
from lakeppo.i18n import N_, _, ngettext
from lakeppo.presets import Limit
from lakeppo.runs.fingerprint import fingerprint

MIN_SHARD = 64
"""Agents of a shard, at least: smaller fleets are much slower for each agent."""
SHARDS_PER_CPU = 4
"""Shards for each CPU, at least: a lost worker costs little, and no CPU waits long for the last one."""
REPORT_STEPS = 100_000
"""Steps of a shard between two reports, about half a second. Counted, not timed: a shard that runs again must yield
equal reports, because Ray delivers only those that had not arrived."""
INSTALLED = f"lakeppo {__version__} and torch {torch.__version__}"
VERSIONS = f"{INSTALLED} with the fingerprint {fingerprint()['run'][:12]}"
"""What must be the same on every machine, so that the results do not depend on which machine trains a shard."""


class ClusterError(LakeppoError):
    """A cluster cannot be reached, or cannot train."""


class Report(NamedTuple):
    """The results of a shard's agents, and the samples of its history from number `first` on."""

    results: dict[str, NDArray[Any]]
    first: int
    steps: list[int]
    rows: list[NDArray[np.float32]]


def train_shard(agents: Sequence[Agent], limit: Limit, device: str, versions: str) -> Iterator[Report]:
    """Train a shard on a worker; yield reports, `REPORT_STEPS` apart. Raise `ClusterError` for other `versions`."""
    if versions != VERSIONS:
        template = N_("--ray: a machine of the cluster has {theirs}, this one {ours}; they must be the same")
        raise ClusterError(template, theirs=VERSIONS, ours=versions)
    population = Population(agents, limit, device)
    reported_rows = reported_steps = 0
    while not population.done.all():
        population.update()
        steps = int(population.env_steps.sum())
        if steps - reported_steps >= REPORT_STEPS or population.done.all():
            (history,) = population.histories
            results = {name: getattr(population, name) for name in RESULTS}
            yield Report(results, reported_rows, history.steps[reported_rows:], history.rows[reported_rows:])
            reported_rows, reported_steps = len(history.steps), steps


class Cluster(NamedTuple):
    """A connected cluster: its name, the number of its CPUs or GPUs, and which of the two trains."""

    name: str
    slots: int
    device: str

    def population(self, agents: Sequence[Agent], limit: Limit, shards: Sequence[Shard] = ()) -> Population:
        """Return a population whose fleets are the shards. Of those given, the ones not done start again."""
        largest = max(MIN_SHARD, -(-len(agents) // (SHARDS_PER_CPU * self.slots)))
        done = [shard for shard in shards if shard.state is None]
        return Population(agents, limit, self.device, largest=min(MAX_FLEET, largest), shards=done)

    def where(self, population: Population) -> str:
        """Return the part of the plan's memory line that names the shards."""
        count, kind = len(population.fleets), "CPU" if self.device == "cpu" else "GPU"
        shards = ngettext("{count:,} shard", "{count:,} shards", count).format(count=count)
        slots = ngettext("{count:,} {kind}", "{count:,} {kind}s", self.slots).format(count=self.slots, kind=kind)
        template = _(" for each of {shards} on {slots} of {cluster}, and 300 MB for its Python")
        return template.format(shards=shards, slots=slots, cluster=self.name)


class Shards:
    """The fleets of a population as tasks of the cluster, whose reports update the population."""

    def __init__(self, population: Population) -> None:
        import ray

        self.population = population
        gpus = 0 if population.device == "cpu" else 1
        task = ray.remote(num_cpus=1, num_gpus=gpus, max_retries=-1, num_returns="streaming")(train_shard)
        self._running: dict[Any, History] = {}
        for index in population.fleets:
            agents = [population.agents[k] for k in index]
            self._running[task.remote(agents, population.limit, population.device, VERSIONS)] = History(index)

    def update(self) -> None:
        """Apply the reports that arrive within 0.1 s. Raise `ClusterError` when a shard cannot be trained at all."""
        import ray

        ready, _ = ray.wait(list(self._running), timeout=0.1)
        for reports in ready:
            try:
                apply_report(self.population, self._running[reports], ray.get(next(reports)))
            except StopIteration:
                del self._running[reports]
            except ray.exceptions.RayError as error:
                raise _cluster_error(error) from error


def apply_report(population: Population, history: History, report: Report) -> None:
    """Write a shard's report into the population and the shard's history, which its first report adds to it."""
    if not history.steps:
        population.histories.append(history)
    for name, values in report.results.items():
        getattr(population, name)[history.index] = values
    history.steps[report.first :] = report.steps
    history.rows[report.first :] = [row.copy() for row in report.rows]  # frees Ray's shared memory


def _cluster_error(error: Exception) -> Exception:
    cause = getattr(error, "cause", None)
    if isinstance(cause, ClusterError):
        return cause
    if "No module named 'lakeppo" in str(error):
        template = N_("--ray: a machine of the cluster has no lakeppo; {versions} must be installed on each")
        return ClusterError(template, versions=INSTALLED)
    return ClusterError("--ray: {error}", error=str(cause or error).strip().splitlines()[-1])
