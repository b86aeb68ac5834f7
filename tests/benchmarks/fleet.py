"""How fast many agents learn at once, beside PPO as tutorials write it: `python tests/benchmarks/fleet.py`.

Learning steps per second of processor time on one thread, updates included, and exact success after each where not said
otherwise. The programs go by turns, and what is compared is the median of the turns, so that others on the machine
matter little.
"""

import argparse
import statistics
import time
from collections.abc import Callable

import torch
from plain import PlainLoop

from lakeppo.config import PRESETS, Config, make_config
from lakeppo.fleets.compiler import CompilerUnavailable, compiled_pass
from lakeppo.fleets.fleet import Agent, Fleet
from lakeppo.ppo.trainer import Trainer, random_sources

Turn = Callable[[], int]
"""Goes on for a while, and says how many environment steps that was."""


def plain(config: Config) -> Turn:
    trainer = Trainer(config, 0)
    loop = PlainLoop(config, trainer.actor, trainer.critic, random_sources(0).ice)

    def turn() -> int:
        updates = -(-1024 // config.batch_size)
        for _ in range(updates):
            loop.update()
        return updates * config.batch_size

    return turn


def fleet(config: Config, agents: int, compiled: bool, judged: bool = True) -> Turn:
    many = [Agent(seed, config) for seed in range(agents)]
    all_of_them = Fleet(many, improve=compiled_pass([(config, agents)], "cpu") if compiled else None)

    def turn() -> int:
        all_of_them.update()
        if judged:
            all_of_them.success()
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
            turns["the same without exact success"] = fleet(config, given.agents, True, judged=False)
    except CompilerUnavailable as error:
        print(error)
    report(turns, given.rounds)


def report(turns: dict[str, Turn], rounds: int) -> None:
    rates: dict[str, list[float]] = {name: [] for name in turns}
    for turn in turns.values():
        turn()
    for _ in range(rounds):
        for name, turn in turns.items():
            begun = time.process_time()
            steps = turn()
            rates[name].append(steps / (time.process_time() - begun))
    first = statistics.median(rates["the plain loop"])
    for name, measured in rates.items():
        rate = statistics.median(measured)
        print(f"{name:30}  {rate:12,.0f} steps/s  {rate / first:6.0f}x")


if __name__ == "__main__":
    main()
