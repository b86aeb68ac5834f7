"""`lakeppo replay` on the checkpoint in the repository."""

import json
from pathlib import Path

import pytest

from lakeppo.headless.replay import replay
from lakeppo.runs.trainer_state import weights_sha256
from lakeppo.storage.checkpoint import read_save

SHIPPED = "bb49d5eaed937d05a0007c1c58c9070dbd776af9be8f63d38e90aa7f7bdf1646"


def test_the_shipped_policy_solves_98_of_100_episodes(capsys):
    saves = Path(__file__).parent.parent.parent / "saves"
    # running the app in this clone moves the shipped checkpoint to saves/kept
    for path in (saves / "best.pt", *saves.glob("kept/*/best.pt")):
        save = read_save(path)
        if weights_sha256(save.state) == SHIPPED:
            break
    else:
        pytest.skip("the shipped checkpoint is no longer in this clone's saves folder")
    assert save.origin.preset == "steady"
    replay(path, save, 100, 0, greedy=False, render=False, as_json=True)
    assert json.loads(capsys.readouterr().out)["successes"] >= 98
