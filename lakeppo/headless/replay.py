"""`lakeppo replay`: play episodes of a saved policy in Gymnasium's own environment and count their ends."""

import os
import re
import sys
from bisect import bisect_right
from math import sqrt
from pathlib import Path
from typing import Any

import gymnasium
import numpy as np

from lakeppo.config import Config
from lakeppo.headless.reports import diverged, replay_text, strict_json
from lakeppo.lake.exact import Floats
from lakeppo.lake.exact import greedy as greedy_policy
from lakeppo.runs.run import exact_success
from lakeppo.storage.checkpoint import Save


def replay(path: Path, save: Save, episodes: int, seed: int, *, greedy: bool, render: bool, as_json: bool) -> int:
    """Play `episodes` episodes and print the report. Return the exit status."""
    policy = save.run().policy()
    exact = exact_success(save.config, policy)[1 if greedy else 0]
    counts = _play(save.config, greedy_policy(policy) if greedy else policy, episodes, seed, render)
    rate = counts["successes"] / episodes
    result = {
        "save": str(path), "map": save.config.map, "slip": save.config.slip, "episodes": episodes, **counts,
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


def _play(config: Config, policy: Floats, episodes: int, seed: int, render: bool) -> dict[str, Any]:
    env = gymnasium.make(
        "FrozenLake-v1", desc=[list(row) for row in config.map_rows], is_slippery=True, success_rate=1.0 - config.slip,
        max_episode_steps=config.max_episode_steps, render_mode="ansi" if render else None,
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
        ended = False
        while not ended:
            if render:
                print(_frame(str(env.render())))
            state, _, terminated, truncated, _ = env.step(bisect_right(thresholds[state], generator.random()))
            steps += 1
            ended = terminated or truncated
        if render:
            print(_frame(str(env.render())))
        ends[config.tile(int(state)) if terminated else ""] += 1
    env.close()
    return {"successes": ends["G"], "holes": ends["H"], "timeouts": ends[""], "mean_steps": steps / episodes}
