"""Histories as files: what `inspect --history` and `x` write is read back, every digit of it."""

import csv
import io
import shutil
from pathlib import Path

import pytest
from support.runs import advance, file_of, small
from support.session import UPDATE, see, send

from lakeppo.runs.run import Run
from lakeppo.runs.statistics import COUNTS, DERIVED, Row
from lakeppo.session.commands import Export
from lakeppo.storage.checkpoint import read_save

DATA = Path(__file__).parent.parent / "data"


def read_back(text: str) -> list[Row]:
    """The rows of a history as CSV, whose other columns must follow from them."""
    rows = []
    for record in csv.DictReader(io.StringIO(text)):
        figures = {name: float(value) if value else None for name, value in record.items()}
        derived = {name: figures.pop(name) for name in DERIVED}
        row = Row(**figures | {name: int(record[name]) for name in COUNTS})
        assert derived == {name: getattr(row, name) for name in DERIVED}
        rows.append(row)
    return rows


@pytest.fixture(scope="module")
def run() -> Run:
    return advance(Run(small(), 3), 12)


@pytest.fixture
def save(run, tmp_path) -> Path:
    (tmp_path / "last.pt").write_bytes(file_of(run, "last"))
    return tmp_path / "last.pt"


@pytest.mark.parametrize("words", [["SAVE", "--history"], ["--history", "SAVE"], ["SAVE", "--history", "-"],
                                   ["--history=-", "SAVE"]])  # fmt: skip
def test_a_history_is_printed_with_every_digit(lakeppo, run, save, words):
    status, out, err = lakeppo("inspect", *(str(save) if word == "SAVE" else word for word in words))
    assert (status, err) == (0, "")
    assert read_back(out) == list(run.history)
    assert out.splitlines()[0].split(",") == [*Row._fields, *DERIVED]


def test_a_history_file_is_new_and_whole(lakeppo, run, save):
    path = save.parent / "history.csv"
    assert lakeppo("inspect", str(save), "--history", str(path)) == (0, "", "")
    assert read_back(path.read_text()) == list(run.history)
    status, out, err = lakeppo("inspect", str(save), "--history", str(path))
    assert (status, out) == (1, "")
    assert err == f"lakeppo: {path} exists already and is not overwritten\n"
    assert read_back(path.read_text()) == list(run.history)
    status, _, err = lakeppo("inspect", str(save), "--history", str(save.parent / "none" / "history.csv"))
    assert status == 1
    assert err.startswith("lakeppo: cannot write")
    assert sorted(each.name for each in save.parent.iterdir()) == ["history.csv", "last.pt"]


@pytest.mark.parametrize("other", ["--json", "--batch"])
def test_a_history_is_not_mixed_with_other_output(lakeppo, save, other):
    status, out, err = lakeppo("inspect", str(save), "--history", other)
    assert (status, out) == (2, "")
    assert err == "lakeppo: give one of --json, --batch and --history: the batch and the history are CSV\n"


@pytest.mark.parametrize("name", ["save-0.1.0.pt", "save-format-1.pt", "midway.pt"])
def test_a_history_of_an_older_save_lacks_only_what_it_did_not_have(lakeppo, tmp_path, name):
    shutil.copy(DATA / name, tmp_path)
    rows = read_back(lakeppo("inspect", str(tmp_path / name), "--history")[1])
    held = read_save(tmp_path / name)
    assert rows == list(held.branches[held.current].history) != []
    assert {row.effective_sample_size for row in rows} == {None}
    assert all(row.kl is not None for row in rows)


def test_the_export_of_the_app_has_the_history_of_the_branch(start_worker, tmp_path):
    worker = start_worker()
    send(worker, *[UPDATE] * 4, Export())
    seen = see(worker, lambda s: any("wrote" in str(notice) for notice in s.notices))
    folder = tmp_path / "saves" / "exports"
    assert sorted(path.name for path in folder.iterdir()) == [
        f"seed0-update4-collect-step0.{kind}" for kind in ("csv", "history.csv", "toml")
    ]
    rows = read_back((folder / "seed0-update4-collect-step0.history.csv").read_text())
    assert [row.update for row in rows] == [1, 2, 3, 4]
    assert rows == list(seen.history)
