"""Exact success and values of policies by dynamic programming on the transition table, and their optima.

A policy is a table `(S, 4)` of probabilities in float64. Success is entering a goal within the time limit. NumPy only.
"""

from collections.abc import Callable
from contextlib import suppress
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from lakeppo.config import Config, solved_from
from lakeppo.lake.environment import Table, transition_table
from lakeppo.lake.maps import MapRows
from lakeppo.lake.transition import ACTION_COUNT

Floats = NDArray[np.float64]
ONE_HOT = np.eye(ACTION_COUNT)
BEST_GAMMA = 0.999
"""The largest discount used to find the best actions: with gamma 1 a detour is as good as the shortest path."""
DENSE = 64
"""Up to this number of states, success is read from a power of the policy's transition matrix; above, step by step."""
MAX_STEPS = 2000
"""Above `DENSE`, the steps that are followed one by one; a power of the matrix gives the others, in about a second."""
MAX_SWEEPS = 20_000
"""The sweeps of value iteration for an optimum, about two seconds on the largest lake."""
ALMOST_NEVER = 1e-9
"""With gamma 1, a discount of 1 less this counts what happens within about 10^9 steps."""
ROUNDING = 1e-6
"""How far a probability may be outside [0, 1] for rounding."""
LONGEST = 10_000
"""The longest time limit with a local search for the ceiling: it takes time and memory in proportion to the limit."""


def greedy(policy: Floats) -> Floats:
    """Return the policy that always takes the most probable action, the first if several are."""
    chosen: Floats = ONE_HOT[policy.argmax(axis=-1)]
    return chosen


def success_probability(table: Table, policy: Floats, limit: int) -> Floats:
    """Return the success `(...)` of policies `(..., S, 4)` from the start tile within `limit` steps."""
    if policy.shape[-2] <= DENSE:
        return np.linalg.matrix_power(_chain(table, policy), limit)[..., table.start, -1]
    weight = policy[..., None] * table.probability
    gain, onward = (weight * table.goal).sum(axis=(-1, -2)), weight * table.alive
    success, settled = _iterate(lambda success: gain + (onward * success[..., table.next_state]).sum(axis=(-1, -2)),
                                np.zeros(policy.shape[:-1]), min(limit, MAX_STEPS))  # fmt: skip
    if settled or limit <= MAX_STEPS:
        return success[..., table.start]
    return np.linalg.matrix_power(_chain(table, policy), limit)[..., table.start, -1]


