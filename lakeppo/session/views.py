"""Builds the views of a run that a snapshot shows, on the worker thread; what changes seldom is computed once."""

from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import replace

import numpy as np

from lakeppo.config import MAPS, Config, LakeKey
from lakeppo.lake.environment import transition_table
from lakeppo.lake.exact import BEST_GAMMA, action_value, best_actions, ceiling, optimum, optimum_is_exact, policy_value
from lakeppo.lake.transition import Transition
from lakeppo.moment import Phase
from lakeppo.ppo.objective import approx_kl, kl_divergence, three_groups
from lakeppo.ppo.trainer import Trainer
from lakeppo.presets import SLIPPERY
from lakeppo.runs.branch import Branch
from lakeppo.runs.compare import shared_changes
from lakeppo.runs.events import Event
from lakeppo.runs.run import Run, probabilities
from lakeppo.runs.statistics import success_rate
from lakeppo.runs.timeline import Timeline
from lakeppo.session.snapshot import (
    TRAIL,
    Best,
    BranchView,
    Caption,
    EndCounts,
    Exact,
    Floats,
    JudgedView,
    PassView,
    PositionView,
    RunView,
    Walk,
)


class WalkTracker:
    """Follows the agent: it stays where an episode ended until the next episode's first step."""

    def __init__(self, tile: int) -> None:
        self.trail: deque[int] = deque([tile], maxlen=TRAIL)
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
    """Computes the success of the best stationary policy of each lake in a thread: None until it is known."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(1, "ceiling")
        self._found: dict[LakeKey, Future[float | None]] = {}

    def of(self, config: Config) -> float | None:
        key = config.lake
        if key not in self._found:
            self._found[key] = self._pool.submit(ceiling, *key)
        return self._found[key].result() if self._found[key].done() else None

    def reachable(self, config: Config) -> float | None:
        """Return the highest reachable success on a lake; None only while it is being computed."""
        top = self.of(config)
        if top is None and self._found[config.lake].done():
            return optimum(*config.lake)
        return top

    def wait(self) -> None:
        """Wait until every ceiling that was asked for is known."""
        wait(self._found.values())


class Rate:
    """Environment steps per second over about the last second."""

    def __init__(self) -> None:
        self.per_second = 0.0
        self._since: tuple[int, float] | None = None

    def count(self, env_steps: int, now: float) -> None:
        if self._since is None or env_steps < self._since[0]:  # the run has gone back
            self._since = (env_steps, now)
        elif now - self._since[1] >= 1.0:
            self.per_second = (env_steps - self._since[0]) / (now - self._since[1])
            self._since = (env_steps, now)


class RunViewer:
    """Makes the views of one run, and keeps the trail of its agent."""

    def __init__(self, run: Run, ceilings: Ceilings, generation: int) -> None:
        self.run, self.generation = run, generation
        self._ceilings = ceilings
        self._tracker, self._followed = WalkTracker(run.trainer.state), 0
        self._follow_steps()
        self._true: tuple[object, Floats, Floats] | None = None

    @property
    def unsettled(self) -> bool:
        """Whether the view may still change by itself: the ceiling is being computed."""
        return self._ceilings.of(self.run.config) is None and self.run.config.tiles <= 64

    def note(self, phase: Phase) -> None:
        """Follow the run through a unit of `phase`."""
        if phase is Phase.JUDGE:
            self._follow_steps()  # the copy discards them
        elif phase is Phase.COPY:
            self._followed = 0

    def _follow_steps(self) -> None:
        """Follow the agent through the steps of the batch since the last time."""
        steps = self.run.trainer.transitions
        for step in steps[self._followed :]:
            self._tracker.follow(step)
        self._followed = len(steps)

    def view(self) -> RunView:
        run, trainer, config = self.run, self.run.trainer, self.run.config
        self._follow_steps()
        values, advantages = self._true_values()
        optimal_values, optimal_actions = best_actions(*config.lake, config.gamma)
        return RunView(
            seed=run.seed,
            config=replace(config, batch_size=trainer.batch_size, epochs=trainer.epochs),
            changes=tuple(run.changes),
            learning_rate=trainer.learning_rate,
            ent_coef=trainer.ent_coef,
            moment=run.moment,
            episodes=trainer.episodes,
            env_steps=trainer.env_steps,
            first_goal_episode=trainer.first_goal_episode,
            best=None if run.best is None else Best(run.best.update, run.best.success_probability),
            walk=self._tracker.walk(),
            end_counts=count_ends(trainer.transitions),
            visits=np.bincount([step.state for step in trainer.transitions], minlength=config.tiles),
            policy=run.policy(),
            old_policy=run.old_policy(),
            kl=policy_kl(trainer),
            values=trainer.values().numpy(),
            true_values=values,
            true_advantages=advantages,
            optimal_values=optimal_values,
            optimal_actions=optimal_actions,
            optimal_gamma=min(config.gamma, BEST_GAMMA),
            judged=_judged_view(trainer),
            last_pass=_pass_view(trainer),
            success_rate=success_rate(trainer.outcomes)[0],
            window=len(trainer.outcomes),
            exact=self._exact(),
            history_generation=self.generation,
            history_length=trainer.updates,
        )

    def _true_values(self) -> tuple[Floats, Floats]:
        """Return the exact V and A of the new actor, computed when the actor or the lake has changed."""
        trainer, config = self.run.trainer, self.run.config
        key = (trainer.updates, len(trainer.passes), config.lake, config.gamma)
        if self._true is None or self._true[0] != key:
            table = transition_table(config.map_rows, config.slip)
            value = policy_value(table, self.run.policy(), config.gamma)
            self._true = (key, value, action_value(table, value, config.gamma) - value[:, None])
        return self._true[1:]

    def _exact(self) -> Exact:
        config = self.run.config
        sampling, greedily = self.run.success()
        best, top = optimum(*config.lake), self._ceilings.of(config)
        bounds = ceiling_is_bound(config, top, best), not optimum_is_exact(*config.lake)
        return Exact(sampling, greedily, best, top, *bounds)


def ceiling_is_bound(config: Config, top: float | None, best: float) -> bool:
    """Return whether a ceiling is only a lower bound; on slippery 4x4 every deterministic policy was tried."""
    tried = config.lake == (MAPS["4x4"], SLIPPERY, 100)
    return top is not None and not tried and top < best - 1e-9


def policy_kl(trainer: Trainer) -> float:
    """Return the exact KL(old || new), mean over the states of the batch, or over all tiles before there is a batch."""
    divergences = kl_divergence(trainer.old_log_policy, trainer.policy())
    mean = divergences.mean() if trainer.batch is None else divergences @ trainer.batch.visits
    return max(mean.item(), 0.0)  # NaN stays NaN


def _judged_view(trainer: Trainer) -> JudgedView | None:
    judged, batch = trainer.judgement, trainer.batch
    if judged is None or batch is None:
        return None
    return JudgedView(
        judged.used_advantages.numpy(), judged.returns.numpy(), judged.values.numpy(), judged.advantages.numpy(),
        batch.states.numpy(), batch.actions.numpy(),
    )  # fmt: skip


def _pass_view(trainer: Trainer) -> PassView | None:
    """Return the newest pass of the update."""
    batch, judged = trainer.batch, trainer.judgement
    if not trainer.passes or batch is None or judged is None:
        return None
    newest = trainer.passes[-1]
    logratio = (newest.log_policy - trainer.old_log_policy)[batch.states, batch.actions]
    ratio = logratio.exp()
    groups = three_groups(ratio, judged.used_advantages, newest.clip_coef)
    inside, returning, stopped = (int(group.sum()) for group in groups)
    return PassView(
        newest.policy_loss, newest.value_loss, newest.entropy, approx_kl(logratio).mean().item(),
        ratio.numpy(), inside, returning, stopped, probabilities(newest.log_policy), newest.clip_coef,
    )  # fmt: skip


def count_ends(steps: "list[Transition]") -> EndCounts:
    """Count how the episodes among `steps` ended, by their rewards: the map may have been edited since."""
    ends = [step for step in steps if step.terminated or step.truncated]
    goals = sum(step.reward > 0 for step in ends)
    timeouts = sum(step.truncated for step in ends)
    return EndCounts(len(ends), goals, len(ends) - goals - timeouts, timeouts)


def position_view(timeline: Timeline, branch_list: bool = True, events: tuple[Event, ...] = ()) -> PositionView:
    """Return where the run stands among its branches; they are listed once there are several."""
    branch, several = timeline.branch, len(timeline.branches) > 1
    return PositionView(
        branch.name,
        len(timeline.branches),
        tuple(_branch_view(one, timeline.branches) for one in timeline.branches) if several and branch_list else (),
        branch.end,
        timeline.rewound,
        branch.left_at,
        tuple(branch.bookmarks) if branch_list else (),
        branch.diverged,
        events,
        tuple(
            Caption(one.name, moment, caption)
            for one in timeline.branches
            for moment, caption in sorted(one.captions.items())
        ),
    )


def _branch_view(branch: Branch, branches: list[Branch]) -> BranchView:
    parent = next((other for other in branches if other.name == branch.parent), None)
    changed = branch.changes[0 if parent is None else shared_changes(branch, parent) :]
    left, history = 0 if branch.left_at is None else branch.left_at.update, branch.history
    return BranchView(
        branch.name,
        branch.parent,
        branch.left_at,
        tuple(changed),
        branch.end,
        history[left - 1] if 0 < left <= len(history) else None,
        history[-1] if history else None,
    )
