"""The commands where the environment is against them: whatever fails is one line and a status, and no traceback."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

MAIN = "from lakeppo.cli import main; main()"
BUSY = """
import atexit, os, threading, time
atexit.register(os._exit, 99)  # the interpreter's own end, at which torch aborts in another thread
threading.Thread(target=time.sleep, args=(600,), daemon=True).start()
"""


def run(tmp_path, *words: str, main: str = MAIN, **more) -> tuple[int, str, str]:
    """Run a command in a process; return its status, standard output and standard error."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "PYTHONUNBUFFERED": "", **more.pop("env", {})}
    command = [sys.executable, "-c", main, *words]
    more = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **more}
    done = subprocess.run(command, text=True, cwd=tmp_path, env=environment, **more)
    return done.returncode, done.stdout, done.stderr


def test_a_thread_at_work_does_not_abort_the_end(tmp_path):
    status, out, err = run(tmp_path, "--version", main=BUSY + MAIN)
    assert (status, err) == (0, "")
    assert out.startswith("lakeppo ")


@pytest.mark.parametrize("words", ["--version", "settings --schema", "train --updates 1 --quiet", "tui --plain"])
def test_a_full_standard_output_is_one_line_and_status_1(tmp_path, words):
    with Path("/dev/full").open("w") as full:
        status, _, err = run(tmp_path, *words.split(), stdout=full, input="")
    assert status == 1
    assert err.startswith("lakeppo: ")
    assert err.lower().endswith("no space left on device\n")
    assert err.count("\n") == 1


@pytest.mark.parametrize("size", ["²", "9" * 5000, "0", "-5", "many"], ids=lambda size: size[:5])
def test_a_size_that_is_none_is_not_heeded(tmp_path, size):
    status, _, err = run(tmp_path, "fleet", "--agents", "1", "--updates", "1", env={"COLUMNS": size, "LINES": size})
    assert (status, "lakeppo: " in err) == (0, False)


def test_a_machine_without_memory_is_one_line(tmp_path):
    limited = "import resource; resource.setrlimit(resource.RLIMIT_AS, (400_000_000, 400_000_000)); "
    status, out, err = run(tmp_path, "inspect", "none.pt", main=limited + MAIN)
    assert (status, out) == (1, "")
    assert err.startswith(("lakeppo: a library cannot be loaded: ", "lakeppo: out of memory"))
    assert err.count("\n") == 1
