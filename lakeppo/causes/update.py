"""An update that can be redone: what its passes started from, its judged batch, and the knobs of every pass."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import torch
from torch import Tensor

from lakeppo.config import LakeKey
from lakeppo.fleets.batched_ppo import Activation, NetworkStack
from lakeppo.moment import Moment, Phase
from lakeppo.ppo.gae import td_errors
from lakeppo.ppo.trainer import Batch, Judgement
from lakeppo.runs.branch import Branch
from lakeppo.runs.run import ImproveStart, PassKnobs, Run
from lakeppo.runs.timeline import Timeline


@dataclass(frozen=True, eq=False)
class JudgedUpdate:
    """A judged update: it holds copies, so that the run may go on. `T` rows, `S` tiles."""

    update: int
    made: int  # passes made so far
    lake: LakeKey  # the one on which success is measured
    activation: Activation
    norm_adv: bool  # in force when the batch was judged, as are the next two
    gamma: float
    gae_lambda: float
    knobs: tuple[PassKnobs, ...]  # of every pass of the update, also of those that are not made yet
    batch: Batch
    judgement: Judgement
    episodes_before: int  # episodes that had ended before the batch
    log_policies: tuple[Tensor, ...]  # log policies (S, 4): before the first pass and after each that was made
    actor: NetworkStack  # before the first pass, one agent
    steps: int  # of Adam, before the first pass

    @property
    def rows(self) -> int:
        """The number of rows of the batch."""
        return len(self.batch.states)

    @property
    def old_log_policy(self) -> Tensor:
        """log π `(S, 4)` before the first pass."""
        return self.log_policies[0]

    @property
    def deltas(self) -> Tensor:
        """The TD errors `(T,)`: how much better than expected each step turned out."""
        judged, batch = self.judgement, self.batch
        return td_errors(batch.rewards, judged.values, judged.next_values, batch.terminated, self.gamma)

    @property
    def over(self) -> Tensor:
        """Whether an episode ended with each row, `(T,)`."""
        return self.batch.terminated | self.batch.truncated

    @property
    def episodes(self) -> Tensor:
        """Each row's episode `(T,)`, counted from 0 at the first one of the batch."""
        return self.over.long().cumsum(dim=0) - self.over.long()


def judged_update(run: Run) -> JudgedUpdate | None:
    """Return the present update of a run in *improve* or *copy*.

    None in another phase, and where the run was restored between two passes and so does not know how they started:
    `update_at` then finds it.
    """
    trainer, start = run.trainer, run.improve_start
    batch, judgement = trainer.batch, trainer.judgement
    if batch is None or judgement is None or (trainer.passes and start is None):
        return None
    if start is None:
        adam = trainer.adam
        start = ImproveStart(adam.weights.clone(), adam.first.clone(), adam.second.clone(), adam.steps, [])
    made = len(trainer.passes)
    coming = PassKnobs(trainer.learning_rate, trainer.ent_coef, run.config.clip_coef)
    judging = Moment(trainer.updates, Phase.JUDGE, 0)
    judged = run.origin.changed(change for change in run.changes if change.moment <= judging)
    pieces = [[p.detach() for p in trainer.adam.views(flat)[0]] for flat in start[:3]]
    ended = int((batch.terminated | batch.truncated).sum())
    return JudgedUpdate(
        trainer.updates, made, run.config.lake, torch.relu if judged.activation == "relu" else torch.tanh,
        judged.norm_adv, judged.gamma, judged.gae_lambda, (*start.knobs, *[coming] * (trainer.epochs - made)),
        batch, judgement, trainer.episodes - ended,
        (trainer.old_log_policy, *(p.log_policy for p in trainer.passes[1:]), *([trainer.policy()] if made else [])),
        NetworkStack(*(_stacked(piece) for piece in pieces)), start.steps,
    )  # fmt: skip


def present_update(timeline: Timeline) -> JudgedUpdate | None:
    """Return the present update of a timeline in *improve* or *copy*, recomputed if need be; None in another phase."""
    found = judged_update(timeline.run)
    if found is None and timeline.run.trainer.passes:
        found = update_at(timeline, timeline.run.moment)
    return found


def update_at(timeline: Timeline, moment: Moment, branch: Branch | None = None) -> JudgedUpdate:
    """Return the update of a moment of a branch in *improve* or *copy*, recomputed from the nearest keyframe.

    Raises `LookupError` if the branch has no such moment. This takes about as long as five updates.
    """
    branch = branch or timeline.branch
    second = timeline.second(branch)
    second.go_to(min(moment, Moment(moment.update, Phase.IMPROVE, 0)))
    while second.run.moment < min(moment, branch.end):
        second.unit()
    found = judged_update(second.run)
    if found is None or second.run.moment != moment:
        raise LookupError(f"{moment} is no moment of {branch.name} with a judged batch")
    return found


def _stacked(parameters: Sequence[Tensor]) -> list[Tensor]:
    """Return one network's parameters as a stack of one, in the fleets' layout."""
    pairs = list(pairwise(parameters))[::2]
    return [tensor for weight, bias in pairs for tensor in (weight.mT[None].contiguous(), bias[None, None].clone())]
