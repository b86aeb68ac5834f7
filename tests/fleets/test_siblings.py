"""Siblings: each is the single run of its seed with the run's changes, made where an update begins."""

import numpy as np
import pytest
import torch
from support.runs import advance, small

from lakeppo.config import Limit
from lakeppo.fleets import siblings as module
from lakeppo.fleets.siblings import SiblingFleet, SiblingRequest, changes_at_updates
from lakeppo.moment import Change, Moment, Phase
from lakeppo.runs.run import Run
from lakeppo.runs.timeline import Branch, Timeline

SEEDS = (3, 8, 21)
CHANGES = (
    Change(Moment(1, Phase.COLLECT, 0), "slip", 0.1),
    Change(Moment(2, Phase.COLLECT, 4), "batch_size", 90),
    Change(Moment(3, Phase.COLLECT, 0), "seed", 5),
    Change(Moment(3, Phase.JUDGE, 0), "max_episode_steps", 4),
    Change(Moment(4, Phase.IMPROVE, 1), "epochs", 2),
    Change(Moment(4, Phase.COPY, 0), "norm_adv", True),
    Change(Moment(6, Phase.COLLECT, 0), "learning_rate", 0.05),
    Change(Moment(6, Phase.COLLECT, 0), "map_rows", ("SFFF", "FFFH", "FFFF", "HFFG")),
    Change(Moment(7, Phase.COLLECT, 0), "slip", 0.6),
)


@pytest.fixture
def doubles():
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(torch.float32)


def trained(order: SiblingRequest) -> tuple[SiblingFleet, np.ndarray, np.ndarray]:
    fleet = SiblingFleet(order)
    while not fleet.over:
        fleet.update()
    report = fleet.report()
    return fleet, report.success, report.episodes


def alone(order: SiblingRequest, seed: int, updates: int) -> Run:
    branch = Branch("main", list(changes_at_updates(order.changes)), Moment(99, Phase.COLLECT, 0))
    timeline = Timeline(Run(order.config, seed), [branch])
    while timeline.run.trainer.updates < updates:
        timeline.unit()
    return timeline.run


def test_changes_within_an_update_wait_for_the_next_and_seeds_are_nobody_elses():
    lived = changes_at_updates(CHANGES)
    assert [change.moment.update for change in lived] == [1, 3, 4, 5, 5, 6, 6, 7]
    assert {change.moment.index for change in lived} == {0}
    assert "seed" not in {change.name for change in lived}


def test_a_sibling_is_the_single_run_of_its_seed_with_the_same_changes(doubles):
    order = SiblingRequest(small(), SEEDS, CHANGES, Limit("updates", 10))
    fleet, success, episodes = trained(order)
    assert success.shape == (11, 3)
    for k, seed in enumerate(SEEDS):
        run = alone(order, seed, 10)
        assert [change.name for change in run.changes] == [
            change.name for change in fleet.order.changes if change.name != "seed"
        ]
        expected = [row.success_probability for row in run.history]
        np.testing.assert_allclose(success[1:, k], expected, rtol=0, atol=1e-6)
        assert episodes[1:, k].tolist() == [row.episodes for row in run.history]
        assert success[0, k] == pytest.approx(Run(order.config, seed).success()[0])


@pytest.mark.parametrize("rows", [("SHFF", "HHFH", "FFFH", "HFFG"), ("SGFF", "GHFH", "FFFH", "HFFG")])
def test_who_stands_where_a_hole_or_a_goal_is_made_begins_an_episode_anew(rows, doubles):
    order = SiblingRequest(
        small(), tuple(range(12)), (Change(Moment(2, Phase.COLLECT, 0), "map_rows", rows),), Limit("updates", 6)
    )
    before = [advance(Run(order.config, seed), 2).trainer.state for seed in order.seeds]
    assert any("".join(rows)[state] in "HG" for state in before)
    _, success, episodes = trained(order)
    for k, seed in enumerate(order.seeds):
        history = alone(order, seed, 6).history
        np.testing.assert_allclose(success[1:, k], [row.success_probability for row in history], rtol=0, atol=1e-6)
        assert episodes[1:, k].tolist() == [row.episodes for row in history]


def test_in_float32_the_first_updates_are_those_of_the_single_runs():
    order = SiblingRequest(small(), SEEDS, (), Limit("updates", 5))
    _, success, _ = trained(order)
    for k, seed in enumerate(SEEDS):
        expected = [row.success_probability for row in advance(Run(order.config, seed), 5).history]
        np.testing.assert_allclose(success[1:, k], expected, rtol=0, atol=1e-5)


def test_each_stops_at_its_own_limit_and_keeps_its_last():
    order = SiblingRequest(small(), tuple(range(6)), (), Limit("episodes", 40))
    fleet, success, episodes = trained(order)
    assert len(set(fleet.ended.tolist())) > 1
    for k in range(6):
        end = fleet.ended[k]
        assert episodes[end, k] >= 40 > episodes[end - 1, k]
        assert (success[end:, k] == success[end, k]).all()
        expected = advance(Run(order.config, k), int(end)).history[-1].success_probability
        assert success[end, k] == pytest.approx(expected, abs=1e-3)


def test_a_run_past_its_limit_is_followed_as_far_as_it_is_and_none_goes_on_for_ever(monkeypatch):
    assert trained(SiblingRequest(small(), (1, 2), (), Limit("updates", 3), at_least=5))[0].updates == 5
    monkeypatch.setattr(module, "MOST", 4)
    assert trained(SiblingRequest(small(), (1, 2), (), Limit("updates", 300)))[0].updates == 4
