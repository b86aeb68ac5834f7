"""Helpers for tests that redo an update."""

from typing import Any

import torch
from torch import Tensor

from lakeppo.causes.results import Lens
from lakeppo.causes.update import JudgedUpdate, judged_update
from lakeppo.config import Config, make_config
from lakeppo.moment import Moment, Phase
from lakeppo.ppo.trainer import Trainer
from lakeppo.runs.run import Run
from lakeppo.runs.trainer_state import load_trainer_state, trainer_state


def run_to(config: Config, seed: int, moment: Moment) -> Run:
    run = Run(config, seed)
    while run.moment < moment:
        run.unit()
    return run


def before_copy(seed: int, update: int, preset: str = "classic", **knobs: Any) -> Run:
    """A run whose passes of `update` are made."""
    return run_to(make_config(preset, **knobs), seed, Moment(update, Phase.COPY, 0))


def copy(trainer: Trainer) -> Trainer:
    copied = Trainer(trainer.config, 0)
    load_trainer_state(copied, trainer_state(trainer))
    return copied


def without(judging: Trainer, update: JudgedUpdate, lens: Lens, rows: Tensor) -> Trainer:
    """What a trainer in *judge* makes of its batch without `rows` `(T,)`, if it does not normalise the advantages."""
    if lens is Lens.PUSH:
        return relearned(judging, update.judgement.advantages * ~rows)
    deltas = (update.deltas * rows).tolist()
    steps = zip(judging.transitions, deltas, strict=True)
    return relearned(judging, transitions=[step._replace(reward=step.reward - delta) for step, delta in steps])


def advanced(run: Run) -> Run:
    """The run when the passes of its update are made."""
    while run.trainer.phase is not Phase.COPY:
        run.unit()
    return run


def judged(run: Run) -> JudgedUpdate:
    found = judged_update(run)
    assert found is not None
    return found


def relearned(trainer: Trainer, advantages: Tensor | None = None, **changed: Any) -> Trainer:
    """The trainer's update judged and improved again, from *judge*, by a copy of the trainer itself.

    `advantages` `(T,)` take the place of the judged ones, as the objective uses them; `changed` are its attributes.
    """
    copied = copy(trainer)
    for name, value in changed.items():
        setattr(copied, name, value)
    copied.unit()
    if advantages is not None:
        assert copied.judgement is not None
        copied.judgement = copied.judgement._replace(used_advantages=advantages)
    while copied.phase is Phase.IMPROVE:
        copied.unit()
    return copied


def largest(difference: Tensor) -> float:
    return float(torch.as_tensor(difference).abs().max())
