"""`lakeppo fleet --history`: a row for each agent and update, with the columns of `lakeppo inspect --history`."""

import csv
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from lakeppo.fleets.population import Population
from lakeppo.runs.statistics import DERIVED, Row

SMALL = ("--agents", "3", "--updates", "4", "--quiet")


@pytest.fixture(autouse=True)
def _own_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def read(path: str) -> list[dict[str, str]]:
    with Path(path).open(newline="") as file:
        return list(csv.DictReader(file, strict=True))


def test_each_agents_rows_are_the_history_of_its_single_run(lakeppo):
    words = ("--preset", "steady", "--slip", "0.2", "--seed", "5")
    assert lakeppo("fleet", *SMALL, *words, "--history", "h.csv")[0] == 0
    rows = read("h.csv")
    assert list(rows[0]) == ["seed", *Row._fields, *DERIVED]
    assert [(row["seed"], row["update"]) for row in rows] == [
        (str(seed), str(update)) for update in range(1, 5) for seed in (5, 6, 7)
    ]
    lakeppo("train", "--updates", "4", "--quiet", *words[:-1], "6")
    assert lakeppo("inspect", "saves/last.pt", "--history", "single.csv")[0] == 0
    own = [row for row in rows if row.pop("seed") == "6"]
    for row, single in zip(own, read("single.csv"), strict=True):
        assert list(row) == list(single)
        assert row.keys() - {name for name in row if row[name]} == single.keys() - {n for n in single if single[n]}
        for name in (name for name in row if row[name]):
            assert float(row[name]) == pytest.approx(float(single[name]), rel=1e-3, abs=1e-4), name


def test_a_sweep_names_its_knobs_and_agents_stop_by_themselves(lakeppo):
    words = ("--agents", "3", "--episodes", "12", "--sweep", "clip_coef=0.1,off", "--quiet", "--csv", "out.csv")
    assert lakeppo("fleet", *words, "--history", "h.csv")[0] == 0
    rows = read("h.csv")
    for agent in read("out.csv"):
        own = [row for row in rows if (row["seed"], row["clip_coef"]) == (agent["seed"], agent["clip_coef"])]
        assert [row["update"] for row in own] == [str(update) for update in range(1, int(agent["updates"]) + 1)]
        last = {name: own[-1][name] for name in ("env_steps", "episodes", "success_probability")}
        assert last == {name: agent[name] for name in last}
    assert len({row["clip_coef"] for row in rows}) == 2


def test_the_results_are_those_without_a_history(lakeppo):
    plain = lakeppo("fleet", *SMALL, "--csv", "-")[1]
    status, out, err = lakeppo("fleet", *SMALL[:-1], "--csv", "-", "--history", "h.csv")
    assert (status, out) == (0, plain)
    assert "history in h.csv: about 0.1 MB for every 100 updates of all agents\n" in err


@pytest.mark.parametrize(
    ("words", "status", "message"),
    [
        (["--history", "-"], 2, "--history of a fleet needs the name of a file"),
        (["--history", "h.csv", "--ray"], 2, "--history cannot be given with --ray"),
        (["--history", "there"], 1, "there exists already and is not overwritten"),
        (["--history", "dangling"], 1, "dangling exists already and is not overwritten"),
        (["--history", "none/h.csv"], 1, "cannot write none/h.csv: no such file or directory"),
        (["--history", "new.csv", "--csv", "./new.csv"], 2, "--history and --csv name the same file"),
    ],
)
def test_what_cannot_be_written_is_one_line_before_training(lakeppo, monkeypatch, words, status, message):
    Path("there").write_text("kept")
    Path("dangling").symlink_to("nowhere")
    monkeypatch.setattr(Population, "update", lambda self: pytest.fail("it has trained"))
    found, out, err = lakeppo("fleet", *SMALL, *words)
    assert (found, out, err.count("\n")) == (status, "", 1)
    assert message in err
    assert Path("there").read_text() == "kept"


@pytest.fixture
def interrupted(monkeypatch):
    """Send a signal to this process after two updates."""
    update, calls = Population.update, []

    def counted(self):
        update(self)
        calls.append(1)
        if len(calls) == 2:
            os.kill(os.getpid(), signal.SIGTERM)

    monkeypatch.setattr(Population, "update", counted)


def test_an_interrupted_history_has_every_update_so_far(lakeppo, interrupted):
    status, _, err = lakeppo("fleet", *SMALL, "--saves", "results", "--history", "h.csv")
    assert (status, err) == (143, "")
    assert [row["update"] for row in read("h.csv")] == ["1"] * 3 + ["2"] * 3
    status, _, err = lakeppo("fleet", "--resume", "results", "--history", "more.csv")
    assert (status, err) == (2, "lakeppo: --history cannot be given with --resume: the earlier updates are not kept\n")
    assert not Path("more.csv").exists()


def test_a_full_disk_ends_the_history_and_not_the_training(tmp_path):
    """A limit on file sizes stands in for the full disk."""
    limited = "import resource, signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN); "
    limited += "resource.setrlimit(resource.RLIMIT_FSIZE, (3000, 3000)); from lakeppo.cli import main; main()"
    words = sys.executable, "-c", limited, "fleet", *SMALL, "--history", str(tmp_path / "h.csv"), "--csv", "-"
    ended = subprocess.run(words, capture_output=True, text=True)
    assert ended.returncode == 1
    assert ended.stderr == f"lakeppo: cannot write {tmp_path / 'h.csv'}: file too large\n"
    assert len(ended.stdout.splitlines()) == 4
