"""Draws a run into a frozen `Snapshot`, on the worker thread; what changes seldom is computed once."""

from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import replace

import numpy as np

from lakeppo.config import MAPS, SLIPPERY, Config, LakeKey
from lakeppo.lake.exact import BEST_GAMMA, action_value, best_actions, ceiling, optimum, policy_value
from lakeppo.lake.transition import Transition
from lakeppo.lake.transition_table import transition_table
from lakeppo.moment import Phase
from lakeppo.ppo.objective import approx_kl, three_groups
from lakeppo.ppo.trainer import Trainer
from lakeppo.runs.run import Run, probabilities
from lakeppo.runs.statistics import success_rate
from lakeppo.session.snapshot import TRAIL, Best, EndCounts, Exact, Fields, Floats, Judged, Pass, Walk


class WalkTracker:
    """The walk as it is shown: the agent stays where an episode ended until the next one's first step."""

    def __init__(self, state: int) -> None:
        self.trail: deque[int] = deque([state], maxlen=TRAIL)
        self.last: Transition | None = None
        self.elapsed = 0

    def follow(self, step: Transition) -> None:
        if self.last is None or self.last.terminated or self.last.truncated:
            self.trail.clear()
            self.trail.append(step.state)
            self.elapsed = 0
        self.trail.append(step.next_state)
        self.last = step
        self.elapsed += 1

    def walk(self) -> Walk:
        return Walk(self.trail[-1], tuple(self.trail), self.last, self.elapsed)


class Ceilings:
    """The best stationary policy's success, sought in a thread of its own: None until it is found."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(1, "ceiling")
        self._sought: dict[LakeKey, Future[float | None]] = {}

    def of(self, config: Config) -> float | None:
        key = config.lake
        if key not in self._sought:
            self._sought[key] = self._pool.submit(ceiling, *key)
        sought = self._sought[key]
        return sought.result() if sought.done() else None

    def wait(self) -> None:
        """Until all that is sought has been found."""
        wait(self._sought.values())


class Rate:
    """Environment steps per second over about the last second."""

    def __init__(self) -> None:
        self.per_second = 0.0
        self._since: tuple[int, float] | None = None

    def count(self, env_steps: int, now: float) -> None:
        if self._since is None or env_steps < self._since[0]:  # gone back in time
            self._since = (env_steps, now)
        elif now - self._since[1] >= 1.0:
            self.per_second = (env_steps - self._since[0]) / (now - self._since[1])
            self._since = (env_steps, now)


class RunViews:
    """What is drawn of one run, and where it walked."""

    def __init__(self, run: Run, ceilings: Ceilings) -> None:
        self.run = run
        self.ceilings = ceilings
        self.walk_tracker = WalkTracker(run.trainer.state)
        for step in run.trainer.transitions:
            self.walk_tracker.follow(step)
        self._true: tuple[object, Floats, Floats] | None = None

    @property
    def unsettled(self) -> bool:
        """Whether the picture may still change by itself: the ceiling is being sought."""
        return self.ceilings.of(self.run.config) is None and self.run.config.tiles <= 64

    def note(self, phase: Phase) -> None:
        """Look at the unit just done."""
        if phase is Phase.COLLECT:
            self.walk_tracker.follow(self.run.trainer.transitions[-1])

    def last_pass(self) -> Pass | None:
        """The newest pass of this update."""
        return _draw_pass(self.run.trainer) if self.run.trainer.passes else None

    def truth(self) -> tuple[Floats, Floats]:
        """Exact V and A of the new actor, computed when the actor or the ice has changed."""
        trainer, config = self.run.trainer, self.run.config
        key = (trainer.updates, len(trainer.passes), config.lake, config.gamma)
        if self._true is None or self._true[0] != key:
            table = transition_table(config.map_rows, config.slip)
            value = policy_value(table, self.run.policy(), config.gamma)
            self._true = (key, value, action_value(table, value, config.gamma) - value[:, None])
        return self._true[1:]

    def exact(self) -> Exact:
        config = self.run.config
        sampling, greedily = self.run.success()
        best = optimum(*config.lake)
        top = self.ceilings.of(config)
        return Exact(sampling, greedily, best, top, ceiling_is_bound(config, top, best))

    def judged(self) -> Judged | None:
        judged, batch = self.run.trainer.judgement, self.run.trainer.batch
        if judged is None or batch is None:
            return None
        return Judged(
            judged.used_advantages.numpy(), judged.returns.numpy(), judged.values.numpy(), judged.advantages.numpy(),
            batch.states.numpy(), batch.actions.numpy(),
        )  # fmt: skip

    def drawn(self) -> Fields:
        """The fields of a `Snapshot` that show the run."""
        run, trainer = self.run, self.run.trainer
        rate, error = success_rate(trainer.outcomes)
        values, advantages = self.truth()
        best = best_actions(*run.config.lake, run.config.gamma)
        return {
            "seed": run.seed,
            "config": replace(run.config, batch_size=trainer.batch_size, epochs=trainer.epochs),
            "changes": tuple(run.changes),
            "moment": run.moment,
            "episodes": trainer.episodes,
            "env_steps": trainer.env_steps,
            "first_goal_episode": trainer.first_goal_episode,
            "best": None if run.best is None else Best(run.best.update, run.best.success_probability),
            "walk": self.walk_tracker.walk(),
            "end_counts": count_ends(trainer.transitions),
            "visits": np.bincount([step.state for step in trainer.transitions], minlength=run.config.tiles),
            "policy": run.policy(),
            "old_policy": run.old_policy(),
            "values": trainer.values().numpy(),
            "true_values": values,
            "true_advantages": advantages,
            "optimal_values": best[0],
            "optimal_actions": best[1],
            "optimal_gamma": min(run.config.gamma, BEST_GAMMA),
            "judged": self.judged(),
            "last_pass": self.last_pass(),
            "success_rate": rate,
            "success_error": error,
            "window": len(trainer.outcomes),
            "exact": self.exact(),
            "history_length": trainer.updates,
        }


def ceiling_is_bound(config: Config, top: float | None, best: float) -> bool:
    """Whether a ceiling is only known to be reached, not to be the highest; every policy of slippery 4x4 was tried."""
    tried = config.lake == (MAPS["4x4"], SLIPPERY, 100)
    return top is not None and not tried and top < best - 1e-9


def _draw_pass(trainer: Trainer) -> Pass:
    batch, judged, newest = trainer.batch, trainer.judgement, trainer.passes[-1]
    assert batch is not None
    assert judged is not None
    logratio = (newest.log_policy - trainer.old_log_policy)[batch.states, batch.actions]
    ratio = logratio.exp()
    inside, returning, stopped = (
        int(group.sum()) for group in three_groups(ratio, judged.used_advantages, newest.clip_coef)
    )
    return Pass(
        newest.policy_loss, newest.value_loss, newest.entropy, approx_kl(logratio).mean().item(),
        ratio.numpy(), inside, returning, stopped, probabilities(newest.log_policy), newest.clip_coef,
    )  # fmt: skip


def count_ends(steps: "list[Transition]") -> EndCounts:
    """How the episodes among `steps` ended; by their rewards, for the map may have been edited since."""
    ends = [step for step in steps if step.terminated or step.truncated]
    goals = sum(step.reward > 0 for step in ends)
    timeouts = sum(step.truncated for step in ends)
    return EndCounts(len(ends), goals, len(ends) - goals - timeouts, timeouts)
