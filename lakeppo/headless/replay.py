"""`lakeppo replay`: play episodes of a saved policy in Gymnasium's own environment and count their ends."""

import os
import re
import sys
from bisect import bisect_right
from contextlib import closing
from pathlib import Path
from typing import Any, Literal

import gymnasium
import numpy as np

from lakeppo.config import Config
from lakeppo.headless.reports import diverged, replay_text, strict_json
from lakeppo.headless.window import Window
from lakeppo.lake.exact import Floats
from lakeppo.lake.exact import greedy as greedy_policy
from lakeppo.runs.run import exact_success
from lakeppo.runs.statistics import wilson_interval
from lakeppo.storage.checkpoint import Save

Shown = Literal["ansi", "human"] | None
"""What is drawn, as Gymnasium names it: frames of text, its window, nothing."""


def replay(
    path: Path, save: Save, episodes: int, seed: int, *, greedy: bool, shown: Shown = None, as_json: bool
) -> int:  # fmt: skip
    """Play `episodes` episodes and print the report. Return the exit status."""
    policy = save.run().policy()
    exact = exact_success(save.config, policy)[1 if greedy else 0]
    counts = _play(save.config, greedy_policy(policy) if greedy else policy, episodes, seed, shown)
    result = {
        "save": str(path), "map": save.config.map, "slip": save.config.slip, "episodes": episodes, **counts,
        "success_rate": counts["successes"] / episodes,
        "success_rate_interval": wilson_interval(counts["successes"], episodes),
        "success_probability": exact, "greedy": greedy, **diverged(save.timeline()),
    }  # fmt: skip
    print(strict_json(result) if as_json else replay_text(save.config, result))
    return 0


def _frame(text: str) -> str:
    """Return a frame as a terminal shows it, or without the colour of the agent's tile its letter in lower case."""
    if sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb":
        return text
    return re.sub(r"\x1b\[[0-9;]*m(.)\x1b\[0m", lambda found: found[1].lower(), text)


def _play(config: Config, policy: Floats, episodes: int, seed: int, shown: Shown) -> dict[str, Any]:
    window = Window() if shown == "human" else None
    env = gymnasium.make(
        "FrozenLake-v1", desc=[list(row) for row in config.map_rows], is_slippery=True, success_rate=1.0 - config.slip,
        max_episode_steps=config.max_episode_steps, render_mode=shown,
    )  # fmt: skip
    actions, slips = np.random.SeedSequence(seed).spawn(2)
    generator = np.random.default_rng(actions)
    thresholds = policy.cumsum(axis=1)[:, :-1].tolist()
    ends = {"G": 0, "H": 0, "": 0}
    steps = 0
    with closing(env):
        for episode in range(episodes):
            state, _ = env.reset(seed=None if episode else int(slips.generate_state(1)[0]))
            ended = False
            while not ended:
                if shown == "ansi":
                    print(_frame(str(env.render())))
                state, _, terminated, truncated, _ = env.step(bisect_right(thresholds[state], generator.random()))
                steps += 1
                ended = terminated or truncated
                if window is not None:
                    window.check_open(episode + 1, episodes)
            if shown == "ansi":
                print(_frame(str(env.render())))
            ends[config.tile(int(state)) if terminated else ""] += 1
    return {"successes": ends["G"], "holes": ends["H"], "timeouts": ends[""], "mean_steps": steps / episodes}
