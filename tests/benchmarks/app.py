"""Measure the cost of the app in a pseudo-terminal: `python tests/benchmarks/app.py`.

Training speed at full pace against the same run without a screen, the CPU time of a paused app, and the time from a
key to its effect on the screen while the run trains at full pace. Ratios of medians, the two programs alternating.
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

from lakeppo.config import make_config
from lakeppo.presets import Limit
from lakeppo.session.snapshot import FULL_SPEED

FIRST, LAST = 10_000, 70_000
"""The environment steps between which the time is measured."""
NEVER = Limit("steps", 10**9)
SIZE = (40, 120)
IDLE = 10.0
ESCAPES = re.compile(rb"\x1b\[[0-9;?]*[a-zA-Z]|\x1b[()][A-Z0-9]")


def measure(env_steps: Callable[[], int], report: Callable[[float], None]) -> None:
    """On another thread, report the seconds between `FIRST` and `LAST` environment steps."""

    def watch() -> None:
        times = []
        for steps in (FIRST, LAST):
            while env_steps() < steps:
                time.sleep(0.005)
            times.append(time.perf_counter())
        report(times[1] - times[0])

    threading.Thread(target=watch, daemon=True).start()


def headless(folder: Path, result: Path) -> None:
    """Run `lakeppo train` as the command does."""
    from lakeppo.headless.train import train
    from lakeppo.storage.run_file import RunFile

    timeline = RunFile(0, make_config("classic")).timeline()
    measure(lambda: timeline.run.trainer.env_steps, lambda seconds: result.write_text(str(seconds)))
    train(timeline, Limit("steps", LAST + 1000), folder, as_json=True, quiet=True)


def app_at_full_pace(folder: Path, result: Path) -> None:
    """Run the app at full pace, and quit at the end."""
    from lakeppo.runs.timeline import Timeline
    from lakeppo.session.worker import Worker
    from lakeppo.tui.app import LakeApp

    made: list[Timeline] = []

    def make() -> Timeline:
        from lakeppo.storage.run_file import RunFile

        made.append(RunFile(0, make_config("classic")).timeline())
        return made[0]

    worker = Worker(make, make_config("classic"), 0, NEVER, folder, False, FULL_SPEED)
    app = LakeApp(worker, saves=folder)

    def finish(seconds: float) -> None:
        result.write_text(str(seconds))
        app.call_from_thread(app.action_quit)

    measure(lambda: made[0].run.trainer.env_steps if made else 0, finish)
    app.run()
    worker.join()


def training(folder: Path, result: Path) -> None:
    """Run the app at full pace for ever."""
    from lakeppo.session.worker import Worker
    from lakeppo.storage.run_file import RunFile
    from lakeppo.tui.app import LakeApp

    config = make_config("classic")
    worker = Worker(lambda: RunFile(0, config).timeline(), config, 0, NEVER, folder, False, FULL_SPEED)
    LakeApp(worker, saves=folder).run()
    worker.join()


def paused(folder: Path, result: Path) -> None:
    """Measure the share of a core that a paused app uses."""
    from lakeppo.session.worker import Worker
    from lakeppo.storage.run_file import RunFile
    from lakeppo.tui.app import LakeApp

    config = make_config("classic")
    worker = Worker(lambda: RunFile(0, config).timeline(), config, 0, NEVER, folder, True)
    app = LakeApp(worker, saves=folder)

    def watch() -> None:
        time.sleep(6.0)
        before = resource.getrusage(resource.RUSAGE_SELF)
        time.sleep(IDLE)
        after = resource.getrusage(resource.RUSAGE_SELF)
        used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        result.write_text(str(used / IDLE))
        app.call_from_thread(app.action_quit)

    threading.Thread(target=watch, daemon=True).start()
    app.run()
    worker.join()


def result_of(program: str) -> float:
    """Return the result of one program in a terminal of its own."""
    with tempfile.TemporaryDirectory() as folder:
        child = _spawn([sys.executable, __file__, "--only", program, "--folder", folder])
        with suppress(pexpect.EOF):
            while True:  # read and drop: waiting for a pattern would search all of it again and again
                child.read_nonblocking(1 << 20, timeout=600)
        child.wait()
        return float((Path(folder) / "result").read_text())


def _spawn(command: list[str]) -> "pexpect.spawn[bytes]":
    environment = {**os.environ, "TERM": "xterm-256color", "COLORTERM": "truecolor"}
    settings = Path(tempfile.mkdtemp()) / "settings.toml"  # the app remembers the pace
    settings.write_text("tour_seen = true\n")
    environment["LAKEPPO_CONFIG"] = str(settings)
    child = pexpect.spawn(command[0], command[1:], dimensions=SIZE, env=environment, timeout=600)
    child.delaybeforesend = None  # pexpect would wait 50 ms before it sends a key
    return child


KEYS = (
    ("v", rb"The lake shows", ""),
    ("m", rb"bookmark (set|removed)", ""),
    ("?", rb"HELP ", "\x1b"),
    ("p", rb"KNOBS +esc closes", "\x1b"),
)
"""Keys, what the terminal shows then, and the key that closes it."""


def latencies(keys: int) -> dict[str, list[float]]:
    """Return the seconds from a key to its answer in the terminal's stream while the run trains at full pace."""
    with tempfile.TemporaryDirectory() as name:
        child = _spawn([sys.executable, __file__, "--only", "training", "--folder", name])
        stream = Stream(child)
        stream.wait_for("update [1-9][0-9]* · ".encode())  # it trains: torch has been imported
        seconds: dict[str, list[float]] = {key: [] for key, *_ in KEYS}
        for number in range(keys):
            for key, answer, closing in KEYS:
                time.sleep(0.05 + 0.0137 * (number % 13))
                stream.forget()
                started = time.perf_counter()
                child.send(key)
                stream.wait_for(answer)
                seconds[key].append(time.perf_counter() - started)
                if closing:
                    time.sleep(0.05)
                    child.send(closing)
                    time.sleep(0.4)  # an escape is a key only once nothing has followed it
        child.send("q")
        child.expect(pexpect.EOF)
        return seconds


