"""The figures of an update: names, meanings, healthy ranges and computation. Importing this needs no torch."""

import csv
import io
import math
from collections.abc import Collection, Iterable
from statistics import fmean
from typing import TYPE_CHECKING, Any, NamedTuple

from lakeppo.i18n import N_

if TYPE_CHECKING:
    from lakeppo.ppo.trainer import Trainer

Z = 1.959963984540054
"""The 97.5 % quantile of the standard normal distribution."""


class Stat(NamedTuple):
    """A figure: its meaning and healthy range (None: without a limit)."""

    meaning: str
    healthy: str
    low: float | None = None
    high: float | None = None


STATS: dict[str, Stat] = {
    "policy_loss": Stat(N_("-min(ratio·A, clip(ratio)·A), mean over the update's passes"), N_("near 0; not a score")),
    "value_loss": Stat(
        N_("mean squared error of the critic against the returns"), N_("rises at the first goals, then falls")
    ),
    "entropy": Stat(N_("mean entropy of the policy over the batch, in nats; 1.386: uniform"), N_("falls slowly"), 0.05),
    "approx_kl": Stat(N_("mean of (ratio - 1) - log ratio: an estimate of KL(old || new)"), N_("under 0.02"), 0, 0.02),
    "kl": Stat(N_("exact KL(old || new), mean over the states of the batch"), N_("under 0.02"), 0, 0.02),
    "ratio_mean": Stat(N_("mean of new/old probability of the actions taken"), N_("close to 1"), 0.95, 1.05),
    "ratio_min": Stat(N_("smallest ratio of the update"), N_("above 0.3"), 0.3),
    "ratio_max": Stat(N_("largest ratio of the update"), N_("under 3"), None, 3),
    "inside": Stat(N_("share of samples inside the clip band"), N_("above 0.8"), 0.8),
    "returning": Stat(N_("share outside the band with a gradient back towards it"), N_("under 0.1"), None, 0.1),
    "stopped": Stat(N_("share whose gradient the clip makes exactly zero"), N_("under 0.2"), None, 0.2),
    "explained_variance": Stat(
        N_("share of the returns' variance V explains; below 0: worse than a constant"), N_("to 1"), 0
    ),
    "actor_grad_norm": Stat(N_("norm of the actor's gradient, mean over the passes"), N_("under 1"), None, 1),
    "critic_grad_norm": Stat(N_("norm of the critic's gradient, mean over the passes"), N_("under 1"), None, 1),
    "success_rate": Stat(
        N_("goals among the last 100 episodes (fewer at first and after a change of lake)"), N_("to 1")
    ),
    "success_error": Stat(N_("standard error of success_rate"), N_("at most 0.05")),
    "success_probability": Stat(N_("exact success of the sampled policy within the time limit"), N_("to the ceiling")),
    "greedy_success_probability": Stat(N_("exact success of the most probable actions"), N_("to the ceiling")),
    "effective_sample_size": Stat(
        N_("(Σ ratio)² / (n Σ ratio²), mean over the passes; 1: all ratios are equal"), N_("above 0.9"), 0.9
    ),
}


class Row(NamedTuple):
    """The figures of one update; None: no value. Shares are over the samples of all passes."""

    update: int  # copies, including its own
    env_steps: int
    episodes: int
    policy_loss: float
    value_loss: float
    entropy: float
    approx_kl: float
    kl: float
    ratio_mean: float
    ratio_min: float
    ratio_max: float
    inside: float
    returning: float
    stopped: float
    explained_variance: float | None
    actor_grad_norm: float
    critic_grad_norm: float
    success_rate: float | None
    success_error: float | None
    success_probability: float
    greedy_success_probability: float
    effective_sample_size: float | None = None  # None: not finite, or from a save of format 2

    @property
    def clipfrac(self) -> float:
        """The share of samples outside the clip band, as CleanRL has it."""
        return 1 - self.inside

    @property
    def old_approx_kl(self) -> float:
        """The mean of -log ratio, as CleanRL has it: what `approx_kl` would be without (ratio - 1)."""
        return self.approx_kl + 1 - self.ratio_mean


