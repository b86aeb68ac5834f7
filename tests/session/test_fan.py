"""The fan's figures against NumPy, and what is drawn and said of them."""

from dataclasses import replace

import numpy as np
import pytest
from support.fake_session import make_fan, make_row, make_snapshot
from support.runs import advance, small

from lakeppo.config import Limit, make_config
from lakeppo.fleets.siblings import SiblingFleet, SiblingRequest
from lakeppo.moment import Moment, Phase
from lakeppo.runs.run import Run
from lakeppo.session.fan import BANDS, SiblingReports, siblings
from lakeppo.tui.drawing.braille import BrailleCanvas
from lakeppo.tui.drawing.fan import median_name, tones
from lakeppo.tui.state import AppState
from lakeppo.tui.text.formatting import siblings_words
from lakeppo.tui.theme import Palette

HISTORY = [make_row(update) for update in range(1, 401)]


def state(fan, update: int = 22, **fields) -> AppState:
    moment = Moment(update, Phase.IMPROVE, 2)
    return AppState(
        make_config("classic"), 7, Limit("episodes", 2000), make_snapshot(moment=moment, fan=fan, **fields), HISTORY
    )


def filled(values: np.ndarray, later: np.ndarray | None = None):
    """A fan of curves `(U + 1, N)` that are all still on their way."""
    reports = SiblingReports()
    for number, curves in enumerate([values] if later is None else [values, later]):
        count = curves.shape[1]
        reports.begin(tuple(range(100 * number, 100 * number + count)))
        reports.add(number, curves, np.ones(curves.shape, np.int32), np.full(count, -1))
    fan = reports.fan()
    assert fan is not None
    return fan


def test_the_quantiles_are_those_of_the_single_runs():
    order = SiblingRequest(small(), tuple(range(5)), (), Limit("updates", 6))
    fleet, reports = SiblingFleet(order), SiblingReports()
    reports.begin(order.seeds)
    while not fleet.done:
        reports.add(0, *fleet.report())
        fleet.update()
    reports.add(0, *fleet.report())
    fan = reports.fan()
    assert fan is not None
    alone = [[row.success_probability for row in advance(Run(order.config, seed), 6).history] for seed in order.seeds]
    assert len(np.unique(np.round(alone, 6))) > 20
    np.testing.assert_allclose(fan.bands[1:], np.quantile(alone, BANDS, axis=0).T, atol=1e-4)
    assert (fan.going, fan.reached, fan.extent) == (0, 6, 6)


def test_those_behind_count_only_where_they_have_been():
    first, later = np.random.default_rng(1).random((2, 9, 4))
    fan = filled(first, later[:3])
    assert fan.known.tolist() == [8, 8, 8, 4, 4, 4, 4, 4, 4]
    np.testing.assert_allclose(fan.bands[2], np.quantile(np.concatenate([first[2], later[2]]), BANDS), atol=1e-6)
    np.testing.assert_allclose(fan.bands[5], np.quantile(first[5], BANDS), atol=1e-6)
    assert fan.beaten(2, 2.0, seed=-1) == (8, 8)
    assert fan.beaten(50, 2.0, seed=-1) == (4, 4)
    assert fan.beaten(50, 2.0, seed=3) == (3, 3)
    assert fan.beaten(5, float(np.sort(first[5])[2]) - 1e-6, seed=-1) == (2, 4)


def test_whoever_has_come_further_stands_in_front():
    first, later = np.random.default_rng(2).random((2, 9, 4))
    fan = filled(first[:6], later)
    assert fan.seeds == (100, 101, 102, 103, 0, 1, 2, 3)
    assert fan.known.tolist() == [8] * 6 + [4] * 3
    np.testing.assert_allclose(fan.bands[6:], np.quantile(later[6:], BANDS, axis=1).T, atol=1e-6)
    np.testing.assert_allclose(fan.success[:6, 4:], first[:6], atol=1e-6)
    assert tones(fan, BrailleCanvas(30, 8), 8, halves=True).any()


def test_bands_are_measured_again_when_others_catch_up():
    values, reports = np.random.default_rng(2).random((2, 5, 6)), SiblingReports()
    for number in (0, 1):
        reports.begin(tuple(range(6 * number, 6 * number + 6)))
    for rows in (slice(0, 2), slice(2, 5)):
        for number in (0, 1):
            reports.add(
                number,
                values[number, rows],
                np.ones((1, 6), np.int32).repeat(len(values[number, rows]), 0),
                np.full(6, -1),
            )
            reports.fan()
    fan = reports.fan()
    assert fan is not None
    np.testing.assert_allclose(fan.bands, np.quantile(np.concatenate([*values], axis=1), BANDS, axis=1).T, atol=1e-6)