def _chain(table: Table, policy: Floats) -> Floats:
    """Return the policy's Markov chain `(..., S + 1, S + 1)`; its last state is absorbing and means success."""
    states = policy.shape[-2]
    weight = policy[..., None] * table.probability
    chain = np.zeros((*policy.shape[:-2], states + 1, states + 1))
    rows = np.arange(weight.size // 12)  # a row of the chain has 4 actions with 3 outcomes each
    cells = rows[:, None] * states + np.broadcast_to(table.next_state, weight.shape).reshape(-1, 12)
    sums = np.bincount(cells.ravel(), (weight * table.alive).ravel(), len(rows) * states)
    chain[..., :-1, :-1] = sums.reshape(*weight.shape[:-3], states, states)
    chain[..., :-1, -1] = (weight * table.goal).sum(axis=(-1, -2))
    chain[..., -1, -1] = 1.0
    return chain


def _iterate(step: Callable[[Floats], Floats], value: Floats, times: int) -> tuple[Floats, bool]:
    """Apply `step` to `value` up to `times` times, or until it changes no bit, and return whether it does not."""
    for _ in range(times):
        before, value = value, step(value)
        if np.array_equal(before, value):
            return value, True
    return value, False


def policy_value(table: Table, policy: Floats, gamma: float) -> Floats:
    """Return V `(S,)` of `policy` discounted by `gamma`, without a time limit: the target of the critic."""
    chain = _chain(table, policy)
    moves, gain = chain[:-1, :-1], chain[:-1, -1]
    value = np.zeros(len(gain))
    solvable = _can_reach_goal(moves, gain) if gamma == 1.0 else np.ones(len(gain), bool)
    among, unit = moves[np.ix_(solvable, solvable)], np.eye(int(solvable.sum()))
    for discount in (gamma, gamma - ALMOST_NEVER):  # a tile may be left with a probability too small to be told from 0
        with suppress(np.linalg.LinAlgError):
            value[solvable] = np.linalg.solve(unit - discount * among, gain[solvable])
            if ((value > -ROUNDING) & (value < 1 + ROUNDING)).all():
                break
    return value


def _can_reach_goal(moves: Floats, gain: Floats) -> NDArray[np.bool_]:
    """Return the mask `(S,)` of states that can reach a goal: with gamma 1 the others' equations are singular."""
    found = gain > 0
    while True:
        grown = found | (moves[:, found] > 0).any(axis=1)
        if (grown == found).all():
            return found
        found = grown


def action_value(table: Table, value: Floats, gamma: float) -> Floats:
    """Return Q `(S, 4)` of each action, given the value `(S,)` of the next states."""
    quality: Floats = (table.probability * (table.goal + gamma * table.alive * value[table.next_state])).sum(axis=-1)
    return quality


def optimal_value(table: Table, gamma: float, sweeps: int) -> Floats:
    """Return V `(S,)` after `sweeps` of value iteration; with gamma 1, the best success within that many steps."""
    return _optimal_value(table, gamma, sweeps)[0]


def _optimal_value(table: Table, gamma: float, sweeps: int) -> tuple[Floats, bool]:
    """Return `optimal_value`, and whether more sweeps would not change it."""
    start = np.zeros(len(table.next_state))
    return _iterate(lambda value: action_value(table, value, gamma).max(axis=1), start, sweeps)


@lru_cache(maxsize=32)
def best_actions(rows: MapRows, slip: float, limit: int, gamma: float) -> tuple[Floats, NDArray[np.bool_]]:
    """Return the optimal V `(S,)` and the mask `(S, 4)` of the best actions, none where no goal can be reached.

    The values are those of `gamma`, the actions those of `gamma` or of `BEST_GAMMA` if that is less.
    """
    table, near = transition_table(rows, slip), min(gamma, BEST_GAMMA)
    quality = action_value(table, optimal_value(table, near, min(20 * limit, 4000)), near)
    best = (quality > quality.max(axis=1, keepdims=True) - 1e-7) & (quality > 1e-12)
    return _improved_value(table, quality.argmax(axis=1), gamma), best


def _improved_value(table: Table, actions: NDArray[np.int64], gamma: float) -> Floats:
    """Return the optimal V `(S,)` by policy iteration, which needs no limit of sweeps, from `actions` `(S,)` on."""
    while True:
        value = policy_value(table, ONE_HOT[actions], gamma)
        quality = action_value(table, value, gamma)
        better = quality.max(axis=1) > np.take_along_axis(quality, actions[:, None], axis=1)[:, 0] + 1e-9
        if not better.any():
            return value
        actions = np.where(better, quality.argmax(axis=1), actions)


def optimum(rows: MapRows, slip: float, limit: int) -> float:
    """Return the highest success within `limit` steps of any policy, also of those that depend on the time left.

    Beyond `MAX_SWEEPS` steps this is a lower bound, unless `optimum_is_exact`.
    """
    return _optimum(rows, slip, limit)[0]


def optimum_is_exact(rows: MapRows, slip: float, limit: int) -> bool:
    """Return whether `optimum` is the optimum, and not only the highest success within `MAX_SWEEPS` steps."""
    return _optimum(rows, slip, limit)[1]


@lru_cache(maxsize=128)
def _optimum(rows: MapRows, slip: float, limit: int) -> tuple[float, bool]:
    table = transition_table(rows, slip)
    value, settled = _optimal_value(table, 1.0, min(limit, MAX_SWEEPS))
    return float(value[table.start]), settled or limit <= MAX_SWEEPS


@lru_cache(maxsize=128)
def ceiling(rows: MapRows, slip: float, limit: int) -> float | None:
    """Return the highest success found for a stationary policy; None on a slippery lake of more than 64 tiles.

    This is a local search over deterministic policies from the greedy policies of several discounts. On slippery 4x4
    it finds the best of all 4^11; elsewhere it is a lower bound, unless it equals `optimum`, as on a firm lake.
    """
    top = optimum(rows, slip, limit)
    if slip == 0:
        return top
    table = transition_table(rows, slip)
    if len(table.next_state) > DENSE:
        return None
    gammas = (0.9, 0.95, 0.99, 0.999, 1.0)
    sweeps = min(4 * limit, MAX_SWEEPS)
    starts = [action_value(table, optimal_value(table, gamma, sweeps), gamma).argmax(axis=1) for gamma in gammas]
    best = float(success_probability(table, ONE_HOT[starts], limit).max())
    for start in starts:
        if best >= top - 1e-12 or limit > LONGEST:
            break
        best = max(best, _climb(table, start, limit))
    return best


def _climb(table: Table, actions: NDArray[np.int64], limit: int) -> float:
    """Return the success after repeatedly changing the one action that raises it most, until none does."""
    states = len(actions)
    best = float(success_probability(table, ONE_HOT[actions], limit))
    while True:
        gradient = _gradient(table, ONE_HOT[actions], limit)
        gradient[np.arange(states), actions] = -np.inf
        steepest = np.argsort(-gradient, axis=None)[: max(24, states)]
        steepest = steepest[gradient.ravel()[steepest] > -1e-3]
        if not len(steepest):
            return best
        tries = np.repeat(actions[None], len(steepest), axis=0)
        tries[np.arange(len(steepest)), steepest // 4] = steepest % 4
        reached = success_probability(table, ONE_HOT[tries], limit)
        if reached.max() <= best + 1e-12:
            return best
        best, actions = float(reached.max()), tries[int(reached.argmax())]


def _gradient(table: Table, policy: Floats, limit: int) -> Floats:
    """Return d success / d policy `(S, 4)`: the advantage of each action at each visit, summed over the steps."""
    chain = _chain(table, policy)
    moves, gain = chain[:-1, :-1], chain[:-1, -1]
    success = np.zeros((limit, len(gain)))  # by number of steps left
    for steps in range(1, limit):
        success[steps] = gain + moves @ success[steps - 1]
    occupancy = np.zeros(len(gain))
    occupancy[table.start] = 1.0
    gradient = np.zeros(policy.shape)
    for step in range(limit):
        quality = action_value(table, success[limit - 1 - step], 1.0)
        gradient += occupancy[:, None] * (quality - (policy * quality).sum(axis=1, keepdims=True))
        occupancy = occupancy @ moves
    return gradient


def reachable(config: Config) -> float:
    """Return the highest reachable success on the config's lake: the ceiling, or the optimum where it is None."""
    top = ceiling(*config.lake)
    return optimum(*config.lake) if top is None else top


def solved_success(config: Config) -> float:
    """Return the success from which the config's lake counts as solved; infinite where none can be reached."""
    return solved_from(reachable(config))
