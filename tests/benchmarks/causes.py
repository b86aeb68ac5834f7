"""Measure what explanations cost: `python tests/benchmarks/causes.py`.

Milliseconds of the processor for the counterfactuals of an update, its explanation, that of an arrow, and the
tables of all passes recomputed.
"""

import argparse
import random
import time
from collections.abc import Callable
from statistics import median

from lakeppo.causes.arrows import explain_arrow
from lakeppo.causes.branch_tables import branch_tables
from lakeppo.causes.counterfactuals import effects, finished, worlds
from lakeppo.causes.explanation import explain
from lakeppo.causes.results import Lens, Part
from lakeppo.causes.update import update_at
from lakeppo.config import make_config
from lakeppo.moment import Moment, Phase
from lakeppo.runs.pass_tables import PassTables
from lakeppo.runs.run import Run
from lakeppo.runs.timeline import Timeline

UPDATES = {"classic": 200, "slippery": 98}


def timed(function: Callable[..., object], *arguments: object) -> float:
    started = time.thread_time()
    function(*arguments)
    return 1000 * (time.thread_time() - started)


def report(name: str, milliseconds: list[float]) -> None:
    print(f"  {name:<34} median {median(milliseconds):7.1f}  largest {max(milliseconds):7.1f}  n {len(milliseconds)}")


def measure(preset: str, seed: int, times: int) -> None:
    timeline = Timeline(Run(make_config(preset), seed))
    timeline.run.tables = PassTables()
    while timeline.run.trainer.updates < UPDATES[preset]:
        timeline.unit()
    print(f"{preset}, {UPDATES[preset]} updates, seed {seed}: tables of {timeline.run.tables.nbytes / 1000:.0f} kB")
    rng = random.Random(0)
    numbers = [rng.randrange(UPDATES[preset]) for _ in range(times)]
    moments = [Moment(number, Phase.COPY, 0) for number in numbers]
    report("going to an update", [timed(update_at, timeline, moment) for moment in moments])
    updates = [update_at(timeline, moment) for moment in moments]
    report("worlds", [timed(worlds, update, update.made) for update in updates])
    for part in Part:
        for lens in Lens:
            report(f"{part} by {lens}", [timed(effects, update, lens, part, update.made) for update in updates])
    report("explanation", [timed(explain, update) for update in updates])
    tiles = [tile for tile in range(16) if timeline.run.config.tile(tile) in "SF"]
    report("arrow", [timed(explain_arrow, timeline, tile) for tile in tiles])
    timeline.run.tables = None
    report("all tables recomputed", [timed(lambda: finished(branch_tables(timeline)))])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--times", type=int, default=15)
    arguments = parser.parse_args()
    for preset in UPDATES:
        measure(preset, arguments.seed, arguments.times)


if __name__ == "__main__":
    main()
