"""Event files for TensorBoard, with CleanRL's tag names where it has one for a figure. Needs the extra `tensorboard`.

CleanRL shows most figures of an update's last minibatch; here they are means over its passes, as in the history.
"""

import importlib.util
import time
from pathlib import Path
from typing import Any, BinaryIO

from lakeppo.errors import InvalidValue, SaveError
from lakeppo.files import reason
from lakeppo.moment import Phase
from lakeppo.runs.run import Run
from lakeppo.runs.statistics import DERIVED, Row
from lakeppo.storage.atomic import check_folder

TAGS = {
    "value_loss": "losses/value_loss", "policy_loss": "losses/policy_loss", "entropy": "losses/entropy",
    "old_approx_kl": "losses/old_approx_kl", "approx_kl": "losses/approx_kl", "clipfrac": "losses/clipfrac",
    "explained_variance": "losses/explained_variance",
}  # fmt: skip
"""CleanRL's tag of each figure that has one; the others are `lakeppo/` and their name."""
FIGURES = [name for name in (*Row._fields, *DERIVED) if name != "env_steps"]
"""`env_steps` is the step of every event."""


class EventFile:
    """Writes an event file as a run goes on. An error ends the writing, not the run; `close` raises it."""

    def __init__(self, folder: Path, run: Run) -> None:
        """Raises `InvalidValue` without the extra, and `SaveError` for a folder that cannot be written."""
        if importlib.util.find_spec("tensorboard") is None:
            raise InvalidValue("--tensorboard: TensorBoard is not installed; run `pip install 'lakeppo[tensorboard]'`")
        from tensorboard.compat.proto import event_pb2, summary_pb2
        from tensorboard.summary.writer.record_writer import RecordWriter

        self._event, self._summary = event_pb2.Event, summary_pb2.Summary
        self.run = run
        self._error: SaveError | None = None
        check_folder(folder)
        try:
            self._file = _new_file(folder)
        except OSError as error:
            raise SaveError("cannot write into {folder}: {reason}", folder=folder, reason=reason(error)) from None
        self._records: Any = RecordWriter(self._file)
        self._write(self._event(wall_time=time.time(), file_version="brain.Event:2"))

    def note(self, phase: Phase, learning_rate: float) -> None:
        """Write what a unit of `phase` has made known; `learning_rate` was in force before it."""
        trainer = self.run.trainer
        if phase is Phase.COLLECT and (last := trainer.transitions[-1]) and (last.terminated or last.truncated):
            self._scalars(trainer.env_steps, {"charts/episodic_return": last.reward})
        elif phase is Phase.COPY:
            row = self.run.history[trainer.updates - 1]
            values = {TAGS.get(name, f"lakeppo/{name}"): getattr(row, name) for name in FIGURES}
            self._scalars(row.env_steps, values | {"charts/learning_rate": learning_rate})

    def close(self) -> None:
        """Close the file. Raises the `SaveError` that ended the writing, if there was one."""
        try:
            self._file.close()
        except OSError as error:
            self._fail(error)
        if self._error is not None:
            raise self._error

    def _scalars(self, step: int, values: dict[str, float | None]) -> None:
        known = [(tag, value) for tag, value in values.items() if value is not None]
        summary = self._summary(value=[self._summary.Value(tag=tag, simple_value=value) for tag, value in known])
        self._write(self._event(wall_time=time.time(), step=step, summary=summary))

    def _write(self, event: Any) -> None:
        if self._error is not None:
            return
        try:
            self._records.write(event.SerializeToString())
            self._file.flush()  # TensorBoard may be watching
        except OSError as error:
            self._fail(error)

    def _fail(self, error: OSError) -> None:
        path, why = self._file.name, reason(error)
        self._error = self._error or SaveError("cannot write {path}: {reason}", path=path, reason=why)


def _new_file(folder: Path) -> BinaryIO:
    """Open a new file with a name that TensorBoard reads, after those of earlier runs in the same folder."""
    start = int(time.time())
    while True:
        try:
            return (folder / f"events.out.tfevents.{start:010d}.lakeppo").open("xb")
        except FileExistsError:
            start += 1
