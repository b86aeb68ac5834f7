"""A greedy policy that walks in a loop is explained, and only where it does."""

import numpy as np
import pytest
from support.fake_session import changed, make_snapshot, state_of

from lakeppo.config import make_config
from lakeppo.lake.environment import transition_table
from lakeppo.lake.greedy_loop import greedy_loop, loop_message
from lakeppo.lake.maps import find_map
from lakeppo.session.snapshot import Exact
from lakeppo.tui.text.explanations import explain

FIRM = make_config("classic")
LEFT, DOWN, RIGHT, UP = range(4)
PAIR = [DOWN, *[RIGHT] * 3, DOWN, *[RIGHT] * 3, UP, *[RIGHT] * 7]
"""On 4x4 the walk goes down from the start, and then up and down between (1,0) and (2,0)."""


@pytest.mark.parametrize("name", ["4x4", "8x8", "random:5:3"])
def test_a_loop_is_found_where_the_table_has_one(name):
    _, rows = find_map(name, 0)
    table = transition_table(rows, 0.0)
    rng, found = np.random.default_rng(4), 0
    for actions in rng.integers(4, size=(300, len(table.next_state))):
        state, seen, ended = table.start, list[int](), False
        while not ended and len(seen) < 2 * len(actions):
            seen.append(int(state))
            [outcome] = np.flatnonzero(table.probability[state, actions[state]])
            ended = not table.alive[state, actions[state], outcome]
            state = table.next_state[state, actions[state], outcome]
        loop = greedy_loop(rows, actions.tolist())
        assert set(loop) == (set() if ended else set(seen[len(actions) :]))
        found += bool(loop)
    assert 0 < found < 300


@pytest.mark.parametrize(
    ("actions", "how"),
    [
        (PAIR, "(1,0) and (2,0) point at each other"),
        ([LEFT] * 16, "(0,0) points at the edge"),
        ([RIGHT, RIGHT, DOWN, LEFT, *[UP] * 4, *[LEFT] * 2, LEFT, *[UP] * 5], "(0,2) and (1,2) point at each other"),
        ([RIGHT, *[DOWN] * 15], None),
    ],
)
def test_a_loop_is_said_in_a_sentence(actions, how):
    message = loop_message(FIRM, actions, 0.999, 0.0)
    assert (None if message is None else how in str(message)) == (None if how is None else True)


def test_a_circle_of_tiles_is_counted():
    config = make_config("classic", ("square", ("SFF", "FFF", "FFG")))
    message = loop_message(config, [RIGHT, DOWN, LEFT, UP, LEFT, LEFT, UP, UP, UP], 0.9, 0.0)
    assert "4 tiles lead round in a circle" in str(message)


@pytest.mark.parametrize("success", [(0.4, 0.0), (0.99, 1.0), (float("nan"), float("nan"))])
def test_only_a_greedy_failure_beside_a_success_is_explained(success):
    assert loop_message(FIRM, PAIR, *success) is None


def test_slippery_ice_leaves_every_loop():
    assert loop_message(make_config("classic", slip=0.1), PAIR, 0.99, 0.0) is None


@pytest.mark.parametrize("status", ["playing", "stepped", "finished"])
def test_the_app_explains_a_loop(status):
    snapshot = make_snapshot(FIRM, status=status)
    policy = np.full((16, 4), 0.1)
    policy[range(16), PAIR] = 0.7
    looping = changed(snapshot, policy=policy, exact=Exact(0.999, 0.0, 1.0, 1.0, False))
    said = "Greedy takes the likeliest action on every tile: (1,0) and (2,0) point at each other"
    assert said in " ".join(explain(state_of(looping)))
    assert said not in " ".join(explain(state_of(snapshot)))
