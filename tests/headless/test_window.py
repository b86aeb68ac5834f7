"""`replay --window`: the report is that without a window, and what keeps it from opening is one line."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

SAVE = Path("saves/best.pt")
pygame = pytest.importorskip("pygame", reason="the extra `window` is not installed")


def replayed(*words: str, **environment: str) -> tuple[int, str, str]:
    """Return the status, the output and the errors of a replay, without a display but for `environment`."""
    kept = {name: value for name, value in os.environ.items() if name not in ("DISPLAY", "WAYLAND_DISPLAY")}
    command = [sys.executable, "-m", "lakeppo", "replay", str(SAVE), "--episodes", "2", *words]
    done = subprocess.run(command, env=kept | environment, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout, done.stderr


@pytest.mark.parametrize("words", [[], ["--greedy", "--json"]], ids=["text", "greedy JSON"])
def test_the_report_is_that_without_a_window(words):
    assert replayed(*words, "--window", SDL_VIDEODRIVER="dummy") == replayed(*words)


def test_without_a_display_one_line_says_so():
    status, out, err = replayed("--window")
    assert (status, out) == (1, "")
    assert err == "lakeppo: --window needs a display, and there is none\n"


def test_a_driver_that_does_not_work_is_named():
    status, out, err = replayed("--window", SDL_VIDEODRIVER="nonsense")
    assert (status, out) == (1, "")
    assert err.startswith("lakeppo: the window cannot be shown: ")
    assert err.count("\n") == 1


def test_a_closed_window_ends_the_replay(monkeypatch, capsys):
    from lakeppo.headless import replay
    from lakeppo.storage.checkpoint import read_save

    monkeypatch.setenv("SDL_VIDEODRIVER", "dummy")
    real, steps = replay._closed, []

    def closed() -> bool:
        steps.append(1)
        if len(steps) == 9:  # in the second episode
            pygame.event.post(pygame.event.Event(pygame.QUIT))
        return real()

    monkeypatch.setattr(replay, "_closed", closed)
    save = read_save(SAVE)
    assert replay.replay(SAVE, save, 50, 0, greedy=True, rendering="human", as_json=False) == 0
    assert "1 episodes: 1 goals" in capsys.readouterr().out
    assert len(steps) == 9


def test_two_ways_to_show_the_frames_are_refused():
    status, out, err = replayed("--window", "--render")
    assert (status, out) == (2, "")
    assert "--window and --render" in err
