"""`lakeppo replay`: a saved policy walks in Gymnasium itself, and what happens is counted."""

from bisect import bisect_right
from math import sqrt
from pathlib import Path
from typing import Any

import gymnasium
import numpy as np

from lakeppo.config import Config
from lakeppo.headless.reports import figure, ice, strict_json
from lakeppo.lake.exact import Floats
from lakeppo.lake.exact import greedy as greedily
from lakeppo.runs.run import exact_success
from lakeppo.storage.checkpoint import Save


def replay(path: Path, save: Save, episodes: int, seed: int, *, greedy: bool, render: bool, as_json: bool) -> int:
    """Play `episodes` of the saved policy and report. Returns the exit status."""
    policy = save.run().policy()
    exact = exact_success(save.config, policy)[1 if greedy else 0]
    counts = _play(save.config, greedily(policy) if greedy else policy, episodes, seed, render)
    rate = counts["successes"] / episodes
    result = {
        "save": str(path),
        "map": save.config.map,
        "slip": save.config.slip,
        "episodes": episodes,
        **counts,
        "success_rate": rate,
        "standard_error": sqrt(rate * (1 - rate) / episodes),
        "success_probability": exact,
        "greedy": greedy,
    }
    print(strict_json(result) if as_json else _in_words(result, save.config))
    return 0


def _play(config: Config, policy: Floats, episodes: int, seed: int, render: bool) -> dict[str, Any]:
    env = gymnasium.make(
        "FrozenLake-v1",
        desc=[list(row) for row in config.map_rows],
        is_slippery=True,
        success_rate=1.0 - config.slip,
        max_episode_steps=config.max_episode_steps,
        render_mode="ansi" if render else None,
    )
    dice, ice_seed = np.random.SeedSequence(seed).spawn(2)
    generator = np.random.default_rng(dice)
    thresholds = policy.cumsum(axis=1)[:, :-1].tolist()
    ends = {"G": 0, "H": 0, "": 0}
    steps = 0
    state, _ = env.reset(seed=int(ice_seed.generate_state(1)[0]))
    for episode in range(episodes):
        if episode:
            state, _ = env.reset()
        over = False
        while not over:
            if render:
                print(env.render())
            state, _, terminated, truncated, _ = env.step(bisect_right(thresholds[state], generator.random()))
            steps += 1
            over = terminated or truncated
        if render:
            print(env.render())
        ends[config.tile(int(state)) if terminated else ""] += 1
    env.close()
    return {"successes": ends["G"], "holes": ends["H"], "timeouts": ends[""], "mean_steps": steps / episodes}


def _in_words(result: dict[str, Any], config: Config) -> str:
    mode = "greedy" if result["greedy"] else "sampled"
    return "\n".join(
        [
            f"{result['save']}: {result['map']}, {ice(config)}, {mode}",
            f"  {result['episodes']:,} episodes: {result['successes']:,} goals, {result['holes']:,} holes, "
            f"{result['timeouts']:,} time-outs; {result['mean_steps']:.1f} steps each",
            f"  success {result['success_rate']:.4f} ± {result['standard_error']:.4f}; "
            f"exact {figure(result['success_probability'])}",
        ]
    )
