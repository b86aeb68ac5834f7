"""The figures of an update that lessons add to those of a run's statistics."""

import numpy as np
import torch

from lakeppo.config import Config
from lakeppo.lake.environment import transition_table
from lakeppo.lake.exact import success_probability
from lakeppo.lake.transition import ACTION_COUNT
from lakeppo.ppo.objective import entropy, kl_divergence, three_groups
from lakeppo.ppo.trainer import Batch, Judgement, Trainer

NEWS = 0.2
"""The advantage from which a step has heard of a goal."""


class UpdateFigures:
    """Figures of the updates of one run; some are counted from its beginning."""

    def __init__(self) -> None:
        self.goals = self.cut = 0
        self.heard, self.heard_of = 0, 0

    def of(self, trainer: Trainer, wanted: set[str]) -> dict[str, float]:
        """Return the figures of an update right before its copy; the costly ones only if they are wanted."""
        batch, judged = trainer.batch, trainer.judgement
        assert batch is not None
        assert judged is not None
        first = self.goals == 0
        reached = int((batch.rewards > 0).sum())
        self.goals += reached
        self.cut += int(batch.truncated.sum())
        if first and reached:
            self.heard, self.heard_of = heard(batch, judged)
        figures: dict[str, float] = {
            "goals": self.goals, "cut": self.cut, "batch_goals": reached,
            "batch_episodes": int((batch.terminated | batch.truncated).sum()),
            "advantage_sd": judged.advantages.std(correction=0).item(),
            "weight_max": judged.used_advantages.abs().max().item(),
            "entropy_after": (entropy(trainer.policy()) @ batch.visits).item(),
            "heard": self.heard, "heard_of": self.heard_of,
        }  # fmt: skip
        if any(name.startswith("pass_") for name in wanted):
            figures |= last_pass(trainer, batch, judged)
        if wanted & {"halted", "farther"}:
            figures["halted"], figures["farther"] = carried(trainer, batch, judged)
        return figures


def heard(batch: Batch, judged: Judgement) -> tuple[int, int]:
    """Return the steps with news of the batch's first goal, and all steps of its episode that are in the batch."""
    goal = int((batch.rewards > 0).nonzero()[0])
    ends = (batch.terminated | batch.truncated)[:goal].nonzero()
    start = int(ends[-1]) + 1 if len(ends) else 0
    return int((judged.advantages[start : goal + 1] > NEWS).sum()), goal + 1 - start


def last_pass(trainer: Trainer, batch: Batch, judged: Judgement) -> dict[str, float]:
    """Return the figures of the update's last pass, as the objective saw it."""
    last = trainer.passes[-1]
    ratio = (last.log_policy - trainer.old_log_policy).take(batch.chosen).exp()
    groups = three_groups(ratio, judged.used_advantages, last.clip_coef)
    inside, returning, stopped = (int(group.sum()) for group in groups)
    kl = (kl_divergence(trainer.old_log_policy, last.log_policy) @ batch.visits).item()
    return {
        "pass_kl": kl, "pass_moved": int((ratio != 1).sum()),
        "pass_ratio_min": ratio.min().item(), "pass_ratio_max": ratio.max().item(),
        "pass_inside": inside, "pass_returning": returning, "pass_stopped": stopped,
    }  # fmt: skip


def carried(trainer: Trainer, batch: Batch, judged: Judgement) -> tuple[int, int]:
    """Return how many samples were stopped in the passes before the last, and how many moved farther out after it."""
    tables = torch.stack([each.log_policy for each in trainer.passes])
    ratios = (tables - trainer.old_log_policy).flatten(1)[:, batch.chosen].exp()
    halted = farther = 0
    for ratio, after, each in zip(ratios[:-1], ratios[1:], trainer.passes, strict=False):
        stopped = three_groups(ratio, judged.used_advantages, each.clip_coef).stopped
        halted += int(stopped.sum())
        farther += int((stopped & ((after - 1).abs() > (ratio - 1).abs())).sum())
    return halted, farther


def uniform_success(config: Config) -> float:
    """Return the exact success of choosing each action at random."""
    policy = np.full((config.tiles, ACTION_COUNT), 1 / ACTION_COUNT)
    table = transition_table(config.map_rows, config.slip)
    return float(success_probability(table, policy, config.max_episode_steps))
