"""`lakeppo train`: a whole run without a screen, its progress on standard error, what came of it on standard output."""

import signal
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import FrameType
from typing import Any, Self

from rich.console import Console
from rich.progress import BarColumn, Progress, ProgressColumn, TaskID, TextColumn

from lakeppo.config import Limit, advice
from lakeppo.errors import SaveError
from lakeppo.headless.reports import figure, ice, strict_json
from lakeppo.lake.exact import ceiling, optimum
from lakeppo.runs.run import Run
from lakeppo.runs.statistics import success_rate
from lakeppo.runs.timeline import Timeline
from lakeppo.runs.trainer_state import state_sha256, trainer_state, weights_sha256
from lakeppo.storage.atomic import check_folder
from lakeppo.storage.save_folder import SaveFolder
from lakeppo.wording import moment_words

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class SignalCatcher:
    """Remembers the first signal that asked to stop, so that a run ends between two units, saved.

    As long as there is nothing to lose, and it is told so, it is obeyed `at_once`.
    """

    def __init__(self, at_once: bool = False) -> None:
        self.at_once = at_once
        self.number = 0

    def __enter__(self) -> Self:
        self._before = {number: signal.signal(number, self._heard) for number in SIGNALS}
        return self

    def __exit__(self, *exception: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _heard(self, number: int, frame: FrameType | None) -> None:
        if self.at_once:
            sys.exit(128 + number)
        self.number = self.number or number

    @property
    def status(self) -> int:
        """The exit status shells use for a program ended by that signal; 0 when there was none."""
        return 128 + self.number if self.number else 0


def train(timeline: Timeline, limit: Limit | None, saves: Path, *, as_json: bool, quiet: bool) -> int:
    """Drive a run to `limit`, or to its line's end; save, report. Returns the exit status.

    Raises `SaveError` when nothing can be saved.
    """
    check_folder(saves)
    timeline.memory = 0  # a few keyframes for the save, no more: nobody goes back here
    run = timeline.run
    reporter = Reporter(run, limit or Limit("updates", timeline.branch.end.update), quiet)
    save_folder = SaveFolder(saves, lambda message: reporter.say(str(message)))
    with SignalCatcher() as signals:
        result = _train(timeline, limit, save_folder, signals, reporter)
        print(strict_json(result) if as_json else _in_words(run, result), flush=True)
    if (error := save_folder.error) is not None:
        raise SaveError(error.template, **error.arguments)
    return signals.status


def _train(
    timeline: Timeline, limit: Limit | None, save_folder: SaveFolder, signals: SignalCatcher, reporter: "Reporter"
) -> dict[str, Any]:
    run, config = timeline.run, timeline.run.config
    if (line := advice(config)) is not None:
        reporter.say(str(line))
    with ThreadPoolExecutor(1, "ceiling") as pool:
        top = pool.submit(ceiling, *config.lake)
        with reporter.progress:
            begun, start = time.monotonic(), run.trainer.env_steps
            _drive(timeline, limit, signals, save_folder, reporter)
            seconds = time.monotonic() - begun
        save_folder.write(timeline)
        return _result(run, seconds, start, top.result(), save_folder)


def _drive(
    timeline: Timeline, limit: Limit | None, signals: SignalCatcher, save_folder: SaveFolder, reporter: "Reporter"
) -> None:
    run, updates = timeline.run, timeline.run.trainer.updates
    while not signals.number:
        if run.reached(limit) if limit is not None else not timeline.rewound:
            break
        timeline.unit()
        if run.trainer.updates != updates:
            updates = run.trainer.updates
            now = time.monotonic()
            save_folder.save_if_due(timeline, now)
            reporter.show(now)


class Reporter:
    """Progress: a bar on a terminal, a plain line now and then elsewhere, nothing when quiet."""

    def __init__(self, run: Run, limit: Limit, quiet: bool) -> None:
        self.run, self.limit, self.quiet = run, limit, quiet
        self.console = Console(stderr=True, quiet=quiet, highlight=False, soft_wrap=True)
        self.bar = self.console.is_terminal and not self.console.is_dumb_terminal
        columns: list[ProgressColumn] = [
            TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[said]}"),
        ]  # fmt: skip
        self.progress = Progress(*columns, console=self.console, disable=not self.bar or quiet, transient=True)
        self.task: TaskID = self.progress.add_task("training", total=limit.count, said="")
        self._next = 0.0
        self._counted: tuple[float, int] | None = None

    def say(self, line: str) -> None:
        """A remark, which stays."""
        if not self.quiet:
            self.console.print(line, markup=False)

    def show(self, now: float) -> None:
        if now < self._next or self.quiet:
            return
        self._next = now + (0.1 if self.bar else 2.0)
        trainer = self.run.trainer
        done = self.run.done(self.limit)
        said = f"episode {trainer.episodes:,}  success {figure(success_rate(trainer.outcomes)[0], 2)}"
        if self._counted is not None and now > self._counted[0]:
            said += f"  {(trainer.env_steps - self._counted[1]) / (now - self._counted[0]):,.0f} steps/s"
        self._counted = (now, trainer.env_steps)
        if self.bar:
            self.progress.update(self.task, completed=done, said=said)
        else:
            print(f"{done:,} of {self.limit}  {said}", file=sys.stderr, flush=True)


