"""The save folder of a run: best.pt, last.pt, and below `kept/` the files of other runs that were there before."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from time import monotonic

from filelock import FileLock, Timeout

from lakeppo.config import LakeKey
from lakeppo.errors import LakeppoError, Message
from lakeppo.files import reason
from lakeppo.i18n import N_, _
from lakeppo.runs.run import Run
from lakeppo.runs.timeline import Timeline
from lakeppo.storage.atomic import remove_temporary, write_atomically
from lakeppo.storage.checkpoint import KEYFRAMES, Save, pack, read_save

Stamp = tuple[int, int]
NAMES = ("last", "best")
"""In the order in which they are written: an older best.pt is in the past of last.pt, a newer one would not be."""
LOCK = ".lakeppo.lock"
PATIENCE = 1.0
"""Seconds to wait for another program that holds the lock; one second is what saving may delay a signal by."""
SHARE = 0.01
"""The largest share of the time that saving takes while a run goes on."""


class SaveFolder:
    """Writes a run's best and last state into a folder; `notify` is called with messages about it.

    last.pt holds all branches of the run, best.pt the best policy of any branch on the current lake.

    A file that is not this run's own past is moved to `kept/NNN-PRESET-MAP-seedN/`, after the first update, before it
    is overwritten. If another run writes into the folder meanwhile, this one continues in a new folder below `kept/`.
    A failed write leaves the earlier file as it is, is reported once (`error`) and retried.
    """

    def __init__(self, folder: Path, notify: Callable[[Message], None]) -> None:
        self.home = self.folder = folder
        self.notify = notify
        self.saved: dict[str, tuple[int, float | None]] = {}  # update and success of best and last
        self.error: Message | None = None
        self._next = 0.0
        self._forget_files()

    def _forget_files(self) -> None:
        self._stamps: dict[str, Stamp] = {}  # of the files as this run wrote them
        self._others: dict[str, Stamp] = {}  # of the files of another run, which are not read again
        self._last_written: object = None
        self._bests: dict[LakeKey, float] = {}  # the highest success written for each lake
        self._best_lake: LakeKey | None = None  # of the best.pt on disk

    def save_if_due(self, timeline: Timeline, now: float) -> None:
        """Write if a second has passed since the last time; `now` is in seconds on any monotonic clock.

        A save that takes long, of a long run or on a slow disk, is written less often: down to every ten seconds.
        """
        if now >= self._next and timeline.run.trainer.updates > 0:
            start = monotonic()
            self.write(timeline, keyframes=0)  # they take most of the time, and a resumed run can recompute them
            self._next = now + min(10.0, max(1.0, (monotonic() - start) / SHARE))

    def write(
        self, timeline: Timeline, force: bool = False, names: tuple[str, ...] = NAMES, keyframes: int = KEYFRAMES
    ) -> bool:
        """Write what is new, and return whether the current state of the run is on disk.

        `force`: write even before the first update, when the files of another run would have to be moved.
        """
        try:
            with self._locked():
                if not self._clear_names(timeline, force):
                    return False
                self._write_files(timeline, names, keyframes)
        except OSError as error:
            if self.error is None:
                template = N_("cannot save into {folder}: {reason}; continuing without saving")
                self.error = Message(template, folder=self.folder, reason=reason(error))
                self.notify(self.error)
            return False
        if self.error is not None:
            self.error = None
            self.notify(Message("saving into {folder} works again", folder=self.folder))
        return True

    def _write_files(self, timeline: Timeline, names: tuple[str, ...], keyframes: int) -> None:
        run, best = timeline.run, timeline.run.best
        branches = [
            (branch.name, branch.end, len(branch.changes), *branch.bookmarks, *branch.captions.items())
            for branch in timeline.branches
        ]
        content = (run.moment, timeline.branches.index(timeline.branch), branches, keyframes)
        if "last" in names and self._last_written != content:
            self._write_file("last", pack(timeline, "last", keyframes), (run.trainer.updates, run.success()[0]))
            self._last_written = content
        if "best" in names and best is not None and not timeline.rewound:
            self._write_best(timeline, best.config.lake, best.success_probability)

    def _write_best(self, timeline: Timeline, lake: LakeKey, success: float) -> None:
        best, exists = timeline.run.best, self._path("best").exists()
        assert best is not None
        if exists and success <= self._bests.get(lake, -1.0):
            return
        if exists and self._best_lake not in (None, lake):
            self._move_to_kept(["best"], timeline.run)
        self._write_file("best", pack(timeline, "best"), (best.update, success))
        self._bests[lake], self._best_lake = success, lake

    def _write_file(self, name: str, data: bytes, figures: tuple[int, float | None]) -> None:
        write_atomically(self._path(name), data)
        self._stamps[name] = _stamp(self._path(name))
        self.saved[name] = figures

    def _clear_names(self, timeline: Timeline, force: bool) -> bool:
        """Move away the files that this run did not write. Returns False if it is too early to move any."""
        stamps = {name: _stamp(self._path(name)) for name in NAMES if self._path(name).exists()}
        if all(self._stamps.get(name) == stamp for name, stamp in stamps.items()):
            return True
        if self._stamps:
            self._change_folder(timeline.run)
            return True
        too_early = timeline.run.trainer.updates == 0 and not force
        if too_early and stamps == self._others:
            return False
        saves = {name: _try_read(self._path(name)) for name in stamps}
        if all(save is not None and _is_past(save, timeline) for save in saves.values()):
            best = saves.get("best")
            if best is not None and best.best is not None:
                lake, success = best.config.lake, best.best.success_probability
                self._bests[lake], self._best_lake = success, lake
                self.saved["best"] = (best.best.update, success)
            self._stamps = stamps
            return True
        if too_early:
            self._others = stamps
            return False
        self._move_to_kept(list(stamps), saves.get("last") or saves.get("best"))
        return True

    def _change_folder(self, run: Run) -> None:
        """Leave the folder to the other run that writes into it."""
        self.folder = _new_kept_folder(self.home, run)
        self._forget_files()
        template = N_("another run saves into {home} now; this one continues in {folder}")
        self.notify(Message(template, home=self.home, folder=self.folder))

    def _move_to_kept(self, names: list[str], owner: Save | Run | None) -> None:
        kept = _new_kept_folder(self.home, owner)
        for name in names:
            self._path(name).rename(kept / f"{name}.pt")
        files = ", ".join(f"{name}.pt" for name in names)
        self.notify(Message("moved the earlier {files} to {folder}", files=files, folder=kept))

    def _path(self, name: str) -> Path:
        return self.folder / f"{name}.pt"

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """Lock the folder; the operating system releases the lock when the process ends. Raises `OSError`."""
        self.folder.mkdir(parents=True, exist_ok=True)
        lock = FileLock(self.home / LOCK, timeout=0.0 if self.error else PATIENCE, thread_local=False)
        try:
            lock.acquire()
        except Timeout:
            raise OSError(_("another program has locked {path}").format(path=self.home / LOCK)) from None
        except (OSError, NotImplementedError):
            pass  # some file systems have no locks, and something else may have the lock's name
        else:
            self._remove_temporary()
        try:
            yield
        finally:
            lock.release()

    def _remove_temporary(self) -> None:
        """Remove, once, what a killed run has left; no other process writes while the folder is locked."""
        if not self._stamps:
            for name in NAMES:
                remove_temporary(self._path(name))


def _is_past(save: Save, timeline: Timeline) -> bool:
    """Return whether every branch of `save` is covered by one of `timeline`, so that overwriting it loses nothing."""
    same_run = (save.seed, save.origin) == (timeline.run.seed, timeline.run.origin)
    return same_run and all(any(branch.covers(saved) for branch in timeline.branches) for saved in save.branches)


def _try_read(path: Path) -> Save | None:
    with suppress(LakeppoError):
        return read_save(path)
    return None


def _stamp(path: Path) -> Stamp:
    stat = path.stat()
    return stat.st_ino, stat.st_mtime_ns


def _new_kept_folder(home: Path, owner: Save | Run | None) -> Path:
    """Create and return `kept/NNN-PRESET-MAP-seedN` with the next free number."""
    label = "unknown"
    if owner is not None:
        map_label = re.sub(r"[^A-Za-z0-9.]+", "-", owner.origin.map)[:60]
        label = f"{owner.origin.preset}-{map_label}-seed{owner.seed}"
    kept = home / "kept"
    kept.mkdir(exist_ok=True)
    taken = [int(found[0]) for entry in kept.iterdir() if (found := re.match("[0-9]{1,9}(?![0-9])", entry.name))]
    folder = kept / f"{max(taken, default=0) + 1:03d}-{label}"
    folder.mkdir()
    return folder
