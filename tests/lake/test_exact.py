"""Exact answers against an independent Markov chain, known figures and samples."""

import numpy as np
import pytest
import torch
from gymnasium.envs.toy_text.frozen_lake import FrozenLakeEnv
from hypothesis import given, settings
from hypothesis import strategies as st

from lakeppo.config import MAPS
from lakeppo.lake import exact as truth
from lakeppo.lake.environment import Lake, transition_table
from lakeppo.lake.exact import (
    _optimum,
    action_value,
    best_actions,
    ceiling,
    greedy,
    optimal_value,
    optimum,
    optimum_is_exact,
    policy_value,
    success_probability,
)
from lakeppo.lake.maps import find_map
from lakeppo.ppo.gae import gae
from lakeppo.presets import SLIPPERY

WIDE = ("SFFHF", "FFFFG")
UNIFORM = np.full((16, 4), 0.25)


def random_policy(tiles: int, seed: int, sharpness: float = 1.0) -> np.ndarray:
    return np.random.default_rng(seed).dirichlet([sharpness] * 4, size=tiles)


def chain(rows, slip, policy, limit):
    """Success within `limit` steps, by propagating the distribution over states through Gymnasium's table."""
    moves = FrozenLakeEnv(desc=[list(row) for row in rows], success_rate=1 - slip).P
    tiles = "".join(rows)
    mass, success = {tiles.index("S"): 1.0}, 0.0
    for _ in range(limit):
        after: dict[int, float] = {}
        for state, here in mass.items():
            for action in range(4):
                for probability, to, _, done in moves[state][action]:
                    share = here * policy[state][action] * probability
                    if not done:
                        after[to] = after.get(to, 0.0) + share
                    elif tiles[to] == "G":
                        success += share
        mass = after
    return success


@pytest.mark.parametrize("slip", [0.0, 0.3, SLIPPERY, 1.0])
@pytest.mark.parametrize(
    ("rows", "limit"),
    [(MAPS["4x4"], 100), (MAPS["4x4"], 7), (MAPS["8x8"], 60), (WIDE, 30), (find_map("random:9:3", 0)[1], 40)],
)
def test_success_equals_an_independent_chain(rows, slip, limit):
    table = transition_table(rows, slip)
    for seed, sharpness in ((0, 1.0), (1, 0.1)):
        policy = random_policy(len(rows) * len(rows[0]), seed, sharpness)
        for each in (policy, greedy(policy)):
            assert success_probability(table, each, limit) == pytest.approx(chain(rows, slip, each, limit), abs=1e-9)


@settings(max_examples=25)
@given(st.integers(2, 6), st.integers(0, 10**6), st.floats(0, 1), st.integers(1, 25))
def test_success_on_any_random_map(size, seed, slip, limit):
    rows = find_map(f"random:{size}:{seed}", 0)[1]
    policy = random_policy(size * size, seed)
    exact = success_probability(transition_table(rows, slip), policy, limit)
    assert exact == pytest.approx(chain(rows, slip, policy, limit), abs=1e-9)


@pytest.mark.parametrize("name", MAPS)
def test_matrix_power_and_iteration_agree(monkeypatch, name):
    table = transition_table(MAPS[name], 0.4)
    policies = np.stack([random_policy(len(table.next_state), seed) for seed in range(4)])
    power = success_probability(table, policies, 100)
    monkeypatch.setattr(truth, "DENSE", 0)
    assert success_probability(table, policies, 100) == pytest.approx(power, abs=1e-12)


def test_a_stack_of_policies_equals_each_alone():
    for rows in (MAPS["4x4"], find_map("random:9:3", 0)[1]):
        table = transition_table(rows, SLIPPERY)
        policies = np.stack([random_policy(len(table.next_state), seed) for seed in range(3)])
        alone = [success_probability(table, policy, 50) for policy in policies]
        assert success_probability(table, policies, 50).tolist() == pytest.approx(alone, abs=1e-14)


