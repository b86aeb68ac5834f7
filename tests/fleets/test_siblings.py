"""A sibling equals the single run of its seed with the run's changes, made at the start of updates."""

import numpy as np
import pytest
from support.runs import advance, small

from lakeppo.fleets import siblings as module
from lakeppo.fleets.siblings import SiblingFleet, SiblingRequest, changes_at_updates
from lakeppo.moment import Change, Moment, Phase
from lakeppo.presets import Limit
from lakeppo.runs.branch import Branch
from lakeppo.runs.run import Run
from lakeppo.runs.timeline import Timeline

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


def trained(request: SiblingRequest) -> tuple[SiblingFleet, np.ndarray, np.ndarray]:
    fleet = SiblingFleet(request)
    while not fleet.done:
        fleet.update()
    report = fleet.report()
    return fleet, report.success, report.episodes


def single_run(request: SiblingRequest, seed: int, updates: int) -> Run:
    branch = Branch("main", list(changes_at_updates(request.changes)), Moment(99, Phase.COLLECT, 0))
    timeline = Timeline(Run(request.config, seed), [branch])
    while timeline.run.trainer.updates < updates:
        timeline.unit()
    return timeline.run


def test_changes_move_to_the_next_update_and_seeds_are_left_out():
    moved = changes_at_updates(CHANGES)
    assert [change.moment.update for change in moved] == [1, 3, 4, 5, 5, 6, 6, 7]
    assert {change.moment.index for change in moved} == {0}
    assert "seed" not in {change.name for change in moved}


def test_a_sibling_is_the_single_run_of_its_seed_and_changes(float64):
    request = SiblingRequest(small(), SEEDS, CHANGES, Limit("updates", 10))
    _, success, episodes = trained(request)
    assert success.shape == (11, 3)
    for k, seed in enumerate(SEEDS):
        run = single_run(request, seed, 10)
        assert [change.name for change in run.changes] == [
            change.name for change in request.changes if change.name != "seed"
        ]
        expected = [row.success_probability for row in run.history]
        np.testing.assert_allclose(success[1:, k], expected, rtol=0, atol=1e-6)
        assert episodes[1:, k].tolist() == [row.episodes for row in run.history]
        assert success[0, k] == pytest.approx(Run(request.config, seed).success()[0])


@pytest.mark.parametrize("rows", [("SHFF", "HHFH", "FFFH", "HFFG"), ("SGFF", "GHFH", "FFFH", "HFFG")])
def test_an_agent_on_a_new_hole_or_goal_starts_an_episode(rows, float64):
    request = SiblingRequest(
        small(), tuple(range(12)), (Change(Moment(2, Phase.COLLECT, 0), "map_rows", rows),), Limit("updates", 6)
    )
    before = [advance(Run(request.config, seed), 2).trainer.state for seed in request.seeds]
    assert any("".join(rows)[state] in "HG" for state in before)
    _, success, episodes = trained(request)
    for k, seed in enumerate(request.seeds):
        history = single_run(request, seed, 6).history
        np.testing.assert_allclose(success[1:, k], [row.success_probability for row in history], rtol=0, atol=1e-6)
        assert episodes[1:, k].tolist() == [row.episodes for row in history]


def test_in_float32_the_first_updates_equal_the_single_runs():
    request = SiblingRequest(small(), SEEDS, (), Limit("updates", 5))
    _, success, _ = trained(request)
    for k, seed in enumerate(SEEDS):
        expected = [row.success_probability for row in advance(Run(request.config, seed), 5).history]
        np.testing.assert_allclose(success[1:, k], expected, rtol=0, atol=1e-5)


def test_a_sibling_keeps_the_values_of_its_own_limit():
    request = SiblingRequest(small(), tuple(range(6)), (), Limit("episodes", 40))
    fleet, success, episodes = trained(request)
    assert len(set(fleet.ended.tolist())) > 1
    for k in range(6):
        end = fleet.ended[k]
        assert episodes[end, k] >= 40 > episodes[end - 1, k]
        assert (success[end:, k] == success[end, k]).all()
        expected = advance(Run(request.config, k), int(end)).history[-1].success_probability
        assert success[end, k] == pytest.approx(expected, abs=1e-3)


def test_siblings_reach_the_runs_update_but_no_more_than_5000(monkeypatch):
    assert trained(SiblingRequest(small(), (1, 2), (), Limit("updates", 3), at_least=5))[0].updates == 5
    monkeypatch.setattr(module, "MAX_UPDATES", 4)
    assert trained(SiblingRequest(small(), (1, 2), (), Limit("updates", 300)))[0].updates == 4
