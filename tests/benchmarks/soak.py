"""Measure whether the app slows down or grows in a long run: `python tests/benchmarks/soak.py`.

The app trains `classic` at full pace in a pseudo-terminal, for a million environment steps. Then it takes turns with
fresh ones, each standing still while the other works: the ratio is the mean of those of all turns, which are many and
short because the speed of a machine may change within a second. It is printed by the clock and by the processor's time,
with its standard error.
"""

import argparse
import math
import os
import resource
import signal
import statistics
import sys
import tempfile
import threading
import time
from contextlib import suppress
from pathlib import Path

import pexpect

from lakeppo.config import make_config
from lakeppo.presets import Limit
from lakeppo.session.snapshot import FULL_SPEED

FRESH = 20_000
"""Environment steps after which a fresh run is measured: everything has been imported, drawn and saved."""
STRETCH = 4_000
"""Environment steps whose time is measured."""
TURNS = 60
"""Stretches of each fresh app."""
SIZE = (40, 120)


def memory() -> float:
    """Return the peak memory of this process in MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def run_app(folder: Path, first: int, stretches: int) -> None:
    """Run the app; stop this process before each stretch, and append a line to `folder/result` after it."""
    from lakeppo.runs.timeline import Timeline
    from lakeppo.session.worker import Worker
    from lakeppo.storage.run_file import RunFile
    from lakeppo.tui.app import LakeApp

    config, made = make_config("classic"), list[Timeline]()

    def make() -> Timeline:
        made.append(RunFile(0, config).timeline())
        return made[0]

    def wait_for(steps: int) -> None:
        while not made or made[0].run.trainer.env_steps < steps:
            time.sleep(0.002)

    def watch() -> None:
        wait_for(FRESH)
        fresh = memory()
        wait_for(first)
        for _ in range(stretches):
            signal.pthread_kill(threading.get_ident(), signal.SIGSTOP)  # it stops before it looks at the clock
            start, before, used = made[0].run.trainer.env_steps, time.perf_counter(), time.process_time()
            wait_for(start + STRETCH)
            seconds, used = time.perf_counter() - before, time.process_time() - used
            with (folder / "result").open("a") as file:
                file.write(f"{seconds} {used} {memory() - fresh}\n")
        app.call_from_thread(app.action_quit)

    worker = Worker(make, config, 0, Limit("steps", 10**9), folder, False, FULL_SPEED)
    app = LakeApp(worker, saves=folder)
    threading.Thread(target=watch, daemon=True).start()
    app.run()
    worker.join()


class App:
    """The app in a process and a terminal of its own, which stops before each stretch."""

    def __init__(self, first: int, stretches: int) -> None:
        self._folder = tempfile.TemporaryDirectory()
        folder, environment = self._folder.name, {**os.environ, "TERM": "xterm-256color", "COLORTERM": "truecolor"}
        command = [__file__, "--folder", folder, "--first", str(first), "--rounds", str(stretches)]
        self._child = pexpect.spawn(sys.executable, command, dimensions=SIZE, env=environment)
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        self._wait_until_stopped()

    def _read(self) -> None:
        with suppress(pexpect.EOF):
            while True:
                with suppress(pexpect.TIMEOUT):
                    self._child.read_nonblocking(1 << 20, timeout=1)

    def _wait_until_stopped(self) -> None:
        """Wait until the process has stopped itself, or has ended."""
        _, status = os.waitpid(self._child.pid, os.WUNTRACED)
        if not os.WIFSTOPPED(status) and status:
            raise RuntimeError(f"the app has ended with status {status}")

    def stretch(self) -> tuple[float, float, float]:
        """Return the steps a second of one stretch, by both clocks, and by how many MiB the process has grown."""
        os.kill(self._child.pid, signal.SIGCONT)
        self._wait_until_stopped()
        seconds, used, grown = map(float, (Path(self._folder.name) / "result").read_text().splitlines()[-1].split())
        return STRETCH / seconds, STRETCH / used, grown


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=1_150_000, help="environment steps before the first round")
    parser.add_argument("--rounds", type=int, default=3, help="fresh apps")
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--first", type=int)
    arguments = parser.parse_args()
    if arguments.folder:
        run_app(arguments.folder, arguments.first, arguments.rounds)
        return
    from lakeppo.runs.timeline import MEMORY

    long, ratios, grown = App(arguments.steps, arguments.rounds * TURNS), list[tuple[float, float]](), list[float]()
    for _ in range(arguments.rounds):
        fresh = App(FRESH, TURNS)
        for _ in range(TURNS):
            (clock, used, _), (late_clock, late_used, more) = fresh.stretch(), long.stretch()
            ratios.append((late_clock / clock, late_used / used))
            grown.append(more)
        print(f"fresh {clock:8,.0f} steps/s   long {late_clock:8,.0f} steps/s, +{more:.0f} MiB", flush=True)
    for name, column in zip(("by the clock", "by the processor's time"), zip(*ratios, strict=True), strict=True):
        logs = [math.log(ratio) for ratio in column]
        error = statistics.stdev(logs) / math.sqrt(len(logs))
        print(f"ratio {math.exp(statistics.fmean(logs)):.3f} ± {error:.3f} {name}")
    print(f"memory +{grown[0]:.0f} MiB at {arguments.steps:,} steps, keyframes may take {MEMORY / 2**20:.0f} MiB")


if __name__ == "__main__":
    main()
