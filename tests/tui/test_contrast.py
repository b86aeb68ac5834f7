"""Every text on every picture of the screens can be read, whatever the theme and the colours of the terminal."""

from pathlib import Path

import pytest
from rich.color import ColorSystem
from support.contrast import pairs
from textual.color import Color

from lakeppo.tui.theme import CONTRAST, HUES, Palette, contrast, make_palette, readable, shown

PICTURES = sorted((Path(__file__).parent / "__snapshots__").rglob("*.svg"))
THEMES = {
    "dark": (Color.parse("#121212"), Color.parse("#e0e0e0"), Color.parse("#242f38")),
    "light": (Color.parse("#e0e0e0"), Color.parse("#1f1f1f"), Color.parse("#d0d0d0")),
}


@pytest.mark.parametrize("path", PICTURES, ids=lambda path: path.stem)
def test_every_text_of_a_picture_stands_out(path):
    found = list(pairs(path.read_text()))
    assert len(found) > 1
    assert sorted({pair for pair in found if pair.contrast < CONTRAST}) == []


def test_contrast_is_that_of_the_web_guidelines():
    black, white, grey = (Color.parse(name) for name in ("#000000", "#ffffff", "#777777"))
    assert contrast(black, white) == pytest.approx(21)
    assert contrast(white, grey) == contrast(grey, white) == pytest.approx(4.478, abs=0.001)
    assert contrast(readable(grey, (white,)), white) >= CONTRAST


@pytest.mark.parametrize("eight_bit", [False, True])
@pytest.mark.parametrize("theme", THEMES)
def test_every_style_stands_out_on_every_shade(theme, eight_bit):
    palette = Palette(*THEMES[theme], eight_bit=eight_bit)
    styles = [getattr(palette, name) for name in (*HUES, "faint")]
    foreground = shown(palette.foreground, eight_bit)
    shades = [shade(step / 16) for shade in (palette.heat, palette.grey) for step in range(1, 17)]
    for shade in shades:
        background = shown(Color.from_rich_color(shade.bgcolor), eight_bit)
        assert contrast(foreground, background) >= CONTRAST
        for style in styles:
            text = shown(Color.from_rich_color(palette.on(shade, style).color), eight_bit)
            assert contrast(text, background) >= CONTRAST, (style, shade)
    assert len({shown(Color.from_rich_color(shade.bgcolor), eight_bit) for shade in shades}) > (3 if eight_bit else 16)


def test_every_colour_has_one_meaning_and_differs_from_the_others():
    assert len({hue.meaning for hue in HUES.values()}) == len(HUES)
    for theme in THEMES.values():
        palette = Palette(*theme)
        assert len({getattr(palette, name).color for name in (*HUES, "faint")}) == len(HUES) + 1
        hues = {name: Color.from_rich_color(getattr(palette, name).color).hsl.h * 360 for name in HUES}
        expected = {"green": 145, "red": 0, "orange": 34, "blue": 208}
        assert all(abs((hues[name] - hue + 180) % 360 - 180) < 15 for name, hue in expected.items())


@pytest.mark.parametrize(("depth", "shaded", "digits"), [("truecolor", True, False), ("256", True, True)])
def test_digits_stand_where_a_shade_cannot_be_seen(depth, shaded, digits):
    colours = {"background": "#121212", "foreground": "#e0e0e0", "panel": "#242f38"}
    palette = make_palette(colours, depth, ansi=False, colourless=False, ascii=False)
    assert (palette.shaded, palette.digits) == (shaded, digits)
    for few in ("standard", "windows", None):
        palette = make_palette(colours, few, ansi=False, colourless=False, ascii=False)
        assert (palette.plain, palette.shaded, palette.digits) == (True, False, True)
        assert palette.heat(1).bgcolor is None
        hues = [getattr(palette, name).color.downgrade(ColorSystem.STANDARD).number for name in HUES]
        assert hues == [10, 9, 11, 14]  # bright green, red, yellow and cyan
