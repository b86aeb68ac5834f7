"""How soon things happen after the process starts: `python tests/benchmarks/start.py`.

Seconds until `lakeppo --help` is done, and until the app in a pseudo-terminal of its own shows its first picture, takes
its first environment step and its first gradient pass, each over those of `python -c "import torch"`, by turns.
"""

import argparse
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
    """The app, as the command opens it, at full pace; writes down when it first steps and first improves."""
    from lakeppo import cli
    from lakeppo.session.commands import ChangePace
from lakeppo.session.worker import Worker

    start = Worker.start

    def start_watched(runner: Worker, *given: object) -> None:
        start(runner, *given)  # type: ignore[arg-type]
        for _ in range(2):
            runner.send(ChangePace(1))
        threading.Thread(target=watch, args=[folder], daemon=True).start()

    Worker.start = start_watched  # type: ignore[method-assign]
    sys.argv = ["lakeppo", "tui", "--saves", str(folder)]
    cli.main()


def watch(folder: Path) -> None:
    """Wait until the worker has imported the trainer, and note its first step and pass."""
    while not hasattr(sys.modules.get("lakeppo.ppo.trainer"), "Trainer"):
        time.sleep(0.001)
    trainer = sys.modules["lakeppo.ppo.trainer"].Trainer
    for method in ("_collect", "_improve"):
        note(trainer, method, folder)


def note(trainer: type, method: str, folder: Path) -> None:
    plain = getattr(trainer, method)

    def noted(self: object) -> None:
        plain(self)
        setattr(trainer, method, plain)
        (folder / method).write_text(str(time.time()))

    setattr(trainer, method, noted)


def seconds(*words: str) -> float:
    begun = time.time()
    subprocess.run(words, stdout=subprocess.DEVNULL, check=True)
    return time.time() - begun


def app() -> tuple[float, float, float]:
    """Seconds until the first paint, the first environment step and the first gradient pass."""
    with tempfile.TemporaryDirectory() as name:
        begun = time.time()
        child: pexpect.spawn[bytes] = pexpect.spawn(
            sys.executable, [__file__, "--tui", name], dimensions=(40, 120), timeout=60
        )
        child.expect(b"LOADING")
        painted = time.time()
        notes = [Path(name) / method for method in ("_collect", "_improve")]
        while not all(path.exists() and path.stat().st_size for path in notes):
            child.expect([rb".+", pexpect.TIMEOUT], timeout=0.01)
        child.sendcontrol("c")
        child.expect(pexpect.EOF)
        step, improve = (float(path.read_text()) for path in notes)
    return painted - begun, step - begun, improve - begun


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--tui", type=Path, metavar="DIR", help="be the app that is measured")
    given = parser.parse_args()
    if given.tui:
        tui(given.tui)
        return
    taken: dict[str, list[float]] = {name: [] for name in ("import torch", *GOALS)}
    for round_ in range(-1, given.rounds):  # the first only warms the disk's cache
        torch = seconds(sys.executable, "-c", "import torch")
        asked = seconds(sys.executable, "-c", "from lakeppo.cli import main; main()", "--help")
        for name, value in zip(taken, (torch, asked, *app()), strict=True):
            if round_ >= 0:
                taken[name].append(value)
    base = statistics.median(taken["import torch"])
    for name, values in taken.items():
        median = statistics.median(values)
        goal = f"   goal {GOALS[name]:.1f}" if name in GOALS else ""
        print(f"{name:<24} {median:6.2f} s   ratio {median / base:.2f}{goal}")


if __name__ == "__main__":
    main()
