"""The processes of torch's compiler run no code of the current folder."""

import os
import subprocess
import sys

import pytest
from support.hostile import write_namesakes

PROBE = """
import contextlib, sys
from lakeppo.cli import main
sys.argv = ["lakeppo", "--version"]
with contextlib.suppress(SystemExit):
    main()
from torch._inductor import cpu_vec_isa
import subprocess
started, popen = [], subprocess.Popen.__init__
def counted(self, words, *given, **more):
    started.append(words[0])
    return popen(self, words, *given, **more)
subprocess.Popen.__init__ = counted
print(cpu_vec_isa.VecAVX2().__bool__(), sys.executable in started)
"""
"""Compile for one kind of processor and load the result in a process, as the compiler does at its start."""
COMPILE = "from lakeppo.cli import main; main()"


def run(tmp_path, code: str, *words: str, timeout: float) -> str:
    """Run code in a folder of namesakes with an empty cache; return what it prints."""
    (tmp_path / "cache").mkdir()
    (tmp_path / "here").mkdir()
    executed = write_namesakes(tmp_path / "here")
    environment = {name: value for name, value in os.environ.items() if name not in ("PYTHONSAFEPATH", "CXX")}
    environment |= {"TORCHINDUCTOR_CACHE_DIR": str(tmp_path / "cache"), "XDG_CACHE_HOME": str(tmp_path / "cache")}
    command = [sys.executable, "-P", "-c", code, *words]
    done = subprocess.run(
        command, cwd=tmp_path / "here", env=environment, capture_output=True, text=True, timeout=timeout
    )
    assert not executed.exists(), executed.read_text()
    assert done.returncode == 0, done.stderr
    return done.stdout + done.stderr


def test_the_compilers_probes_run_no_code_from_here(tmp_path):
    assert run(tmp_path, PROBE, timeout=120).splitlines()[-1].endswith(" True")


@pytest.mark.slow
@pytest.mark.skipif("LAKEPPO_SEEDS" not in os.environ, reason="compiling takes a minute")
def test_compiling_a_fleet_runs_no_code_from_here(tmp_path):
    said = run(tmp_path, COMPILE, "fleet", "--agents", "2", "--updates", "1", "--compile", timeout=600)
    assert "compiled in" in said or "no C++ compiler" in said
