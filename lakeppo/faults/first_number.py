"""The first number that differs between the right program and a faulty one with the same seed.

Numbers come in the order in which they are computed: of advantages and returns the last step's is the first.
"""

from collections.abc import Iterator
from typing import NamedTuple

import torch
from torch import Tensor

from lakeppo.config import Config
from lakeppo.errors import Message
from lakeppo.faults.engine import trainer_class
from lakeppo.faults.fault import Fault
from lakeppo.faults.spotting import FirstNumber
from lakeppo.i18n import N_
from lakeppo.lake.transition import ACTION_COUNT, ARROWS
from lakeppo.moment import Phase
from lakeppo.ppo.trainer import Trainer

UPDATES = 5
"""Updates in which a difference is looked for."""


class _Number(NamedTuple):
    template: str
    values: Tensor  # 0 to 2 dimensions: one number, one for each step or tile, or one for each tile and action
    backward: bool = False  # the last of them is computed first


def first_number(fault: Fault, config: Config, seed: int) -> FirstNumber | None:
    """Return the first number that differs, or None if none does within `UPDATES` updates."""
    right, faulty = Trainer(config, seed), trainer_class(fault)(config, seed)
    while right.updates < UPDATES and right.moment == faulty.moment:
        phase = right.unit()
        faulty.unit()
        for a, b in zip(_numbers(right, phase), _numbers(faulty, phase), strict=True):
            differ = (a.values != b.values) & ~(a.values.isnan() & b.values.isnan())
            if differ.any():
                place = int(differ.flatten().nonzero()[-1 if a.backward else 0])
                figures = (one.values.flatten()[place].item() for one in (a, b))
                return FirstNumber(right.moment, _what(a, place, right), *figures)
    return None


def _what(number: _Number, place: int, trainer: Trainer) -> Message:
    """Return which number it is; of a step that ends an episode, also how it ends."""
    tile, action = divmod(place, ACTION_COUNT) if number.values.dim() == 2 else (place, 0)
    place_of_tile = "({},{})".format(*divmod(tile, trainer.config.shape[1]))
    what = Message(number.template, number=place + 1, tile=place_of_tile, action=ARROWS[action])
    if not number.backward:
        return what
    step = trainer.transitions[place]
    if step.truncated:
        return Message("{what}, where the time limit cuts the episode off", what=what)
    if step.terminated:
        into = {"H": N_("{what}, the step into a hole"), "G": N_("{what}, the step into the goal")}
        return Message(into[trainer.config.tile(step.next_state)], what=what)
    return what


def _numbers(trainer: Trainer, phase: Phase) -> Iterator[_Number]:
    """Yield the numbers that the last unit, of this phase, has computed, in the order of their computation."""
    if phase is Phase.COLLECT:
        step = trainer.transitions[-1]
        yield _Number(N_("the action of the newest step"), torch.tensor(float(step.action)))
        yield _Number(N_("the tile after the newest step"), torch.tensor(float(step.next_state)))
    elif phase is Phase.JUDGE:
        judged = trainer.judgement
        assert judged is not None
        yield _Number(N_("V of the tile of step {number}"), judged.values)
        yield _Number(N_("V of the tile after step {number}"), judged.next_values)
        yield _Number(N_("the advantage of step {number}"), judged.advantages, backward=True)
        yield _Number(N_("the return of step {number}"), judged.returns, backward=True)
        yield _Number(N_("the advantage used for step {number}"), judged.used_advantages, backward=True)
    elif phase is Phase.IMPROVE:
        yield from _of_pass(trainer)
    else:
        yield _Number(N_("the old policy's log probability of {action} on tile {tile}"), trainer.old_log_policy)


def _of_pass(trainer: Trainer) -> Iterator[_Number]:
    newest = trainer.passes[-1]
    for template, value in (
        (N_("the policy loss"), newest.policy_loss),
        (N_("the value loss"), newest.value_loss),
        (N_("the entropy"), newest.entropy),
        (N_("the norm of the actor's gradient"), newest.actor_grad_norm),
        (N_("the norm of the critic's gradient"), newest.critic_grad_norm),
    ):
        yield _Number(template, torch.tensor(value, dtype=torch.float64))
    yield _Number(N_("the new policy's log probability of {action} on tile {tile}"), trainer.policy())
    yield _Number(N_("V of tile {tile}"), trainer.values())
