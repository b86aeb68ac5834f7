"""`lakeppo fleet --ray`: a cluster has the results of one machine, whatever is lost on the way."""

import contextlib
import importlib.util
import json
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from support.fleets import AGENTS, reported, trained
from support.hostile import write_namesakes

from lakeppo.fleets.population import History, Population
from lakeppo.headless import cluster, ray_connection
from lakeppo.headless.cluster import RESULTS, VERSIONS, ClusterError, apply_report, train_shard
from lakeppo.presets import Limit

needs_ray = pytest.mark.skipif(importlib.util.find_spec("ray") is None, reason="`lakeppo[ray]` is not installed")
slow = pytest.mark.skipif("LAKEPPO_RAY" not in os.environ, reason="a cluster takes half a minute: LAKEPPO_RAY=1")
TESTS = Path(__file__).parent.parent
TIMEOUT = 120.0


def trained_in_shards(population: Population) -> Population:
    """Do what a cluster does, in this process."""
    for index in population.fleets:
        history = History(index)
        for report in train_shard([population.agents[k] for k in index], population.limit, "cpu", VERSIONS):
            apply_report(population, history, report)
    return population


@pytest.mark.parametrize("largest", [1, 2, 3, 7, 64])
def test_shards_of_any_size_have_the_same_results_to_the_bit(largest, monkeypatch):
    monkeypatch.setattr(cluster, "REPORT_STEPS", 1000)
    limit = Limit("episodes", 60)
    whole = trained(Population(AGENTS, limit))
    parts = trained_in_shards(Population(AGENTS, limit, largest=largest))
    assert len(parts.fleets) == -(-len(AGENTS) // largest)
    for name in RESULTS:
        assert np.array_equal(getattr(whole, name), getattr(parts, name)), name
    assert reported(whole) == reported(parts)
    assert len(set(whole.updates.tolist())) > 2  # so that the histories differ in length
    for steps in range(0, int(whole.env_steps.max()), 97):
        assert np.array_equal(whole.success_after(steps), parts.success_after(steps))


@contextlib.contextmanager
def started(*words: str, **environment: str) -> Iterator[subprocess.Popen[str]]:
    """A Python process that is killed with all its children at the end, and after `TIMEOUT` seconds in any case."""
    pipes = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(TESTS), *sys.path]), **environment}
    command = sys.executable, "-u", *words
    with subprocess.Popen(command, **pipes, text=True, start_new_session=True, env=environment) as process:
        timer = threading.Timer(TIMEOUT, os.killpg, (process.pid, signal.SIGKILL))
        timer.start()
        try:
            yield process
        finally:
            timer.cancel()
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)


