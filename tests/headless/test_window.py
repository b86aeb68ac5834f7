"""`lakeppo replay --window`: Gymnasium's own window, drawn by SDL where there is no display."""

import importlib.util
import os
from pathlib import Path

import pytest
from gymnasium.envs.toy_text.frozen_lake import FrozenLakeEnv

SAVE = str(Path(__file__).parents[1] / "data" / "save-0.1.0.pt")
SHORT = ("replay", SAVE, "--episodes", "3", "--seed", "5")
needs_pygame = pytest.mark.skipif(
    importlib.util.find_spec("pygame") is None, reason="`lakeppo[window]` is not installed"
)


class Clock:
    """A clock that does not wait: it notes the frames per second it was asked for."""

    def __init__(self) -> None:
        self.asked: list[float] = []

    def tick(self, rate: float) -> None:
        self.asked.append(rate)


@pytest.fixture
def clock(monkeypatch):
    """A display that SDL draws nowhere, and a clock that does not wait."""
    for name, value in {
        "SDL_VIDEODRIVER": "dummy",
        "PYGAME_HIDE_SUPPORT_PROMPT": "1",
        "SDL_NO_SIGNAL_HANDLERS": "1",
    }.items():
        monkeypatch.setenv(name, value)
    import pygame

    clock = Clock()
    monkeypatch.setattr(pygame.time, "Clock", lambda: clock)
    return clock


def at_step(monkeypatch, number, act) -> None:
    """Let `act` be done at that step of the episodes."""
    step, steps = FrozenLakeEnv.step, iter(range(1, number + 1))

    def counted(self, action):
        if next(steps) == number:
            act()
        return step(self, action)

    monkeypatch.setattr(FrozenLakeEnv, "step", counted)


@needs_pygame
@pytest.mark.parametrize("more", [(), ("--greedy",)])
def test_the_report_is_that_without_a_window(lakeppo, clock, more):
    without = lakeppo(*SHORT, *more)
    assert not clock.asked
    assert lakeppo(*SHORT, *more, "--window") == without
    assert without[0] == 0
    assert set(clock.asked) == {4}  # a frame each 250 ms
    assert len(clock.asked) >= 6


@needs_pygame
def test_closing_the_window_ends_the_replay(lakeppo, clock, monkeypatch):
    import pygame

    at_step(monkeypatch, 2, lambda: pygame.event.post(pygame.event.Event(pygame.QUIT)))
    line = "lakeppo: the window was closed in episode 1 of 3\n"
    assert lakeppo(*SHORT, "--window") == (1, "", line)
    assert not pygame.display.get_init()


@needs_pygame
def test_ctrl_c_closes_the_window(lakeppo, clock, monkeypatch):
    import pygame

    def interrupt() -> None:
        raise KeyboardInterrupt

    at_step(monkeypatch, 2, interrupt)
    assert lakeppo(*SHORT, "--window") == (130, "", "")
    assert not pygame.display.get_init()


@needs_pygame
def test_without_a_display_there_is_one_clear_line(lakeppo, monkeypatch):
    for name in ("SDL_VIDEODRIVER", "DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("sys.platform", "linux")
    line = "lakeppo: --window: there is no display: neither DISPLAY nor WAYLAND_DISPLAY is set\n"
    assert lakeppo(*SHORT, "--window") == (1, "", line)
    assert "SDL_VIDEODRIVER" not in os.environ


@needs_pygame
def test_a_display_that_cannot_be_used_is_named(lakeppo, monkeypatch):
    monkeypatch.setenv("SDL_VIDEODRIVER", "nonsense")
    status, out, err = lakeppo(*SHORT, "--window")
    assert (status, out) == (1, "")
    assert err.startswith("lakeppo: --window: no window can open: ")
    assert err.count("\n") == 1


def test_without_pygame_the_extra_is_named(lakeppo, monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    line = "lakeppo: --window: pygame is not installed; run `pip install 'lakeppo[window]'`\n"
    assert lakeppo(*SHORT, "--window") == (2, "", line)


@pytest.mark.parametrize("other", ["--json", "--render"])
def test_a_window_goes_with_no_other_form(lakeppo, other):
    line = "lakeppo: --window cannot be given together with --json or --render\n"
    assert lakeppo(*SHORT, "--window", other) == (2, "", line)
