"""Connecting to a Ray cluster: with or without its token, without waiting for minutes, and without Ray's own output."""

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
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

import numpy as np

from lakeppo.errors import InvalidValue
from lakeppo.headless.cluster import Cluster, ClusterError
from lakeppo.headless.signal_catcher import SignalCatcher
from lakeppo.i18n import N_, _

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
