"""Measure how siblings slow down the run on screen: `python tests/benchmarks/siblings.py`.

Environment steps a second of the run at a pace while 64 or 256 siblings train and while their process is stopped,
alternating, and the ratio of the two medians.
"""

import argparse
import os
import signal
import statistics
import tempfile
import time
from pathlib import Path

from lakeppo.config import make_config
from lakeppo.presets import Limit
from lakeppo.session.commands import CycleSiblings
from lakeppo.session.siblings import ALL, FIRST
from lakeppo.session.snapshot import PACES, Snapshot
from lakeppo.session.worker import Worker
from lakeppo.storage.run_file import RunFile

NEVER = Limit("steps", 10**9)
CONFIG = make_config("classic")


def newest(worker: Worker) -> Snapshot:
    while (snapshot := worker.take()) is None:
        time.sleep(0.01)
    return snapshot


def speed(worker: Worker, seconds: float) -> float:
    """Return environment steps a second while snapshots are taken five times a second."""
    worker.take()
    first, started = newest(worker).run.env_steps, time.perf_counter()
    while time.perf_counter() - started < seconds:
        time.sleep(0.2)
        last = newest(worker)
    return (last.run.env_steps - first) / (time.perf_counter() - started)


def measure(pace: int, siblings: int, turns: int, seconds: float) -> None:
    timelines = []

    def make():
        timelines.append(RunFile(0, CONFIG).timeline())
        return timelines[0]

    with tempfile.TemporaryDirectory() as folder:
        worker = Worker(make, CONFIG, 0, NEVER, Path(folder), False, pace)
        worker.start()
        newest(worker)
        for _ in range({FIRST: 1, ALL: 2}[siblings]):
            worker.send(CycleSiblings())
        while (results := newest(worker).siblings) is None or results.known[0] != siblings:
            time.sleep(0.1)
        child = int(os.popen(f"pgrep -P {os.getpid()} -f siblings_process").read().split()[0])
        stopped, training = [], []
        for _ in range(turns):
            os.kill(child, signal.SIGSTOP)
            stopped.append(speed(worker, seconds))
            os.kill(child, signal.SIGCONT)
            training.append(speed(worker, seconds))
        worker.join()
    a, b = statistics.median(stopped), statistics.median(training)
    print(f"pace {PACES[pace]:>4g}, {siblings} siblings: {a:,.0f} steps/s alone, {b:,.0f} with them, ratio {b / a:.2f}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--turns", type=int, default=8)
    parser.add_argument("--seconds", type=float, default=2.0)
    arguments = parser.parse_args()
    for pace in (len(PACES) - 1, PACES.index(250)):
        for siblings in (FIRST, ALL):
            measure(pace, siblings, arguments.turns, arguments.seconds)
