"""The batch by its parts: every figure of a table is what a trainer makes of the batch without the part."""

import numpy as np
import pytest
import torch
from support.states import state_of
from support.updates import advanced, before_copy, copy, judged, run_to, without

from lakeppo.causes.explanation import explain
from lakeppo.causes.results import Lens, Part
from lakeppo.config import make_config
from lakeppo.figures import small_figure
from lakeppo.moment import Moment, Phase
from lakeppo.runs.batch_table import batch_of
from lakeppo.runs.run import exact_success
from lakeppo.tui.state import TableFilter
from lakeppo.tui.text.parts import (
    effect_words,
    episodes_before,
    labels,
    listed_parts,
    part_columns,
    part_table,
    path_words,
    sample_effects,
    tile_effect,
)

TABLES = [Part.EPISODE, Part.TILE, Part.CELL]


@pytest.mark.parametrize("part", TABLES)
def test_a_parts_figures_are_those_of_a_trainer_without_it(part):
    config = make_config("classic")
    run = run_to(config, 12, Moment(55, Phase.JUDGE, 0))
    judging, update = copy(run.trainer), judged(advanced(run))
    explanation, batch = explain(update), batch_of(run)
    table = part_table(batch, part, explanation, update.episodes_before)
    actual = run.success()[0]
    told = labels(batch, part)
    assert table["key"].tolist() == sorted(set(told.tolist()))
    for k, key in enumerate(table["key"].tolist()):
        rows = told == key
        assert table["steps"][k] == rows.sum()
        assert table["delta"][k] == pytest.approx(batch["delta"][rows].mean())
        assert table["advantage"][k] == pytest.approx(batch["advantage"][rows].mean())
        for lens in Lens:
            policy = without(judging, update, lens, torch.from_numpy(rows)).policy().exp().numpy()
            expected = exact_success(config, policy)[0]
            assert table[f"without_{lens}"][k] == pytest.approx(expected, abs=2e-6)
            assert table[f"did_{lens}"][k] == pytest.approx(actual - expected, abs=4e-6)
    assert np.abs(table["did_push"]).max() > 0.01
    order = listed_parts(table, TableFilter(part=part, sort=""), part_columns(part, config, table))
    sizes = np.abs(table["did_push"])[order].tolist()
    assert sizes == sorted(sizes, reverse=True)
    worst = int(order[0])
    said = effect_words(part, table, worst, explanation)[0]
    assert f"would be {small_figure(table['without_push'][worst])}; it is {small_figure(actual)}" in said


def test_a_sample_and_a_tile_have_the_effects_of_their_parts():
    run = before_copy(9, 8)
    update, batch = judged(run), batch_of(run)
    explanation = explain(update)
    for t in (0, 7, 20, 63):
        figures = dict(sample_effects(batch, t, explanation))
        table = part_table(batch, Part.EPISODE, explanation, 0)
        episode = int(update.episodes[t])
        assert figures["episode"] == small_figure(table["without_push"][episode])
        [steps] = [one for one in explanation.effects if (one.lens, one.part) == (Lens.SURPRISE, Part.STEP)]
        assert figures["surprise"] == small_figure(steps.success[t])
    tiles = part_table(batch, Part.TILE, explanation, 0)
    for k, tile in enumerate(tiles["state"].tolist()):
        assert tile_effect(tile, explanation) == (tiles["without_push"][k], explanation.success.actual)
    unvisited = next(tile for tile in range(16) if tile not in tiles["state"])
    assert tile_effect(unvisited, explanation) is None
    assert sample_effects(batch, 0, None) == []


def test_episodes_have_the_runs_numbers_their_ends_and_paths():
    run = before_copy(3, 20)
    batch, update = batch_of(run), judged(run)
    before = episodes_before(batch, state_of(run).snapshot.run)
    assert before == update.episodes_before
    table = part_table(batch, Part.EPISODE, None, before)
    assert table["episode"].tolist() == [before + 1 + k for k in range(len(table["key"]))]
    assert np.isnan(table["without_push"]).all()
    for k, (first, last, end) in enumerate(zip(table["first"], table["last"], table["end"], strict=True)):
        assert (update.episodes[first : last + 1] == k).all()
        over = batch["terminated"][last] or batch["truncated"][last]
        assert bool(end) is bool(over)
        assert (end == "goal") is bool(batch["reward"][last] > 0)
        path = path_words(batch, int(first), int(last), run.config)
        assert path.count("(") == last - first + 2


def test_parts_are_sorted_by_any_column_and_none_is_lost():
    run = before_copy(3, 20)
    batch = batch_of(run)
    for part in TABLES:
        table = part_table(batch, part, explain(judged(run)), 0)
        columns = part_columns(part, run.config, table)
        assert {"steps", "delta", "did_push"} <= {column.name for column in columns}
        for column in columns:
            for down in (False, True):
                order = listed_parts(table, TableFilter(sort=column.name, down=down), columns)
                values = table[column.name][order].tolist()
                assert values == sorted(values, reverse=down)
                assert sorted(order.tolist()) == list(range(len(table["key"])))
            assert all(column.text(table, k, run.config) for k in range(len(table["key"])))
