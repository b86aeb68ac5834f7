"""Opens the app on a run: it connects the command line, the app and the worker thread."""

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from lakeppo.config import Config, make_config
from lakeppo.errors import LONGEST, TerminalError, printable
from lakeppo.faults.table import find_fault
from lakeppo.lessons.model import Lesson
from lakeppo.presets import PRESETS
from lakeppo.runs.vocabulary import check_option
from lakeppo.session.commands import StopWhen
from lakeppo.session.worker import Worker
from lakeppo.storage.atomic import check_folder
from lakeppo.torch_import import default_interrupt, frozen_gc
from lakeppo.tui.app import LakeApp
from lakeppo.tui.screens.main import MainScreen
from lakeppo.tui.screens.spot import open_spot
from lakeppo.tui.settings import Preferences
from lakeppo.tui.text.endings import ending_text, resume_text

if TYPE_CHECKING:
    from lakeppo.runs.timeline import Timeline


def check_terminal() -> None:
    """Raise `TerminalError` unless keys can be read from the terminal and screens drawn on it."""
    if not all(s.isatty() for s in (sys.stdin, sys.stdout, sys.stderr)) or os.environ.get("TERM", "") in ("", "dumb"):
        raise TerminalError(
            "tui needs an interactive terminal; `lakeppo tui --plain` tells a run in lines, `lakeppo train` trains"
        )


def show(
    config: Config, seed: int, paused: bool, preferences: Preferences, stop_when: str | None = None, tour: bool = False
) -> int:
    """Show a new run and return the exit status; the first time, or if asked to, with the tour.

    The app paints before torch is imported.
    """

    def make() -> "Timeline":
        from lakeppo.storage.run_file import RunFile

        return RunFile(seed, config).timeline()

    opening = MainScreen.action_tour if tour or preferences.first_start else None
    return _open(make, config, seed, config.preset, paused, preferences, stop_when, opening)


def show_lesson(lesson: Lesson, preferences: Preferences) -> int:
    """Show a lesson over a new run of the default settings, to which it returns. Raises `TerminalError`."""
    check_terminal()
    config = make_config("classic")

    def make() -> "Timeline":
        from lakeppo.storage.run_file import RunFile

        return RunFile(0, config).timeline()

    return _open(make, config, 0, config.preset, True, preferences, None, lambda screen: screen.open_lesson(lesson))


def show_fault(name: str, seed: int, paused: bool, preferences: Preferences, stop_when: str | None = None) -> int:
    """Show a run of a program with a fault, which is to be spotted, in the settings in which it shows."""
    fault = find_fault(name)
    config = fault.symptom.config()

    def make() -> "Timeline":
        from lakeppo.session.spots import faulty_timeline

        return faulty_timeline(fault, seed)

    return _open(make, config, seed, config.preset, paused, preferences, stop_when, _open_files)


def _open_files(main: MainScreen) -> None:
    open_spot(main.app, main.state, main.send)


def show_save(path: Path, paused: bool, preferences: Preferences, stop_when: str | None = None) -> int:
    """Show a saved run, which continues where it was saved. A save that cannot be read opens no app."""
    with default_interrupt(), frozen_gc():
        from lakeppo.storage.checkpoint import read_save

    save = read_save(path)
    paused = paused or save.rewound  # saved while a person looked at its past
    return _open(save.timeline, save.config, save.seed, save.origin.preset, paused, preferences, stop_when)


def show_run_file(
    path: Path, paused: bool, preferences: Preferences, stop_when: str | None = None, showing: bool = False
) -> int:
    """Show the run of a run file from its start; its changes happen again as it plays. `showing`: in show mode."""
    with default_interrupt(), frozen_gc():
        from lakeppo.storage.run_file import read_run_file

    file = read_run_file(path)
    name = file.config.preset
    opening = MainScreen.action_show if showing else None
    return _open(file.timeline, file.config, file.seed, name, paused, preferences, stop_when, opening)


def _open(
    make: "Callable[[], Timeline]", config: Config, seed: int, preset: str, paused: bool, preferences: Preferences,
    stop_when: str | None, opening: "Callable[[MainScreen], None] | None" = None,
) -> int:  # fmt: skip
    if stop_when is not None:
        check_option(stop_when, config.tiles)
    saves, ascii_only = preferences.saves, preferences.ascii or not _encodes_all()
    check_folder(saves)
    for name in ("COLUMNS", "LINES"):  # Textual would take them for the terminal's size, also after it has changed
        os.environ.pop(name, None)
    worker = Worker(make, config, seed, PRESETS[preset].limit, saves, paused or bool(opening), preferences.pace)
    if stop_when is not None:
        worker.send(StopWhen(stop_when))
    app = LakeApp(worker, ascii=ascii_only, saves=saves, preferences=preferences)
    app.opening = opening or app.opening
    try:
        app.run()
    finally:
        worker.join()
        preferences.close()
    if (error := ending_text(worker.failure, worker.ending)) is not None:
        print(f"lakeppo: {printable(error, 3 * LONGEST)}", file=sys.stderr)
    if (text := resume_text(worker.failure, worker.ending)) is not None:
        print(text)
    return app.return_code or worker.exit_status


def _encodes_all() -> bool:
    return (sys.stdout.encoding or "").lower().replace("-", "") == "utf8"
