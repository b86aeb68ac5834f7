"""`lakeppo fleet --ray`: what a cluster says is what one machine says, whatever is lost on the way."""

import importlib.util
import json
import os
import signal
import socket
import sys
import time

import numpy as np
import pytest

from lakeppo.config import Limit, make_config
from lakeppo.core.fleets.fleet import Agent
from lakeppo.core.fleets.siblings import History, Siblings
from lakeppo.headless import cluster as module
from lakeppo.headless.cluster import FIGURES, VERSIONS, ClusterError, Shards, connected, train_shard, write_down
from lakeppo.headless.fleet import FleetProgress
from lakeppo.headless.outcome import Outcome, in_words, result_of

here = importlib.util.find_spec("ray") is not None and "LAKEPPO_RAY" in os.environ
needs_ray = pytest.mark.skipif(not here, reason="a Ray of two machines takes a minute to come and go: LAKEPPO_RAY=1")
SMALL = {"batch_size": 32, "epochs": 2}
SETTINGS = [({"slip": slip}, make_config("steady", **SMALL, slip=slip)) for slip in (0.0, 0.3)]
AGENTS = [Agent(place, SETTINGS[place // 9][1]) for place in range(18)]


def driven(siblings: Siblings, trainer=None) -> Siblings:
    while not siblings.done.all():
        (trainer or siblings).update()
    return siblings


def reported(siblings: Siblings) -> tuple[str, str]:
    """All that is said of them."""
    outcome = Outcome(siblings, SETTINGS, len(siblings.agents) // len(SETTINGS), 1.0)
    return str(result_of(outcome)), in_words(outcome, "utf-8")


def in_shards(siblings: Siblings) -> Siblings:
    """What a cluster does, in this process."""
    for who in siblings.fleets:
        history = History(who)
        for report in train_shard([siblings.agents[k] for k in who], siblings.limit, "cpu", VERSIONS):
            write_down(siblings, history, report)
    return siblings


@pytest.mark.parametrize("largest", [1, 2, 3, 7, 64])
def test_shards_of_any_size_say_the_same_to_the_bit(largest, monkeypatch):
    monkeypatch.setattr(module, "REPORT", 1000)
    limit = Limit("episodes", 60)
    whole = driven(Siblings(AGENTS, limit))
    parts = in_shards(Siblings(AGENTS, limit, largest=largest))
    assert len(parts.fleets) == -(-len(AGENTS) // largest)
    for name in FIGURES:
        assert np.array_equal(getattr(whole, name), getattr(parts, name)), name
    assert reported(whole) == reported(parts)
    assert len(set(whole.updates.tolist())) > 2  # so that the histories are not all of one length
    for steps in range(0, int(whole.env_steps.max()), 97):
        assert np.array_equal(whole.after(steps), parts.after(steps))


@pytest.fixture(scope="module")
def nodes():
    """A Ray of two machines with one CPU each, the second of them beside it."""
    from ray.cluster_utils import Cluster

    nodes = Cluster(initialize_head=True, head_node_args={"num_cpus": 1, "include_dashboard": False})
    try:
        yield nodes, nodes.add_node(num_cpus=1)
    finally:
        nodes.shutdown()


def on_the_second(folder, second):
    """`train_shard`, which on the second machine never gets beyond its first report."""
    real, lost = train_shard, second.node_id

    def train(agents, *rest):
        import ray

        for report in real(agents, *rest):
            yield report
            while ray.get_runtime_context().get_node_id() == lost:
                (folder / str(agents[0].seed)).touch()
                time.sleep(0.05)

    return train


@needs_ray
def test_a_machine_lost_half_way_changes_nothing(nodes, tmp_path, monkeypatch, capsys):
    cluster, second = nodes
    limit = Limit("updates", 60)
    monkeypatch.setattr(module, "train_shard", on_the_second(tmp_path, second))
    monkeypatch.setattr(module, "REPORT", 1000)
    with connected(cluster.address, "cpu") as found:
        assert found.places == 2
        siblings = Siblings(AGENTS, limit, largest=3)
        shards = Shards(siblings)
        while not (any(tmp_path.iterdir()) or siblings.done.all()):
            shards.update()
        begun = [int(path.name) for path in tmp_path.iterdir()]
        assert not siblings.done[begun].any()
        cluster.remove_node(second, allow_graceful=False)
        assert reported(driven(siblings, shards)) == reported(driven(Siblings(AGENTS, limit)))

        monkeypatch.setattr(module, "train_shard", train_shard)
        monkeypatch.setattr(module, "VERSIONS", "another lakeppo")
        strangers = Siblings(AGENTS, limit)
        shards = Shards(strangers)
        with pytest.raises(ClusterError, match="must be the same"):
            driven(strangers, shards)
    assert capsys.readouterr().out == ""


@needs_ray
def test_an_interrupt_prints_what_there_is_and_nothing_else(nodes, lakeppo, monkeypatch):
    def show(progress: FleetProgress, seconds: float) -> None:
        if progress.siblings.env_steps.any():
            signal.raise_signal(signal.SIGTERM)

    monkeypatch.setattr(FleetProgress, "show", show)
    words = ("fleet", "--agents", "300", "--updates", "1000000", "--json", "--ray", nodes[0].address)
    status, out, err = lakeppo(*words)
    assert status == 128 + signal.SIGTERM
    result = json.loads(out)
    assert 0 < result["updates"] < 1_000_000
    assert err.count("\n") == 2
    assert "of the Ray at" in err


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