@pytest.mark.parametrize(
    ("name", "slip", "limit", "figure"),
    [("4x4", 0.0, 100, 0.013940), ("4x4", SLIPPERY, 100, 0.013940), ("8x8", SLIPPERY, 200, 0.001901),
     ("8x8", SLIPPERY, 100, 0.001742)],
)  # fmt: skip
def test_known_success_of_the_uniform_policy(name, slip, limit, figure):
    tiles = len(MAPS[name]) ** 2
    exact = success_probability(transition_table(MAPS[name], slip), np.full((tiles, 4), 0.25), limit)
    assert exact == pytest.approx(figure, abs=5e-7)


@pytest.mark.parametrize(
    ("name", "slip", "limit", "figure"),
    [("4x4", 0.0, 100, 1.0), ("4x4", SLIPPERY, 100, 0.744190), ("4x4", SLIPPERY, 20_000, 14 / 17),
     ("8x8", 0.0, 200, 1.0), ("8x8", SLIPPERY, 200, 0.913220), ("8x8", SLIPPERY, 100, 0.640719)],
)  # fmt: skip
def test_known_optima(name, slip, limit, figure):
    assert optimum(MAPS[name], slip, limit) == pytest.approx(figure, abs=5e-7)


def test_known_ceilings():
    assert ceiling(MAPS["4x4"], SLIPPERY, 100) == pytest.approx(0.740165, abs=5e-7)
    assert ceiling(MAPS["4x4"], 0.0, 100) == pytest.approx(1.0)
    assert ceiling(MAPS["8x8"], SLIPPERY, 200) >= 0.893568 - 5e-7
    large = find_map("random:9:0", 0)[1]
    assert ceiling(large, 0.5, 254) is None
    assert (ceiling(large, 0.0, 254), ceiling(large, 0.0, 15)) == (1.0, 0.0)  # the goal is 16 steps away


def test_a_limit_that_is_never_reached_costs_nothing(monkeypatch):
    """Sweeps end when nothing changes, and the search ends at the optimum."""
    rows, limit, sweeps = MAPS["4x4"], 1_000_000, []
    large = transition_table(find_map("random:9:3", 0)[1], 0.0)
    walked = success_probability(large, random_policy(81, 0), 20_000)
    assert success_probability(large, random_policy(81, 0), 10**15) == pytest.approx(walked, abs=1e-9)

    def counted(*given):
        sweeps.append(given)
        assert len(sweeps) < 100_000
        return action_value(*given)

    monkeypatch.setattr(truth, "action_value", counted)
    monkeypatch.setattr(truth, "_gradient", lambda *given: pytest.fail("climbed"))
    assert (optimum(rows, 0.0, limit), ceiling(rows, 0.0, limit)) == (1.0, 1.0)
    assert ceiling(rows, 0.5, limit) == pytest.approx(optimum(rows, 0.5, limit), abs=1e-12)


@pytest.mark.parametrize(("gamma", "figure"), [(0.9, 0.392), (0.99, 0.766)])
def test_gamma_changes_which_policy_is_best(gamma, figure):
    table = transition_table(MAPS["4x4"], 0.5)
    best = np.eye(4)[action_value(table, optimal_value(table, gamma, 2000), gamma).argmax(axis=1)]
    assert success_probability(table, best, 100) == pytest.approx(figure, abs=5e-4)


@pytest.mark.parametrize("slip", [0.0, 0.2, 0.5, SLIPPERY, 1.0])
@pytest.mark.parametrize(("rows", "limit"), [(MAPS["4x4"], 100), (MAPS["4x4"], 6), (WIDE, 8)])
def test_no_policy_exceeds_the_ceiling_nor_it_the_optimum(rows, slip, limit):
    table = transition_table(rows, slip)
    policies = np.stack([random_policy(len(table.next_state), seed, 0.2) for seed in range(300)])
    top = ceiling(rows, slip, limit)
    assert optimum(rows, slip, limit) >= top - 1e-12
    assert top >= success_probability(table, np.concatenate([policies, greedy(policies)]), limit).max() - 1e-12


