"""Opens the app on a run: it connects the command line, the app and the worker thread."""

import os
import sys
from collections.abc import Callable

from lakeppo.errors import LONGEST, TerminalError, printable
from lakeppo.i18n import use_language
from lakeppo.lessons.model import Lesson
from lakeppo.presets import PRESETS
from lakeppo.runs.vocabulary import check_option
from lakeppo.session.commands import StopWhen
from lakeppo.session.source import Source
from lakeppo.session.worker import Worker
from lakeppo.storage.atomic import check_folder
from lakeppo.tui.app import LakeApp
from lakeppo.tui.screens.main import MainScreen
from lakeppo.tui.screens.spot import open_spot
from lakeppo.tui.settings import Preferences
from lakeppo.tui.text.endings import ending_text, resume_text


def check_terminal() -> None:
    """Raise `TerminalError` unless keys can be read from the terminal and screens drawn on it."""
    if not all(s.isatty() for s in (sys.stdin, sys.stdout, sys.stderr)) or os.environ.get("TERM", "") in ("", "dumb"):
        raise TerminalError(
            "tui needs an interactive terminal; `lakeppo tui --plain` tells a run in lines, `lakeppo train` trains"
        )


def show(source: Source, paused: bool, preferences: Preferences, stop_when: str | None = None) -> int:
    """Show a run and return the exit status; a new one at the first start, or if asked to, with the tour.

    The app paints before torch is imported.
    """
    if stop_when is not None:
        check_option(stop_when, source.config.tiles)
    saves, ascii_only = preferences.saves, preferences.ascii or not _encodes_all()
    if ascii_only:
        use_language("en")
    check_folder(saves)
    for name in ("COLUMNS", "LINES"):  # Textual would take them for the terminal's size, also after it has changed
        os.environ.pop(name, None)
    opening = _opening(source, preferences)
    paused = paused or source.rewound or opening is not None
    limit = PRESETS[source.preset].limit
    worker = Worker(source.make, source.config, source.seed, limit, saves, paused, preferences.pace)
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


def _opening(source: Source, preferences: Preferences) -> Callable[[MainScreen], None] | None:
    """Return what is done once the main screen is open."""
    opens = "tour" if source.new and preferences.first_start else source.opens
    match opens:
        case Lesson():
            return lambda screen: screen.open_lesson(opens)
        case "tour":
            return MainScreen.action_tour
        case "captions":
            return MainScreen.action_show
        case "fault":
            return lambda screen: open_spot(screen.app, screen.state, screen.send)
    return None


def _encodes_all() -> bool:
    return (sys.stdout.encoding or "").lower().replace("-", "") == "utf8"
