"""Saves mutated at random: refused in one line, or read and run; never slow, large or noisy."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from support.hostile import TOO_LONG

TESTS = Path(__file__).parents[1]
COUNT = int(os.environ.get("LAKEPPO_MUTANTS", "150"))
"""Mutated saves to try; LAKEPPO_MUTANTS widens it."""


@pytest.mark.slow
def test_mutated_saves_cost_little_and_break_nothing(tmp_path):
    code = "import sys; from support.saves import read_mutants; read_mutants(sys.argv[1], 0, int(sys.argv[2]))"
    process = subprocess.run(
        [sys.executable, "-c", code, tmp_path, str(COUNT)], capture_output=True, text=True, cwd=TESTS, check=False
    )
    assert process.stderr == ""
    result = json.loads(process.stdout)
    print(result)
    assert result["refused"] > COUNT / 2
    assert result["read"] > 0
    assert result["lines"] == 0
    assert result["longest"] < 1000
    assert result["memory"] < 512
    assert result["seconds"] < TOO_LONG