def _result(run: Run, seconds: float, start: int, top: float | None, save_folder: SaveFolder) -> dict[str, Any]:
    config, trainer, state = run.config, run.trainer, trainer_state(run.trainer)
    sampling, greedily = run.success()
    return {
        "seed": run.seed,
        "map": config.map,
        "map_rows": config.map_rows,
        "slip": config.slip,
        "preset": config.preset,
        "overrides": config.overrides(),
        "episodes": trainer.episodes,
        "env_steps": trainer.env_steps,
        "updates": trainer.updates,
        "seconds": seconds,
        "steps_per_second": (trainer.env_steps - start) / seconds if seconds > 0 else None,
        "success_rate": success_rate(trainer.outcomes)[0],
        "success_probability": sampling,
        "greedy_success_probability": greedily,
        "optimal_success_probability": optimum(*config.lake),
        "stationary_ceiling": top,
        "first_goal_episode": trainer.first_goal_episode,
        "best": _saved(save_folder, "best"),
        "last": _saved(save_folder, "last"),
        "weights_sha256": weights_sha256(state),
        "state_sha256": state_sha256(run.seed, config, state),
    }


def _saved(save_folder: SaveFolder, name: str) -> dict[str, Any] | None:
    if name not in save_folder.saved:
        return None
    update, success = save_folder.saved[name]
    return {"save": str(save_folder.folder / f"{name}.pt"), "update": update, "success_probability": success}


def _in_words(run: Run, result: dict[str, Any]) -> str:
    rate, error = success_rate(run.trainer.outcomes)
    sampled = (
        "no episode ended yet"
        if rate is None
        else f"last {len(run.trainer.outcomes)} episodes {rate:.2f} ± {error:.2f}"
    )
    moment = moment_words(run.moment, run.trainer.batch_size, run.trainer.epochs)
    top = "" if result["stationary_ceiling"] is None else f", ceiling {figure(result['stationary_ceiling'])}"
    lines = [
        f"{result['map']}, {ice(run.config)}, preset {result['preset']}, seed {run.seed}: {moment}",
        f"  done        {result['episodes']:,} episodes, {result['env_steps']:,} steps in {result['seconds']:.1f} s",
        f"  success     exact {figure(result['success_probability'])}, "
        f"greedy {figure(result['greedy_success_probability'])}; {sampled}",
        f"  possible    optimum {figure(result['optimal_success_probability'])}{top}",
        f"  first goal  {'none yet' if (goal := result['first_goal_episode']) is None else f'episode {goal}'}",
    ]
    for name in ("best", "last"):
        if (saved := result[name]) is not None:
            lines.append(
                f"  {name:<10}  {saved['save']}  update {saved['update']}, exact {figure(saved['success_probability'])}"
            )
    return "\n".join(lines)
