"""Files a person asks for: named after the moment they show, and never written over."""

from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

from lakeppo.moment import Moment, Phase
from lakeppo.storage.atomic import reason

if TYPE_CHECKING:
    from lakeppo.runs.timeline import Timeline

FOLDER = "exports"


def export(saves: Path, seed: int, moment: Moment, kind: str, text: str) -> Path:
    """Write `text` into the exports of a saves folder, under a name that is not taken. Raises `OSError`."""
    folder = saves / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    name = f"seed{seed}-{_named(moment)}"
    for number in count(1):
        path = folder / f"{name}{'' if number == 1 else f'-{number}'}.{kind}"
        try:
            with path.open("x", encoding="utf-8") as file:
                file.write(text)
        except FileExistsError:
            continue
        return path
    raise AssertionError


def export_run(saves: Path, timeline: "Timeline") -> str:
    """Write the batch as CSV and the run as a TOML file; say in one line where they are, or why not."""
    from lakeppo.runs.batch_table import batch_of, to_csv
    from lakeppo.storage.run_file import to_toml

    run = timeline.run
    try:
        export(saves, run.seed, run.moment, "csv", to_csv(batch_of(run)))
        path = export(saves, run.seed, run.moment, "toml", to_toml(timeline))
    except OSError as error:
        return f"cannot export into {saves / FOLDER}: {reason(error)}"
    return f"wrote {path} (tui --run opens it), .csv and .svg beside it"


def _named(moment: Moment) -> str:
    name = f"update{moment.update}-{moment.phase.name.lower()}"
    return name + {Phase.COLLECT: f"-step{moment.index}", Phase.IMPROVE: f"-pass{moment.index}"}.get(moment.phase, "")
