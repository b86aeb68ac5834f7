"""The cost of the app, measured in a pseudo-terminal: `python tests/benchmarks/app.py`.

Training speed at full pace against the same run without a screen, the CPU time of a paused app, and the latency of a
key at full pace. Ratios of medians; the two programs run in turn.
"""

import argparse
import os
import re
import resource
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pexpect

from lakeppo.config import Limit, make_config

FIRST, LAST = 10_000, 70_000
"""The environment steps between which time is measured."""
NEVER = Limit("steps", 10**9)
SIZE = (40, 120)
IDLE = 10.0
ESCAPES = re.compile(rb"\x1b\[[0-9;?]*[a-zA-Z]|\x1b[()][A-Z0-9]")


def time_steps(env_steps: Callable[[], int], report: Callable[[float], None]) -> None:
    """Report the seconds between `FIRST` and `LAST` environment steps, from another thread."""

    def watch() -> None:
        marks = []
        for mark in (FIRST, LAST):
            while env_steps() < mark:
                time.sleep(0.005)
            marks.append(time.perf_counter())
        report(marks[1] - marks[0])

    threading.Thread(target=watch, daemon=True).start()


def headless(folder: Path, output: Path) -> None:
    """Run `lakeppo train`, as the command does."""
    from lakeppo.headless.train import train
    from lakeppo.storage.run_file import RunFile

    timeline = RunFile(0, make_config("classic")).timeline()
    time_steps(lambda: timeline.run.trainer.env_steps, lambda seconds: output.write_text(str(seconds)))
    train(timeline, Limit("steps", LAST + 1000), folder, as_json=True, quiet=True)


def at_full_pace(folder: Path, output: Path) -> None:
    """Run `lakeppo tui` at full pace until `LAST`."""
    from lakeppo.runs.timeline import Timeline
    from lakeppo.session.worker import Runner
    from lakeppo.tui.app import LakeApp

    made: list[Timeline] = []

    def make() -> Timeline:
        from lakeppo.storage.run_file import RunFile

        made.append(RunFile(0, make_config("classic")).timeline())
        return made[0]

    runner = Runner(make, make_config("classic"), 0, NEVER, folder, False)
    app = LakeApp(runner, saves=folder)
    for _ in range(2):
        runner.send("faster")

    def finish(seconds: float) -> None:
        output.write_text(str(seconds))
        app.call_from_thread(app.action_quit)

    time_steps(lambda: made[0].run.trainer.env_steps if made else 0, finish)
    app.run()
    runner.end()


def paused(folder: Path, output: Path) -> None:
    """Run a paused app and measure the share of a core that it uses."""
    from lakeppo.session.worker import Runner
    from lakeppo.storage.run_file import RunFile
    from lakeppo.tui.app import LakeApp

    config = make_config("classic")
    runner = Runner(lambda: RunFile(0, config).timeline(), config, 0, NEVER, folder, True)
    app = LakeApp(runner, saves=folder)

    def watch() -> None:
        time.sleep(6.0)
        before = resource.getrusage(resource.RUSAGE_SELF)
        time.sleep(IDLE)
        after = resource.getrusage(resource.RUSAGE_SELF)
        used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        output.write_text(str(used / IDLE))
        app.call_from_thread(app.action_quit)

    threading.Thread(target=watch, daemon=True).start()
    app.run()
    runner.end()


def measured(which: str) -> float:
    """Run one program in a terminal of its own and return its figure."""
    with tempfile.TemporaryDirectory() as name:
        output = Path(name) / "output"
        child = _spawn([sys.executable, __file__, "--only", which, "--folder", name])
        with suppress(pexpect.EOF):
            while True:  # discard: waiting for a pattern would search the whole output again and again
                child.read_nonblocking(1 << 20, timeout=600)
        child.wait()
        return float(output.read_text())


def _spawn(command: list[str]) -> "pexpect.spawn[bytes]":
    environment = {**os.environ, "TERM": "xterm-256color", "COLORTERM": "truecolor"}
    return pexpect.spawn(command[0], command[1:], dimensions=SIZE, env=environment, timeout=600)


def latencies(keys: int) -> dict[str, list[float]]:
    """Return the seconds from each key to its effect in the terminal's output, at full pace."""
    with tempfile.TemporaryDirectory() as name:
        child = _spawn(["lakeppo", "tui", "--saves", name])
        child.send(">>")
        stream = Stream(child)
        stream.wait_for("update [1-9][0-9]* · ".encode())  # torch has been imported
        seconds: dict[str, list[float]] = {"v": [], "m": []}
        for number in range(keys):
            for key, effect in (("v", rb"The lake shows"), ("m", rb"bookmark (at|taken)")):
                time.sleep(0.05 + 0.0137 * (number % 13))
                stream.clear()
                start = time.perf_counter()
                child.send(key)
                stream.wait_for(effect)
                seconds[key].append(time.perf_counter() - start)
        child.send("q")
        child.expect(pexpect.EOF)
        return seconds


class Stream:
    """The output of a child without escape sequences."""

    def __init__(self, child: "pexpect.spawn[bytes]") -> None:
        self.child = child
        self.text = b""

    def clear(self) -> None:
        """Discard the output so far."""
        try:
            while True:
                self.child.read_nonblocking(65536, timeout=0)
        except pexpect.TIMEOUT:
            self.text = b""

    def wait_for(self, pattern: bytes) -> None:
        while not re.search(pattern, self.text):
            self.text = (self.text + ESCAPES.sub(b"", self.child.read_nonblocking(65536, timeout=30)))[-100_000:]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--keys", type=int, default=200)
    parser.add_argument("--only", choices=["headless", "app", "paused"])
    parser.add_argument("--folder", type=Path)
    given = parser.parse_args()
    if given.only:
        {"headless": headless, "app": at_full_pace, "paused": paused}[given.only](given.folder, given.folder / "output")
        return
    if given.rounds:
        compare_speed(given.rounds)
        print(f"paused         {100 * measured('paused'):8.2f} % of a core")
    if given.keys:
        compare_keys(given.keys)


def compare_speed(rounds: int) -> None:
    seconds: dict[str, list[float]] = {"headless": [], "app": []}
    for _ in range(rounds):
        for which, values in seconds.items():
            values.append(measured(which))
    without, with_app = (statistics.median(values) for values in seconds.values())
    print(f"train          {(LAST - FIRST) / without:8,.0f} steps/s")
    print(f"app, full pace {(LAST - FIRST) / with_app:8,.0f} steps/s   ratio {without / with_app:.2f}")


def compare_keys(keys: int) -> None:
    for key, seconds in latencies(keys).items():
        seconds.sort()
        p50, p99, last = (1000 * seconds[int(share * (len(seconds) - 1))] for share in (0.5, 0.99, 1.0))
        print(f"key {key}          median {p50:.0f} ms, p99 {p99:.0f} ms, largest {last:.0f} ms")


if __name__ == "__main__":
    main()
