"""Saves and exports the run on screen, and reports to the channel where it is saved or why it is not."""

import time
from collections.abc import Callable
from pathlib import Path

from lakeppo.errors import Message
from lakeppo.files import reason
from lakeppo.moment import BEGINNING
from lakeppo.runs.timeline import Timeline
from lakeppo.session import notices
from lakeppo.session.channel import Channel, Ending
from lakeppo.session.spots import has_fault
from lakeppo.storage.exports import FOLDER, export_run
from lakeppo.storage.save_folder import SaveFolder


class Saver:
    """Writes one run into the saves folder."""

    def __init__(self, timeline: Timeline, saves: Path, channel: Channel, notify: Callable[[Message], None]) -> None:
        self._timeline, self._saves, self._channel, self._notify = timeline, saves, channel, notify
        self._folder = SaveFolder(saves, notify)
        self.note_command()

    @property
    def error(self) -> str | None:
        return None if self._folder.error is None else str(self._folder.error)

    def now_and_then(self) -> None:
        """Save if the last time was long enough ago."""
        self._folder.save_if_due(self._timeline, time.monotonic())

    def at_end(self) -> None:
        """Save, and report it to the channel."""
        saved = self._folder.write(self._timeline, force=_was_used(self._timeline))
        path = self._folder.folder / "last.pt" if saved else None
        self._channel.ending = Ending(path, self.error, self._channel.ending.dropped)

    def quickly(self) -> None:
        """Save without the keyframes, which are most of the work, while a key waits for its answer."""
        self._folder.write(self._timeline, keyframes=0)
        self._channel.ending = self._channel.ending._replace(save_error=self.error)

    def note_command(self) -> None:
        """Remember where the run stands after a command that did not fail."""
        self._whole_branch, self._whole_moment = self._timeline.branch, self._timeline.run.moment

    def note_unit(self) -> None:
        """Remember where the run stands after a unit that did not fail."""
        self._whole_branch, self._whole_moment = self._timeline.branch, self._timeline.unit_end

    def whole_moment(self) -> None:
        """Compute the newest moment before a failure again, and save it: the run itself may be half-way in a unit."""
        self._timeline.interrupted = bool
        try:
            recovered = self._timeline.recovered(self._whole_branch, self._whole_moment)
        except Exception:  # whatever has failed may fail again: the best policy needs no computing
            self._folder.write(self._timeline, names=("best",))
        else:
            self._folder.write(recovered, force=_was_used(recovered))
        saved = "last" in self._folder.saved  # now, or some seconds before the failure
        self._channel.ending = Ending(self._folder.folder / "last.pt" if saved else None, self.error)

    def on_demand(self) -> None:
        if self._folder.write(self._timeline, force=True):
            self._notify(notices.saved(self._folder.folder / "last.pt"))

    def export(self) -> None:
        """Write the batch and the history as CSV and the run as a run file, which has no part for a fault."""
        if has_fault(self._timeline.run):
            self._notify(notices.FAULTY_NOT_SAVED)
            return
        try:
            self._notify(notices.exported(export_run(self._saves, self._timeline)))
        except OSError as error:
            self._notify(notices.export_failed(self._saves / FOLDER, reason(error)))


def _was_used(timeline: Timeline) -> bool:
    """Return whether a run is worth the place of another one: it may stand at its beginning and have a future."""
    return any(branch.end > BEGINNING or branch.changes or branch.bookmarks for branch in timeline.branches)


class LessonSaver(Saver):
    """Saves no run of a lesson: the person's own was saved when it was put aside."""

    def now_and_then(self) -> None:
        """Save nothing."""

    def at_end(self) -> None:
        """Save nothing: the channel has the report on the person's own run."""

    def quickly(self) -> None:
        """Save nothing."""

    def whole_moment(self) -> None:
        """Save nothing."""

    def on_demand(self) -> None:
        self._notify(notices.LESSON_NOT_SAVED)


class FaultySaver(LessonSaver):
    """Saves nothing of a run with a fault: a save that is read again goes on with the right program."""

    def on_demand(self) -> None:
        self._notify(notices.FAULTY_NOT_SAVED)
