"""A Ray of machines with one CPU each, all of them this one: every line it is told adds or loses one."""

import sys

from ray.cluster_utils import Cluster

cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 1, "include_dashboard": False})
print(cluster.address, flush=True)
machines = []
for line in sys.stdin:
    if line == "add\n":
        machines.append(cluster.add_node(num_cpus=1))
        print(machines[-1].node_id, flush=True)
    else:
        cluster.remove_node(machines.pop(), allow_graceful=False)
        print("lost", flush=True)
