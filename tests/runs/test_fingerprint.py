"""The fingerprint: equal where runs are equal to the bit, and only there."""

import json
import os
import subprocess
import sys

import pytest
import torch

from lakeppo.runs.fingerprint import fingerprint, made_elsewhere

PRINT = "import json; from lakeppo.runs.fingerprint import fingerprint; print(json.dumps(fingerprint()))"
HASHES = """
from lakeppo.config import make_config
from lakeppo.runs.run import Run
from lakeppo.runs.trainer_state import trainer_state, weights_sha256
run = Run(make_config("steady"), 3)
while run.trainer.updates < 4:
    run.unit()
print(weights_sha256(trainer_state(run.trainer)))
"""


def output(program: str, **environment: str) -> str:
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, env=os.environ | environment)
    assert run.returncode == 0, run.stderr
    return run.stdout.strip()


@pytest.mark.parametrize("other", [{}, {"ATEN_CPU_CAPABILITY": "default"}])
def test_it_differs_exactly_where_the_weights_of_a_run_differ(other):
    there = json.loads(output(PRINT, **other))
    assert (there["run"] == fingerprint()["run"]) == (output(HASHES, **other) == output(HASHES))


def test_it_names_the_torch_build():
    assert fingerprint()["torch"] == torch.__version__


def test_a_run_made_elsewhere_is_announced_with_both_builds():
    ours = fingerprint()
    assert made_elsewhere(None) is None
    assert made_elsewhere(ours) is None
    assert made_elsewhere(ours | {"cpu": "AVX9"}) is None
    message = str(made_elsewhere({"torch": "2.6.0", "cpu": "NEON", "run": "0"}))
    assert message.startswith("made with torch 2.6.0 on NEON: ")
    assert ours["torch"] in message
