"""What other platforms lack is not needed."""

import subprocess
import sys

WITHOUT = """
import os, signal, sys
sys.modules["fcntl"] = None
for module, names in ((signal, "SIGHUP SIGQUIT SIGTSTP SIGUSR1"), (os, "O_NOFOLLOW O_NONBLOCK O_NOCTTY nice mkfifo")):
    for name in names.split():
        delattr(module, name)
"""
IMPORTS = """
import importlib, pkgutil
import lakeppo
for module in pkgutil.walk_packages(lakeppo.__path__, "lakeppo."):
    if not module.name.endswith(("cluster", "__main__")):
        importlib.import_module(module.name)
"""
COMMANDS = """
from lakeppo import cli
for words in (
    "train --updates 2 --quiet", "train --resume saves/last.pt --updates 3 --quiet", "replay saves/best.pt",
    "inspect saves/last.pt", "fleet --agents 2 --updates 2 --quiet --saves results",
):
    sys.argv = ["lakeppo", *words.split()]
    try:
        cli.main()
    except SystemExit as exit:
        assert not exit.code, words
"""  # fmt: skip


def test_every_module_and_command_works_without_posix(tmp_path):
    code = WITHOUT + IMPORTS + COMMANDS
    run = subprocess.run(
        [sys.executable, "-W", "ignore:only soft file lock", "-c", code], cwd=tmp_path, capture_output=True, text=True
    )
    assert (run.returncode, run.stderr) == (0, "")
    assert {path.name for path in (tmp_path / "saves").iterdir()} >= {"best.pt", "last.pt"}
