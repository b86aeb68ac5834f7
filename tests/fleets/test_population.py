"""A population trains every agent to its own limit and records its results."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from lakeppo.config import make_config
from lakeppo.fleets import population as module
from lakeppo.fleets.fleet import Agent
from lakeppo.fleets.population import RESOLUTION, History, Population, fleet_bytes, partition, result_bytes
from lakeppo.lake.exact import optimum, reachable
from lakeppo.lake.maps import find_map
from lakeppo.presets import Limit
from lakeppo.runs.run import Run
from lakeppo.session.snapshot import Exact

SMALL = {"batch_size": 32, "epochs": 2}


def trained(agents, limit) -> Population:
    population = Population(agents, limit)
    while not population.done.all():
        before = population.progress
        population.update()
        assert population.progress >= before
    return population


def agents(count: int, preset: str = "steady", **knobs) -> list[Agent]:
    return [Agent(seed, make_config(preset, **knobs)) for seed in range(count)]


def test_an_agent_stops_after_the_update_that_reaches_its_limit():
    population = trained(agents(6, **SMALL), Limit("episodes", 20))
    assert (population.episodes >= 20).all()
    assert len(set(population.updates.tolist())) > 1
    for k in (0, 5):
        run = Run(population.agents[k].config, k)
        while not run.reached(population.limit):
            run.unit()
        assert population.updates[k] == run.trainer.updates + 1
        while run.trainer.updates < population.updates[k]:
            run.unit()
        assert population.episodes[k] == run.trainer.episodes
        assert population.success[k] == pytest.approx(run.success()[0], abs=1e-4)


@pytest.mark.parametrize(("limit", "updates"), [(Limit("updates", 3), 3), (Limit("steps", 65), 3)])
def test_limits_in_updates_and_steps(limit, updates):
    population = trained(agents(3, **SMALL), limit)
    assert population.updates.tolist() == [updates] * 3
    assert population.env_steps.tolist() == [updates * 32] * 3


def test_agents_that_stop_early_change_nothing_for_the_others():
    together = trained(agents(9, **SMALL), Limit("episodes", 25))
    for k in (2, 8):
        alone = trained([together.agents[k]], Limit("episodes", 25))
        assert together.success[k] == alone.success[0]
        assert together.episodes[k] == alone.episodes[0]


def test_a_diverged_agent_is_marked_stops_and_has_no_success():
    population = Population(agents(4, **SMALL), Limit("updates", 5))
    for update in range(1, 6):
        if update == 3:
            fleet = population._fleet
            fleet.critic.parameters[0][1, 0, 0], fleet.actor.parameters[2][2] = torch.inf, torch.nan
        population.update()
    assert population.done.all()
    assert population.diverged.tolist() == [np.inf, 3, 3, np.inf]
    assert population.updates.tolist() == [5, 3, 3, 5]
    assert population.success[1:3].tolist() == [0, 0]
    for k in (0, 3):
        assert population.success[k] == trained([population.agents[k]], Limit("updates", 5)).success[0]


def test_solved_is_the_first_update_at_95_percent_of_the_ceiling():
    population = trained(agents(4), Limit("episodes", 400))
    for history in population.histories:
        rows = np.array(history.rows)
        for place, k in enumerate(history.index):
            first = np.flatnonzero(rows[1:, place] >= 0.95)[0] + 1
            assert history.steps[first] == population.solved_step[k]
    assert np.isfinite(population.solved_episode).all()
    assert (population.solved_episode <= population.episodes).all()


def test_reachable_is_the_ceiling_or_else_the_optimum():
    slippery, large = make_config("slippery"), make_config("classic", find_map("random:9:3", 0), slip=0.3)
    assert reachable(slippery) == pytest.approx(0.740165, abs=5e-7)
    assert reachable(large) == optimum(large.map_rows, 0.3, large.max_episode_steps)
    thresholds = Population([Agent(0, slippery), Agent(1, make_config("classic"))], Limit("updates", 1)).thresholds
    assert thresholds == pytest.approx([0.95 * 0.740165, 0.95], abs=1e-6)


def test_nothing_solves_a_lake_whose_goal_is_out_of_reach():
    population = trained(agents(2, max_episode_steps=5, **SMALL), Limit("updates", 2))
    assert np.isinf(population.thresholds).all()
    assert np.isinf(population.solved_episode).all()
    exact = Exact(sampling=0.0, greedy=0.0, optimum=0.0, ceiling=0.0, ceiling_is_bound=False)
    assert np.isinf(exact.solved)
    assert np.isinf(replace(exact, ceiling=None).solved)


def test_agents_with_other_shared_knobs_form_their_own_fleet():
    mixed = [*agents(2, **SMALL), *agents(2, batch_size=48, epochs=1), *agents(1, **SMALL, slip=0.5)]
    population = Population(mixed, Limit("updates", 2))
    assert [index.tolist() for index in population.fleets] == [[0, 1, 4], [2, 3]]
    population.update()
    assert np.isnan(population.success).tolist() == [False, False, True, True, False]
    while not population.done.all():
        population.update()
    assert population.env_steps.tolist() == [64, 64, 96, 96, 64]
    assert population.success_after(48)[2] != population.success_after(0)[2]
    assert population.success_after(10_000).tolist() == population.success.tolist()


def test_a_fleet_is_limited_by_its_memory(monkeypatch):
    ten = agents(10, **SMALL)
    monkeypatch.setattr(module, "MAX_BYTES", 4 * fleet_bytes(ten[0].config))
    assert [len(index) for index in partition(ten)] == [4, 3, 3]


def test_a_long_history_is_thinned_evenly():
    history = History(np.array([0]))
    for step in range(60 * RESOLUTION):
        history.add(step, np.array([float(step)]))
    assert len(history.rows) < 8 * RESOLUTION
    assert 4 * len(history.rows) < result_bytes(make_config("classic"), Limit("updates", 60 * RESOLUTION))
    for step in (0, RESOLUTION, 100, 60 * RESOLUTION - 1):
        assert 0 <= step - history.at(step)[0] <= step / RESOLUTION


def test_a_success_equal_to_the_threshold_is_solved():
    first = trained(agents(3), Limit("updates", 2))
    again = Population(agents(3), Limit("updates", 2))
    again.thresholds = first.success.copy()
    while not again.done.all():
        again.update()
    assert (again.solved_step <= first.env_steps).all()


def test_the_success_at_the_end_has_every_digit():
    population = trained(agents(3), Limit("updates", 2))
    end = int(population.env_steps.max())
    assert population.success_after(end).tobytes() == population.success.tobytes()
    assert population.success_after(end - 1).tobytes() != population.success.tobytes()