def test_a_diverged_policy_has_no_success():
    fan = filled(np.array([[0.5, np.nan, 0.5]]))
    assert fan.known.tolist() == [3]
    assert fan.bands[0, 0] == pytest.approx(0.05)


def test_the_fan_is_drawn_as_far_as_half_of_them_had_to_go():
    fan = make_fan(8, updates=60, limit=20)
    assert sorted(fan.ended.tolist()) == [-1, -1, 21, 22, 23, 25, 26, 27]
    assert fan.extent == 26
    drawn = tones(fan, BrailleCanvas(31, 4), 62, halves=False).any(axis=(0, 2))
    assert drawn.tolist() == [column < 13 for column in range(31)]


def test_solved_is_the_first_update_good_enough_and_the_list_says_so():
    fan = filled(np.array([[0.99, 0.0], [0.5, 0.1], [0.9, 0.2], [0.8, 0.3]]))
    assert fan.solved(0.85).tolist() == [2, -1]
    one, other = siblings(fan, 3, 0.85)
    assert (one.seed, one.solved, one.episode, one.ended) == (0, 2, 1, None)
    assert one.success == pytest.approx(0.8)
    assert (other.solved, other.episode) == (None, None)


def test_before_their_first_update_they_are_listed_and_none_is_solved():
    fan = filled(np.ones((1, 4)))
    assert fan.solved(0.5).tolist() == [-1] * 4
    assert [(one.success, one.solved) for one in siblings(fan, 3, 0.5)] == [(1.0, None)] * 4


@pytest.mark.parametrize("halves", [False, True])
def test_tones_lie_where_the_quantiles_are(halves):
    fan = filled(np.linspace(0, 1, 101)[None, :].repeat(11, axis=0))
    plot = BrailleCanvas(20, 10)
    cells = tones(fan, plot, 11, halves)
    assert cells.shape == (10, 20, 2)
    column = cells[:, 3].ravel()[:: 1 if halves else 2]
    branches = len(column)
    assert np.flatnonzero(column == 3).tolist() in ([branches // 2 - 1], [branches // 2])
    middles = 1 - (np.arange(branches) + 0.5) / branches
    for tone, middle in zip(column.tolist(), middles.tolist(), strict=True):
        assert abs(tone - (1 + (0.25 <= middle <= 0.75) + (abs(middle - 0.5) < 0.5 / branches))) <= 1
    assert abs((column >= 2).sum() - branches / 2) <= 2
    assert not cells[:, 19].any()
    assert not tones(None, plot, 11, halves).any()


def test_the_medians_name_takes_no_others_place():
    fan, plot = filled(np.full((3, 4), 0.5)), BrailleCanvas(20, 9)
    assert median_name(fan, plot, {}) == (4, " siblings .500")
    assert median_name(fan, plot, {4: "", 5: ""}) == (3, " siblings .500")
    assert median_name(None, plot, {}) == (-1, "")


def test_the_bands_differ_without_colour_too():
    for palette in (
        Palette(colourless=True),
        Palette(plain=True),
        Palette(colourless=True, ascii=True),
        Palette(plain=True, ascii=True),
    ):
        glyphs = [palette.band(tone)[0] for tone in (1, 2, 3)]
        assert len({" ", *glyphs}) == 4
        assert not palette.ascii or "".join(glyphs).isascii()
    assert len({str(Palette().band(tone)[1].bgcolor) for tone in (0, 1, 2, 3)}) == 4


def test_the_words_count_as_numpy_does_and_fit():
    fan = make_fan(64, 60)
    own = HISTORY[21].success_probability
    beaten = int((fan.success[22] < own).sum())
    assert 0 < beaten < 64
    assert siblings_words(state(fan), 200) == f"better than {beaten} of 64 siblings (other seeds) at update 22"
    assert siblings_words(state(replace(fan, left=9)), 55).endswith("siblings; left its own at #9")
    assert siblings_words(state(fan, update=300), 200).endswith("at update 60")
    assert siblings_words(state(fan, update=0), 200) == "64 siblings: this run with other seeds"
    for width in range(60):
        assert len(siblings_words(state(fan), width)) <= width
    assert "f: new ones" in siblings_words(state(replace(fan, stale="another line of the run")), 200)
    assert siblings_words(state(None), 200) == ""
