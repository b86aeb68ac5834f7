"""The speed of a fleet against PPO as tutorials write it: `python tests/benchmarks/fleet.py`.

Environment steps per second of processor time on one thread, updates included, and exact success after each update
except where noted. The programs run in turn and their medians are compared, which limits the influence of other
processes.
"""

import argparse
import statistics
import time
from collections.abc import Callable

import torch
from plain import PlainLoop

from lakeppo.config import Config, make_config
from lakeppo.fleets.compiler import CompilerUnavailable, compiled_pass
from lakeppo.fleets.fleet import Agent, Fleet
from lakeppo.ppo.trainer import Trainer, random_sources
from lakeppo.presets import PRESETS

Turn = Callable[[], int]
"""Trains for a while and returns the number of environment steps."""


def plain(config: Config) -> Turn:
    trainer = Trainer(config, 0)
    loop = PlainLoop(config, trainer.actor, trainer.critic, random_sources(0).slip_seed)

    def turn() -> int:
        updates = -(-1024 // config.batch_size)
        for _ in range(updates):
            loop.update()
        return updates * config.batch_size

    return turn


def fleet(config: Config, agents: int, compiled: bool, with_success: bool = True) -> Turn:
    improve = compiled_pass([(config, agents)], "cpu") if compiled else None
    fleet = Fleet([Agent(seed, config) for seed in range(agents)], improve=improve)

    def turn() -> int:
        fleet.update()
        if with_success:
            fleet.success()
        return agents * config.batch_size

    return turn


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--agents", type=int, default=1024)
    parser.add_argument("--preset", choices=list(PRESETS), default="classic")
    parser.add_argument("--rounds", type=int, default=25)
    parser.add_argument("--no-compile", action="store_true")
    given = parser.parse_args()
    torch.set_num_threads(1)
    config = make_config(given.preset)
    turns = {"the plain loop": plain(config), f"fleet of {given.agents:,}": fleet(config, given.agents, False)}
    try:
        if not given.no_compile:
            turns[f"fleet of {given.agents:,}, compiled"] = fleet(config, given.agents, True)
            turns["the same without exact success"] = fleet(config, given.agents, True, with_success=False)
    except CompilerUnavailable as error:
        print(error)
    report(turns, given.rounds)


def report(turns: dict[str, Turn], rounds: int) -> None:
    rates: dict[str, list[float]] = {name: [] for name in turns}
    for turn in turns.values():
        turn()
    for _ in range(rounds):
        for name, turn in turns.items():
            start = time.process_time()
            steps = turn()
            rates[name].append(steps / (time.process_time() - start))
    first = statistics.median(rates["the plain loop"])
    for name, values in rates.items():
        rate = statistics.median(values)
        print(f"{name:30}  {rate:12,.0f} steps/s  {rate / first:6.0f}x")


if __name__ == "__main__":
    main()
