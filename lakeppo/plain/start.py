"""Opens a run without a screen: it connects the command line, the commands and the worker thread."""

import contextlib
import io
import os
import signal
import sys
from collections.abc import Iterator, Mapping

from lakeppo.errors import LONGEST, printable
from lakeppo.headless.signal_catcher import SignalCatcher
from lakeppo.i18n import _, use_language
from lakeppo.lessons.model import Lesson
from lakeppo.plain.commands import KEY_LINES, typed_names
from lakeppo.plain.conductor import Conductor, SessionEnded
from lakeppo.plain.guiding import GuideTeller, open_guide, open_lesson
from lakeppo.plain.input import Commands, Keys, Lines, Script
from lakeppo.plain.narration import place_words
from lakeppo.plain.output import Output, ascii_only
from lakeppo.plain.player import Level
from lakeppo.plain.running import play, show
from lakeppo.plain.settings import PlainSettings, read_plain_settings
from lakeppo.plain.shell import Shell
from lakeppo.plain.words import listed, sentence
from lakeppo.presets import PRESETS
from lakeppo.runs.vocabulary import check_option
from lakeppo.session.commands import StopWhen
from lakeppo.session.snapshot import FULL_SPEED
from lakeppo.session.source import Source
from lakeppo.session.worker import Worker
from lakeppo.storage.atomic import check_folder
from lakeppo.streams import print_problems
from lakeppo.tui.bound_keys import BoundKeys
from lakeppo.tui.guides.tour import TourGuide
from lakeppo.tui.keymap import On, keys_of
from lakeppo.tui.text.endings import ending_text, resume_text
from lakeppo.tui.text.formatting import rule_words, settings_words

PRESSED = On.MAIN | On.COMPARE | On.APP
"""Screens whose keys work here too."""


def tell_with(source: Source, chosen: Mapping[str, object], level: str | None, stop_when: str | None) -> int:
    """Tell a run under the settings and the options of a command."""
    settings = read_plain_settings(chosen, os.environ)
    print_problems(settings.problems)
    return tell(source, settings, level, stop_when)


def tell(source: Source, settings: PlainSettings, level: str | None = None, stop_when: str | None = None) -> int:
    """Tell a run, driven by standard input, and return the exit status; a signal ends it saved, by `SystemExit`."""
    if stop_when is not None:
        check_option(stop_when, source.config.tiles)
    check_folder(settings.saves)
    limit = PRESETS[source.preset].limit
    worker = Worker(source.make, source.config, source.seed, limit, settings.saves, True)
    out = Output(settings.ascii or ascii_only(os.environ, sys.stdout.encoding))
    if out.ascii:
        use_language("en")
    with SignalCatcher(exit_at_once=True):
        try:
            shell, terminal = _shell(worker, out, settings, level)
            with terminal:
                _carry_out(shell, source, stop_when)
        finally:
            worker.join()
            _say_ending(worker, out)
    return worker.exit_status


def _shell(
    worker: Worker, out: Output, settings: PlainSettings, level: str | None
) -> tuple[Shell, contextlib.AbstractContextManager[None]]:
    """Return the shell for standard input, and what gives the terminal back."""
    levels = (Level.PHASE, Level.UPDATE) if level is None else (Level(level), Level(level))
    bound = BoundKeys(settings.keymap)
    terminal: contextlib.AbstractContextManager[None] = contextlib.nullcontext()
    if isinstance(sys.stdin, io.TextIOWrapper):
        sys.stdin.reconfigure(errors="surrogateescape")  # what is no text is shown as its bytes
    commands: Commands = Script(sys.stdin)
    keys, names = dict[str, str](), typed_names()
    if sys.stdin.isatty():
        commands = Lines()
        if os.environ.get("TERM", "") not in ("", "dumb") and os.name == "posix":
            pressed = [key.id for key in keys_of(PRESSED) if key.id in KEY_LINES]
            keys = {id: bound.all_names(id) for id in pressed}
            names |= {id: bound.names[id] for id in pressed}
            commands = single = Keys(lambda key: _line_of(key, shell, bound), lambda: bound.every)
            terminal = _terminal(single)
    conductor = Conductor(worker, names, commands.waiting)
    shell = Shell(conductor, commands, out, levels, keys)
    shell.player.pace = settings.pace if commands.interactive or settings.pace_given else FULL_SPEED
    return shell, terminal


@contextlib.contextmanager
def _terminal(keys: Keys) -> Iterator[None]:
    """Take single keys, also after the program was suspended."""
    before = signal.signal(signal.SIGCONT, lambda number, frame: keys.take())
    try:
        with keys.single():
            yield
    finally:
        signal.signal(signal.SIGCONT, before)


def _line_of(key: str, shell: Shell, bound: BoundKeys) -> str:
    """Return the command of a key; empty for a key without one."""
    if key == "enter":
        return "..."
    if (guide := shell.guide) is not None:
        letter = key.upper() if guide.asks else key
        if letter in guide.letters:
            return letter
        if key in (*bound.keys["toggle"], *bound.keys["back"]):
            return "on" if key in bound.keys["toggle"] else "leave"
    comparing = shell.state.snapshot.comparison is not None
    for entry in keys_of((On.COMPARE if comparing else On.MAIN) | On.APP):
        if key in bound.keys[entry.id]:
            interrupted, shell.interrupted = shell.interrupted, False
            return "" if entry.id == "toggle" and interrupted else KEY_LINES.get(entry.id, "")
    return ""


def _carry_out(shell: Shell, source: Source, stop_when: str | None) -> None:
    """Say what the run is, carry out the commands, and without any play it to its limit."""
    out, interactive = shell.out, shell.commands.interactive
    with contextlib.suppress(SessionEnded):
        state = shell.conductor.start()
        out.say(sentence(listed(settings_words(state))), *rule_words(state.config), place_words(state))
        shell.tell([], state)
        if stop_when is not None:
            shell.do(StopWhen(stop_when))
        if shell.keys:
            out.say(_("Keys: {help} lists them, Enter takes a command, {quit} quits.").format(
                help=shell.keys["help"], quit=shell.keys["quit"]))  # fmt: skip
        elif interactive:
            out.say(_("{help} lists the commands, {quit} quits.").format(help='"help"', quit='"quit"'))
        guide = _guide(shell, source)
        if not shell.run() and not interactive and not shell.left:
            play(shell, []) if guide is None else guide.walk()
        shell.conductor.end()


def _guide(shell: Shell, source: Source) -> GuideTeller | None:
    """Open the lesson or the tour that a command names, or show the first caption."""
    if source.opens == "captions":
        show(shell, [])
    if isinstance(source.opens, Lesson):
        return open_lesson(shell, source.opens)
    return open_guide(shell, TourGuide(shell.state)) if source.opens == "tour" else None


def _say_ending(worker: Worker, out: Output) -> None:
    """Say how the session has ended, and how to resume it."""
    if (error := ending_text(worker.failure, worker.ending)) is not None:
        print(f"lakeppo: {printable(error, 3 * LONGEST)}", file=sys.stderr)
    if (text := resume_text(worker.failure, worker.ending)) is not None:
        out.say(f"{text} --plain")
