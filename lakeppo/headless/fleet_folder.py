"""The folder of an unfinished fleet: what the fleet is, its finished shards, and the state of the one in training."""

import contextlib
import hashlib
import itertools
import json
import math
import os
import re
import time
from pathlib import Path
from typing import Any, NamedTuple, Self

import numpy as np
from filelock import FileLock, Timeout

from lakeppo import __version__
from lakeppo.config import KNOBS
from lakeppo.errors import InvalidValue, MapError, Message, SaveError
from lakeppo.files import reason
from lakeppo.fleets.fleet import Agent
from lakeppo.fleets.population import History, Population
from lakeppo.fleets.shard import Shard
from lakeppo.fleets.shard_file import ReadShard, pack_shard, packed, read_content
from lakeppo.headless.fleet_request import MAX_AGENTS, MAX_SETTINGS, FleetRequest
from lakeppo.i18n import N_
from lakeppo.knob import Value, check_seed
from lakeppo.presets import Limit
from lakeppo.runs.fingerprint import Fingerprint, made_elsewhere
from lakeppo.storage.atomic import remove_temporary, write_atomically
from lakeppo.storage.fields import fields, refuse, scalar, sequence, typed, whole
from lakeppo.storage.save_check import check_config, check_fingerprint
from lakeppo.storage.save_folder import LOCK

MAGIC, FORMAT = "lakeppo fleet", 1
FLEET, CURRENT, SHARD = "fleet.pt", "current.pt", re.compile(r"shard-[1-9][0-9]{0,6}\.pt")
INTERVAL, SHARE = 5.0, 0.05
"""The least seconds between two writings of the state, and the most of the time that they may take."""


class Kept(NamedTuple):
    """What a folder holds of a fleet: its finished and unfinished shards, and how long they took."""

    shards: list[Shard]
    seconds: float
    remark: Message | None  # they were made where results may differ


class FleetFolder:
    """Keeps a fleet in a folder of its own, `path`, until it is finished, and locks the folder.

    Each file is written whole or not at all; a failed write is retried, and leaves `error`. `empty`: it holds
    nothing to go on from.
    """

    def __init__(self, path: Path, request: FleetRequest, made_by: Fingerprint | None = None) -> None:
        self.path, self.request, self._made_by = path, request, made_by
        self.hash = _hash(request)
        self.error: Message | None = None
        self.empty = made_by is None
        self._written: set[int] = set()  # the first agents of the shards that are on disk
        self._shards = 0  # the highest number of a shard on disk
        self._next = time.monotonic() + INTERVAL
        self._lock = FileLock(path / LOCK, timeout=0.0, thread_local=False)

    def __enter__(self) -> Self:
        try:
            self._lock.acquire()
        except Timeout:
            raise SaveError("{path} is in use: another program goes on with that fleet", path=self.path) from None
        except (OSError, NotImplementedError):
            pass  # some file systems have no locks
        return self

    def __exit__(self, *exception: object) -> None:
        if self.empty:
            self.remove()
        self._lock.release()

    @classmethod
    def create(cls, saves: Path, request: FleetRequest) -> "FleetFolder":
        """Make the folder `fleet-N` in `saves`, with the next free number. Raise `SaveError`."""
        content = packed(MAGIC, FORMAT, {"version": __version__, **_content(request)})
        for number in itertools.count(1):
            path = saves / f"fleet-{number}"
            if any(map(os.path.lexists, result_files(path))):
                continue
            try:
                path.mkdir()
                write_atomically(path / FLEET, content)
            except FileExistsError:
                continue
            except OSError as error:
                with contextlib.suppress(OSError):
                    path.rmdir()
                raise SaveError("cannot write into {path}: {reason}", path=path, reason=reason(error)) from None
            return cls(path, request)
        raise AssertionError

    @classmethod
    def open(cls, folder: Path) -> "FleetFolder":
        """Return the unfinished fleet in `folder`, or the only one in its folders `fleet-N`. Raise `SaveError`."""
        path = _find(folder)
        content = read_content(path / FLEET, MAGIC, FORMAT)
        try:
            (made_by,) = fields(Message("the fleet"), content, "fingerprint")
            return cls(path, _request(content), check_fingerprint(made_by))
        except (InvalidValue, MapError) as error:
            raise SaveError("{path} is damaged: {error}", path=path / FLEET, error=error.message) from None

    def read(self) -> Kept:
        """Return what is kept. Raise `SaveError` for a file that is damaged, or not of this fleet."""
        agents, fingerprints = agents_of(self.request), [self._made_by]
        taken, shards, seconds = np.zeros(len(agents), bool), list[Shard](), 0.0
        for path in self._files():
            read = ReadShard(path, self.hash, agents, self.request.limit)
            index, unfinished = read.shard.index, read.shard.state is not None
            if (path.name == CURRENT) != unfinished:
                raise SaveError("{path} is damaged: it is another kind of shard than its name says", path=path)
            if taken[index].any():
                if unfinished:
                    continue  # its end was written, or a cluster went on
                raise SaveError("{path} is damaged: another shard has its agents too", path=path)
            taken[index] = True
            shards.append(read.shard)
            seconds = max(seconds, read.seconds)
            fingerprints.append(read.fingerprint)
            if not unfinished:
                self._written.add(int(index[0]))
                self._shards = _number(path)
        self.remove_temporary()
        return Kept(shards, seconds, next(filter(None, map(made_elsewhere, fingerprints)), None))

    def _files(self) -> list[Path]:
        """Return the finished shards in order of their numbers, then the unfinished one."""
        finished = [entry for entry in self.path.iterdir() if SHARD.fullmatch(entry.name)]
        current = self.path / CURRENT
        return [*sorted(finished, key=_number), *([current] if os.path.lexists(current) else [])]

    def write(self, population: Population, seconds: float, now: bool = False) -> Message | None:
        """Write the shards that have ended, and the state of the one in training when it is time, or `now`.

        Return the error if this is the first writing that fails.
        """
        before, start = self.error, time.monotonic()
        if before is not None and start < self._next and not now:
            return None
        try:
            for history in population.histories:
                if int(history.index[0]) not in self._written and population.done[history.index].all():
                    self._write_finished(population, history, seconds)
            if (now or start >= self._next) and (current := population.unfinished) is not None:
                write_atomically(self.path / CURRENT, pack_shard(population.shard(current), self.hash, seconds))
                self.empty, end = False, time.monotonic()
                self._next = end + max(INTERVAL, (end - start) / SHARE)
            self.error = None
        except OSError as error:
            template = N_("cannot write into {path}: {reason}; what is trained now is not kept")
            self.error = Message(template, path=self.path, reason=reason(error))
            self._next = time.monotonic() + INTERVAL
        return self.error if before is None else None

    def _write_finished(self, population: Population, history: History, seconds: float) -> None:
        data = pack_shard(population.shard(history), self.hash, seconds)
        write_atomically(self.path / f"shard-{self._shards + 1}.pt", data)
        self._shards, self.empty = self._shards + 1, False
        self._written.add(int(history.index[0]))
        (self.path / CURRENT).unlink(missing_ok=True)

    def remove_temporary(self) -> None:
        """Remove what a killed program has left of a file that it was writing."""
        for name in (FLEET, CURRENT, f"shard-{self._shards + 1}.pt"):
            remove_temporary(self.path / name)

    def remove(self) -> None:
        """Remove the files of this fleet, and the folder if nothing else is in it."""
        with contextlib.suppress(OSError):
            self.remove_temporary()
            for path in [self.path / FLEET, *self._files()]:
                path.unlink()
            self._lock.release()
            (self.path / LOCK).unlink(missing_ok=True)
            self.path.rmdir()


