"""Exact answers from the transition table: how often a policy succeeds, what its states are worth, what is best.

A policy is a table `(S, 4)` of probabilities in float64. "Success" is entering a goal within the time limit.
NumPy only.
"""

from collections.abc import Callable
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from lakeppo.lake.environment import BatchTable, Table, transition_table

Floats = NDArray[np.float64]
CHOICES = np.eye(4)
DENSE = 64
"""Up to this many tiles a policy's chain is a dense matrix raised to a power; above, it is walked step by step."""


def greedy(policy: Floats) -> Floats:
    """The policy that always takes the likeliest action, the first of equals."""
    chosen: Floats = CHOICES[policy.argmax(axis=-1)]
    return chosen


def success_probability(table: Table, policy: Floats, limit: int) -> Floats:
    """Success of `policy`, shaped `(..., S, 4)`, from the start within `limit` steps; shaped `(...)`."""
    return _success_from(table, policy, limit)[..., table.start]


def _success_from(table: Table, policy: Floats, limit: int) -> Floats:
    if policy.shape[-2] > DENSE:
        return _walked(table, policy, limit)
    chain = _chain(table, policy)
    power: Floats = np.linalg.matrix_power(chain, limit)[..., :-1, -1]
    return power


def _chain(table: Table, policy: Floats) -> Floats:
    """The policy's Markov chain `(..., S + 1, S + 1)`: the living moves, and last an absorbing "has succeeded"."""
    states = policy.shape[-2]
    weight = policy[..., None] * table.probability
    chain = np.zeros((*policy.shape[:-2], states + 1, states + 1))
    chain[..., :-1, :-1] = _summed(weight * table.alive, table.next_state)
    chain[..., :-1, -1] = (weight * table.goal).sum(axis=(-1, -2))
    chain[..., -1, -1] = 1.0
    return chain


