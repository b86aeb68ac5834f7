"""The speed of one agent against PPO as tutorials write it: `python tests/benchmarks/speed.py`.

Every program trains `classic` (or `--preset`) on one thread, in turns of a few updates each. The median processor times
of a turn are compared, which limits the influence of other processes. Stable-Baselines3, with the same knobs and
networks, is included if it is installed.
"""

import argparse
import platform
import statistics
import time
from collections.abc import Callable
from typing import Any

import gymnasium
import torch
from gymnasium.envs.toy_text.frozen_lake import FrozenLakeEnv
from plain import PlainLoop

from lakeppo.config import Config, make_config
from lakeppo.lake.environment import Lake
from lakeppo.ppo.trainer import Trainer, random_sources
from lakeppo.presets import PRESETS, Limit
from lakeppo.storage.run_file import RunFile

SEED = 1
Turn = Callable[[int], None]
"""Trains for a number of updates."""


class SlowLake(Lake):
    """A lake with Gymnasium's own `step` and `reset` instead of the transition table."""

    def step(self, a: int) -> tuple[int, float, bool, bool, dict[str, float]]:
        state, reward, terminated, _, info = FrozenLakeEnv.step(self, a)
        self.elapsed += 1
        return state, reward, terminated, self.elapsed >= self.max_episode_steps, info

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[int, dict[str, Any]]:
        self.elapsed = 0
        return FrozenLakeEnv.reset(self, seed=seed, options=options)


def plain(config: Config) -> Turn:
    trainer = Trainer(config, SEED)
    loop = PlainLoop(config, trainer.actor, trainer.critic, random_sources(SEED).slip_seed)

    def turn(updates: int) -> None:
        for _ in range(updates):
            loop.update()

    return turn


def train(config: Config) -> Turn:
    """`lakeppo train` with all it records, but without files."""
    timeline = RunFile(SEED, config).timeline()
    timeline.memory = 0
    run = timeline.run

    def turn(updates: int) -> None:
        limit = Limit("updates", run.trainer.updates + updates)
        while not run.reached(limit):
            timeline.unit()

    return turn


def bare(config: Config, lake: type[Lake]) -> Turn:
    trainer = Trainer(config, SEED)
    state = trainer.env.state()
    trainer.env = lake(config.map_rows, config.slip, config.max_episode_steps)
    trainer.env.load_state(state)

    def turn(updates: int) -> None:
        end = trainer.updates + updates
        while trainer.updates < end:
            trainer.unit()

    return turn


def stable_baselines3(config: Config) -> Turn | None:
    try:
        from stable_baselines3 import PPO
    except ImportError:
        return None
    env = gymnasium.make(
        "FrozenLake-v1",
        desc=list(config.map_rows),
        success_rate=1 - config.slip,
        max_episode_steps=config.max_episode_steps,
    )
    model = PPO(
        "MlpPolicy", env, device="cpu", seed=SEED,
        n_steps=config.batch_size, batch_size=config.batch_size, n_epochs=config.epochs,
        learning_rate=config.learning_rate, clip_range=config.clip_coef, ent_coef=config.ent_coef,
        vf_coef=config.vf_coef, gamma=config.gamma, gae_lambda=config.gae_lambda, normalize_advantage=config.norm_adv,
        policy_kwargs={
            "net_arch": {"pi": [32, 16], "vf": [16]},
            "activation_fn": torch.nn.ReLU if config.activation == "relu" else torch.nn.Tanh,
        },
    )  # fmt: skip
    return lambda updates: model.learn(updates * config.batch_size, reset_num_timesteps=False) and None


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--preset", choices=PRESETS, default="classic")
    parser.add_argument("--rounds", type=int, default=40)
    given = parser.parse_args()
    torch.set_num_threads(1)
    config = make_config(given.preset)
    turns = {
        "the plain loop": plain(config),
        "train, with all it records": train(config),
        "the trainer alone, Gymnasium's step": bare(config, SlowLake),
        "the trainer alone, transition table": bare(config, Lake),
        "Stable-Baselines3": stable_baselines3(config),
    }
    present = {name: turn for name, turn in turns.items() if turn is not None}
    updates = max(1, 1024 // config.batch_size)
    seconds: dict[str, list[float]] = {name: [] for name in present}
    for round_ in range(-3, given.rounds):  # the first three warm up
        for name, turn in present.items():
            start = time.process_time()
            turn(updates)
            if round_ >= 0:
                seconds[name].append(time.process_time() - start)
    print(f"{given.preset}, one thread, {platform.machine()}, torch {torch.__version__}, {given.rounds} rounds")
    baseline = statistics.median(seconds["the plain loop"])
    for name, values in seconds.items():
        median = statistics.median(values)
        print(f"{name:<36} {updates * config.batch_size / median:9,.0f} steps/s {baseline / median:7.2f}x")
    for name in turns.keys() - present.keys():
        print(f"{name:<36} is not installed")


if __name__ == "__main__":
    main()
