"""Measure the cost of going back: `python tests/benchmarks/past.py`.

Seconds to random moments of a whole `classic` run, and the memory that the history of a long run takes.
"""

import argparse
import random
import resource
import time

from lakeppo.config import make_config
from lakeppo.moment import Moment, Phase
from lakeppo.presets import Limit
from lakeppo.runs.timeline import Timeline
from lakeppo.storage.run_file import RunFile


def timeline_to(limit: Limit) -> Timeline:
    timeline = RunFile(0, make_config("classic")).timeline()
    while not timeline.run.reached(limit):
        timeline.unit()
    return timeline


def memory() -> float:
    """Return the peak memory of this process in MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def travel(timeline: Timeline, times: int) -> None:
    rng, seconds = random.Random(0), []
    for _ in range(times):
        update, phase = rng.randrange(timeline.branch.end.update), rng.choice(list(Phase))
        index = rng.randrange({Phase.COLLECT: 64, Phase.IMPROVE: 5}.get(phase, 1))
        started = time.perf_counter()
        timeline.go_to(Moment(update, phase, index))
        seconds.append(time.perf_counter() - started)
    seconds.sort()
    print(
        f"to any of {timeline.branch.end.update:,} updates: median {1000 * seconds[times // 2]:.0f} ms, "
        f"p99 {1000 * seconds[int(0.99 * times)]:.0f} ms, largest {1000 * seconds[-1]:.0f} ms"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=1_000_000, help="environment steps of the long run")
    parser.add_argument("--times", type=int, default=200)
    arguments = parser.parse_args()
    travel(timeline_to(Limit("episodes", 2000)), arguments.times)
    before = memory()
    long = timeline_to(Limit("steps", arguments.steps))
    print(f"history of {arguments.steps:,} steps: {memory() - before:.0f} MiB")
    travel(long, arguments.times)


if __name__ == "__main__":
    main()
