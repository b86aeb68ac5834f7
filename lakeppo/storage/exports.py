"""Exported files: whole or not at all, and never overwritten."""

from pathlib import Path
from typing import TYPE_CHECKING

from lakeppo.errors import SaveError
from lakeppo.files import reason
from lakeppo.i18n import N_
from lakeppo.moment import Moment, Phase
from lakeppo.storage.atomic import write_new

if TYPE_CHECKING:
    from lakeppo.runs.timeline import Timeline

FOLDER = "exports"
EXISTS = N_("{path} exists already and is not overwritten")


def check_new(path: Path) -> None:
    """Raise `SaveError` if there is something at a path that a person chose, or can be nothing."""
    try:
        path.lstat()
    except FileNotFoundError:
        return
    except (OSError, ValueError) as error:
        raise SaveError("cannot write {path}: {reason}", path=path, reason=reason(error)) from None
    raise SaveError(EXISTS, path=path)


def write_export(path: Path, text: str) -> None:
    """Write a new file at a path that a person chose. Raises `SaveError` if it exists or cannot be written."""
    try:
        write_new(path, text.encode())
    except FileExistsError:
        raise SaveError(EXISTS, path=path) from None
    except (OSError, ValueError) as error:
        raise SaveError("cannot write {path}: {reason}", path=path, reason=reason(error)) from None


def export(saves: Path, seed: int, moment: Moment, kind: str, text: str) -> Path:
    """Write `text` to a new file in the exports of a save folder and return its path. Raises `OSError`.

    It is named after its moment.
    """
    folder = saves / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    unit = {Phase.COLLECT: f"-step{moment.index}", Phase.IMPROVE: f"-pass{moment.index}"}.get(moment.phase, "")
    name = f"seed{seed}-update{moment.update}-{moment.phase.name.lower()}{unit}"
    number = 1
    while True:
        path = folder / f"{name}{'' if number == 1 else f'-{number}'}.{kind}"
        try:
            write_new(path, text.encode())
        except FileExistsError:
            number += 1
        else:
            return path


def export_run(saves: Path, timeline: "Timeline") -> Path:
    """Write the batch and the history as CSV and the run as TOML; return the run file's path. Raises `OSError`."""
    from lakeppo.runs.batch_table import batch_of, to_csv
    from lakeppo.runs.statistics import history_csv
    from lakeppo.storage.run_file_writer import to_toml

    run, text = timeline.run, to_toml(timeline)
    export(saves, run.seed, run.moment, "csv", to_csv(batch_of(run)))
    export(saves, run.seed, run.moment, "history.csv", history_csv(timeline.branch.history))
    return export(saves, run.seed, run.moment, "toml", text)
