"""Programs for the tests with Ray: `serve`, and `train ADDRESS NODE FOLDER`."""

import sys
import time
from pathlib import Path

import pytest

from lakeppo.fleets.population import Population
from lakeppo.headless import cluster
from lakeppo.headless.cluster import ClusterError, Shards, train_shard
from lakeppo.headless.ray_connection import connected
from lakeppo.headless.signal_catcher import SignalCatcher
from lakeppo.presets import Limit
from support.fleets import AGENTS, reported, trained


def serve() -> None:
    """Run a cluster whose machines, one CPU each, are all on this one; each line of input adds or removes one."""
    from ray.cluster_utils import Cluster

    machines = Cluster(initialize_head=True, head_node_args={"num_cpus": 1, "include_dashboard": False})
    print(machines.address, flush=True)
    added = []
    for line in sys.stdin:
        if line == "add\n":
            added.append(machines.add_node(num_cpus=1))
            print(added[-1].node_id, flush=True)
        else:
            machines.remove_node(added.pop(), allow_graceful=False)
            print("removed", flush=True)


def stuck_on(node: str, folder: Path):
    """Return a `train_shard` that never gets beyond its first report on one node, and then touches `started`."""

    def train(*task):
        import ray

        cluster.REPORT_STEPS = 1000
        for report in train_shard(*task):
            yield report
            while ray.get_runtime_context().get_node_id() == node:
                (folder / "started").touch()
                time.sleep(0.05)

    return train


def train(address: str, node: str, folder: str) -> None:
    """Train on two machines of which one is lost, then with workers of another version."""
    cluster.train_shard = stuck_on(node, Path(folder))
    with connected(address, "cpu", SignalCatcher()) as found:
        assert found.slots == 2
        limit = Limit("updates", 60)
        population = Population(AGENTS, limit, largest=3)
        assert reported(trained(population, Shards(population))) == reported(trained(Population(AGENTS, limit)))

        cluster.train_shard, cluster.VERSIONS = train_shard, "another lakeppo"
        population = Population(AGENTS, limit)
        with pytest.raises(ClusterError, match="must be the same"):
            trained(population, Shards(population))


if __name__ == "__main__":
    {"serve": serve, "train": train}[sys.argv[1]](*sys.argv[2:])
