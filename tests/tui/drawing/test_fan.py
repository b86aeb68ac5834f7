"""The fan of the siblings: the tones behind the chart, and the name of its median."""

import numpy as np
import pytest
from support.fake_session import make_fan
from support.siblings import results_of

from lakeppo.tui.drawing.chart import fan_tones, median_label
from lakeppo.tui.drawing.plot import Plot
from lakeppo.tui.theme import Palette


def plot_of(width, height, span):
    return Plot((width, height), span, (0.0, 1.0), 0, Palette())


def test_a_fan_of_two_groups_is_drawn():
    first, second = np.random.default_rng(2).random((2, 9, 4))
    assert fan_tones(results_of(first[:6], second).bands, plot_of(30, 8, 8), halves=True).any()


def test_the_fan_is_drawn_up_to_its_extent():
    siblings = make_fan(8, updates=60, limit=20)
    assert siblings.extent == 26
    drawn = fan_tones(siblings.bands[: siblings.extent + 1], plot_of(31, 4, 62), halves=False).any(axis=(0, 2))
    assert drawn.tolist() == [column < 13 for column in range(31)]


@pytest.mark.parametrize("halves", [False, True])
def test_tones_are_where_the_quantiles_are(halves):
    bands = results_of(np.linspace(0, 1, 101)[None, :].repeat(11, axis=0)).bands
    canvas = plot_of(20, 10, 11)
    cells = fan_tones(bands, canvas, halves)
    assert cells.shape == (10, 20, 2)
    column = cells[:, 3].ravel()[:: 1 if halves else 2]
    rows = len(column)
    assert np.flatnonzero(column == 3).tolist() in ([rows // 2 - 1], [rows // 2])
    middles = 1 - (np.arange(rows) + 0.5) / rows
    for tone, middle in zip(column.tolist(), middles.tolist(), strict=True):
        assert abs(tone - (1 + (0.25 <= middle <= 0.75) + (abs(middle - 0.5) < 0.5 / rows))) <= 1
    assert abs((column >= 2).sum() - rows / 2) <= 2
    assert not cells[:, 19].any()
    assert not fan_tones(None, canvas, halves).any()


def test_the_name_of_the_median_takes_a_free_row():
    bands, canvas = results_of(np.full((3, 4), 0.5)).bands, plot_of(20, 9, 4)
    assert median_label(bands, canvas, {}) == (4, " siblings .500")
    assert median_label(bands, canvas, {4: "", 5: ""}) == (3, " siblings .500")
    assert median_label(None, canvas, {}) == (-1, "")


def test_the_bands_differ_without_colour():
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
