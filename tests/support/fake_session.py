"""A session without a worker: snapshots made up from NumPy alone, and a record of the commands sent."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields, replace
from functools import lru_cache
from time import monotonic
from typing import Any, cast

import numpy as np
from textual.pilot import Pilot

from lakeppo.config import Config, make_config
from lakeppo.i18n import language
from lakeppo.lake.transition import Transition
from lakeppo.moment import Change, Moment, Phase
from lakeppo.presets import Limit
from lakeppo.runs.events import Event, Kind
from lakeppo.runs.history import History
from lakeppo.runs.statistics import Row
from lakeppo.session.channel import Ending
from lakeppo.session.commands import Command
from lakeppo.session.sibling_results import SiblingReports, SiblingResults
from lakeppo.session.snapshot import (
    Best,
    Demo,
    EndCounts,
    Exact,
    JudgedView,
    PassView,
    PositionView,
    RunView,
    SaveView,
    Snapshot,
    Walk,
)
from lakeppo.tui.app import LakeApp
from lakeppo.tui.bound_keys import BoundKeys
from lakeppo.tui.state import AppState

LIMIT = Limit("episodes", 2000)
IMPROVING = Moment(22, Phase.IMPROVE, 2)


def make_row(update: int, seed: int = 0) -> Row:
    """A row whose success rises with the updates."""
    noise = float(np.random.default_rng([seed, update]).normal())
    success = float(np.clip(0.014 + 0.7 / (1 + np.exp(-(update - 25) / 6)) + 0.02 * noise, 0, 1))
    rate = float(np.clip(success + 0.03 * noise, 0, 1))
    return Row(
        update=update, env_steps=64 * update, episodes=9 * update, policy_loss=-0.01 + 0.002 * noise, value_loss=0.03,
        entropy=max(0.2, 1.386 - 0.01 * update), approx_kl=0.006, kl=0.006, ratio_mean=1.004, ratio_min=0.61,
        ratio_max=1.47, inside=0.91, returning=0.03, stopped=0.06, explained_variance=0.4, actor_grad_norm=0.2,
        critic_grad_norm=0.3, success_rate=rate, success_error=float(np.sqrt(rate * (1 - rate) / 100)),
        success_probability=success, greedy_success_probability=min(1.0, success + 0.1),
    )  # fmt: skip


def mean_kl(old, new, visits) -> float:
    """The exact KL(old || new), mean over the visits."""
    return float(np.average((old * np.log(old / new)).sum(axis=1), weights=visits))


def make_snapshot(
    config: Config | None = None,
    moment: Moment = IMPROVING,
    status: str = "playing",
    agent: int = 9,
    updates: int | None = None,
    **changes: object,
) -> Snapshot:
    """Return a plausible snapshot of a run at `moment`, with `changes` as in `changed`."""
    config = config or make_config("classic", slip=2 / 3)
    rng = np.random.default_rng(7)
    logits = rng.normal(0, 1.4, (config.tiles, 4))
    old = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    moved = logits + rng.normal(0, 0.12, logits.shape) * (moment.phase >= Phase.IMPROVE)
    new = np.exp(moved) / np.exp(moved).sum(axis=1, keepdims=True)
    columns = config.shape[1]
    visits = rng.integers(0, 12, config.tiles)
    values = np.linspace(0.02, 0.9, config.tiles)
    advantages = rng.normal(-0.01, 0.13, config.batch_size)
    ratios = np.exp(rng.normal(0, 0.1, config.batch_size))
    states, actions = (np.arange(config.batch_size) % kinds for kinds in (config.tiles, 4))
    judging = JudgedView(advantages, advantages, advantages, advantages, states, actions)
    judged = judging if moment.phase >= Phase.IMPROVE else None
    stopped, returning = config.batch_size // 16, config.batch_size // 32
    one = PassView(
        -0.0124,
        0.031,
        0.93,
        0.0061,
        ratios,
        config.batch_size - stopped - returning,
        returning,
        stopped,
        (old + new) / 2,
        config.clip_coef,
    )
    before = agent - 1 if agent % columns else agent  # meant down, went right; or left, into the wall
    step = Transition(before, 1, 2 if agent % columns else 0, 0.0, agent, config.tile(agent) in "HG", False)
    run = RunView(
        seed=7, config=config, changes=(Change(Moment(12, Phase.COLLECT, 3), "slip", config.slip),),
        learning_rate=config.learning_rate, ent_coef=config.ent_coef, moment=moment,
        episodes=9 * moment.update + 3, env_steps=64 * moment.update + 37,
        first_goal_episode=72 if moment.update > 8 else None,
        best=Best(18, 0.531), walk=Walk(agent, (0, before, agent), step, 17), end_counts=EndCounts(3, 1, 2, 0),
        visits=visits, policy=new, old_policy=old, kl=mean_kl(old, new, visits), values=values,
        true_values=values + rng.normal(0, 0.05, config.tiles), true_advantages=new - new.mean(axis=1, keepdims=True),
        optimal_values=np.full(config.tiles, 0.95), optimal_actions=np.eye(4, dtype=bool)[np.arange(config.tiles) % 4],
        optimal_gamma=0.9,
        judged=judged, last_pass=one if moment > Moment(moment.update, Phase.IMPROVE, 0) else None,
        success_rate=0.38, window=100, exact=Exact(0.412, 0.538, 0.744, 0.740, False),
        history_generation=0, history_length=moment.update if updates is None else updates,
    )  # fmt: skip
    goal = Event(Moment(8, Phase.COLLECT, 0), Kind.FIRST_GOAL)
    events = (*((goal,) if moment.update > 8 else ()), *(Event(c.moment, Kind.CHANGE, subject=c) for c in run.changes))
    position = PositionView(events=events)
    made = Snapshot(status, 5, 247.0, LIMIT, run, config, History(), position)
    return changed(made, **changes)


def changed(snapshot: Snapshot, **changes: object) -> Snapshot:
    """Return the snapshot with other values of its fields, or of those of its `run`, `position` or `save`."""
    parts = {"run": RunView, "position": PositionView, "save": SaveView}
    for name, kind in parts.items():
        inner = {f.name: changes.pop(f.name) for f in fields(kind) if f.name in changes}
        if inner:
            changes[name] = replace(changes.get(name, getattr(snapshot, name)), **inner)
    return replace(snapshot, **changes)


def make_fan(siblings: int = 64, updates: int = 60, seed: int = 7, limit: int = 50, later: int = 0) -> SiblingResults:
    """Siblings that learn at different times: all but every fourth have come to the limit, `later` ones are behind."""
    rng = np.random.default_rng(siblings)
    reports = SiblingReports()
    for count, done in ((siblings, updates), (later, updates // 2)):
        if count:
            start, top = rng.uniform(8, 40, count), rng.uniform(0.55, 0.74, count)
            curves = 0.014 + top / (1 + np.exp(-(np.arange(done + 1)[:, None] - start) / 5))
            ended = np.where(np.arange(count) % 4 > 0, limit + np.arange(count) % 8, -1)
            curves = np.where((ended >= 0) & (np.arange(done + 1)[:, None] > ended), curves[min(limit, done)], curves)
            episodes = np.repeat(9 * np.arange(done + 1)[:, None], count, axis=1)
            first = seed + 1 + sum(len(group.seeds) for group in reports.groups)
            reports.begin(tuple(range(first, first + count)))
            ended = np.where(ended <= done, ended, -1)
            reports.add(len(reports.groups) - 1, curves.astype(np.float32), episodes.astype(np.int32), ended)
    results = reports.results()
    assert results is not None
    return results


def demonstrating(snapshot: Snapshot, greedy: bool = False) -> Snapshot:
    """The same run with the learned policy walking."""
    return replace(snapshot, demo=Demo(snapshot.run.walk, greedy, EndCounts(12, 9, 3, 0)))


@lru_cache
def rows_of_400_updates() -> History:
    return History(make_row(update) for update in range(1, 401))


@lru_cache
def names_of_keys(language: str) -> Mapping[str, str]:
    """Return the names of the keys of the table in a language, which is the one in use."""
    return BoundKeys().names


class FakeSession:
    """Hands out the snapshots it is given, one a take, and records the commands sent to it."""

    def __init__(self, *snapshots: Snapshot, config: Config | None = None, limit: Limit = LIMIT) -> None:
        self.config = config or (snapshots[0].run.config if snapshots else make_config("classic"))
        self.seed = 7
        self.limit = limit
        self.queue = list(snapshots)
        self.history = History.of_table(rows_of_400_updates().table)
        self.failure: str | None = None
        self.ending = Ending()
        self.exit_status = 0
        self.started = False
        self.sent: list[Command] = []
        self.notes_of_keys = 0
        self.stops: list[bool] = []
        self.ends = True  # whether it ends when asked to

    @property
    def history(self) -> History:
        return self._history

    @history.setter
    def history(self, rows: Iterable[Row]) -> None:
        self._history = rows if isinstance(rows, History) else History(rows)

    def start(self, answered=None) -> None:
        self.started = True

    def send(self, command: Command) -> None:
        self.sent.append(command)

    def note_keys(self) -> None:
        self.notes_of_keys += 1

    @property
    def news(self) -> bool:
        return self.started and bool(self.queue)

    def take(self) -> Snapshot | None:
        if not (self.started and self.queue):
            return None
        return replace(self.queue.pop(0), origin=self.config, history=self.history)

    def stop(self, *, drop: bool) -> None:
        self.stops.append(drop)

    def stopped(self) -> bool:
        return (bool(self.stops) and self.ends) or self.failure is not None


def state_of(snapshot: Snapshot, **more: Any) -> AppState:
    """Return the screens' state of a snapshot, with the keys of the table."""
    return AppState(**{"snapshot": snapshot, "keys": names_of_keys(language()), **more})


async def until(pilot: Pilot[Any], true: Callable[[], object], pause: float = 0.01) -> None:
    """Let the app work until `true`, but not for ever."""
    deadline = monotonic() + 60
    while not true():
        assert monotonic() < deadline, "waited in vain"
        await pilot.pause(pause)


async def settle(pilot: Pilot[Any], seconds: float | None = None) -> None:
    """Wait until the app has taken and drawn everything that its `FakeSession` hands out, and at least `seconds`.

    Once it has been asked to leave and its session has ended, wait until it has left.
    """
    app = cast(LakeApp, pilot.app)
    session = app.session
    assert isinstance(session, FakeSession)

    def settled() -> bool:
        if session.stops:
            return not session.stopped() or app.return_code is not None
        drawn = session.started and not session.queue and session.failure == app.base.state.failure
        return drawn and app.base.is_mounted

    await pilot.pause(seconds)
    await until(pilot, settled)
    await pilot.pause()
