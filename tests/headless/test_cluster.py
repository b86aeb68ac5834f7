"""`lakeppo fleet --ray`: what a cluster says is what one machine says, whatever is lost on the way."""

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
from pathlib import Path

import numpy as np
import pytest

from lakeppo.config import Limit, make_config
from lakeppo.fleets.fleet import Agent
from lakeppo.fleets.population import History, Population
from lakeppo.headless import cluster as module
from lakeppo.headless.cluster import FIGURES, VERSIONS, ClusterError, Shards, connected, train_shard, write_down
from lakeppo.headless.fleet_report import FleetResult, in_words, result_of

needs_ray = pytest.mark.skipif(importlib.util.find_spec("ray") is None, reason="`lakeppo[ray]` is not installed")
wanted = "LAKEPPO_RAY" in os.environ
needs_machines = pytest.mark.skipif(not wanted, reason="a Ray of two machines takes half a minute: LAKEPPO_RAY=1")
HERE = Path(__file__).parent.parent / "support"
BOUND = 120.0
SMALL = {"batch_size": 32, "epochs": 2}
SETTINGS = [({"slip": slip}, make_config("steady", **SMALL, slip=slip)) for slip in (0.0, 0.3)]
AGENTS = [Agent(place, SETTINGS[place // 9][1]) for place in range(18)]


def driven(population: Population, trainer=None) -> Population:
    while not population.done.all():
        (trainer or population).update()
    return population


def reported(population: Population) -> tuple[str, str]:
    """All that is said of them."""
    outcome = FleetResult(population, SETTINGS, len(population.agents) // len(SETTINGS), 1.0)
    return str(result_of(outcome)), in_words(outcome, "utf-8")


def in_shards(population: Population) -> Population:
    """What a cluster does, in this process."""
    for who in population.fleets:
        history = History(who)
        for report in train_shard([population.agents[k] for k in who], population.limit, "cpu", VERSIONS):
            write_down(population, history, report)
    return population


@pytest.mark.parametrize("largest", [1, 2, 3, 7, 64])
def test_shards_of_any_size_say_the_same_to_the_bit(largest, monkeypatch):
    monkeypatch.setattr(module, "REPORT", 1000)
    limit = Limit("episodes", 60)
    whole = driven(Population(AGENTS, limit))
    parts = in_shards(Population(AGENTS, limit, largest=largest))
    assert len(parts.fleets) == -(-len(AGENTS) // largest)
    for name in FIGURES:
        assert np.array_equal(getattr(whole, name), getattr(parts, name)), name
    assert reported(whole) == reported(parts)
    assert len(set(whole.updates.tolist())) > 2  # so that the histories are not all of one length
    for steps in range(0, int(whole.env_steps.max()), 97):
        assert np.array_equal(whole.after(steps), parts.after(steps))


@contextlib.contextmanager
def started(*words: str, **environment: str) -> Iterator[subprocess.Popen[str]]:
    """A process that is gone in the end with all that it has started, and after `BOUND` seconds in any case."""
    piped = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
    words = sys.executable, "-u", *words
    with subprocess.Popen(
        words, **piped, text=True, start_new_session=True, cwd=HERE, env={**os.environ, **environment}
    ) as process:
        end = threading.Timer(BOUND, os.killpg, (process.pid, signal.SIGKILL))
        end.start()
        try:
            yield process
        finally:
            end.cancel()
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)


class Machines:
    """A Ray whose head has one CPU, and which other machines join and leave."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self.address = self._heard()

    def told(self, word: str) -> str:
        self._process.stdin.write(f"{word}\n")
        return self._heard()

    def _heard(self) -> str:
        self._process.stdin.flush()
        heard = self._process.stdout.readline().strip()
        assert heard, self._process.communicate()[1]
        return heard


@pytest.fixture(scope="module")
def machines():
    with (
        tempfile.TemporaryDirectory(prefix="ray", dir="/tmp", ignore_cleanup_errors=True) as folder,
        started("ray_cluster.py", RAY_AUTH_MODE="disabled", RAY_TMPDIR=folder) as process,
    ):
        yield Machines(process)


def on_the_second(second, folder):
    """`train_shard`, which on the second machine never gets beyond its first report."""
    real = train_shard

    def train(*task):
        import ray

        module.REPORT = 1000
        for report in real(*task):
            yield report
            while ray.get_runtime_context().get_node_id() == second:
                (folder / "begun").touch()
                time.sleep(0.05)

    return train


def with_a_machine_lost(address: str, second: str, folder: str) -> None:
    """What the process does whose machine is lost."""
    module.train_shard = on_the_second(second, Path(folder))
    with connected(address, "cpu") as found:
        assert found.places == 2
        limit = Limit("updates", 60)
        population = Population(AGENTS, limit, largest=3)
        assert reported(driven(population, Shards(population))) == reported(driven(Population(AGENTS, limit)))

        module.train_shard, module.VERSIONS = train_shard, "another lakeppo"
        strangers = Population(AGENTS, limit)
        with pytest.raises(ClusterError, match="must be the same"):
            driven(strangers, Shards(strangers))


@needs_ray
@needs_machines
def test_a_machine_lost_half_way_changes_nothing(machines, tmp_path):
    words = machines.address, machines.told("add"), str(tmp_path)
    with started("-c", f"import test_cluster; test_cluster.with_a_machine_lost{words}") as process:
        while not (tmp_path / "begun").exists() and process.poll() is None:
            time.sleep(0.05)
        assert (tmp_path / "begun").exists(), process.communicate()[1]
        assert machines.told("lose") == "lost"
        out, err = process.communicate()
        assert (process.returncode, out) == (0, ""), err


@needs_ray
@needs_machines
def test_an_interrupt_prints_what_there_is_and_nothing_else(machines):
    words = ("fleet", "--agents", "128", "--updates", "1000000", "--json", "--ray", machines.address)
    with started("-c", "from lakeppo.cli import main; main()", *words) as process:
        said = [process.stderr.readline() for _ in range(3)]
        process.terminate()
        out, err = process.communicate()
    assert process.returncode == 128 + signal.SIGTERM, (said, err)
    assert 0 < json.loads(out)["updates"] < 1_000_000
    assert "128 agents" in said[0]
    assert f"of the Ray at {machines.address}" in said[1]
    shown = [said[2], *err.splitlines(keepends=True)]
    assert [line for line in shown if not re.fullmatch(r"\d+%  .* steps/s.*\n", line)] == []


def test_without_ray_one_line_says_what_to_install(lakeppo, monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", None)
    for words in (["--ray"], ["--ray", "127.0.0.1:6379"], ["--ray", "--agents", "3"]):
        status, out, err = lakeppo("fleet", *words)
        assert (status, out, err.count("\n")) == (1, "", 1)
        assert "lakeppo[ray]" in err


@needs_ray
@pytest.mark.parametrize("somebody", [False, True], ids=["nobody", "somebody else"])
def test_an_address_where_no_ray_answers(lakeppo, monkeypatch, somebody):
    monkeypatch.setattr(module, "PATIENCE", (5.0, 1.0))
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = f"127.0.0.1:{server.getsockname()[1]}"
        if not somebody:
            server.close()
        status, out, err = lakeppo("fleet", "--ray", address, "--agents", "2")
    assert (status, out) == (1, "")
    assert err == f"lakeppo: --ray {address}: no Ray cluster answers there\n"


@pytest.fixture
def tries(monkeypatch, tmp_path):
    """Write down what becomes of the processes that try to connect, by RAY_AUTH_MODE."""

    def write(**modes: str) -> None:
        python = tmp_path / "python"
        python.write_text(
            "#!/bin/sh\ncase $RAY_AUTH_MODE in\n" + "".join(f"{m}) {w};;\n" for m, w in modes.items()) + "esac"
        )
        python.chmod(0o755)
        monkeypatch.setattr(sys, "executable", str(python))
        monkeypatch.setattr(module, "TOKEN", python)
        monkeypatch.delenv("RAY_AUTH_MODE", raising=False)

    return write


def test_the_token_is_shown_only_where_it_is_wanted(tries, monkeypatch):
    nobody = ClusterError("nobody answers")
    tries(disabled="sleep 0.3", token="exit 0")
    assert module._proof("here:1", nobody) == "disabled"
    tries(disabled="exit 1", token="sleep 0.1")
    assert module._proof("here:1", nobody) == "token"
    monkeypatch.setattr(module, "TOKEN", Path("/nowhere"))
    monkeypatch.setenv("RAY_AUTH_TOKEN", "a token")
    assert module._proof("here:1", nobody) == "token"
    tries(disabled="exit 1", token="echo 'AError: not that token' >&2; exit 1")
    with pytest.raises(ClusterError, match=r"--ray here:1: not that token"):
        module._proof("here:1", nobody)
    hasty = '[ "$RAY_gcs_rpc_server_reconnect_timeout_s" = 5 ] || exec sleep 99'
    tries(disabled=f"{hasty}; echo 'GCS may have been killed.' >&2; exit 1", token="exit 1")
    with pytest.raises(ClusterError, match="nobody answers"):
        module._proof("here:1", nobody)
    monkeypatch.setattr(module, "PATIENCE", (5.0, 0.3))
    tries(disabled="exit 1", token="exec sleep 99")
    with pytest.raises(ClusterError, match="nobody answers"):
        module._proof("here:1", nobody)


@needs_ray
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_who_is_interrupted_while_connecting_leaves_at_once(lakeppo, tries, number):
    before = signal.getsignal(number)
    tries(disabled=f"kill -{number:d} $PPID; exec sleep 99", token="exec sleep 99")
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = f"127.0.0.1:{server.getsockname()[1]}"
        assert lakeppo("fleet", "--ray", address, "--agents", "2") == (128 + number, "", "")
    assert signal.getsignal(number) is before


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_ray_itself_is_not_interrupted_while_it_connects(number):
    class Ray:
        connected = False

        def init(self, *words, **more) -> None:
            os.kill(os.getpid(), number)
            self.connected = True

    ray, before = Ray(), signal.getsignal(number)
    with pytest.raises(SystemExit) as left:
        module._init(ray, "local")
    assert (ray.connected, left.value.code) == (True, 128 + number)
    assert signal.getsignal(number) is before


def test_nothing_is_compiled_for_other_machines(lakeppo):
    status, out, err = lakeppo("fleet", "--compile", "--ray")
    assert (status, out) == (2, "")
    assert "--compile cannot be given with --ray" in err


@needs_ray
@pytest.mark.parametrize("address", ["somewhere", "ray://here:10001", "host:port", "host:99999"])
def test_an_address_that_is_none(lakeppo, address):
    status, out, err = lakeppo("fleet", "--ray", address)
    assert (status, out, err.count("\n")) == (2, "", 1)
    assert "HOST:PORT" in err
