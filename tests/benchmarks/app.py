"""What the app costs, measured through a pseudo-terminal: `python tests/benchmarks/app.py`.

Training speed at full pace against the same run without a screen, the CPU a paused app uses, and how long a key waits
for its answer on the screen while the run goes at full pace. Ratios of medians, the two programs by turns.
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

from lakeppo.session.commands import ChangePace
from lakeppo.config import Limit, make_config

FROM, TO = 10_000, 70_000
"""The environment steps between which the time is taken."""
NEVER = Limit("steps", 10**9)
SIZE = (40, 120)
IDLE = 10.0
ESCAPES = re.compile(rb"\x1b\[[0-9;?]*[a-zA-Z]|\x1b[()][A-Z0-9]")


def timed(env_steps: Callable[[], int], say: Callable[[float], None]) -> None:
    """Say how many seconds pass between `FROM` and `TO` environment steps, from another thread."""

    def watch() -> None:
        marks = []
        for mark in (FROM, TO):
            while env_steps() < mark:
                time.sleep(0.005)
            marks.append(time.perf_counter())
        say(marks[1] - marks[0])

    threading.Thread(target=watch, daemon=True).start()


def headless(folder: Path, said: Path) -> None:
    """`lakeppo train`, as the command runs it."""
    from lakeppo.headless.train import train
    from lakeppo.storage.run_file import RunFile

    timeline = RunFile(0, make_config("classic")).timeline()
    timed(lambda: timeline.run.trainer.env_steps, lambda seconds: said.write_text(str(seconds)))
    train(timeline, Limit("steps", TO + 1000), folder, as_json=True, quiet=True)


def shown(folder: Path, said: Path) -> None:
    """`lakeppo tui` at full pace; at the end it presses its own `q`."""
    from lakeppo.runs.timeline import Timeline
    from lakeppo.session.worker import Worker
    from lakeppo.tui.app import LakeApp

    made: list[Timeline] = []

    def make() -> Timeline:
        from lakeppo.storage.run_file import RunFile

        made.append(RunFile(0, make_config("classic")).timeline())
        return made[0]

    runner = Worker(make, make_config("classic"), 0, NEVER, folder, False)
    app = LakeApp(runner, saves=folder)
    for _ in range(2):
        runner.send(ChangePace(1))

    def finish(seconds: float) -> None:
        said.write_text(str(seconds))
        app.call_from_thread(app.action_quit)

    timed(lambda: made[0].run.trainer.env_steps if made else 0, finish)
    app.run()
    runner.end()


def paused(folder: Path, said: Path) -> None:
    """A paused app; the share of a core it uses."""
    from lakeppo.session.worker import Worker
    from lakeppo.storage.run_file import RunFile
    from lakeppo.tui.app import LakeApp

    config = make_config("classic")
    runner = Worker(lambda: RunFile(0, config).timeline(), config, 0, NEVER, folder, True)
    app = LakeApp(runner, saves=folder)

    def watch() -> None:
        time.sleep(6.0)
        before = resource.getrusage(resource.RUSAGE_SELF)
        time.sleep(IDLE)
        after = resource.getrusage(resource.RUSAGE_SELF)
        used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        said.write_text(str(used / IDLE))
        app.call_from_thread(app.action_quit)

    threading.Thread(target=watch, daemon=True).start()
    app.run()
    runner.end()


def measured(which: str) -> float:
    """What one program in a terminal of its own says."""
    with tempfile.TemporaryDirectory() as name:
        said = Path(name) / "said"
        child = _spawn([sys.executable, __file__, "--only", which, "--folder", name])
        with suppress(pexpect.EOF):
            while True:  # read and drop: waiting for a pattern would search all of it again and again
                child.read_nonblocking(1 << 20, timeout=600)
        child.wait()
        return float(said.read_text())


def _spawn(words: list[str]) -> "pexpect.spawn[bytes]":
    environment = {**os.environ, "TERM": "xterm-256color", "COLORTERM": "truecolor"}
    return pexpect.spawn(words[0], words[1:], dimensions=SIZE, env=environment, timeout=600)


def latencies(keys: int) -> dict[str, list[float]]:
    """Seconds from a key to its answer in the terminal's stream while the run goes at full pace."""
    with tempfile.TemporaryDirectory() as name:
        child = _spawn(["lakeppo", "tui", "--saves", name])
        child.send(">>")
        stream = Stream(child)
        stream.wait_for("update [1-9][0-9]* · ".encode())  # it trains: torch has been imported
        taken: dict[str, list[float]] = {"v": [], "m": []}
        for number in range(keys):
            for key, answer in (("v", rb"The lake shows"), ("m", rb"bookmark (at|taken)")):
                time.sleep(0.05 + 0.0137 * (number % 13))
                stream.forget()
                begun = time.perf_counter()
                child.send(key)
                stream.wait_for(answer)
                taken[key].append(time.perf_counter() - begun)
        child.send("q")
        child.expect(pexpect.EOF)
        return taken


class Stream:
    """What a child writes, without its escape sequences."""

    def __init__(self, child: "pexpect.spawn[bytes]") -> None:
        self.child = child
        self.text = b""

    def forget(self) -> None:
        """Drop what has been written so far."""
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
    parser.add_argument("--only", choices=["headless", "shown", "paused"])
    parser.add_argument("--folder", type=Path)
    given = parser.parse_args()
    if given.only:
        {"headless": headless, "shown": shown, "paused": paused}[given.only](given.folder, given.folder / "said")
        return
    if given.rounds:
        compare_speed(given.rounds)
        print(f"paused         {100 * measured('paused'):8.2f} % of a core")
    if given.keys:
        compare_keys(given.keys)


def compare_speed(rounds: int) -> None:
    seconds: dict[str, list[float]] = {"headless": [], "shown": []}
    for _ in range(rounds):
        for which, taken in seconds.items():
            taken.append(measured(which))
    without, with_app = (statistics.median(taken) for taken in seconds.values())
    print(f"train          {(TO - FROM) / without:8,.0f} steps/s")
    print(f"app, full pace {(TO - FROM) / with_app:8,.0f} steps/s   ratio {without / with_app:.2f}")


def compare_keys(keys: int) -> None:
    for key, waited in latencies(keys).items():
        waited.sort()
        p50, p99, last = (1000 * waited[int(share * (len(waited) - 1))] for share in (0.5, 0.99, 1.0))
        print(f"key {key}          median {p50:.0f} ms, p99 {p99:.0f} ms, largest {last:.0f} ms")


if __name__ == "__main__":
    main()
