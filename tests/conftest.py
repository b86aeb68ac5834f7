"""Settings and fixtures that every test file shares."""

import os
import signal
import sys
import threading
from unittest.mock import patch

import pytest
from hypothesis import settings
from support.session import CLASSIC, wait_for
from support.terminal import Terminal

from lakeppo import cli
from lakeppo.i18n import use_language
from lakeppo.presets import Limit
from lakeppo.runs.run import Run
from lakeppo.runs.timeline import Timeline
from lakeppo.session.snapshot import DEFAULT_PACE
from lakeppo.session.worker import Worker
from lakeppo.signals import SIGNALS

LIMIT = Limit("episodes", 2000)

settings.register_profile("lakeppo", deadline=None, derandomize=True, max_examples=40)
settings.load_profile("lakeppo")

for number in SIGNALS:  # a shell starts what runs in its background with some of them ignored
    if signal.getsignal(number) is signal.SIG_IGN:
        signal.signal(number, signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL)


TRACED = {"lake", "ppo", "runs", "storage"}
"""Folders of tests that are traced for coverage, each case of each test."""
TRACED_ONCE = {"cli", "faults", "headless", "lessons", "plain"} | {
    f"tui/{name}" for name in ("drawing", "guides", "panels", "screens", "text")
}
"""Folders of which the first case of each test is traced."""


def pytest_collection_modifyitems(config, items):
    """Mark the other tests under `--cov`: they reach few lines more, and tracing them costs minutes."""
    seen = set()
    for item in items if config.getoption("cov_source", None) else ():
        folder = item.path.parent.relative_to(item.config.rootpath / "tests").as_posix()
        name = item.nodeid.partition("[")[0]
        if (folder not in TRACED and (folder not in TRACED_ONCE or name in seen)) or "slow" in item.keywords:
            item.add_marker("untraced")
        seen.add(name)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_protocol(item):
    """Run a marked test without trace functions. Under xdist, pytest-cov's `no_cover` leaves one of two in place."""
    traces = sys.gettrace(), threading.gettrace()
    if item.get_closest_marker("untraced"):
        sys.settrace(None)
        threading.settrace(None)
    try:
        return (yield)
    finally:
        sys.settrace(traces[0])
        threading.settrace(traces[1])


SETTINGS = ("CONFIG", "LANG", "THEME", "ASCII", "AMBIGUOUS_WIDTH", "PACE", "VIEW", "SAVES")


@pytest.fixture(autouse=True)
def environment(tmp_path_factory):
    """Give each test settings of its own, and undo what it sets in the environment.

    `cli.main` makes every process started later import safely.
    """
    with patch.dict(os.environ, COLORTERM="truecolor"):
        for name in SETTINGS:
            os.environ.pop(f"LAKEPPO_{name}", None)
        for name in ("LC_ALL", "LANGUAGE"):
            os.environ.pop(name, None)
        os.environ["LC_MESSAGES"] = "C"  # texts in English, whatever the locale; LANG keeps the encoding
        os.environ["LAKEPPO_CONFIG"] = str(tmp_path_factory.mktemp("settings") / "settings.toml")
        yield
    use_language("en")


@pytest.fixture
def float64():
    """Make networks in float64, where the order of a sum makes almost no difference."""
    import torch

    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(torch.float32)


@pytest.fixture
def start_worker(tmp_path):
    """Start a worker on a run that `make` returns on its thread (`classic`, seed 0); it is stopped at the end."""
    workers: list[Worker] = []

    def start(make=lambda: Run(CLASSIC, 0), limit=LIMIT, paused=True, folder="saves", pace=DEFAULT_PACE) -> Worker:
        def timeline() -> Timeline:
            made = make()
            return made if isinstance(made, Timeline) else Timeline(made)

        workers.append(Worker(timeline, CLASSIC, 0, limit, tmp_path / folder, paused, pace))
        workers[-1].start()
        return workers[-1]

    yield start
    for worker in workers:
        worker.stop(drop=True)
        wait_for(worker.stopped)


@pytest.fixture
def terminal(tmp_path):
    opened: list[Terminal] = []

    def start(*words: str, **more) -> Terminal:
        opened.append(Terminal(tmp_path, *words, **more))
        return opened[-1]

    yield start
    for one in opened:
        one.end()


@pytest.fixture
def lakeppo(monkeypatch, capsys):
    """Run the command line in this process and return its status, standard output and standard error."""
    monkeypatch.setattr("lakeppo.streams.leave", sys.exit)  # threads of other tests may be at work

    def run(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["lakeppo", *arguments])
        with pytest.raises(SystemExit) as exit:
            cli.main()
        out, err = capsys.readouterr()
        return int(exit.value.code or 0), out, err

    return run