def test_the_gradient_of_success_equals_finite_differences():
    table, policy, nudge = transition_table(WIDE, 0.3), random_policy(10, 4), 1e-6
    slopes = truth._gradient(table, policy, 9)
    for state, action in ((0, 2), (1, 1), (5, 2), (7, 2), (8, 0)):
        nudged = policy.copy()
        nudged[state] += nudge * (np.eye(4)[action] - policy[state])
        gained = success_probability(table, nudged, 9) - success_probability(table, policy, 9)
        assert gained / nudge == pytest.approx(slopes[state, action], abs=1e-4)


def test_a_small_lakes_ceiling_is_the_best_deterministic_policy():
    rows, slip, limit = ("SFF", "FHG"), 0.6, 9
    table = transition_table(rows, slip)
    choices = np.stack(np.meshgrid(*[range(4)] * 4, indexing="ij"), axis=-1).reshape(-1, 4)
    actions = np.zeros((len(choices), 6), int)
    actions[:, :4] = choices
    assert ceiling(rows, slip, limit) == pytest.approx(success_probability(table, np.eye(4)[actions], limit).max())


def test_only_the_best_actions_are_best():
    _, best = best_actions(MAPS["4x4"], 0.0, 100, 0.99)
    assert [np.flatnonzero(best[state]).tolist() for state in (0, 1, 9, 14)] == [[1, 2], [2], [1, 2], [2]]
    assert not best[[5, 7, 11, 12, 15]].any()


def test_the_best_slippery_policy_first_moves_left_into_the_wall():
    table = transition_table(MAPS["4x4"], SLIPPERY)
    assert action_value(table, optimal_value(table, 1.0, 99), 1.0)[0].argmax() == 0


@pytest.mark.parametrize("gamma", [0.0, 0.5, 0.9, 0.99])
@pytest.mark.parametrize("rows", [MAPS["4x4"], WIDE])
def test_the_value_of_a_policy_equals_sweeps_over_gymnasiums_table(rows, gamma):
    policy = random_policy(len(rows) * len(rows[0]), 5)
    moves = FrozenLakeEnv(desc=[list(row) for row in rows], success_rate=0.7).P
    value = np.zeros(len(policy))
    for _ in range(1500 if gamma == 0.99 else 200):
        value = np.array(
            [
                sum(
                    policy[s][a] * p * (reward + gamma * value[to] * (not done))
                    for a in range(4)
                    for p, to, reward, done in moves[s][a]
                )
                for s in range(len(policy))
            ]
        )
    exact = policy_value(transition_table(rows, 0.3), policy, gamma)
    assert exact == pytest.approx(value, abs=1e-5 if gamma == 0.99 else 1e-8)


def test_values_of_holes_and_goals_are_not_used():
    """A critic has values for tiles that end an episode; they must not be used."""
    table, moves = transition_table(WIDE, 0.3), FrozenLakeEnv(desc=list(WIDE), success_rate=0.7).P
    value = np.random.default_rng(0).normal(size=10)
    live = [s for s in range(10) if "".join(WIDE)[s] not in "GH"]
    expected = [
        [sum(p * (reward + 0.9 * value[to] * (not done)) for p, to, reward, done in moves[s][a]) for a in range(4)]
        for s in live
    ]
    assert action_value(table, value, 0.9)[live] == pytest.approx(np.array(expected))


def test_the_undiscounted_value_is_the_success_without_a_limit():
    table, policy = transition_table(MAPS["4x4"], SLIPPERY), random_policy(16, 2)
    value = policy_value(table, policy, 1.0)
    assert value[table.start] == pytest.approx(success_probability(table, policy, 100_000), abs=1e-9)


def test_undiscounted_states_that_reach_no_goal_have_value_0():
    table = transition_table(("SGHF",), 0.0)
    always_left = np.eye(4)[np.zeros(4, int)]
    assert policy_value(table, always_left, 1.0).tolist() == [0, 0, 0, 0]
    assert policy_value(table, np.full((4, 4), 0.25), 1.0) == pytest.approx([1, 0, 0, 0])


def test_greedy_takes_the_first_of_equals():
    assert greedy(UNIFORM[:2]).tolist() == [[1, 0, 0, 0]] * 2
    assert greedy(np.array([[0.1, 0.4, 0.4, 0.1]])).tolist() == [[0, 1, 0, 0]]


