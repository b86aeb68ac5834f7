"""`lakeppo fleet --ray`: siblings cut into shards, each a fleet of its own and one task of a Ray cluster.

Ray decides where a shard runs, and runs it again when its machine is lost. Nothing of an agent depends on its shard,
so what comes of them all is what one machine alone would say.
"""

import contextlib
import importlib.util
import io
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import FrameType
from typing import IO, Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from lakeppo import __version__
from lakeppo.config import Limit
from lakeppo.errors import InvalidValue, LakeppoError
from lakeppo.fleets.fleet import Agent
from lakeppo.fleets.population import LARGEST, History, Population
from lakeppo.headless.train import SIGNALS, SignalCatcher

SMALLEST = 64
"""Agents of a shard, at least: fewer are much slower each."""
SHARDS = 4
"""Shards for each CPU, at least: a lost worker costs little, and no CPU waits long for the last."""
REPORT = 100_000
"""Steps of a shard between two reports, about half a second of work. Counted, not timed: a shard that is run again
must report the very same, for Ray passes on only those reports that had not yet come."""
PATIENCE = 5.0, 30.0
"""Seconds to wait for any answer at an address, and for Ray's."""
HASTE = {
    "RAY_NUM_REDIS_GET_RETRIES": "3",  # times it tries, a second apart: it goes on even when it is refused
    "RAY_gcs_rpc_server_connect_timeout_s": "1",
    "RAY_gcs_rpc_server_reconnect_timeout_s": "5",
}
"""How Ray is told not to wait a minute for a cluster that was here once."""
VERSIONS = f"lakeppo {__version__} and torch {torch.__version__}"
TOKEN = Path(os.environ.get("RAY_AUTH_TOKEN_PATH", Path.home() / ".ray" / "auth_token"))
FIGURES = "updates env_steps episodes success solved_episode solved_step done".split()


class ClusterError(LakeppoError):
    """A cluster that cannot be reached, or cannot do it."""


class Report(NamedTuple):
    """What has become of a shard's agents, and what its history holds from row `first` on."""

    figures: dict[str, NDArray[Any]]
    first: int
    steps: list[int]
    rows: list[NDArray[np.float32]]


def train_shard(agents: Sequence[Agent], limit: Limit, device: str, versions: str) -> Iterator[Report]:
    """What a worker does."""
    if versions != VERSIONS:
        raise ClusterError(
            "--ray: a machine of the cluster has {theirs}, this one {ours}; they must be the same",
            theirs=VERSIONS,
            ours=versions,
        )
    population = Population(agents, limit, device)
    told = walked = 0
    while not population.done.all():
        population.update()
        steps = int(population.env_steps.sum())
        if steps - walked >= REPORT or population.done.all():
            (history,) = population.histories
            figures = {name: getattr(population, name) for name in FIGURES}
            yield Report(figures, told, history.steps[told:], history.rows[told:])
            told, walked = len(history.steps), steps


