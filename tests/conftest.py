"""Settings and fixtures every test file shares."""

import sys

import pytest
from hypothesis import settings
from support.session import CLASSIC, wait_for

from lakeppo import cli
from lakeppo.config import Limit
from lakeppo.runs.run import Run
from lakeppo.runs.timeline import Timeline
from lakeppo.session.worker import Runner

LIMIT = Limit("episodes", 2000)

settings.register_profile("lakeppo", deadline=None, derandomize=True, max_examples=40)
settings.load_profile("lakeppo")


@pytest.fixture
def float64():
    """Make networks in float64, where the order of a sum makes almost no difference."""
    import torch

    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(torch.float32)


@pytest.fixture
def worker(tmp_path):
    """Start a runner on `classic`, paused unless told otherwise; it is stopped at the end."""
    started: list[Runner] = []

    def start(run=None, limit=LIMIT, paused=True, folder="saves") -> Runner:
        def make() -> Timeline:
            made = run() if callable(run) else run or Run(CLASSIC, 0)
            return made if isinstance(made, Timeline) else Timeline(made)

        started.append(Runner(make, CLASSIC, 0, limit, tmp_path / folder, paused))
        started[-1].start()
        return started[-1]

    yield start
    for runner in started:
        runner.stop(drop=True)
        wait_for(runner.stopped)


@pytest.fixture
def lakeppo(monkeypatch, capsys):
    """Run the command line in this process: (status, standard output, standard error)."""

    def run(*words: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["lakeppo", *words])
        with pytest.raises(SystemExit) as left:
            cli.main()
        out, err = capsys.readouterr()
        return int(left.value.code or 0), out, err

    return run