class Stream:
    """The output of a child process without its escape sequences."""

    def __init__(self, child: "pexpect.spawn[bytes]") -> None:
        self.child = child
        self.text = b""

    def forget(self) -> None:
        """Drop the output so far."""
        try:
            while True:
                self.child.read_nonblocking(65536, timeout=0)
        except pexpect.TIMEOUT:
            self.text = b""

    def wait_for(self, pattern: bytes) -> None:
        while not re.search(pattern, self.text):
            self.text = (self.text + ESCAPES.sub(b"", self.child.read_nonblocking(65536, timeout=30)))[-100_000:]


PROGRAMS = {"headless": headless, "app": app_at_full_pace, "paused": paused, "training": training}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--keys", type=int, default=200)
    parser.add_argument("--only", choices=PROGRAMS)
    parser.add_argument("--folder", type=Path)
    arguments = parser.parse_args()
    if arguments.only:
        PROGRAMS[arguments.only](arguments.folder, arguments.folder / "result")
        return
    if arguments.rounds:
        compare_speed(arguments.rounds)
        print(f"paused         {100 * result_of('paused'):8.2f} % of a core")
    if arguments.keys:
        compare_keys(arguments.keys)


def compare_speed(rounds: int) -> None:
    seconds: dict[str, list[float]] = {"headless": [], "app": []}
    for _ in range(rounds):
        for program, results in seconds.items():
            results.append(result_of(program))
    headless, app = (statistics.median(results) for results in seconds.values())
    print(f"train          {(LAST - FIRST) / headless:8,.0f} steps/s")
    print(f"app, full pace {(LAST - FIRST) / app:8,.0f} steps/s   ratio {headless / app:.2f}")


def compare_keys(keys: int) -> None:
    for key, seconds in latencies(keys).items():
        seconds.sort()
        p50, p99, last = (1000 * seconds[int(share * (len(seconds) - 1))] for share in (0.5, 0.99, 1.0))
        print(f"key {key}          median {p50:.0f} ms, p99 {p99:.0f} ms, largest {last:.0f} ms")


if __name__ == "__main__":
    main()