class Cluster(NamedTuple):
    """Where shards are trained: its name, so many at a time, and on what."""

    name: str
    places: int
    device: str

    def population(self, agents: Sequence[Agent], limit: Limit) -> Population:
        """Siblings whose fleets are the shards."""
        largest = max(SMALLEST, -(-len(agents) // (SHARDS * self.places)))
        return Population(agents, limit, self.device, largest=min(LARGEST, largest))

    def turns(self, population: Population) -> str:
        """How often the memory of one fleet is needed."""
        count, kind = len(population.fleets), "CPU" if self.device == "cpu" else "GPU"
        shards, places = f"{count:,} shard{'s' * (count != 1)}", f"{self.places:,} {kind}{'s' * (self.places != 1)}"
        return f" for each of {shards}, on {places} of {self.name}, each with a Python of some 300 MB"


class Shards:
    """The fleets of some siblings, all handed to the cluster; what they report is written down in the siblings."""

    def __init__(self, population: Population) -> None:
        import ray

        self.population = population
        gpus = 0 if population.device == "cpu" else 1
        task = ray.remote(num_cpus=1, num_gpus=gpus, max_retries=-1, num_returns="streaming")(train_shard)
        self._running: dict[Any, History] = {}
        for who in population.fleets:
            agents = [population.agents[k] for k in who]
            self._running[task.remote(agents, population.limit, population.device, VERSIONS)] = History(who)

    def update(self) -> None:
        """Wait a moment for the next report. Raises `ClusterError` when a shard cannot be trained at all."""
        import ray

        ready, _ = ray.wait(list(self._running), timeout=0.1)
        for reports in ready:
            try:
                write_down(self.population, self._running[reports], ray.get(next(reports)))
            except StopIteration:
                del self._running[reports]
            except ray.exceptions.RayError as error:
                raise _in_plain_words(error) from error


def write_down(population: Population, history: History, report: Report) -> None:
    """What a shard reports, into the siblings and its history, which are theirs from the first report on."""
    if not history.steps:
        population.histories.append(history)
    for name, values in report.figures.items():
        getattr(population, name)[history.who] = values
    history.steps[report.first :] = report.steps
    history.rows[report.first :] = [row.copy() for row in report.rows]  # Ray's own memory is for passing on


def _in_plain_words(error: Exception) -> Exception:
    cause = getattr(error, "cause", None)
    if isinstance(cause, ClusterError):
        return cause
    if "No module named 'lakeppo" in str(error):
        return ClusterError(
            "--ray: a machine of the cluster has no lakeppo; {versions} must be installed on each", versions=VERSIONS
        )
    return ClusterError("--ray: {error}", error=str(cause or error).strip().splitlines()[-1])


@contextlib.contextmanager
def connected(address: str, device: str) -> Iterator[Cluster]:
    """A Ray cluster: at `address`, or if that is empty at RAY_ADDRESS, or this machine.

    Ray prints to standard output what happens to its machines: all of that is kept away from it meanwhile. Raises
    `InvalidValue` for an address that is none and `ClusterError` for a cluster that cannot be reached.
    """
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
    if importlib.util.find_spec("ray") is None:
        raise ClusterError("--ray: ray is not installed here; `pip install 'lakeppo[ray]'` brings it")
    address = address or os.environ.get("RAY_ADDRESS", "") or "local"
    if address != "local":
        with _leaving_when_asked():
            os.environ["RAY_AUTH_MODE"] = _reach(address)
    import ray  # which reads how to prove itself at this very moment

    with contextlib.redirect_stdout(io.StringIO()):
        try:
            with _leaving_when_asked():
                _init(ray, address)
            yield _cluster(ray.cluster_resources(), address, device)
        finally:
            with _unheard():
                ray.shutdown()


@contextlib.contextmanager
def _unheard() -> Iterator[None]:
    """Ray's own threads complain on standard error of what its end cuts short: to nobody, meanwhile."""
    kept = os.dup(2)
    nothing = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nothing, 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nothing)


@contextlib.contextmanager
def _leaving_when_asked() -> Iterator[None]:
    """As long as nothing is trained, whoever asks to stop is obeyed at once.

    Ray puts a handler of its own in the place of SIGTERM's, which leaves with a status of its own: that is undone.
    """

    def leave(number: int, frame: FrameType | None) -> None:
        sys.exit(128 + number)

    before = {number: signal.signal(number, leave) for number in SIGNALS}
    try:
        yield
    except SystemExit as left:
        sys.exit(128 + signal.SIGTERM if left.code == signal.SIGTERM else left.code)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _init(ray: Any, address: str) -> None:
    """A signal waits until Ray is connected, some seconds: interrupted before, it may crash."""
    here = {"include_dashboard": False} if address == "local" else {}
    with SignalCatcher() as signals:
        try:
            ray.init(address, log_to_driver=False, logging_level="CRITICAL", **here)
        except (RuntimeError, OSError, ValueError) as error:
            raise ClusterError("--ray {address}: {error}", address=address, error=error) from error
    if signals.number:
        sys.exit(signals.status)


def _cluster(resources: dict[str, float], address: str, device: str) -> Cluster:
    """Raises `ClusterError` if nothing could ever run there."""
    places = int(min(resources.get("CPU", 0), resources.get("GPU", 0) if device == "cuda" else np.inf))
    if places < 1:
        raise ClusterError(
            "--ray {address}: the cluster has no {kind} to train on",
            address=address, kind="GPU" if device == "cuda" else "CPU",
        )  # fmt: skip
    return Cluster("a Ray of this machine" if address == "local" else f"the Ray at {address}", places, device)


def _reach(address: str) -> str:
    """How to prove oneself at an address: RAY_AUTH_MODE.

    Raises `InvalidValue` or `ClusterError` where Ray itself would wait for minutes, or give up with all it holds.
    """
    silent = ClusterError("--ray {address}: no Ray cluster answers there", address=address)
    if address == "auto":
        return _proof(address, silent)
    host, _, port = address.rpartition(":")
    if not host or "/" in host or not port.isdecimal() or int(port) >= 2**16:
        raise InvalidValue("--ray wants HOST:PORT, auto or local, not {address}", address=address)
    try:
        socket.create_connection((host.strip("[]"), int(port)), PATIENCE[0]).close()
    except OSError as error:
        raise silent from error
    return _proof(address, silent)


def _proof(address: str, silent: ClusterError) -> str:
    """The RAY_AUTH_MODE that connects: without a token if the cluster wants none, or with the one there is.

    With a token it connects in either case, but where none is wanted it then waits for ever for what workers report.
    Somebody answers there, but maybe not Ray, whose connecting cannot be interrupted: other processes try it first.
    """
    given, token = os.environ.get("RAY_AUTH_MODE"), TOKEN.exists() or "RAY_AUTH_TOKEN" in os.environ
    modes = [given] if given else ["disabled", "token"] if token else ["disabled"]
    end = time.monotonic() + PATIENCE[1]
    with contextlib.ExitStack() as stack:
        tries = {mode: stack.enter_context(_trying(address, mode)) for mode in modes}
        for mode, (tried, log) in tries.items():
            try:
                if tried.wait(max(0.0, end - time.monotonic())) == 0:
                    return mode
            except subprocess.TimeoutExpired:
                raise silent from None
            log.seek(0)
            _, error, said = log.read().rpartition("Error: ")
        raise ClusterError("--ray {address}: {error}", address=address, error=said) if error else silent


@contextlib.contextmanager
def _trying(address: str, mode: str) -> Iterator[tuple[subprocess.Popen[bytes], IO[str]]]:
    """A process that connects, and what it says of it."""
    words = [sys.executable, "-c", "import sys, ray; ray.init(sys.argv[1], log_to_driver=False)", address]
    environment = {**os.environ, "RAY_AUTH_MODE": mode, **HASTE}
    with tempfile.TemporaryFile("w+") as log:
        tried = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=log, env=environment)
        try:
            yield tried, log
        finally:
            tried.kill()
            tried.wait()
