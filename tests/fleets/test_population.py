"""Siblings: every agent to its own limit, and what is written down of it."""

import numpy as np
import pytest

from lakeppo.config import Limit, make_config
from lakeppo.fleets import population as module
from lakeppo.fleets.fleet import Agent
from lakeppo.fleets.population import FINE, History, Population, bytes_kept, bytes_needed, split
from lakeppo.lake.exact import optimum, reachable
from lakeppo.lake.maps import find_map
from lakeppo.runs.run import Run

SMALL = {"batch_size": 32, "epochs": 2}


def driven(agents, limit) -> Population:
    population = Population(agents, limit)
    while not population.done.all():
        before = population.progress
        population.update()
        assert population.progress >= before
    return population


def agents(count: int, preset: str = "steady", **knobs) -> list[Agent]:
    return [Agent(seed, make_config(preset, **knobs)) for seed in range(count)]


def test_each_stops_at_the_end_of_the_update_that_reaches_its_own_limit():
    population = driven(agents(6, **SMALL), Limit("episodes", 20))
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
    population = driven(agents(3, **SMALL), limit)
    assert population.updates.tolist() == [updates] * 3
    assert population.env_steps.tolist() == [updates * 32] * 3


def test_those_who_leave_early_change_nothing_for_the_others():
    together, alone = driven(agents(9, **SMALL), Limit("episodes", 25)), None
    for k in (2, 8):
        alone = driven([together.agents[k]], Limit("episodes", 25))
        assert together.success[k] == alone.success[0]
        assert together.episodes[k] == alone.episodes[0]


def test_solved_is_the_first_update_at_95_percent_of_what_is_possible():
    population = driven(agents(4), Limit("episodes", 400))
    for history in population.histories:
        rows = np.array(history.rows)
        for place, k in enumerate(history.who):
            first = np.flatnonzero(rows[1:, place] >= 0.95)[0] + 1
            assert history.steps[first] == population.solved_step[k]
    assert np.isfinite(population.solved_episode).all()
    assert (population.solved_episode <= population.episodes).all()


def test_possible_is_the_ceiling_and_where_none_is_known_the_optimum():
    slippery, large = make_config("slippery"), make_config("classic", find_map("random:9:3", 0), slip=0.3)
    assert reachable(slippery) == pytest.approx(0.740165, abs=5e-7)
    assert reachable(large) == optimum(large.map_rows, 0.3, large.max_episode_steps)
    bars = Population([Agent(0, slippery), Agent(1, make_config("classic"))], Limit("updates", 1)).bars
    assert bars == pytest.approx([0.95 * 0.740165, 0.95], abs=1e-6)


def test_other_shapes_are_other_fleets_and_all_are_told_of():
    mixed = [*agents(2, **SMALL), *agents(2, batch_size=48, epochs=1), *agents(1, **SMALL, slip=0.5)]
    population = Population(mixed, Limit("updates", 2))
    assert [who.tolist() for who in population.fleets] == [[0, 1, 4], [2, 3]]
    population.update()
    assert np.isnan(population.success).tolist() == [False, False, True, True, False]
    while not population.done.all():
        population.update()
    assert population.env_steps.tolist() == [64, 64, 96, 96, 64]
    assert population.after(48)[2] != population.after(0)[2]
    assert population.after(10_000).tolist() == population.success.tolist()


def test_no_fleet_needs_more_memory_than_is_allowed(monkeypatch):
    some = agents(10, **SMALL)
    monkeypatch.setattr(module, "MEMORY", 4 * bytes_needed(some[0].config))
    assert [len(who) for who in split(some)] == [4, 3, 3]


def test_a_long_history_is_thinned_and_still_says_when():
    history = History(np.array([0]))
    for step in range(60 * FINE):
        history.add(step, np.array([float(step)]))
    assert len(history.rows) < 8 * FINE
    assert 4 * len(history.rows) < bytes_kept(make_config("classic"), Limit("updates", 60 * FINE))
    for step in (0, FINE, 100, 60 * FINE - 1):
        assert 0 <= step - history.at(step)[0] <= step / FINE
