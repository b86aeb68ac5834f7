"""Helpers for tests that drive a run."""

from typing import Any, Literal

from lakeppo.config import Config, make_config
from lakeppo.moment import Moment
from lakeppo.ppo.trainer import Trainer
from lakeppo.runs.run import Run
from lakeppo.runs.timeline import Timeline
from lakeppo.runs.trainer_state import state_sha256, trainer_state, weights_sha256
from lakeppo.storage.checkpoint import pack


def small(rows: tuple[str, ...] = ("SFFF", "FHFH", "FFFH", "HFFG"), **knobs: Any) -> Config:
    """Short batches, few passes, short episodes and slippery ice: everything happens within a few units."""
    return make_config(
        "classic", ("test", rows), **{"batch_size": 10, "epochs": 3, "slip": 0.5, "max_episode_steps": 7, **knobs}
    )


def ran(config: Config, seed: int, units: int) -> Run:
    run = Run(config, seed)
    for _ in range(units):
        run.unit()
    return run


def advance(run: Run, updates: int) -> Run:
    """Do units until `run` has done `updates` updates in all, and return it."""
    while run.trainer.updates < updates:
        run.unit()
    return run


def file_of(run: Run, which: Literal["last", "best"]) -> bytes:
    """The save of a run with a single branch."""
    return pack(Timeline(run), which)


def hashes(run: Run) -> tuple[Moment, str, str]:
    state = trainer_state(run.trainer)
    return run.moment, weights_sha256(state), state_sha256(run.seed, run.config, state)


def bits(trainer: Trainer) -> tuple[str, str]:
    state = trainer_state(trainer)
    return weights_sha256(state), state_sha256(0, trainer.config, state)


CHANGES = [
    ("slip", 0.0), ("slip", 0.7), ("clip_coef", None), ("clip_coef", 0.1), ("epochs", 5), ("epochs", 1),
    ("batch_size", 6),
    ("batch_size", 15), ("learning_rate", 0.003), ("gamma", 0.99), ("seed", 9), ("norm_adv", True),
]  # fmt: skip


def timeline_after(units: int, **knobs) -> Timeline:
    timeline = Timeline(Run(small(**knobs), 3))
    for _ in range(units):
        timeline.unit()
    return timeline
