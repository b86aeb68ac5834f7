"""`lakeppo replay` on the checkpoint in the repository."""

import json
from pathlib import Path

import pytest

from lakeppo.config import make_config
from lakeppo.headless.replay import replay
from lakeppo.headless.reports import replay_text
from lakeppo.runs.statistics import wilson_interval
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
    replay(path, save, 100, 0, greedy=False, as_json=True)
    assert json.loads(capsys.readouterr().out)["successes"] >= 98


@pytest.mark.parametrize("share", [0, 1])
def test_all_or_none_leave_an_interval_with_a_width(share):
    count = 30
    figures = {"save": "x.pt", "map": "4x4", "greedy": False, "mean_steps": 6.0, "success_probability": float(share)}
    counts = {"episodes": count, "successes": share * count, "holes": (1 - share) * count, "timeouts": 0}
    rates = {"success_rate": share, "success_rate_interval": wilson_interval(share * count, count)}
    text = replay_text(make_config("classic"), figures | counts | rates)
    low, high = (0.8865, 1) if share else (0, 0.1135)
    assert f"success {share:.4f}, 95 % interval {low:.4f} to {high:.4f}" in text