def result_files(path: Path) -> tuple[Path, Path]:
    """Return where the results of the fleet in the folder `path` are written when it ends."""
    return path.with_name(f"{path.name}.json"), path.with_name(f"{path.name}.csv")


def agents_of(request: FleetRequest) -> list[Agent]:
    """Return the agents of every setting in turn."""
    return [Agent(request.seed + k, config) for _, config in request.settings for k in range(request.agents)]


def _number(path: Path) -> int:
    return int(path.stem.rpartition("-")[2])


def _find(folder: Path) -> Path:
    """Return the folder of the only fleet in `folder` or in one of its own folders."""
    if os.path.lexists(folder / FLEET):
        return folder
    try:
        found = [entry for entry in folder.iterdir() if entry.name.startswith("fleet-") and (entry / FLEET).exists()]
    except (OSError, ValueError) as error:
        raise SaveError("{folder}: {reason}", folder=folder, reason=reason(error)) from None
    if not found:
        raise SaveError("{folder} holds no unfinished fleet", folder=folder)
    if len(found) > 1:
        template = N_("{folder} holds {count:,} unfinished fleets: give the folder of one, such as {path}")
        raise SaveError(template, folder=folder, count=len(found), path=min(found))
    return found[0]


def _content(request: FleetRequest) -> dict[str, Any]:
    """Return what a fleet is; equal fleets have equal contents."""
    return {
        "config": request.config.as_json(), "sweep": [[name, values] for name, values in request.sweep.items()],
        "seed": request.seed, "agents": request.agents, "limit": [request.limit.unit, request.limit.count],
        "device": request.device, "compile": request.compile,
    }  # fmt: skip


def _hash(request: FleetRequest) -> str:
    return hashlib.sha256(json.dumps(_content(request), sort_keys=True).encode()).hexdigest()


def _request(content: dict[str, Any]) -> FleetRequest:
    """Check the content of a fleet's file and return the fleet."""
    names = ("config", "sweep", "seed", "agents", "limit", "device", "compile", "version")
    config, sweep, seed, agents, limit, device, compiled, version = fields(Message("the fleet"), content, *names)
    typed("version", version, str)
    unit, count = sequence("limit", limit, list, 2)
    if typed(Message("the unit of limit"), unit, str) not in ("episodes", "updates", "steps"):
        refuse(Message("the unit of limit"), "episodes, updates or steps", unit)
    if typed("device", device, str) not in ("cpu", "cuda"):
        refuse("device", "cpu or cuda", device)
    swept = _sweep(sweep)
    settings = math.prod(map(len, swept.values()))
    return FleetRequest(
        check_config(config), swept, check_seed(scalar("seed", seed)),
        whole("agents", agents, 1, MAX_AGENTS // settings), Limit(unit, whole("limit", count, 1, 10**100)),
        device, typed("compile", compiled, bool),
    )  # fmt: skip


def _sweep(packed_sweep: Any) -> dict[str, list[Value]]:
    sweep: dict[str, list[Value]] = {}
    for one in sequence("sweep", packed_sweep, list):
        name, values = sequence(Message("a part of sweep"), one, list, 2)
        if typed(Message("a knob of sweep"), name, str) not in KNOBS or name in sweep:
            raise InvalidValue("sweep: {name} is no knob, or there twice", name=name)
        sweep[name] = [KNOBS[name].check(scalar(name, value)) for value in sequence(name, values, list)]
        if not sweep[name] or len(set(sweep[name])) < len(sweep[name]):
            raise InvalidValue("sweep: {name} has no value, or the same twice", name=name)
    if math.prod(map(len, sweep.values())) > MAX_SETTINGS:
        raise InvalidValue("sweep: it has over {most} settings", most=MAX_SETTINGS)
    return sweep
