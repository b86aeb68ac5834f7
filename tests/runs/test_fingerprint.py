"""The fingerprint: equal where runs are equal to the bit, and only there."""

import os
import subprocess
import sys

import torch
from support.runs import file_of, ran, small
from support.session import see

from lakeppo.runs.fingerprint import fingerprint, made_elsewhere
from lakeppo.storage.checkpoint import read_save

PRINT = """
from lakeppo.config import make_config
from lakeppo.runs.fingerprint import fingerprint
from lakeppo.runs.run import Run
from lakeppo.runs.trainer_state import trainer_state, weights_sha256
run = Run(make_config("steady"), 3)
while run.trainer.updates < 4:
    run.unit()
print(fingerprint()["run"], weights_sha256(trainer_state(run.trainer)))
"""


def printed(**environment: str) -> tuple[str, ...]:
    """The fingerprint of a process with this environment, and the hash of a run's weights there."""
    run = subprocess.run([sys.executable, "-c", PRINT], capture_output=True, text=True, env=os.environ | environment)
    assert run.returncode == 0, run.stderr
    return tuple(run.stdout.split())


def test_it_differs_exactly_where_the_weights_of_a_run_differ():
    (here, weights), (there, other_weights) = printed(), printed(ATEN_CPU_CAPABILITY="default")
    assert here == fingerprint()["run"]
    assert (here == there) == (weights == other_weights)


def test_it_names_the_torch_build():
    assert fingerprint()["torch"] == torch.__version__


def test_a_run_made_elsewhere_is_announced_with_both_builds():
    ours = fingerprint()
    assert made_elsewhere(None) is None
    assert made_elsewhere(ours) is None
    assert made_elsewhere(ours | {"cpu": "AVX9"}) is None
    message = str(made_elsewhere({"torch": "2.6.0", "cpu": "NEON", "run": "0"}))
    assert message.startswith("made with torch 2.6.0 on NEON; ")
    assert ours["torch"] in message


def test_a_save_made_elsewhere_says_so_where_it_is_resumed(tmp_path, monkeypatch, start_worker, lakeppo):
    elsewhere = {"torch": "2.6.0", "cpu": "NEON", "run": "0" * 64}
    with monkeypatch.context() as patch:
        patch.setattr("lakeppo.storage.checkpoint.fingerprint", lambda: elsewhere)
        (tmp_path / "there.pt").write_bytes(file_of(ran(small(), 1, 40), "last"))
    (tmp_path / "here.pt").write_bytes(file_of(ran(small(), 1, 40), "last"))
    there, here = (read_save(tmp_path / name).timeline for name in ("there.pt", "here.pt"))
    assert see(start_worker(there), lambda s: s.notices).notices[0] == made_elsewhere(elsewhere)
    assert made_elsewhere(elsewhere) not in see(start_worker(here), lambda s: True).notices
    words = ["train", "--updates", "1", "--saves", str(tmp_path / "out")]
    assert "made with torch 2.6.0 on NEON" in lakeppo(*words, "--resume", str(tmp_path / "there.pt"))[2]
    assert "made with" not in lakeppo(*words, "--resume", str(tmp_path / "here.pt"))[2]