DERIVED = ("clipfrac", "old_approx_kl")
"""The figures that follow from others of a row."""


COUNTS = ("update", "env_steps", "episodes")
"""The figures of a row that are whole numbers."""
OPTIONAL = ("explained_variance", "success_rate", "success_error", "effective_sample_size")
"""The figures of a row that may have no value, which is kept as NaN."""


def describe(trainer: "Trainer") -> dict[str, Any]:
    """Return the row of an update right before its copy, without the exact success."""
    import torch

    from lakeppo.ppo.objective import approx_kl, kl_divergence, three_groups

    batch, judged = trainer.batch, trainer.judgement
    assert batch is not None
    assert judged is not None
    tables = torch.stack([p.log_policy for p in trainer.passes])
    logratio = (tables - trainer.old_log_policy).flatten(1)[:, batch.chosen]
    ratio = logratio.exp()
    clips = [[math.inf if p.clip_coef is None else p.clip_coef] for p in trainer.passes]
    groups = three_groups(ratio, judged.used_advantages, torch.tensor(clips, dtype=torch.float64))
    inside, returning, stopped = (group.count_nonzero().item() / group.numel() for group in groups)
    _, policy_loss, value_loss, entropy, actor_grad_norm, critic_grad_norm, _ = zip(*trainer.passes, strict=True)
    smallest, largest = ratio.aminmax()
    rate, error = success_rate(trainer.outcomes)
    weights = (logratio - logratio.amax(dim=1, keepdim=True)).exp()  # in proportion to the ratios, without overflow
    effective = (weights.sum(dim=1).square() / weights.square().sum(dim=1)).mean().item() / weights.shape[1]
    returns, residuals = torch.stack([judged.returns, judged.returns - judged.values]).var(dim=1, correction=0).tolist()
    return {
        "update": trainer.updates + 1, "env_steps": trainer.env_steps, "episodes": trainer.episodes,
        "policy_loss": fmean(policy_loss), "value_loss": fmean(value_loss), "entropy": fmean(entropy),
        "approx_kl": approx_kl(logratio).mean().item(),
        "kl": (kl_divergence(trainer.old_log_policy, tables) @ batch.visits).mean().item(),
        "ratio_mean": ratio.mean().item(), "ratio_min": smallest.item(), "ratio_max": largest.item(),
        "inside": inside, "returning": returning, "stopped": stopped,
        "explained_variance": None if returns == 0 else 1 - residuals / returns,
        "actor_grad_norm": fmean(actor_grad_norm), "critic_grad_norm": fmean(critic_grad_norm),
        "success_rate": rate, "success_error": error,
        "effective_sample_size": effective if math.isfinite(effective) else None,
    }  # fmt: skip


def success_rate(outcomes: Collection[bool]) -> tuple[float | None, float | None]:
    """Return the share of goals among `outcomes` and its standard error; None and None without outcomes."""
    if not outcomes:
        return None, None
    rate = sum(outcomes) / len(outcomes)
    return rate, math.sqrt(rate * (1 - rate) / len(outcomes))


def history_csv(rows: Iterable[Row]) -> str:
    """Return a history as CSV: a row an update, every digit of each figure, empty for no value."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow((*Row._fields, *DERIVED))
    writer.writerows((*row, *(getattr(row, name) for name in DERIVED)) for row in rows)
    return text.getvalue()


def wilson_interval(hits: int, count: int) -> tuple[float, float]:
    """Return the 95 % interval of a proportion (Wilson 1927); unlike the normal one it has a width at 0 and 1."""
    share, spread = hits / count, Z * Z / count
    centre, half = share + spread / 2, Z * math.sqrt(share * (1 - share) / count + spread / (4 * count))
    return max(0.0, (centre - half) / (1 + spread)), min(1.0, (centre + half) / (1 + spread))
