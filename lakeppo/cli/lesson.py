"""`lakeppo lesson`. It imports what it needs when it runs."""

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from typer import Argument, Option

from lakeppo.cli.options import MAX_SEED, PlainOption
from lakeppo.errors import InvalidValue, LakeppoError
from lakeppo.files import expand_home
from lakeppo.i18n import N_
from lakeppo.torch_import import default_interrupt, frozen_gc

if TYPE_CHECKING:
    from lakeppo.lessons.model import Lesson

NAME = N_("The name of a lesson, as --list shows it, or a lesson file; without one the lessons are listed.")
CHECK = N_("Prove the promises of the lesson, or of all, over many seeds; the status is 1 if one does not hold.")
NEW = N_("Write a lesson with every key explained to a new file.")
PATH: Any = {"parser": expand_home}


def lesson(
    chosen: dict[str, Any],
    name: Annotated[str | None, Argument(help=NAME, metavar=N_("NAME|FILE"))] = None,
    list_all: Annotated[bool, Option("--list", help=N_("List the lessons, and which have been done."))] = False,
    check: Annotated[bool, Option("--check", help=CHECK)] = False,
    seed: Annotated[
        int | None, Option(min=0, max=MAX_SEED - 1000, help=N_("First seed of --check (default 0)."), metavar="N")
    ] = None,
    new: Annotated[Path | None, Option("--new", help=NEW, metavar=N_("FILE"), **PATH)] = None,
    schema: Annotated[
        bool, Option("--schema", help=N_("Print the JSON schema of a lesson file, for editors."))
    ] = False,
    reset: Annotated[bool, Option("--reset", help=N_("Forget which lessons have been done."))] = False,
    plain: PlainOption = False,
) -> int:
    actions = list_all + check + (new is not None) + schema + reset
    if actions > 1 or (name is not None and actions > check):
        raise InvalidValue(
            "give one of NAME, --list, --check, --new, --schema and --reset; NAME goes with --check only"
        )
    if seed is not None and not check:
        raise InvalidValue("--seed is for --check: a lesson names its own seed")
    if schema:
        from lakeppo.lessons.tables import json_schema

        print(json_schema())
        return 0
    from lakeppo.lessons.shipped import find_lesson, shipped_lessons

    lessons = shipped_lessons() if name is None else [find_lesson(name)]
    if name is not None and not check:
        return _tell(lessons[0], chosen) if plain else _open(lessons[0], chosen)
    with default_interrupt(), frozen_gc():
        from lakeppo.faults.table import FAULTS
        from lakeppo.headless import lesson as headless
        from lakeppo.headless.lesson_check import print_check
        from lakeppo.lessons.progress import read_progress

    if new is not None:
        return headless.write_example(new)
    if check:
        return print_check(lessons, seed or 0, FAULTS.values() if name is None else ())
    return headless.forget(os.environ) if reset else headless.print_list(lessons, read_progress(os.environ))


def _tell(lesson: "Lesson", chosen: dict[str, Any]) -> int:
    """Take a lesson in lines of text."""
    from lakeppo.plain.start import tell_with
    from lakeppo.session.source import lesson_run

    return tell_with(lesson_run(lesson), chosen, None, None)


def _open(lesson: "Lesson", chosen: dict[str, Any]) -> int:
    """Open the app at a lesson."""
    if not all(s.isatty() for s in (sys.stdin, sys.stdout, sys.stderr)) or os.environ.get("TERM", "") in ("", "dumb"):
        raise LakeppoError("a lesson needs an interactive terminal; --check proves its promises without one")
    from lakeppo.session.source import lesson_run
    from lakeppo.tui.settings import read_preferences
    from lakeppo.tui.start import show

    return show(lesson_run(lesson), True, read_preferences(chosen, os.environ))
