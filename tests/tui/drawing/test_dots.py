"""Seeds as dots: none is lost, and each is where its figure is."""

from lakeppo.tui.drawing.dots import dot_lines


def count(lines: list[str]) -> int:
    return sum(bin(ord(cell) - 0x2800).count("1") for line in lines for cell in line if cell != " ")


def test_every_figure_has_a_dot_of_its_own():
    for values in ([0.0] * 64, [1.0] * 40 + [0.0] * 24, [at / 99 for at in range(100)]):
        assert count(dot_lines(values, 30, 2)) == len(values)
    assert count(dot_lines([0.5, float("nan")], 30, 2)) == 1


def test_dots_pile_up_at_their_figure_and_spill_to_its_side():
    assert dot_lines([0, 0, 0, 1], 4, 1) == ["⡆  ⢀"]
    assert dot_lines([0.0] * 10, 4, 2) == ["⡇   ", "⣧   "]


def test_more_figures_than_places_fill_them():
    assert dot_lines([0.3] * 100, 2, 1) == ["⣿⣿"]
