"""Progress on standard error: a bar on a terminal, a line every two seconds elsewhere, nothing when quiet."""

import os
import sys

import numpy as np
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn
from rich.text import Text

from lakeppo.errors import LONGEST, printable
from lakeppo.fleets.population import Population
from lakeppo.headless.reports import decimal
from lakeppo.i18n import _
from lakeppo.presets import Limit
from lakeppo.runs.run import Run
from lakeppo.runs.statistics import success_rate


class ProgressReporter:
    """The bar or the lines of a command that trains; `bar` is a context manager around the training."""

    def __init__(self, total: float, quiet: bool) -> None:
        self.quiet = quiet
        terminal = sys.stderr.isatty()  # rich would believe FORCE_COLOR, which is no terminal that moves a cursor
        self.console = Console(stderr=True, quiet=quiet, highlight=False, soft_wrap=True, force_terminal=terminal)
        self._interactive = terminal and os.environ.get("TERM") not in ("dumb", "unknown")
        columns = TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[text]}", markup=False)
        disabled = quiet or not self._interactive
        self.bar = Progress(*columns, console=self.console, disable=disabled, transient=True)
        self._task = self.bar.add_task("training", total=total, text="")
        self._next = 0.0

    def note(self, line: str) -> None:
        """Print a line above the bar."""
        if not self.quiet:
            self.console.print(Text(printable(line, 3 * LONGEST)))

    def due(self, now: float) -> bool:
        """Return whether to show the progress at `now`, in seconds."""
        if now < self._next or self.quiet:
            return False
        self._next = now + (0.1 if self._interactive else 2.0)
        return True

    def show(self, done: float, label: str, text: str) -> None:
        """Set the bar to `done` with `text` beside it, or print `label` and `text`."""
        if self._interactive:
            self.bar.update(self._task, completed=done, text=text)
        else:
            print(f"{label}  {text}", file=sys.stderr, flush=True)


class TrainProgress(ProgressReporter):
    """The progress of one run towards `limit`."""

    def __init__(self, run: Run, limit: Limit, quiet: bool) -> None:
        super().__init__(limit.count, quiet)
        self.run, self.limit = run, limit
        self._last: tuple[float, int] | None = None

    def update(self, now: float) -> None:
        if not self.due(now):
            return
        trainer = self.run.trainer
        done = self.run.progress(self.limit)
        success = decimal(success_rate(trainer.outcomes)[0], 2)
        parts = [_("episode {count:,}").format(count=trainer.episodes), _("success {rate}").format(rate=success)]
        if self._last is not None and now > self._last[0]:
            rate = (trainer.env_steps - self._last[1]) / (now - self._last[0])
            parts.append(_("{rate:,.0f} steps/s").format(rate=rate))
        self._last = (now, trainer.env_steps)
        self.show(done, _("{done:,} of {limit}").format(done=done, limit=self.limit), "  ".join(parts))


class FleetProgress(ProgressReporter):
    """The progress of all agents of a population."""

    def __init__(self, population: Population, quiet: bool) -> None:
        super().__init__(1.0, quiet)
        self.population = population

    def update(self, seconds: float) -> None:
        population = self.population
        if not (population.env_steps.any() and self.due(seconds)):
            return
        share, solved = population.progress, np.isfinite(population.solved_episode).sum()
        parts = [
            _("{solved:,} of {count:,} solved").format(solved=solved, count=len(population.agents)),
            _("{rate:,.0f} steps/s").format(rate=population.env_steps.sum() / seconds),
        ]
        if 0 < share < 1 and seconds > 1:
            parts.append(_("{time} left").format(time=_duration(seconds * (1 - share) / share)))
        self.show(share, f"{share:.0%}", "  ".join(parts))


def _duration(seconds: float) -> str:
    if seconds < 99.5:
        return _("{seconds:.0f} s").format(seconds=seconds)
    if seconds < 5400:
        return _("{minutes:.0f} min").format(minutes=seconds / 60)
    return _("{hours:.1f} h").format(hours=seconds / 3600)
