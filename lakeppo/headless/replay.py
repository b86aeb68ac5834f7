"""`lakeppo replay`: play episodes of a saved policy in Gymnasium's own environment and count their ends."""

import os
import re
import sys
from bisect import bisect_right
from collections.abc import Iterator
from contextlib import contextmanager
from math import sqrt
from pathlib import Path
from typing import Any, Literal

import gymnasium
import numpy as np

from lakeppo.config import Config
from lakeppo.errors import LakeppoError
from lakeppo.headless.reports import diverged, replay_text, strict_json
from lakeppo.lake.exact import Floats
from lakeppo.lake.exact import greedy as greedy_policy
from lakeppo.runs.run import exact_success
from lakeppo.storage.checkpoint import Save

Rendering = Literal["ansi", "human"] | None
"""What shows the episodes: frames of text, Gymnasium's own window, or nothing."""


UNSEEN = ("dummy", "offscreen")
"""SDL's drivers without a display, which it takes where there is none."""


class WindowError(LakeppoError):
    """Gymnasium's window cannot be opened."""


def replay(
    path: Path, save: Save, episodes: int, seed: int, *, greedy: bool, rendering: Rendering = None, as_json: bool
) -> int:
    """Play `episodes` episodes, fewer if the window is closed, and print the report. Return the exit status."""
    policy = save.run().policy()
    exact = exact_success(save.config, policy)[1 if greedy else 0]
    played = greedy_policy(policy) if greedy else policy
    counts = _play(save.config, played, episodes, seed, rendering)
    if not counts["episodes"]:
        return 0
    rate = counts["successes"] / counts["episodes"]
    result = {
        "save": str(path), "map": save.config.map, "slip": save.config.slip, **counts,
        "success_rate": rate, "standard_error": sqrt(rate * (1 - rate) / episodes),
        "success_probability": exact, "greedy": greedy, **diverged(save.timeline()),
    }  # fmt: skip
    print(strict_json(result) if as_json else replay_text(save.config, result))
    return 0


def _frame(text: str) -> str:
    """Return a frame as a terminal shows it, or without the colour of the agent's tile its letter in lower case."""
    if sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb":
        return text
    return re.sub(r"\x1b\[[0-9;]*m(.)\x1b\[0m", lambda found: found[1].lower(), text)


@contextmanager
def _window() -> Iterator[None]:
    """Turn what keeps the window from opening into an error of one line."""
    os.environ.setdefault("PYGAME_HIDE_SUPPORT_PROMPT", "1")  # it is printed on standard output
    try:
        yield
    except gymnasium.error.DependencyNotInstalled:
        raise WindowError("--window needs pygame: pip install 'lakeppo[window]'") from None
    except Exception as error:
        if type(error).__module__.partition(".")[0] != "pygame":
            raise
        raise WindowError("the window cannot be shown: {reason}", reason=error) from None


def _closed() -> bool:
    """Return whether the window was asked to close. Raises `WindowError` if it is none that a person sees."""
    import pygame

    if pygame.display.get_driver() in UNSEEN and "SDL_VIDEODRIVER" not in os.environ:
        raise WindowError("--window needs a display, and there is none")
    return bool(pygame.event.get(pygame.QUIT))


def _play(config: Config, policy: Floats, episodes: int, seed: int, rendering: Rendering) -> dict[str, Any]:
    if rendering != "human":
        return _episodes(config, policy, episodes, seed, rendering)
    if sys.platform == "linux" and not {"DISPLAY", "WAYLAND_DISPLAY", "SDL_VIDEODRIVER"} & os.environ.keys():
        raise WindowError("--window needs a display, and there is none")
    with _window():
        return _episodes(config, policy, episodes, seed, rendering)


def _episodes(config: Config, policy: Floats, episodes: int, seed: int, rendering: Rendering) -> dict[str, Any]:
    """Return how the episodes end, of those that ended before the window was closed."""
    env = gymnasium.make(
        "FrozenLake-v1", desc=[list(row) for row in config.map_rows], is_slippery=True, success_rate=1.0 - config.slip,
        max_episode_steps=config.max_episode_steps, render_mode=rendering,
    )  # fmt: skip
    dice, ice_seed = np.random.SeedSequence(seed).spawn(2)
    generator = np.random.default_rng(dice)
    thresholds = policy.cumsum(axis=1)[:, :-1].tolist()
    ends = {"G": 0, "H": 0, "": 0}
    steps = 0
    state, _ = env.reset(seed=int(ice_seed.generate_state(1)[0]))
    for episode in range(episodes):
        if episode:
            state, _ = env.reset()
        length, ended = 0, False
        while not ended and not (rendering == "human" and _closed()):
            if rendering == "ansi":
                print(_frame(str(env.render())))
            state, _, terminated, truncated, _ = env.step(bisect_right(thresholds[state], generator.random()))
            length += 1
            ended = terminated or truncated
        if not ended:
            break
        if rendering == "ansi":
            print(_frame(str(env.render())))
        steps += length
        ends[config.tile(int(state)) if terminated else ""] += 1
    env.close()
    played = sum(ends.values())
    return {
        "episodes": played, "successes": ends["G"], "holes": ends["H"], "timeouts": ends[""],
        "mean_steps": steps / max(1, played),
    }  # fmt: skip
