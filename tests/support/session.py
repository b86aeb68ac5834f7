"""Waiting for a worker thread, and what it left."""

import time

from lakeppo.config import make_config
from lakeppo.runs.run import Run, state_sha256, weights_sha256
from lakeppo.session.snapshot import Snapshot
from lakeppo.session.worker import Worker

CLASSIC = make_config("classic")


def wait_for(true, seconds: float = 180.0) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.005)


def see(runner: Worker, right) -> Snapshot:
    """The first snapshot for which `right` holds."""
    seen: list[Snapshot] = []

    def look() -> bool:
        assert runner.failure is None, runner.details
        snapshot = runner.take()
        if snapshot is not None:
            seen.append(snapshot)
        return bool(snapshot and right(snapshot))

    wait_for(look)
    return seen[-1]


def hashes(run_or_save) -> tuple[str, str]:
    if isinstance(run_or_save, Run):
        state = run_or_save.trainer.state_dict()
        return weights_sha256(state), state_sha256(run_or_save.seed, run_or_save.config, state)
    return weights_sha256(run_or_save.state), state_sha256(run_or_save.seed, run_or_save.config, run_or_save.state)
