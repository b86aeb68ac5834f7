"""Runs that are left or killed at a random moment in the app, and resumed there, equal a straight run to the bit.

CI resumes once; `LAKEPPO_RESUMES=10 pytest -n 0 tests/tui/test_resumes.py` does it that often.
"""

import os
import random
import signal
from collections.abc import Callable
from pathlib import Path

from support.session import hashes
from support.terminal import Terminal

from lakeppo.runs.run import Run
from lakeppo.storage.checkpoint import Save, read_save

RESUMES = int(os.environ.get("LAKEPPO_RESUMES", 1))
KEYS = "uuuunnnn..eee>>>>><sss+-mw,EU[ "
"""Steps, paces, changes of slip, saves, and ways back, after which changes and steps are on a branch of their own."""


def straight(save: Save) -> Run:
    """Return the run of a save, driven from its start to the saved moment, its changes made on the way."""
    run, changes = Run(save.origin, save.seed), list(save.changes)
    while run.moment < save.moment or changes:
        while changes and changes[0].moment <= run.moment:
            run.apply(changes.pop(0))
        if run.moment < save.moment:
            run.unit()
    return run


def play(app: Terminal, chance: random.Random, saved: Callable[[], bool]) -> None:
    """Press keys at random, until the run has been saved at least once."""
    app.wait_for("GOAL", "q quit")
    app.wait_for("collect")
    for _ in range(chance.randint(5, 40)):
        app.press(chance.choice(KEYS))
        app.read()
    app.press("u w")
    while not saved():
        app.read()


def test_a_run_resumed_in_the_app_is_exact(terminal, tmp_path):
    chance, last = random.Random(5), tmp_path / "saves" / "last.pt"
    words = ["--seed", "3", "--slip", "0.2", "--batch-size", "24"]
    for number in range(RESUMES + 1):
        before = stamp(last)
        app = terminal("tui", *words)
        play(app, chance, lambda before=before: stamp(last) != before)
        if number % 2 == 0 and number < RESUMES:
            app.child.kill(signal.SIGKILL)
            app.child.wait()
        else:
            app.press("q")
            assert app.leave() == 0
        save = read_save(last)
        run = straight(save)
        assert run.moment == save.moment
        assert hashes(run) == hashes(save)
        assert run.history == save.history
        words = ["--resume", str(last)]
    assert not list((tmp_path / "saves" / "kept").rglob("last.pt"))


def stamp(path: Path) -> object:
    return (path.stat().st_ino, path.stat().st_mtime_ns) if path.exists() else None
