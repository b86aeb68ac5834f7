"""Figures as every screen, sentence and list prints them."""

import pytest

from lakeppo.figures import figure, fitted, percent, signed, small_figure


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.412, ".412"), (-0.0124, "-.012"), (1.0, "1.000"), (1.04, "1.040"), (111.23, "111.2"), (0.0, ".000"),
     (-0.00001, ".000"), (4704.0, "4704"), (None, "-"), (float("nan"), "-"), (float("inf"), "inf"), (3e8, "3.0e8")],
)  # fmt: skip
def test_a_figure_has_no_leading_zero(value: float | None, text: str):
    assert figure(value) == text


def test_signs_and_percents():
    assert (signed(0.126), signed(-0.03), signed(0.0)) == ("+.13", "-.03", "+.00")
    assert (signed(-0.0003, 3), signed(0.0003, 3), signed(-0.0)) == ("-.000", "+.000", "+.00")
    assert (signed(float("nan")), signed(float("-inf"))) == ("-", "-inf")
    assert [percent(x) for x in (0, 0.001, 0.5, 0.999, 1)] == ["0%", "1%", "50%", "99%", "100%"]


@pytest.mark.parametrize("value", [0.5, 1.0, 3.79, -1.04, 584.94, 999.97, -12_345.6, 52_513.7, 1.2e10, -3e-9, 1e300])
def test_a_figure_in_its_place_is_whole_or_a_power_of_ten(value: float):
    for form in (figure, signed):
        for width in range(5 + (form is signed), 9):
            text = fitted(value, width, 4, form)
            assert len(text) <= width
            shown = float(text)
            assert shown == pytest.approx(value, rel=0.34, abs=0.5 * 10 ** -(width - 3))
    assert [fitted(value, 7) for value in (None, float("nan"), float("inf"))] == ["-", "-", "inf"]


def test_a_small_figure_is_not_shown_as_nothing():
    shown = [small_figure(value) for value in (0.3333, 0.00512, -0.0003, 1.7e-7, -2e-9, 0.0, None, 1.0402)]
    assert shown == [".333", ".0051", "-.0003", "1.7e-7", "-2.0e-9", ".0000", "-", "1.040"]
