"""What is kept on disk of a run: best.pt and last.pt, and aside from them whatever stood there before."""

import fcntl
import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from lakeppo.config import LakeKey
from lakeppo.errors import SaveError
from lakeppo.runs.run import Run
from lakeppo.runs.timeline import Timeline
from lakeppo.storage.atomic import reason, write_atomically
from lakeppo.storage.checkpoint import KEYFRAMES, Save, pack, read_save

Stamp = tuple[int, int]
NAMES = ("best", "last")


class SaveFolder:
    """Writes a run's best and last state into a folder, at most once a second and at every end.

    last.pt holds all lines of the run; best.pt the best policy that any of them has had on the lake of the moment.

    A file that is not the run's own past is never overwritten: it goes to `kept/NNN-PRESET-MAP-seedN/` first,
    and not before the run has finished an update. Where another run takes the folder over meanwhile, this one
    goes on in a kept folder of its own. A failed write is told once and tried again; the file before it stays.
    """

    def __init__(self, folder: Path, tell: Callable[[str], None]) -> None:
        self.folder = folder
        self.home = folder
        self.tell = tell
        self.saved: dict[str, tuple[int, float | None]] = {}
        self._stamps: dict[str, Stamp] = {}
        self._written: dict[str, object] = {}
        self._bests: dict[LakeKey, float] = {}  # the highest success written of each lake
        self._best_lake: LakeKey | None = None  # of the best.pt on disk
        self._next = 0.0
        self.trouble: str | None = None

    def offer(self, timeline: Timeline, now: float) -> None:
        """Write if a second has passed since the last time; `now` is any clock that only goes forward."""
        if now >= self._next and timeline.run.trainer.updates > 0:
            self.write(timeline, keyframes=0)  # which cost the most, and only spare a resumed run some seconds
            self._next = now + 1.0

    def write(
        self, timeline: Timeline, asked: bool = False, names: tuple[str, ...] = NAMES, keyframes: int = KEYFRAMES
    ) -> bool:
        """Write what is new, and say whether the run is on disk as it stands.

        Before the first update nothing that stands in the way is moved, unless a person `asked` for the save.
        """
        try:
            with self._locked():
                if not self._make_way(timeline, asked):
                    return False
                self._write_pair(timeline, names, keyframes)
        except OSError as error:
            if self.trouble is None:
                self.trouble = f"cannot save into {self.folder}: {reason(error)}; going on unsaved"
                self.tell(self.trouble)
            return False
        if self.trouble is not None:
            self.trouble = None
            self.tell(f"saving into {self.folder} works again")
        return True

    def _write_pair(self, timeline: Timeline, names: tuple[str, ...], keyframes: int) -> None:
        run, best = timeline.run, timeline.run.best
        if "best" in names and best is not None and not timeline.rewound:
            self._write_best(timeline, best.config.lake, best.success_probability)
        now = (run.moment, timeline.branches.index(timeline.branch), _extent(timeline), keyframes)
        if "last" in names and self._written.get("last") != now:
            self._put("last", pack(timeline, "last", keyframes), (run.trainer.updates, run.success()[0]))
            self._written["last"] = now

    def _write_best(self, timeline: Timeline, lake: LakeKey, success: float) -> None:
        best, there = timeline.run.best, self._path("best").exists()
        assert best is not None
        if there and success <= self._bests.get(lake, -1.0):
            return
        if there and self._best_lake not in (None, lake):
            self._set_aside(["best"], timeline.run)
        self._put("best", pack(timeline, "best"), (best.update, success))
        self._bests[lake], self._best_lake = success, lake

    def _put(self, name: str, data: bytes, figure: tuple[int, float | None]) -> None:
        write_atomically(self._path(name), data)
        self._stamps[name] = _stamp(self._path(name))
        self.saved[name] = figure

    def _make_way(self, timeline: Timeline, asked: bool) -> bool:
        """Clear the two names of what is not this run's own; False when it is too early to move anything."""
        present = [name for name in NAMES if self._path(name).exists()]
        strange = [name for name in present if self._stamps.get(name) != _stamp(self._path(name))]
        if not strange:
            return True
        if self._stamps:
            self._move_out(timeline.run)
            return True
        saves = {name: _try_read(self._path(name)) for name in present}
        if all(save is not None and _is_past(save, timeline) for save in saves.values()):
            self._recall(saves.get("best"))
            self._stamps = {name: _stamp(self._path(name)) for name in present}
            return True
        if timeline.run.trainer.updates == 0 and not asked:
            return False
        self._set_aside(present, saves.get("last") or saves.get("best"))
        return True

    def _recall(self, save: Save | None) -> None:
        """Go on with the best.pt that is there."""
        if save is not None and save.best is not None:
            lake, success = save.config.lake, save.best.success_probability
            self._bests[lake], self._best_lake = success, lake
            self.saved["best"] = (save.best.update, success)

    def _move_out(self, run: Run) -> None:
        """Another run has taken the folder over: leave it to that one."""
        self.folder = _new_kept(self.home, _label(run.origin.preset, run.origin.map, run.seed))
        self._stamps.clear()
        self._written.clear()
        self._bests.clear()
        self._best_lake = None
        self.tell(f"another run took over {self.home}; this one goes on in {self.folder}")

    def _set_aside(self, names: list[str], whose: Save | Run | None) -> None:
        label = "unknown" if whose is None else _label(whose.origin.preset, whose.origin.map, whose.seed)
        kept = _new_kept(self.home, label)
        for name in names:
            self._path(name).rename(kept / f"{name}.pt")
        self.tell(f"kept the earlier {' and '.join(f'{name}.pt' for name in names)} in {kept}")

    def _path(self, name: str) -> Path:
        return self.folder / f"{name}.pt"

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """One writer at a time in this folder; the lock goes with the process, however it ends."""
        self.folder.mkdir(parents=True, exist_ok=True)
        handle = os.open(self.home, os.O_RDONLY)
        try:
            with suppress(OSError):  # some file systems know no locks
                fcntl.flock(handle, fcntl.LOCK_EX)
            yield
        finally:
            os.close(handle)


def _extent(timeline: Timeline) -> list[object]:
    """What changes whenever a line does."""
    return [(branch.name, branch.end, len(branch.changes), tuple(branch.bookmarks)) for branch in timeline.branches]


def _is_past(save: Save, timeline: Timeline) -> bool:
    """Whether all that `save` has lived is on a line of `timeline`, so that writing over it loses nothing."""
    same = (save.seed, save.origin) == (timeline.run.seed, timeline.run.origin)
    return same and all(any(mine.covers(branch) for mine in timeline.branches) for branch in save.branches)


def _try_read(path: Path) -> Save | None:
    try:
        return read_save(path)
    except SaveError:
        return None


def _stamp(path: Path) -> Stamp:
    stat = path.stat()
    return stat.st_ino, stat.st_mtime_ns


def _label(preset: str, map_label: str, seed: int) -> str:
    return f"{preset}-{re.sub(r'[^A-Za-z0-9.]+', '-', map_label)[:60]}-seed{seed}"


def _new_kept(home: Path, label: str) -> Path:
    """A new folder `kept/NNN-LABEL` with the next free number."""
    kept = home / "kept"
    kept.mkdir(exist_ok=True)
    taken = [int(found[0]) for entry in kept.iterdir() if (found := re.match("[0-9]+", entry.name))]
    number = max(taken, default=0) + 1
    folder = kept / f"{number:03d}-{label}"
    folder.mkdir()
    return folder
