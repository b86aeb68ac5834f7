"""The cost of siblings for the run on screen: `python tests/benchmarks/siblings.py`.

The run's environment steps per second while siblings train and while their process is stopped, in turn, and the ratio
of the two medians; with 64 and with 256 siblings.
"""

import argparse
import os
import signal
import statistics
import tempfile
import time
from pathlib import Path

from lakeppo.config import Limit, make_config
from lakeppo.session.siblings import ALL, FIRST
from lakeppo.session.snapshot import PACES, Snapshot
from lakeppo.session.worker import Runner
from lakeppo.storage.run_file import RunFile

NEVER = Limit("steps", 10**9)
CONFIG = make_config("classic")


def newest(runner: Runner) -> Snapshot:
    while (snapshot := runner.take()) is None:
        time.sleep(0.01)
    return snapshot


def speed(runner: Runner, seconds: float) -> float:
    """Return the environment steps per second; snapshots are taken five times a second, as the app does."""
    runner.take()
    first, start = newest(runner).env_steps, time.perf_counter()
    while time.perf_counter() - start < seconds:
        time.sleep(0.2)
        last = newest(runner)
    return (last.env_steps - first) / (time.perf_counter() - start)


def measure(pace: int, siblings: int, turns: int, seconds: float) -> None:
    timelines = []

    def make():
        timelines.append(RunFile(0, CONFIG).timeline())
        return timelines[0]

    with tempfile.TemporaryDirectory() as folder:
        runner = Runner(make, CONFIG, 0, NEVER, Path(folder), False)
        runner.start()
        newest(runner)
        for _ in range(pace - PACES.index(250)):
            runner.send("faster")
        for _ in range({FIRST: 1, ALL: 2}[siblings]):
            runner.send("siblings")
        while (fan := newest(runner).fan) is None or len(fan.seeds) < siblings or fan.known[0] != siblings:
            time.sleep(0.1)
        child = int(os.popen(f"pgrep -P {os.getpid()} -f siblings_process").read().split()[0])
        alone, beside = [], []
        for _ in range(turns):
            os.kill(child, signal.SIGSTOP)
            alone.append(speed(runner, seconds))
            os.kill(child, signal.SIGCONT)
            beside.append(speed(runner, seconds))
        runner.end()
    a, b = statistics.median(alone), statistics.median(beside)
    print(f"pace {PACES[pace]:>4g}, {siblings} siblings: alone {a:,.0f} steps/s, beside {b:,.0f}, ratio {b / a:.2f}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--turns", type=int, default=8)
    parser.add_argument("--seconds", type=float, default=2.0)
    given = parser.parse_args()
    for pace in (len(PACES) - 1, PACES.index(250)):
        for siblings in (FIRST, ALL):
            measure(pace, siblings, given.turns, given.seconds)