class Machines:
    """A Ray cluster whose head has one CPU, and to which a machine can be added."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self.address = self._answer()

    def add(self) -> str:
        """Return the node of a new machine."""
        self._process.stdin.write("add\n")
        return self._answer()

    def remove(self) -> None:
        self._process.stdin.write("remove\n")
        assert self._answer() == "removed"

    def _answer(self) -> str:
        self._process.stdin.flush()
        answer = self._process.stdout.readline().strip()
        assert answer, self._process.communicate()[1]
        return answer


@pytest.fixture(scope="module")
def machines():
    with (
        tempfile.TemporaryDirectory(prefix="ray", dir="/tmp", ignore_cleanup_errors=True) as folder,
        started("-m", "support.ray_cluster", "serve", RAY_AUTH_MODE="disabled", RAY_TMPDIR=folder) as process,
    ):
        yield Machines(process)


@needs_ray
@slow
def test_losing_a_machine_half_way_changes_nothing(machines, tmp_path):
    command = "-m", "support.ray_cluster", "train", machines.address, machines.add(), str(tmp_path)
    with started(*command) as process:
        while not (tmp_path / "started").exists() and process.poll() is None:
            time.sleep(0.05)
        assert (tmp_path / "started").exists(), process.communicate()[1]
        machines.remove()
        out, err = process.communicate()
        assert (process.returncode, out) == (0, ""), err


@needs_ray
@slow
def test_an_interrupt_on_a_cluster_prints_the_report_only(machines):
    words = ("fleet", "--agents", "128", "--updates", "1000000", "--json", "--ray", machines.address)
    with started("-c", "from lakeppo.cli import main; main()", *words) as process:
        first = [process.stderr.readline() for _ in range(3)]
        process.terminate()
        out, err = process.communicate()
    assert process.returncode == 128 + signal.SIGTERM, (first, err)
    assert 0 < json.loads(out)["updates"] < 1_000_000
    assert "128 agents" in first[0]
    assert f"of the Ray cluster at {machines.address}" in first[1]
    *shown, last = [first[2], *err.splitlines(keepends=True)]
    assert last.startswith("interrupted, and nothing is kept")
    assert [line for line in shown if not re.fullmatch(r"\d+%  .* steps/s.*\n", line)] == []


def test_without_ray_the_error_names_what_to_install(lakeppo, monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", None)
    for words in (["--ray"], ["--ray", "127.0.0.1:6379"], ["--ray", "--agents", "3"]):
        status, out, err = lakeppo("fleet", *words)
        assert (status, out, err.count("\n")) == (1, "", 1)
        assert "lakeppo[ray]" in err


@needs_ray
@pytest.mark.parametrize("listens", [False, True], ids=["closed port", "another server"])
def test_an_address_without_ray_is_a_short_error(lakeppo, monkeypatch, listens):
    monkeypatch.setattr(ray_connection, "RAY_TIMEOUT", 1.0)
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = f"127.0.0.1:{server.getsockname()[1]}"
        if not listens:
            server.close()
        status, out, err = lakeppo("fleet", "--ray", address, "--agents", "2")
    assert (status, out) == (1, "")
    assert err == f"lakeppo: --ray {address}: no Ray cluster answers there\n"


@pytest.fixture
def attempts(monkeypatch, tmp_path):
    """Replace the processes that try to connect by shell commands, for each RAY_AUTH_MODE."""

    def write(**modes: str) -> None:
        python = tmp_path / "python"
        python.write_text(
            "#!/bin/sh\ncase $RAY_AUTH_MODE in\n" + "".join(f"{m}) {w};;\n" for m, w in modes.items()) + "esac"
        )
        python.chmod(0o755)
        monkeypatch.setattr(sys, "executable", str(python))
        monkeypatch.setattr(ray_connection, "token_file", lambda: python)
        monkeypatch.delenv("RAY_AUTH_MODE", raising=False)

    return write


def test_the_token_is_sent_only_where_it_is_required(attempts, monkeypatch):
    no_answer = ClusterError("no answer")
    attempts(disabled="sleep 0.3", token="exit 0")
    assert ray_connection._working_auth_mode("here:1", "--ray", no_answer) == "disabled"
    attempts(disabled="exit 1", token="sleep 0.1")
    assert ray_connection._working_auth_mode("here:1", "--ray", no_answer) == "token"
    monkeypatch.setattr(ray_connection, "token_file", lambda: Path("/nowhere"))
    monkeypatch.setenv("RAY_AUTH_TOKEN", "a token")
    assert ray_connection._working_auth_mode("here:1", "--ray", no_answer) == "token"
    attempts(disabled="exit 1", token="echo 'AError: not that token' >&2; exit 1")
    with pytest.raises(ClusterError, match=r"--ray here:1: not that token"):
        ray_connection._working_auth_mode("here:1", "--ray", no_answer)
    short = '[ "$RAY_gcs_rpc_server_reconnect_timeout_s" = 5 ] || exec sleep 99'
    attempts(disabled=f"{short}; echo 'GCS may have been killed.' >&2; exit 1", token="exit 1")
    with pytest.raises(ClusterError, match="no answer"):
        ray_connection._working_auth_mode("here:1", "--ray", no_answer)
    monkeypatch.setattr(ray_connection, "RAY_TIMEOUT", 0.3)
    attempts(disabled="exit 1", token="exec sleep 99")
    with pytest.raises(ClusterError, match="no answer"):
        ray_connection._working_auth_mode("here:1", "--ray", no_answer)


@needs_ray
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_while_connecting_exits_at_once(lakeppo, attempts, number):
    before = signal.getsignal(number)
    attempts(disabled=f"kill -{number:d} $PPID; exec sleep 99", token="exec sleep 99")
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = f"127.0.0.1:{server.getsockname()[1]}"
        assert lakeppo("fleet", "--ray", address, "--agents", "2") == (128 + number, "", "")
    assert signal.getsignal(number) is before


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_rays_own_connecting_is_not_interrupted(number):
    class Ray:
        connected = False

        def init(self, *words, **more) -> None:
            os.kill(os.getpid(), number)
            self.connected = True

    ray, before = Ray(), signal.getsignal(number)
    with pytest.raises(SystemExit) as left:
        ray_connection._init_ray(ray, "local", "--ray")
    assert (ray.connected, left.value.code) == (True, 128 + number)
    assert signal.getsignal(number) is before


def test_connecting_runs_no_code_of_the_current_folder(tmp_path, monkeypatch):
    executed = write_namesakes(tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(os.environ, "PYTHONSAFEPATH", "")
    with ray_connection._connection_attempt("127.0.0.1:1", "disabled") as (process, _):
        process.wait(TIMEOUT)
    assert not executed.exists()


@needs_ray
@slow
def test_workers_run_no_code_of_the_current_folder(tmp_path, monkeypatch):
    executed = write_namesakes(tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("RAY_ADDRESS", raising=False)
    words = ("fleet", "--agents", "3", "--updates", "2", "--json", "--quiet", "--ray")
    with started("-P", "-c", "from lakeppo.cli import main; main()", *words) as process:
        out, err = process.communicate()
    assert not executed.exists(), executed.read_text()
    assert (process.returncode, err) == (0, "")
    assert json.loads(out)["updates"] == 2


def test_an_unknown_home_is_named(monkeypatch):
    def unknown():
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(Path, "home", unknown)
    monkeypatch.delenv("RAY_AUTH_TOKEN_PATH", raising=False)
    with pytest.raises(ClusterError, match="set HOME"):
        ray_connection.token_file()
    monkeypatch.setenv("RAY_AUTH_TOKEN_PATH", "/token")
    assert ray_connection.token_file() == Path("/token")


@pytest.mark.parametrize("address", ["somewhere", "127.0.0.1:1"])
def test_the_address_of_the_environment_is_called_so(lakeppo, monkeypatch, address):
    monkeypatch.setitem(sys.modules, "ray", ModuleType("ray"))
    sys.modules["ray"].__spec__ = ModuleSpec("ray", None)
    monkeypatch.setenv("RAY_ADDRESS", address)
    status, out, err = lakeppo("fleet", "--ray", "--agents", "2")
    assert (status, out, err.count("\n")) == (1 if ":" in address else 2, "", 1)
    assert f"RAY_ADDRESS {address}: no Ray" in err or "RAY_ADDRESS must be HOST:PORT" in err
    assert lakeppo("fleet", "--ray", address, "--agents", "2")[2] == err.replace("RAY_ADDRESS", "--ray")


def test_compile_is_rejected_with_ray(lakeppo):
    status, out, err = lakeppo("fleet", "--compile", "--ray")
    assert (status, out) == (2, "")
    assert "--compile cannot be given with --ray" in err


@needs_ray
@pytest.mark.parametrize("address", ["somewhere", "ray://here:10001", "host:port", "host:99999"])
def test_an_invalid_address_is_one_line_and_status_2(lakeppo, address):
    status, out, err = lakeppo("fleet", "--ray", address)
    assert (status, out, err.count("\n")) == (2, "", 1)
    assert "HOST:PORT" in err
