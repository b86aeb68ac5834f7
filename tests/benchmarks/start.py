"""Measure how fast the program starts: `python tests/benchmarks/start.py`.

Seconds until `lakeppo --help` has ended, and until the app in a pseudo-terminal paints first, takes its first
environment step and its first gradient pass, each over those of `python -c "import torch"`, alternating.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import pexpect

GOALS = {"help": 0.3, "first paint": 0.6, "first environment step": 1.3, "first gradient pass": 1.4}
"""Ratios to aim at."""


def tui(folder: Path) -> None:
    """Open the app as the command does, at full pace, and record its first step and its first pass."""
    from lakeppo import cli
    from lakeppo.session.commands import ChangePace
    from lakeppo.session.snapshot import PACES
    from lakeppo.session.worker import Worker

    os.environ["LAKEPPO_CONFIG"] = str(folder / "settings.toml")
    start = Worker.start

    def start_watched(worker: Worker, *arguments: object) -> None:
        start(worker, *arguments)  # type: ignore[arg-type]
        for _ in PACES:
            worker.send(ChangePace(1))
        threading.Thread(target=watch, args=[folder], daemon=True).start()

    Worker.start = start_watched  # type: ignore[method-assign]
    sys.argv = ["lakeppo", "tui", "--saves", str(folder)]
    cli.main()


def watch(folder: Path) -> None:
    """Wait until the worker has imported the trainer, then record its first step and pass."""
    while not hasattr(sys.modules.get("lakeppo.ppo.trainer"), "Trainer"):
        time.sleep(0.001)
    trainer = sys.modules["lakeppo.ppo.trainer"].Trainer
    for method in ("_collect", "_improve"):
        record_first_call(trainer, method, folder)


def record_first_call(trainer: type, method: str, folder: Path) -> None:
    original = getattr(trainer, method)

    def recorded(self: object) -> None:
        original(self)
        setattr(trainer, method, original)
        (folder / method).write_text(str(time.time()))

    setattr(trainer, method, recorded)


def seconds(*command: str) -> float:
    started = time.time()
    subprocess.run(command, stdout=subprocess.DEVNULL, check=True)
    return time.time() - started


def app() -> tuple[float, float, float]:
    """Return the seconds until the first paint, the first environment step and the first gradient pass."""
    with tempfile.TemporaryDirectory() as name:
        started = time.time()
        child: pexpect.spawn[bytes] = pexpect.spawn(
            sys.executable, [__file__, "--tui", name], dimensions=(40, 120), timeout=60
        )
        child.expect(b"LOADING")
        painted = time.time()
        records = [Path(name) / method for method in ("_collect", "_improve")]
        while not all(path.exists() and path.stat().st_size for path in records):
            child.expect([rb".+", pexpect.TIMEOUT], timeout=0.01)
        child.sendcontrol("c")
        child.expect(pexpect.EOF)
        step, improve = (float(path.read_text()) for path in records)
    return painted - started, step - started, improve - started


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--tui", type=Path, metavar="DIR", help="run the app that is measured")
    arguments = parser.parse_args()
    if arguments.tui:
        tui(arguments.tui)
        return
    measured: dict[str, list[float]] = {name: [] for name in ("import torch", *GOALS)}
    for number in range(-1, arguments.rounds):  # the first warms the disk's cache
        torch = seconds(sys.executable, "-c", "import torch")
        help_text = seconds(sys.executable, "-c", "from lakeppo.cli import main; main()", "--help")
        for name, value in zip(measured, (torch, help_text, *app()), strict=True):
            if number >= 0:
                measured[name].append(value)
    base = statistics.median(measured["import torch"])
    for name, values in measured.items():
        median = statistics.median(values)
        goal = f"   goal {GOALS[name]:.1f}" if name in GOALS else ""
        print(f"{name:<24} {median:6.2f} s   ratio {median / base:.2f}{goal}")


if __name__ == "__main__":
    main()
