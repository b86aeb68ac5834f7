"""The cost of going back: `python tests/benchmarks/past.py`.

The time to go to any moment of a whole `classic` run, and the memory of the history of a long run.
"""

import argparse
import random
import resource
import time

from lakeppo.config import Limit, make_config
from lakeppo.moment import Moment, Phase
from lakeppo.runs.timeline import Timeline
from lakeppo.storage.run_file import RunFile


def trained(limit: Limit) -> Timeline:
    timeline = RunFile(0, make_config("classic")).timeline()
    while not timeline.run.reached(limit):
        timeline.unit()
    return timeline


def memory() -> float:
    """Return the peak memory of this process in MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def travel(timeline: Timeline, times: int) -> None:
    generator, seconds = random.Random(0), []
    for _ in range(times):
        update, phase = generator.randrange(timeline.branch.end.update), generator.choice(list(Phase))
        index = generator.randrange({Phase.COLLECT: 64, Phase.IMPROVE: 5}.get(phase, 1))
        start = time.perf_counter()
        timeline.go_to(Moment(update, phase, index))
        seconds.append(time.perf_counter() - start)
    seconds.sort()
    print(
        f"to any of {timeline.branch.end.update:,} updates: median {1000 * seconds[times // 2]:.0f} ms, "
        f"p99 {1000 * seconds[int(0.99 * times)]:.0f} ms, largest {1000 * seconds[-1]:.0f} ms"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=1_000_000, help="environment steps of the long run")
    parser.add_argument("--times", type=int, default=200)
    given = parser.parse_args()
    travel(trained(Limit("episodes", 2000)), given.times)
    before = memory()
    long = trained(Limit("steps", given.steps))
    print(f"history of {given.steps:,} steps: {memory() - before:.0f} MiB")
    travel(long, given.times)


if __name__ == "__main__":
    main()
