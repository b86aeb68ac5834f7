"""The lake's views of what changed and what is best, and the exact tables they are drawn from."""

import numpy as np
import pytest
from support.runs import ran, small

from lakeppo.config import MAPS
from lakeppo.lake.environment import transition_table
from lakeppo.lake.exact import best_actions, policy_value, success_probability
from lakeppo.presets import SLIPPERY
from lakeppo.session.views import Ceilings, RunViewer
from lakeppo.tui.drawing.tiles import SIZES, Tile, draw_tile
from lakeppo.tui.theme import Palette


def texts(tile: Tile, view: str) -> list[str]:
    return ["".join(text for text, _ in line) for line in draw_tile(tile, SIZES[1], view, Palette())]


@pytest.mark.parametrize("name", ["4x4", "8x8"])
@pytest.mark.parametrize("gamma", [0.9, 1.0])
def test_on_firm_ice_the_best_actions_lead_the_shortest_way(name: str, gamma: float):
    rows, columns = MAPS[name], len(MAPS[name])
    flat = "".join(rows)
    away = {len(flat) - 1: 0}
    for _ in flat:  # steps to the goal by relaxation, over all that is no hole
        for state in range(len(flat)):
            near = [away[n] + 1 for n in beside(state, columns) if n in away]
            if flat[state] in "SF" and near:
                away[state] = min([*near, away.get(state, 99)])
    _, best = best_actions(rows, 0.0, 100, gamma)
    for state, kind in enumerate(flat):
        if kind in "SF":
            shortest = [n != state and away.get(n, 99) == away[state] - 1 for n in beside(state, columns)]
            assert best[state].tolist() == shortest
        else:
            assert not best[state].any()


def beside(state: int, columns: int) -> list[int]:
    row, column = divmod(state, columns)
    moves = ((row, column - 1), (row + 1, column), (row, column + 1), (row - 1, column))
    return [min(columns - 1, max(0, r)) * columns + min(columns - 1, max(0, c)) for r, c in moves]


def test_on_slippery_ice_the_best_first_move_is_into_the_wall():
    value, best = best_actions(MAPS["4x4"], SLIPPERY, 100, 0.99)
    assert best[0].tolist() == [True, False, False, False]
    table = transition_table(MAPS["4x4"], SLIPPERY)
    policy = best / np.maximum(1, best.sum(axis=1, keepdims=True))
    assert policy_value(table, policy, 0.99) == pytest.approx(value, abs=1e-6)
    assert float(success_probability(table, policy, 100)) > 0.73


def test_exact_advantages_have_mean_zero_under_their_policy():
    run = ran(small(learning_rate=0.05), 3, 40)
    shown = RunViewer(run, Ceilings(), 0).view()
    assert (shown.policy * shown.true_advantages).sum(axis=1) == pytest.approx(0, abs=1e-9)
    assert np.abs(shown.true_advantages).max() > 0.01
    assert (shown.true_values <= shown.optimal_values + 1e-6).all()


def test_old_and_new_shows_the_likeliest_actions_change():
    tile = Tile("F", (0.1, 0.6, 0.2, 0.1), (0.1, 0.45, 0.35, 0.1))
    assert texts(tile, "old and new") == ["  +.15   ", "         ", "  ▾ .60  "]
    assert texts(tile._replace(old=tile.policy), "old and new")[0].strip() == ""


def test_optimal_shows_all_best_actions_and_other_choices():
    agreeing = Tile("F", (0.1, 0.6, 0.2, 0.1), optimal=(False, True, True, False))
    differing = agreeing._replace(policy=(0.7, 0.1, 0.1, 0.1))
    assert texts(agreeing, "optimal") == ["         ", "       ▸ ", "    ▾    "]
    assert texts(differing, "optimal") == texts(agreeing, "optimal")
    for tile, inverse in ((agreeing, None), (differing, True)):
        styles = {
            style.reverse for line in draw_tile(tile, SIZES[1], "optimal", Palette()) for t, style in line if "▾" in t
        }
        assert styles == {inverse}


@pytest.mark.parametrize("gamma", [0.9, 0.999, 1.0])
def test_no_policy_has_more_than_the_optimal_value(gamma: float):
    table = transition_table(MAPS["4x4"], SLIPPERY)
    best, _ = best_actions(MAPS["4x4"], SLIPPERY, 100, gamma)
    for policy in np.random.default_rng(3).dirichlet([0.2] * 4, (50, 16)):
        assert (policy_value(table, policy, gamma) <= best + 1e-9).all()
    if gamma == 1:
        assert best[0] == pytest.approx(14 / 17)
