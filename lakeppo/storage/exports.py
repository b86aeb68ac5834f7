"""Exported files: named after their moment, never overwritten."""

from pathlib import Path
from typing import TYPE_CHECKING

from lakeppo.moment import Moment, Phase
from lakeppo.storage.atomic import write_new

if TYPE_CHECKING:
    from lakeppo.runs.timeline import Timeline

FOLDER = "exports"


def export(saves: Path, seed: int, moment: Moment, kind: str, text: str) -> Path:
    """Write `text` whole to a new file in the exports of a save folder and return its path. Raises `OSError`."""
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
    """Write the batch as CSV and the run as TOML, and return the path of the run file. Raises `OSError`."""
    from lakeppo.runs.batch_table import batch_of, to_csv
    from lakeppo.storage.run_file import to_toml

    run, text = timeline.run, to_toml(timeline)
    export(saves, run.seed, run.moment, "csv", to_csv(batch_of(run)))
    return export(saves, run.seed, run.moment, "toml", text)
