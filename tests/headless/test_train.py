"""`lakeppo train`: it obeys signals, and says what it did not do."""

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from filelock import FileLock

from lakeppo.storage.save_folder import LOCK

LAKEPPO = "import sys; from lakeppo.cli import main; sys.argv[0] = 'lakeppo'; main()"


@pytest.fixture(autouse=True)
def current_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def started(*arguments: str, code: str = LAKEPPO, **options) -> subprocess.Popen:
    command = [sys.executable, "-c", code, *arguments]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **options)


def wait_for_file(path: Path) -> None:
    deadline = time.monotonic() + 120
    while not path.exists():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_a_run_shorter_than_an_update_is_saved_at_its_end(lakeppo):
    assert lakeppo("train", "--steps", "500", "--saves", "d", "--quiet")[0] == 0
    status, out, _ = lakeppo("train", "--steps", "5", "--seed", "2", "--saves", "d", "--json", "--quiet")
    assert status == 0
    assert json.loads(out)["last"] == {
        "save": str(Path("d/last.pt")),
        "update": 0,
        "success_probability": pytest.approx(0.01394, abs=0.02),
    }
    assert {path.name for path in Path("d/kept/001-classic-4x4-seed0").iterdir()} == {"best.pt", "last.pt"}


def test_a_run_at_its_limit_says_how_to_go_on(lakeppo):
    assert lakeppo("train", "--episodes", "20", "--quiet")[0] == 0
    done = json.loads(lakeppo("train", "--resume", "saves/last.pt", "--episodes", "3", "--json")[1])["episodes"]
    status, _, err = lakeppo("train", "--resume", "saves/last.pt", "--episodes", "3")
    assert status == 0
    line = f"the run has {done} episodes already, and its limit is 3 episodes: --episodes with a larger number goes on"
    assert line in err


def test_a_locked_folder_is_named_and_ends_with_status_1(lakeppo):
    Path("d").mkdir()
    with FileLock(Path("d") / LOCK):
        status, out, err = lakeppo("train", "--updates", "2", "--saves", "d", "--json")
    assert (status, json.loads(out)["last"]) == (1, None)
    assert f"another program has locked {Path('d') / LOCK}" in err.splitlines()[-1]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_does_not_wait_for_what_is_reachable(number):
    """Computing the optimum of a large lake takes seconds; `optimum` is replaced by one that never ends."""
    code = (
        f"import lakeppo.headless.train as t, threading; t.optimum = lambda *lake: threading.Event().wait(); {LAKEPPO}"
    )
    running = started("train", "--updates", "1", "--json", code=code)
    wait_for_file(Path("saves/last.pt"))
    running.send_signal(number)
    out, err = running.communicate(timeout=60)
    assert running.returncode == 128 + number, err
    result = json.loads(out)
    assert (result["updates"], result["optimal_success_probability"], result["stationary_ceiling"]) == (1, None, None)


def test_an_ignored_signal_stays_ignored():
    ignore = f"import signal; signal.signal(signal.SIGHUP, signal.SIG_IGN); {LAKEPPO}"
    running = started("train", "--steps", "100000000", "--json", code=ignore)
    wait_for_file(Path("saves/last.pt"))
    running.send_signal(signal.SIGHUP)
    before = Path("saves/last.pt").stat().st_mtime_ns
    deadline = time.monotonic() + 60
    while Path("saves/last.pt").stat().st_mtime_ns == before:
        assert running.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.05)
    running.send_signal(signal.SIGTERM)
    running.communicate(timeout=60)
    assert running.returncode == 128 + signal.SIGTERM


def test_a_condition_ends_the_run_saved_and_says_so(lakeppo):
    words = ("train", "--updates", "60", "--quiet", "--stop-when", "exact < 50% after solved")
    status, out, _ = lakeppo(*words, "--json")
    result = json.loads(out)
    assert (status, result["updates"], result["last"]["update"]) == (0, 49, 49)
    assert result["stopped"].startswith("stopped at #49: exact < 50% after solved (exact 0.08")
    assert f"  {result['stopped']}\n" in lakeppo(*words)[1]
    status, out, _ = lakeppo("train", "--resume", "saves/last.pt", "--updates", "50", *words[3:], "--json")
    assert (status, json.loads(out)["updates"], json.loads(out)["stopped"]) == (0, 50, None)


def test_a_wrong_condition_ends_before_anything_is_made(lakeppo):
    status, out, err = lakeppo("train", "--stop-when", "p(99, left) > 1", "--saves", "d")
    assert (status, out) == (2, "")
    assert err == "lakeppo: --stop-when: character 3: tile must be a whole number from 0 to 15\n"
    assert not Path("d").exists()
