"""What going back costs: `python tests/benchmarks/past.py`.

Seconds to any moment of a whole `classic` run, and the memory the history of a long run takes.
"""

import argparse
import random
import resource
import time

from lakeppo.config import Limit, make_config
from lakeppo.moment import Moment, Phase
from lakeppo.runs.timeline import Timeline
from lakeppo.storage.run_file import RunFile


def lived(limit: Limit) -> Timeline:
    timeline = RunFile(0, make_config("classic")).timeline()
    while not timeline.run.reached(limit):
        timeline.unit()
    return timeline


def memory() -> float:
    """The most this process has ever held, in MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def travel(timeline: Timeline, times: int) -> None:
    chance, taken = random.Random(0), []
    for _ in range(times):
        update, phase = chance.randrange(timeline.branch.end.update), chance.choice(list(Phase))
        index = chance.randrange({Phase.COLLECT: 64, Phase.IMPROVE: 5}.get(phase, 1))
        begun = time.perf_counter()
        timeline.go_to(Moment(update, phase, index))
        taken.append(time.perf_counter() - begun)
    taken.sort()
    print(
        f"to any of {timeline.branch.end.update:,} updates: median {1000 * taken[times // 2]:.0f} ms, "
        f"p99 {1000 * taken[int(0.99 * times)]:.0f} ms, largest {1000 * taken[-1]:.0f} ms"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=1_000_000, help="environment steps of the long run")
    parser.add_argument("--times", type=int, default=200)
    given = parser.parse_args()
    travel(lived(Limit("episodes", 2000)), given.times)
    before = memory()
    long = lived(Limit("steps", given.steps))
    print(f"history of {given.steps:,} steps: {memory() - before:.0f} MiB")
    travel(long, given.times)


if __name__ == "__main__":
    main()
