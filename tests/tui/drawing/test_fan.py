"""The fan of the siblings as it is drawn, and the words about it."""

from dataclasses import replace

import numpy as np
import pytest
from support.fake_session import make_fan, make_row, make_snapshot
from support.siblings import results_of

from lakeppo.config import Limit, make_config
from lakeppo.moment import Moment, Phase
from lakeppo.tui.drawing.braille import BrailleCanvas
from lakeppo.tui.drawing.fan import median_name, tones
from lakeppo.tui.state import AppState
from lakeppo.tui.text.formatting import siblings_words
from lakeppo.tui.theme import Palette

HISTORY = [make_row(update) for update in range(1, 401)]


def state_with(siblings, update: int = 22) -> AppState:
    snapshot = make_snapshot(moment=Moment(update, Phase.IMPROVE, 2), siblings=siblings)
    return AppState(make_config("classic"), 7, Limit("episodes", 2000), snapshot, HISTORY)


def test_a_fan_of_two_groups_is_drawn():
    first, second = np.random.default_rng(2).random((2, 9, 4))
    assert tones(results_of(first[:6], second), BrailleCanvas(30, 8), 8, halves=True).any()


def test_the_fan_is_drawn_up_to_its_extent():
    siblings = make_fan(8, updates=60, limit=20)
    assert siblings.extent == 26
    drawn = tones(siblings, BrailleCanvas(31, 4), 62, halves=False).any(axis=(0, 2))
    assert drawn.tolist() == [column < 13 for column in range(31)]


@pytest.mark.parametrize("halves", [False, True])
def test_tones_are_where_the_quantiles_are(halves):
    siblings = results_of(np.linspace(0, 1, 101)[None, :].repeat(11, axis=0))
    canvas = BrailleCanvas(20, 10)
    cells = tones(siblings, canvas, 11, halves)
    assert cells.shape == (10, 20, 2)
    column = cells[:, 3].ravel()[:: 1 if halves else 2]
    rows = len(column)
    assert np.flatnonzero(column == 3).tolist() in ([rows // 2 - 1], [rows // 2])
    middles = 1 - (np.arange(rows) + 0.5) / rows
    for tone, middle in zip(column.tolist(), middles.tolist(), strict=True):
        assert abs(tone - (1 + (0.25 <= middle <= 0.75) + (abs(middle - 0.5) < 0.5 / rows))) <= 1
    assert abs((column >= 2).sum() - rows / 2) <= 2
    assert not cells[:, 19].any()
    assert not tones(None, canvas, 11, halves).any()


def test_the_name_of_the_median_takes_a_free_row():
    siblings, canvas = results_of(np.full((3, 4), 0.5)), BrailleCanvas(20, 9)
    assert median_name(siblings, canvas, {}) == (4, " siblings .500")
    assert median_name(siblings, canvas, {4: "", 5: ""}) == (3, " siblings .500")
    assert median_name(None, canvas, {}) == (-1, "")


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
    siblings = make_fan(64, 60)
    own = HISTORY[21].success_probability
    beaten = int((siblings.success[22] < own).sum())
    assert 0 < beaten < 64
    words = siblings_words(state_with(siblings), 200)
    assert words == f"better than {beaten} of 64 siblings (other seeds) at update 22"
    assert siblings_words(state_with(replace(siblings, diverged_at=9)), 55).endswith("siblings; left its own at #9")
    assert siblings_words(state_with(siblings, update=300), 200).endswith("at update 60")
    assert siblings_words(state_with(siblings, update=0), 200) == "64 siblings: this run with other seeds"
    for width in range(60):
        assert len(siblings_words(state_with(siblings), width)) <= width
    assert "f: new ones" in siblings_words(state_with(replace(siblings, outdated="branch")), 200)
    assert siblings_words(state_with(None), 200) == ""