@given(st.integers(0, 1000), st.floats(0, 1), st.floats(0, 0.99))
def test_the_advantage_is_0_on_average_under_its_own_policy(seed, slip, gamma):
    table, policy = transition_table(MAPS["4x4"], slip), random_policy(16, seed)
    value = policy_value(table, policy, gamma)
    advantage = action_value(table, value, gamma) - value[:, None]
    assert (policy * advantage).sum(axis=1) == pytest.approx(np.zeros(16), abs=1e-12)


@pytest.mark.parametrize(("slip", "limit", "gae_lambda"), [(0.5, 12, 1.0), (0.0, 5, 1.0), (0.5, 12, 0.6)])
def test_sampled_advantages_agree_with_the_exact_ones(slip, limit, gae_lambda):
    """With the exact V as the critic, GAE is unbiased for any λ, for terminated and truncated episodes."""
    rows, gamma, steps = ("SFF", "FHF", "FFG"), 0.9, 60_000
    table, policy = transition_table(rows, slip), random_policy(9, 8, 3.0)
    value = policy_value(table, policy, gamma)
    exact = action_value(table, value, gamma) - value[:, None]

    generator = np.random.default_rng(0)
    draws, edges = generator.random(steps), policy.cumsum(axis=1)
    lake = Lake(rows, slip, limit)
    state, _ = lake.reset(seed=0)
    seen = []
    for draw in draws:
        action = int(np.searchsorted(edges[state], draw))
        to, reward, terminated, truncated, _ = lake.step(action)
        seen.append((state, action, float(reward), to, terminated, truncated))
        state = lake.reset()[0] if terminated or truncated else to
    states, actions, rewards, next_states, terminated, truncated = (torch.tensor(c) for c in zip(*seen, strict=True))
    values = torch.from_numpy(value)
    sampled, _ = gae(rewards.double(), values[states], values[next_states], terminated, truncated, gamma, gae_lambda)

    compared = 0
    for tile in range(9):
        for action in range(4):
            mine = sampled[(states == tile) & (actions == action)]
            if len(mine) < 200:
                continue
            compared += 1
            error = mine.std().item() / len(mine) ** 0.5
            assert abs(mine.mean().item() - exact[tile, action]) < 4.5 * error + 1e-12, (tile, action)
    assert compared >= 12


def test_a_long_time_limit_is_computed_in_a_bounded_number_of_steps(monkeypatch):
    monkeypatch.setattr("lakeppo.lake.exact.MAX_STEPS", 50)
    rows, limit = find_map("random:9:1", 0)[1], 3000
    table, policy = transition_table(rows, 0.3), np.random.default_rng(0).dirichlet(np.ones(4), 81)
    value = np.zeros(81)
    for _ in range(limit):
        outcomes = table.probability * (table.goal + table.alive * value[table.next_state])
        value = (policy * outcomes.sum(axis=-1)).sum(axis=-1)
    assert float(success_probability(table, policy, limit)) == pytest.approx(value[table.start], rel=1e-10)


def test_an_optimum_of_too_many_sweeps_is_a_lower_bound(monkeypatch):
    rows = find_map("random:6:1", 0)[1]
    exact = optimum(rows, 0.5, 900)
    assert optimum_is_exact(rows, 0.5, 900)
    monkeypatch.setattr("lakeppo.lake.exact.MAX_SWEEPS", 30)
    _optimum.cache_clear()
    assert 0 < optimum(rows, 0.5, 900) < exact
    assert not optimum_is_exact(rows, 0.5, 900)
    assert optimum_is_exact(rows, 0.5, 30)
    _optimum.cache_clear()


def test_a_tile_that_is_almost_never_left_has_a_value():
    table = transition_table(("SFG",), 0.0)
    for leaving in (1e-17, 1e-30):
        policy = np.array([[1.0, 0.0, leaving, 0.0], [0.5, 0.0, 0.5, 0.0], [0.25] * 4])
        value = policy_value(table, policy, 1.0)
        assert np.isfinite(value).all()
        assert 0 <= value[0] < 1e-3
        assert value[1] == pytest.approx(0.5, abs=1e-3)
