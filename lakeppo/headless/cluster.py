"""`lakeppo fleet --ray`: a population in shards, each a fleet of its own and one task of a Ray cluster.

Ray decides where a shard runs, and repeats it when its machine is lost. No bit of an agent depends on its shard.
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
from typing import IO, Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from lakeppo import __version__
from lakeppo.errors import InvalidValue, LakeppoError
from lakeppo.fleets.fleet import Agent
from lakeppo.fleets.population import MAX_FLEET, History, Population
from lakeppo.fleets.shard import RESULTS, Shard
from lakeppo.headless.signals import SignalCatcher
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
CONNECT_TIMEOUT, RAY_TIMEOUT = 5.0, 30.0
"""Seconds to wait for a connection to an address, and for Ray's answer there."""
RAY_OPTIONS = {
    "RAY_NUM_REDIS_GET_RETRIES": "3",  # a second apart, even when the connection is refused
    "RAY_gcs_rpc_server_connect_timeout_s": "1",
    "RAY_gcs_rpc_server_reconnect_timeout_s": "5",
}
"""Ray's own settings: by default it waits a minute for a cluster that has ended."""
STANDARD_LIBRARY = Path(os.__file__).parent
"""Ray's workers import from the folder in which Ray was started, before any other: from this one they do anyway."""
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


@contextlib.contextmanager
def connected(address: str, device: str, signals: SignalCatcher) -> Iterator[Cluster]:
    """Connect to the Ray cluster at `address`, by default RAY_ADDRESS or a new one on this machine.

    Standard output is redirected meanwhile: Ray prints its machines' events there. After a signal the connection stays:
    ending it takes seconds, and it ends with the process, as the processes of a new cluster do. Raise `InvalidValue`
    for an invalid address and `ClusterError` for a cluster that cannot be reached.
    """
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
    if (token := os.environ.get("RAY_AUTH_TOKEN_PATH")) is not None:
        os.environ["RAY_AUTH_TOKEN_PATH"] = str(Path(token).absolute())  # Ray is started in another folder
    if importlib.util.find_spec("ray") is None:
        raise ClusterError("--ray: Ray is not installed; run `pip install 'lakeppo[ray]'`")
    address, option = address or os.environ.get("RAY_ADDRESS", "") or "local", "--ray" if address else "RAY_ADDRESS"
    if address != "local":
        with _exit_on_signal():
            os.environ["RAY_AUTH_MODE"] = _auth_mode(address, option)
    import ray  # reads RAY_AUTH_MODE when it is imported

    with contextlib.redirect_stdout(io.StringIO()):
        try:
            with _exit_on_signal(signals):
                _init_ray(ray, address, option)
            yield _cluster(ray.cluster_resources(), address, option, device)
        finally:
            if not signals.number:
                with _discarded_stderr():
                    ray.shutdown()


@contextlib.contextmanager
def _discarded_stderr() -> Iterator[None]:
    """Discard standard error: Ray's threads print errors there while it shuts down."""
    saved = os.dup(2)
    with Path(os.devnull).open("wb") as null:
        os.dup2(null.fileno(), 2)
    try:
        yield
    finally:
        os.dup2(saved, 2)
        os.close(saved)


@contextlib.contextmanager
def _exit_on_signal(signals: SignalCatcher | None = None) -> Iterator[None]:
    """Exit at once on a signal while nothing is trained, and record it in `signals`.

    Ray's handler of SIGTERM would give another status.
    """
    try:
        with SignalCatcher(exit_at_once=True):
            yield
    except SystemExit as left:
        status = 128 + signal.SIGTERM if left.code == signal.SIGTERM else left.code
        if signals is not None and isinstance(status, int):
            signals.number = status - 128
        sys.exit(status)


