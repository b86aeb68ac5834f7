"""A fleet that computes the figures of its updates: those of the single runs, and the same bits as without them."""

import numpy as np
import pytest
import torch

from lakeppo.config import make_config
from lakeppo.fleets.fleet import BLOCK, Agent, Fleet
from lakeppo.fleets.recorded import Outcomes, RecordedFleet
from lakeppo.fleets.walkers import Transitions
from lakeppo.runs.run import Run
from lakeppo.runs.statistics import Row

KNOBS = {"batch_size": 64, "epochs": 4, "slip": 0.3, "max_episode_steps": 20, "learning_rate": 0.02}
OTHERS = {"update", "env_steps", "episodes", "success_probability", "greedy_success_probability"}
"""The figures of a row that the fleet itself does not compute."""


@pytest.mark.parametrize(
    "knobs",
    [
        {"clip_coef": 0.1},
        {"clip_coef": None, "norm_adv": True},
        {"ent_coef": 0.02, "vf_coef": 2.0, "epochs": 1},
        {"clip_coef": 0.3, "norm_adv": True, "learning_rate_end": 0.001, "anneal_steps": 400},
    ],
    ids=str,
)
def test_figures_are_those_of_the_single_runs(float64, knobs):
    config = make_config("classic", **{**KNOBS, **knobs})
    seeds = range(4)
    fleet, runs = RecordedFleet([Agent(seed, config) for seed in seeds]), [Run(config, seed) for seed in seeds]
    for update in range(1, 21):
        fleet.update()
        assert fleet.figures.keys() == set(Row._fields) - OTHERS
        for place, run in enumerate(runs):
            while run.trainer.updates < update:
                run.unit()
            row = run.history[-1]
            for name, column in fleet.figures.items():
                value = getattr(row, name)
                expected = np.nan if value is None else value
                assert column[place] == pytest.approx(expected, rel=1e-6, abs=1e-9, nan_ok=True), (name, update)
            assert fleet.greedy_success()[place].item() == pytest.approx(row.greedy_success_probability, abs=1e-12)
    rows = [row for run in runs for row in run.history]
    clipped = knobs.get("clip_coef", 0.2) is not None and knobs.get("epochs") != 1
    assert any(row.stopped > 0 for row in rows) == any(row.returning > 0 for row in rows) == clipped
    assert any(row.success_rate for row in rows)


def test_recording_changes_no_bit():
    agents = [Agent(seed, make_config("classic", **KNOBS)) for seed in range(5)]
    fleets = Fleet(agents), RecordedFleet(agents)
    for update in range(8):
        for fleet in fleets:
            if update == 4:
                fleet.select(np.array([0, 2, 3]))
            fleet.update()
    plain, recorded = (fleet.state(3) for fleet in fleets)
    assert all(torch.equal(a, b) for a, b in zip(plain.networks, recorded.networks, strict=True))
    assert len(fleets[1].figures["kl"]) == len(fleets[1].figures["success_rate"]) == 3


def test_blocks_and_removed_agents_change_no_figure(monkeypatch):
    agents = [Agent(seed, make_config("classic", **KNOBS)) for seed in range(7)]
    whole, apart = RecordedFleet(agents), RecordedFleet(agents)
    for update in range(6):
        monkeypatch.setattr("lakeppo.fleets.fleet.BLOCK", BLOCK)
        whole.update()
        monkeypatch.setattr("lakeppo.fleets.fleet.BLOCK", 3)
        if update == 3:
            apart.select(np.array([1, 4, 5]))
        apart.update()
    for name, column in apart.figures.items():
        assert column[:3].tobytes() == whole.figures[name][[1, 4, 5]].tobytes(), name


def test_the_success_rate_is_that_of_the_last_100_episodes():
    dice = np.random.default_rng(0)
    outcomes, seen = Outcomes(2), [[], []]
    for _ in range(9):
        ended, reached = dice.random((40, 2)) < 0.7, dice.random((40, 2)) < 0.4
        nothing = np.zeros((40, 2), bool)
        outcomes.add(Transitions(nothing, nothing, nothing, reached & ended, ended, nothing))
        for agent in range(2):
            seen[agent] += (reached & ended)[:, agent][ended[:, agent]].tolist()
        rate, error = outcomes.rate()
        for agent in range(2):
            last = seen[agent][-100:]
            assert rate[agent] == np.mean(last)
            assert error[agent] == pytest.approx((np.mean(last) * (1 - np.mean(last)) / len(last)) ** 0.5)
    assert min(map(len, seen)) > 200
