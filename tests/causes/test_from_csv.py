"""What WHY says of an update is what another program works out from the files that `x` writes."""

import csv
import re
from collections.abc import Callable
from math import exp
from pathlib import Path
from statistics import fmean
from typing import NamedTuple

import pytest
from support.updates import before_copy, judged

from lakeppo.causes.explanation import explain
from lakeppo.causes.words import ACTION_WORDS
from lakeppo.moment import Moment, Phase
from lakeppo.runs.timeline import Timeline
from lakeppo.storage.exports import export_run

Table = list[dict[str, str]]
NUMBER = r"-?\d*\.\d+|\d+"
CELL = r"(?P<action>left|down|right|up) on tile \((?P<row>\d),(?P<column>\d)\)"
UPDATES = ((0, 48), (12, 69), (9, 8), (12, 55), (3, 30), (5, 20), (7, 90))


class Files(NamedTuple):
    """What the files hold after the passes of an update, and after the steps of the next."""

    batch: Table
    history: Table
    next_batch: Table  # collected by the policy that the update made


def exported(folder: Path, seed: int, update: int) -> tuple[list[str], Files]:
    """The sentences on an update whose passes are made, and the exported files."""
    timeline = Timeline(before_copy(seed, update))
    explanation = explain(judged(timeline.run))
    assert explanation is not None
    batch = export_run(folder, timeline).with_suffix(".csv")
    while timeline.run.moment < Moment(update + 1, Phase.JUDGE, 0):
        timeline.unit()
    run_file = export_run(folder, timeline)
    paths = (batch, run_file.with_suffix(".history.csv"), run_file.with_suffix(".csv"))
    files = Files(*(list(csv.DictReader(path.read_text().splitlines())) for path in paths))
    return list(map(str, explanation.sentences)), files


@pytest.fixture(scope="module", params=UPDATES, ids=str)
def told(request, tmp_path_factory):
    return exported(tmp_path_factory.mktemp("files"), *request.param)


def rows_of(batch: Table, match: re.Match[str]) -> Table:
    """The rows of a batch on the tile and, where one is named, of the action that a sentence speaks of."""
    state = str(4 * int(match["row"]) + int(match["column"]))
    found = [row for row in batch if row["state"] == state]
    if match["action"] is not None:
        found = [row for row in found if row["action"] == str(list(map(str, ACTION_WORDS)).index(match["action"]))]
    return found


def is_printed(printed: str, value: float) -> bool:
    """Whether a figure of a sentence is `value`, rounded to the places that it prints."""
    places = len(printed.partition(".")[2])
    return abs(float(printed) - value) <= 0.5 * 10**-places + 1e-12


def mean(rows: Table, column: str, by: Callable[[float], float] = float) -> float:
    return fmean(by(float(row[column])) for row in rows)


def test_what_moved_and_what_the_clip_did_follow_from_the_csv(told):
    said, files = told
    moved = re.search(rf": {CELL}, from (?P<before>{NUMBER}) to (?P<after>{NUMBER})", said[0])
    rows, later = rows_of(files.batch, moved), rows_of(files.next_batch, moved)
    if later:
        assert is_printed(moved["after"], mean(later, "old_logprob", exp))
    ratio = rf"whose ratio (?:is now|still came to) ({NUMBER})"
    clip = re.search(rf"stopped (\d+) of the (\d+) steps that took it, {ratio}", said[3])
    if not rows:
        assert clip is None
        assert "No step of the batch took" in said[3]
        return
    assert is_printed(moved["before"], mean(rows, "old_logprob", exp))
    assert (int(clip[1]), int(clip[2])) == (sum(row["group"] == "stopped" for row in rows), len(rows))
    if later:
        assert is_printed(clip[3], mean(later, "old_logprob", exp) / mean(rows, "old_logprob", exp))


def test_the_cause_of_an_update_follows_from_the_csv(told):
    said, files = told
    step = re.search(rf"step (?P<number>\d+), {CELL}", said[2])
    tile = re.search(r"the (?P<count>\d+) steps(?: (?P<action>\w+))? on tile \((?P<row>\d),(?P<column>\d)\)", said[2])
    if step is not None:
        rows = [files.batch[int(step["number"]) - 1]]
        assert rows[0] in rows_of(files.batch, step)
    else:
        rows = rows_of(files.batch, tile)
        assert len(rows) == int(tile["count"])
    size, way = re.search(rf"({NUMBER}) (more|less) than the critic expected", said[2]).groups()
    assert is_printed(size, abs(mean(rows, "delta")))
    assert (mean(rows, "delta") >= 0) is (way == "more")
    assert is_printed(re.search(rf"V ({NUMBER})", said[2])[1], mean(rows, "value"))
    if (following := re.search(rf"V' ({NUMBER})", said[2])) is not None:
        assert is_printed(following[1], mean(rows, "next_value"))
    if "nothing else was tried there" in said[2]:
        assert len({row["action"] for row in files.batch if row["state"] == rows[0]["state"]}) == 1


def test_exact_success_before_and_after_is_in_the_history(told):
    said, files = told
    before, after = re.search(rf"from ({NUMBER}) to ({NUMBER})", said[4]).groups()
    assert int(files.history[-1]["update"]) == len(files.history)  # copies, including its own
    assert is_printed(before, float(files.history[-2]["success_probability"]))
    assert is_printed(after, float(files.history[-1]["success_probability"]))


def test_the_fall_of_the_first_seed_is_told(tmp_path):
    said, files = exported(tmp_path, 0, 48)
    before, after = (float(row["success_probability"]) for row in files.history[-2:])
    assert before - after > 0.5
    assert after < 0.1
    assert "tile (2,2)" in said[2]