def _init_ray(ray: Any, address: str, option: str) -> None:
    """Connect; a signal takes effect afterwards or ends the process, because Ray may crash when interrupted here."""
    options = {"include_dashboard": False} if address == "local" else {}
    with SignalCatcher(deadline=True) as signals:
        signals.may_raise = False
        try:
            with contextlib.chdir(STANDARD_LIBRARY):
                ray.init(address, log_to_driver=False, logging_level="CRITICAL", **options)
        except (RuntimeError, OSError, ValueError) as error:
            raise ClusterError("{option} {address}: {error}", option=option, address=address, error=error) from error
    if signals.number:
        sys.exit(signals.status)


def _cluster(resources: dict[str, float], address: str, option: str, device: str) -> Cluster:
    slots = int(min(resources.get("CPU", 0), resources.get("GPU", 0) if device == "cuda" else np.inf))
    if slots < 1:
        kind = "GPU" if device == "cuda" else "CPU"
        template = N_("{option} {address}: the cluster has no {kind} to train on")
        raise ClusterError(template, option=option, address=address, kind=kind)
    return Cluster(
        _("a local Ray cluster") if address == "local" else _("the Ray cluster at {address}").format(address=address),
        slots,
        device,
    )


def _auth_mode(address: str, option: str) -> str:
    """Return the RAY_AUTH_MODE for the address of an option or variable.

    Raise an error where Ray would wait for minutes or abort the process.
    """
    no_answer = ClusterError("{option} {address}: no Ray cluster answers there", option=option, address=address)
    if address != "auto":
        host, _, port = address.rpartition(":")
        if not host or "/" in host or not port.isdecimal() or int(port) >= 2**16:
            raise InvalidValue(
                "{option} must be HOST:PORT, auto or local, not {address}", option=option, address=address
            )
        try:
            socket.create_connection((host.strip("[]"), int(port)), CONNECT_TIMEOUT).close()
        except OSError as error:
            raise no_answer from error
    return _working_auth_mode(address, option, no_answer)


def token_file() -> Path:
    """Return the file of Ray's token. Raise `ClusterError` where a home folder is needed to find it and is unknown."""
    if (path := os.environ.get("RAY_AUTH_TOKEN_PATH")) is not None:
        return Path(path)
    try:
        return Path.home() / ".ray" / "auth_token"
    except RuntimeError:
        raise ClusterError("--ray: Ray needs a home folder, and this user has none; set HOME to one") from None


def _working_auth_mode(address: str, option: str, no_answer: ClusterError) -> str:
    """Return the RAY_AUTH_MODE that connects: `disabled` if the cluster requires no token, else `token`.

    With `token` where none is required, reports never arrive. What listens may not be Ray, and connecting cannot be
    interrupted: other processes try it first.
    """
    mode, token = os.environ.get("RAY_AUTH_MODE"), token_file().exists() or "RAY_AUTH_TOKEN" in os.environ
    modes = [mode] if mode else ["disabled", "token"] if token else ["disabled"]
    end = time.monotonic() + RAY_TIMEOUT
    with contextlib.ExitStack() as stack:
        attempts = {mode: stack.enter_context(_connection_attempt(address, mode)) for mode in modes}
        for mode, (process, log) in attempts.items():
            try:
                if process.wait(max(0.0, end - time.monotonic())) == 0:
                    return mode
            except subprocess.TimeoutExpired:
                raise no_answer from None
            log.seek(0)
            _, found, message = log.read().rpartition("Error: ")
        if not found:
            raise no_answer
        raise ClusterError("{option} {address}: {error}", option=option, address=address, error=message)


@contextlib.contextmanager
def _connection_attempt(address: str, mode: str) -> Iterator[tuple[subprocess.Popen[bytes], IO[str]]]:
    """Start a process that connects, and yield it with its log."""
    command = [sys.executable, "-P", "-c", "import sys, ray; ray.init(sys.argv[1], log_to_driver=False)", address]
    environment = {**os.environ, "RAY_AUTH_MODE": mode, **RAY_OPTIONS}
    with tempfile.TemporaryFile("w+") as log:
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=log, env=environment)
        try:
            yield process, log
        finally:
            process.kill()
            process.wait()
