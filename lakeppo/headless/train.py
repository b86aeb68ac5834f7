"""`lakeppo train`: one run to its limit, with progress on standard error and the result on standard output."""

import threading
import time
from concurrent.futures import Future, wait
from contextlib import nullcontext
from pathlib import Path
from typing import Any, NamedTuple

from lakeppo.config import LakeKey, advice
from lakeppo.errors import Message, SaveError
from lakeppo.headless.event_files import EventFile
from lakeppo.headless.progress import TrainProgress
from lakeppo.headless.reports import diverged, strict_json, train_text
from lakeppo.headless.signal_catcher import SignalCatcher
from lakeppo.i18n import N_, english
from lakeppo.lake.exact import ceiling, optimum, optimum_is_exact
from lakeppo.presets import Limit
from lakeppo.runs.run import Run
from lakeppo.runs.statistics import success_rate
from lakeppo.runs.stop_condition import StopCondition
from lakeppo.runs.timeline import Timeline
from lakeppo.runs.trainer_state import state_sha256, trainer_state, weights_sha256
from lakeppo.runs.vocabulary import check_option
from lakeppo.storage.atomic import check_folder
from lakeppo.storage.save_folder import SaveFolder


class Reachable(NamedTuple):
    """The success that policies can have on a lake; None: not computed."""

    optimum: float | None = None
    ceiling: float | None = None


class ReachableThread(threading.Thread):
    """Computes what is reachable on a lake beside the training; a process that ends does not wait for it."""

    def __init__(self, lake: LakeKey) -> None:
        super().__init__(name="reachable", daemon=True)
        self.lake, self._future = lake, Future[Reachable]()
        self.start()

    def run(self) -> None:
        try:
            best = optimum(*self.lake) if optimum_is_exact(*self.lake) else None
            self._future.set_result(Reachable(best, ceiling(*self.lake)))
        except Exception as error:
            self._future.set_exception(error)

    def result(self, signals: SignalCatcher) -> Reachable:
        """Return the result, or after a signal what is known of it: nothing."""
        while not (self._future.done() or signals.number):
            wait([self._future], timeout=0.1)
        return self._future.result() if self._future.done() else Reachable()


def train(
    timeline: Timeline, limit: Limit | None, saves: Path, *, as_json: bool, quiet: bool, whole_updates: bool = False,
    stop_when: str | None = None, tensorboard: Path | None = None,
) -> int:  # fmt: skip
    """Train to `limit` or the end of the branch, save, report. Return the exit status. Raise `SaveError` if unsaved.

    With `whole_updates` the update that reaches the limit is finished, as in a fleet. `stop_when`: a condition that
    ends the run when it becomes true. `tensorboard`: a folder for an event file.
    """
    if stop_when is not None:
        check_option(stop_when, timeline.run.config.tiles)
    check_folder(saves)
    events = None if tensorboard is None else EventFile(tensorboard, timeline.run)
    timeline.memory = 0  # a few keyframes for the save are enough: nothing goes back here
    run, config = timeline.run, timeline.run.config
    progress = TrainProgress(run, limit or Limit("updates", timeline.branch.end.update), quiet)
    save_folder = SaveFolder(saves, lambda message: progress.note(str(message)))
    with SignalCatcher() as signals:
        for line in (timeline.remark, advice(config), _limit_reached(run, limit, whole_updates)):
            if line is not None:
                progress.note(str(line))
        reachable = ReachableThread(config.lake)
        with progress.bar:
            start, first_step = time.monotonic(), run.trainer.env_steps
            condition = None if stop_when is None else StopCondition(stop_when, timeline)
            _run_to_limit(timeline, limit, whole_updates, condition, events, save_folder, signals, progress)
            seconds = time.monotonic() - start
        save_folder.write(timeline, force=True)
        if run.config.lake != reachable.lake:  # a change of the run
            reachable = ReachableThread(run.config.lake)
        result = _result(run, seconds, first_step, reachable.result(signals), save_folder) | diverged(timeline)
        if condition is not None:
            with english() if as_json else nullcontext():
                result["stopped"] = condition.report() if condition.met else None
        print(strict_json(result) if as_json else train_text(run, result), flush=True)
    if (error := save_folder.error) is not None:
        raise SaveError(error.template, **error.arguments)
    if events is not None:
        events.close()
    return signals.status


def _at_limit(run: Run, limit: Limit, whole_updates: bool) -> bool:
    return run.reached(limit) and not (whole_updates and any(run.moment[1:]))


def _limit_reached(run: Run, limit: Limit | None, whole_updates: bool) -> Message | None:
    """Return how to go on with a resumed run that is at its limit already."""
    if limit is None or not _at_limit(run, limit, whole_updates):
        return None
    template = N_(
        "the run has {done:,} {unit} already, and its limit is {limit}: --{unit} with a larger number goes on"
    )
    return Message(template, done=run.progress(limit), unit=limit.unit, limit=str(limit))


def _run_to_limit(
    timeline: Timeline, limit: Limit | None, whole_updates: bool, condition: StopCondition | None,
    events: EventFile | None, save_folder: SaveFolder, signals: SignalCatcher, progress: TrainProgress,
) -> None:  # fmt: skip
    run, updates = timeline.run, timeline.run.trainer.updates
    while not signals.number:
        if _at_limit(run, limit, whole_updates) if limit is not None else not timeline.rewound:
            break
        learning_rate = run.trainer.learning_rate
        phase = timeline.unit()
        if events is not None:
            events.note(phase, learning_rate)
        if run.trainer.updates != updates:
            updates = run.trainer.updates
            now = time.monotonic()
            save_folder.save_if_due(timeline, now)
            progress.update(now)
        if condition is not None and condition.look(phase):
            break


def _result(
    run: Run, seconds: float, first_step: int, reachable: Reachable, save_folder: SaveFolder
) -> dict[str, Any]:  # fmt: skip
    config, trainer, state = run.config, run.trainer, trainer_state(run.trainer)
    success, greedy_success = run.success()
    return {
        "seed": run.seed, "map": config.map, "map_rows": config.map_rows, "slip": config.slip,
        "preset": config.preset, "overrides": config.overrides(),
        "episodes": trainer.episodes, "env_steps": trainer.env_steps, "updates": trainer.updates, "seconds": seconds,
        "steps_per_second": (trainer.env_steps - first_step) / seconds if seconds > 0 else None,
        "success_rate": success_rate(trainer.outcomes)[0],
        "success_probability": success, "greedy_success_probability": greedy_success,
        "optimal_success_probability": reachable.optimum, "stationary_ceiling": reachable.ceiling,
        "first_goal_episode": trainer.first_goal_episode,
        "best": _saved(save_folder, "best"), "last": _saved(save_folder, "last"),
        "weights_sha256": weights_sha256(state), "state_sha256": state_sha256(run.seed, config, state),
    }  # fmt: skip


def _saved(save_folder: SaveFolder, name: str) -> dict[str, Any] | None:
    if name not in save_folder.saved:
        return None
    update, success = save_folder.saved[name]
    return {"save": str(save_folder.folder / f"{name}.pt"), "update": update, "success_probability": success}