def _summed(moves: Floats, next_state: NDArray[np.int64]) -> Floats:
    """The slides `(..., S, 4, 3)` of each state added up by the state they lead to: `(..., S, S)`."""
    states = len(next_state)
    rows = np.arange(moves.size // 12)
    cells = rows[:, None] * states + np.broadcast_to(next_state, moves.shape).reshape(-1, 12)
    summed = np.bincount(cells.ravel(), moves.ravel(), len(rows) * states)
    return np.asarray(summed, np.float64).reshape(*moves.shape[:-3], states, states)


def _walked(table: Table, policy: Floats, limit: int) -> Floats:
    weight = policy[..., None] * table.probability
    gain = (weight * table.goal).sum(axis=(-1, -2))
    onward = weight * table.alive
    return _repeated(lambda success: gain + (onward * success[..., table.next_state]).sum(axis=(-1, -2)),
                     np.zeros(policy.shape[:-1]), limit)  # fmt: skip


def _repeated(step: Callable[[Floats], Floats], value: Floats, times: int) -> Floats:
    """`step` done so many times, or until it changes nothing more, to the bit."""
    for _ in range(times):
        before, value = value, step(value)
        if np.array_equal(before, value):
            break
    return value


def policy_value(table: Table, policy: Floats, gamma: float) -> Floats:
    """V `(S,)` of `policy` discounted with `gamma`, without a time limit, as the critic is asked to learn it."""
    chain = _chain(table, policy)
    moves, gain = chain[:-1, :-1], chain[:-1, -1]
    value = np.zeros(len(gain))
    live = _can_reach(moves, gain) if gamma == 1.0 else np.ones(len(gain), bool)
    system = np.eye(int(live.sum())) - gamma * moves[np.ix_(live, live)]
    value[live] = np.linalg.solve(system, gain[live])
    return value


def _can_reach(moves: Floats, gain: Floats) -> NDArray[np.bool_]:
    """States from which a goal can be reached at all; without discount the others' value is 0, not undefined."""
    live = gain > 0
    while True:
        grown = live | (moves[:, live] > 0).any(axis=1)
        if (grown == live).all():
            return live
        live = grown


def action_value(table: Table, value: Floats, gamma: float) -> Floats:
    """Q `(S, 4)` of taking an action once and being worth `value` `(S,)` afterwards."""
    outcome: Floats = table.goal + gamma * table.alive * value[table.next_state]
    expected: Floats = (table.probability * outcome).sum(axis=-1)
    return expected


def optimal_value(table: Table, gamma: float, sweeps: int) -> Floats:
    """V `(S,)` after `sweeps` sweeps of value iteration; with gamma 1, the best success within that many steps."""
    return _repeated(
        lambda value: action_value(table, value, gamma).max(axis=1), np.zeros(len(table.next_state)), sweeps
    )


BEST_GAMMA = 0.999
"""The largest discount best actions are sought with: without any, dawdling is as good as going."""


@lru_cache(maxsize=32)
def best_actions(rows: BatchTable, slip: float, limit: int, gamma: float) -> tuple[Floats, NDArray[np.bool_]]:
    """Optimal V `(S,)` at `gamma`, at most `BEST_GAMMA`; and the best actions `(S, 4)`, none where all is lost."""
    table, gamma = transition_table(rows, slip), min(gamma, BEST_GAMMA)
    value = optimal_value(table, gamma, min(20 * limit, 4000))
    worth = action_value(table, value, gamma)
    best = (worth > worth.max(axis=1, keepdims=True) - 1e-7) & (worth > 1e-12)
    return value, best


@lru_cache(maxsize=128)
def optimum(rows: BatchTable, slip: float, limit: int) -> float:
    """The best success any policy has within `limit`, one that may look at the clock included."""
    table = transition_table(rows, slip)
    return float(optimal_value(table, 1.0, limit)[table.start])


@lru_cache(maxsize=128)
def ceiling(rows: BatchTable, slip: float, limit: int) -> float | None:
    """The best success found for a policy that does not look at the clock; None above 64 tiles of ice that slips.

    A local search over deterministic policies from several starts: greedy ones of different discounts. On
    slippery 4x4 it is the best of all 4^11 of them; elsewhere it is a lower bound, unless it meets `optimum`.
    On firm ice it does: the shortest way to a goal needs no clock.
    """
    top = optimum(rows, slip, limit)
    if slip == 0:
        return top
    table = transition_table(rows, slip)
    if len(table.next_state) > DENSE:
        return None
    gammas = (0.9, 0.95, 0.99, 0.999, 1.0)
    starts = [action_value(table, optimal_value(table, gamma, 4 * limit), gamma).argmax(axis=1) for gamma in gammas]
    best = float(success_probability(table, CHOICES[starts], limit).max())
    for start in starts:
        if best >= top - 1e-12:
            break
        best = max(best, _climb(table, start, limit))
    return best


def _climb(table: Table, actions: NDArray[np.int64], limit: int) -> float:
    """Change the one state's action that helps most, until none helps."""
    states = len(actions)
    best = float(success_probability(table, CHOICES[actions], limit))
    while True:
        slopes = _slopes(table, CHOICES[actions], limit)
        slopes[np.arange(states), actions] = -np.inf
        likely = np.argsort(-slopes, axis=None)[: max(24, states)]
        likely = likely[slopes.ravel()[likely] > -1e-3]
        if not len(likely):
            return best
        tries = np.repeat(actions[None], len(likely), axis=0)
        tries[np.arange(len(likely)), likely // 4] = likely % 4
        reached = success_probability(table, CHOICES[tries], limit)
        if reached.max() <= best + 1e-12:
            return best
        best, actions = float(reached.max()), tries[int(reached.argmax())]


def _slopes(table: Table, policy: Floats, limit: int) -> Floats:
    """d success / d policy `(S, 4)`: every visit's gain from another action there, summed over the clock."""
    chain = _chain(table, policy)
    moves, gain = chain[:-1, :-1], chain[:-1, -1]
    to_go = np.zeros((limit, len(gain)))
    for step in range(1, limit):
        to_go[step] = gain + moves @ to_go[step - 1]
    here = np.zeros(len(gain))
    here[table.start] = 1.0
    slopes = np.zeros(policy.shape)
    for step in range(limit):
        action = action_value(table, to_go[limit - 1 - step], 1.0)
        slopes += here[:, None] * (action - (policy * action).sum(axis=1, keepdims=True))
        here = here @ moves
    return slopes
