"""Where the run of a session comes from: the options of a command, a save, a run file, a lesson or a fault.

A file is read before the session starts; the run itself is made on the worker thread. Importing this needs no torch.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from lakeppo.config import Config, make_config
from lakeppo.faults.table import find_fault
from lakeppo.lessons.model import Lesson
from lakeppo.torch_import import default_interrupt, frozen_gc

if TYPE_CHECKING:
    from lakeppo.runs.timeline import Timeline


@dataclass(frozen=True)
class Source:
    """How the timeline of a run is made, what is known of it before, and what is opened over it."""

    make: "Callable[[], Timeline]"
    config: Config
    seed: int
    preset: str
    new: bool = False
    rewound: bool = False  # saved while a person looked at its past
    opens: Lesson | Literal["tour", "captions", "fault"] | None = None


def new_run(config: Config, seed: int, tour: bool = False) -> Source:
    def make() -> "Timeline":
        from lakeppo.storage.run_file import RunFile

        return RunFile(seed, config).timeline()

    return Source(make, config, seed, config.preset, new=True, opens="tour" if tour else None)


def lesson_run(lesson: Lesson) -> Source:
    """Return a lesson over a new run of the default settings, to which it returns."""
    run = new_run(make_config("classic"), 0)
    return Source(run.make, run.config, run.seed, run.preset, opens=lesson)


def faulty_run(name: str, seed: int) -> Source:
    """Return a run of a program with a fault, in the settings in which it shows. Raises `InvalidValue`."""
    fault = find_fault(name)
    config = fault.symptom.config()

    def make() -> "Timeline":
        from lakeppo.session.spots import faulty_timeline

        return faulty_timeline(fault, seed)

    return Source(make, config, seed, config.preset, opens="fault")


def saved_run(path: Path) -> Source:
    """Return a saved run, which goes on where it was saved. Raises `SaveError`."""
    with default_interrupt(), frozen_gc():
        from lakeppo.storage.checkpoint import read_save

    save = read_save(path)
    return Source(save.timeline, save.config, save.seed, save.origin.preset, rewound=save.rewound)


def run_of_file(path: Path, captions: bool = False) -> Source:
    """Return the run of a run file from its start; its changes happen again as it plays. Raises `RunFileError`."""
    with default_interrupt(), frozen_gc():
        from lakeppo.storage.run_file import read_run_file

    file = read_run_file(path)
    opens: Literal["captions"] | None = "captions" if captions else None
    return Source(file.timeline, file.config, file.seed, file.config.preset, opens=opens)


def find_source(
    config: Config, seed: int, resume: Path | None = None, run_file: Path | None = None, show_file: Path | None = None,
    spot: str | None = None, tour: bool = False,
) -> Source:  # fmt: skip
    """Return the run that the options of a command name."""
    if resume is not None:
        return saved_run(resume)
    if run_file is not None:
        return run_of_file(run_file)
    if show_file is not None:
        return run_of_file(show_file, captions=True)
    return new_run(config, seed, tour) if spot is None else faulty_run(spot, seed)
