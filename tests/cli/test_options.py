"""Files that options name: from standard input, from the home folder, and taken for one another."""

import io
import json
import subprocess
import sys
from pathlib import Path

import pytest

DATA = Path(__file__).parents[1] / "data"
SHORT = ["--updates", "2", "--quiet", "--json"]


@pytest.fixture(autouse=True)
def _own_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("command", ["train --resume", "replay", "inspect"])
def test_a_run_file_in_place_of_a_save_is_named(lakeppo, command):
    Path("x.toml").write_text("format = 1\nseed = 1\n")
    assert lakeppo(*command.split(), "x.toml") == (
        1, "", "lakeppo: x.toml is a run file, not a save: open it with --run\n",
    )  # fmt: skip


def test_a_save_in_place_of_a_run_file_is_named(lakeppo):
    save = DATA / "save-0.1.0.pt"
    assert lakeppo("train", "--run", str(save)) == (
        1, "", f"lakeppo: {save} is a save, not a run file: open it with --resume\n",
    )  # fmt: skip


def test_a_map_and_a_run_are_read_from_standard_input(lakeppo, monkeypatch):
    def given(text: str) -> None:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text.encode())))

    given("S F F\nF H G")
    assert json.loads(lakeppo("train", "--map", "-", *SHORT)[1])["map_rows"] == ["SFF", "FHG"]
    given("S F F\nF H G")
    words = "fleet --agents 2 --sweep gamma=0.9,0.99 --map - --updates 1 --quiet --json".split()
    result = json.loads(lakeppo(*words)[1])
    assert (result["map"], result["map_rows"]) == ("standard input", ["SFF", "FHG"])
    given("format = 1\nseed = 12")
    assert json.loads(lakeppo("train", "--run", "-", *SHORT)[1])["seed"] == 12


@pytest.mark.parametrize("option", ["--run", "--map", "--resume"])
def test_tui_reads_no_file_from_the_input_that_gives_keys(lakeppo, monkeypatch, option):
    monkeypatch.setattr(sys, "stdin", None)
    status, out, err = lakeppo("tui", option, "-")
    assert (status, out) == (2, "")
    assert err == "lakeppo: tui reads keys from standard input: give it a file instead of -\n"


def test_a_tilde_is_the_home_folder_in_every_path(lakeppo, monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    home = tmp_path / "home"
    home.mkdir()
    (home / "pond").write_text("SFG")
    (home / "x.toml").write_text("format = 1")
    assert lakeppo("train", "--map=~/pond", "--saves=~/runs", *SHORT)[0] == 0
    assert (home / "runs" / "last.pt").exists()
    assert lakeppo("train", "--run=~/x.toml", "--saves=~/others", *SHORT)[0] == 0
    assert lakeppo("train", "--resume=~/runs/last.pt", "--saves=~/runs", "--updates=3", "--quiet")[0] == 0
    assert lakeppo("inspect", "~/runs/last.pt")[0] == 0
    fleet = "fleet --agents 2 --updates 1 --quiet --saves=~/fleet --csv=~/agents.csv"
    assert lakeppo(*fleet.split())[0] == 0
    assert (home / "agents.csv").exists()
    assert not Path("~").exists()


def test_the_package_runs_as_a_module():
    result = subprocess.run([sys.executable, "-m", "lakeppo", "--version"], capture_output=True, text=True, check=True)
    assert result.stdout.startswith("lakeppo ")


@pytest.mark.parametrize(
    ("words", "error"),
    [
        ("--run a --show b", "--run and --show each name a run; give one of them"),
        ("--resume a --show b", "--resume and --show each name a run; give one of them"),
        ("--show b --seed 3", "--seed cannot be given with --show: the run file sets it"),
        ("--show -", "tui reads keys from standard input: give it a file instead of -"),
    ],
)
def test_a_show_is_of_one_run_file(lakeppo, words, error):
    assert lakeppo("tui", *words.split()) == (2, "", f"lakeppo: {error}\n")
