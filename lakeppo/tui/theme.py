"""Glyphs and colours.

A glyph carries the meaning and a colour only repeats it, so that everything stays readable without colour. A colour has
one meaning, see `HUES`. Every text has a contrast of `CONTRAST` to what lies behind it. Every glyph is one cell wide in
all terminals tested.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import NamedTuple, Protocol
from unicodedata import east_asian_width

from rich.cells import cell_len
from rich.color import Color as TerminalColor
from rich.color import ColorSystem
from rich.segment import Segment
from rich.style import Style
from textual.color import Color
from textual.filter import LineFilter

AGENT, TRAIL, SLIPPED = "@", "o", "x"
HATCH, DONE, LEFT, NOW, PRESENT, FLAG, CHANGE, BRANCH, DOTTED = "░", "▪", "▫", "◆", "┊", "⚑", "~", "╱", "┄"
SOLVED, FALL, RISE, ODD = "✓", "▾", "▴", "!"
LINE_SIGN, DOTS_SIGN = "⠤⠤⠤", "⠄ ⠄"
"""A curve and single dots of a chart, in a legend."""
MARK_HUES = {FLAG: "green", SOLVED: "green", RISE: "green", FALL: "red", ODD: "red"}
"""The colours of the marks of events; the others have none."""
LEVELS = " ▁▂▃▄▅▆▇█"
STOPPED_LEVELS = " ⣀⣀⣤⣤⣶⣶⣿⣿"
"""The heights of the samples that the clip has stopped, as dots: they differ from `LEVELS` without colour too."""
GROUPS = "█▓▒"
"""Samples inside the clip band, returning to it, and stopped by it."""
BANDS, ASCII_BANDS, BAND_TONES = " ░▒▓", " -=#", (0.0, 0.13, 0.25, 0.42)
"""The tones of a fan: outside, its outer band, its inner band, its median."""


class Hue(NamedTuple):
    """A colour and its one meaning: as text on a dark and on a light theme, and where there are sixteen colours.

    `named` leaves the colour to the terminal; `sixteen`, on a dark theme, is what rich sends as the bright colour.
    """

    meaning: str
    dark: str
    light: str
    named: str
    sixteen: str


HUES = {
    "green": Hue("the goal and success", "#5fd787", "#005f2b", "bright_green", "#55ff55"),
    "red": Hue("holes, falls, and what has failed or is out of range", "#ff8787", "#9b1c1c", "bright_red", "#ff5555"),
    "orange": Hue(
        "the clip, and the cursor: the present, the selected tile", "#ffb454", "#7a3d00", "yellow", "#ffff55"
    ),
    "blue": Hue("a value: of a tile, a step or an action", "#87c7ff", "#004f9e", "bright_cyan", "#55ffff"),
}
"""The one table of colours, by the name of their style in `Palette`."""
CONTRAST = 4.5
"""The least contrast of a text (WCAG 2, level AA)."""
HEAT = Color.parse("#2f7fd0")
"""The hue of shades that stand for a value."""
SHADES = 16
"""Steps of a shade, so that styles are used again."""


def luminance(color: Color) -> float:
    """Return the relative luminance of WCAG 2, from 0 to 1."""
    linear = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in color.normalized)
    return sum(weight * c for weight, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def contrast(a: Color, b: Color) -> float:
    """Return the contrast of two colours by WCAG 2, from 1 to 21."""
    darker, lighter = sorted((luminance(a), luminance(b)))
    return (lighter + 0.05) / (darker + 0.05)


def shown(color: Color, eight_bit: bool) -> Color:
    """Return a colour as the terminal shows it: the nearest of 256 if it has no more."""
    if not eight_bit:
        return color
    nearest = TerminalColor.from_rgb(*color.rgb).downgrade(ColorSystem.EIGHT_BIT)
    return Color.from_rich_color(TerminalColor.from_rgb(*nearest.get_truecolor()))


@lru_cache(maxsize=4096)
def readable(color: Color, backgrounds: tuple[Color, ...], eight_bit: bool = False) -> Color:
    """Return `color`, lighter or darker as far as needed for its contrast to every one of `backgrounds`."""
    behind = [shown(background, eight_bit) for background in backgrounds]

    def least(text: Color) -> float:
        return min(contrast(shown(text, eight_bit), background) for background in behind)

    end = max((Color(255, 255, 255), Color(0, 0, 0)), key=least)
    blends = (color.blend(end, step / SHADES) for step in range(SHADES + 1))
    return next((blended for blended in blends if least(blended) >= CONTRAST), end)


@dataclass(frozen=True)
class Palette:
    """The styles of one theme; `panel` is the background of titles.

    `plain`: sixteen colours, without shades; with `ansi` the terminal chooses them. `eight_bit`: 256 colours;
    `colourless`: NO_COLOR; `ascii`: only ASCII characters.
    """

    background: Color = Color(18, 18, 18)
    foreground: Color = Color(224, 224, 224)
    panel: Color = Color(36, 47, 56)
    plain: bool = False
    ansi: bool = False
    eight_bit: bool = False
    colourless: bool = False
    ascii: bool = False
    green: Style = field(init=False)
    red: Style = field(init=False)
    orange: Style = field(init=False)
    blue: Style = field(init=False)
    faint: Style = field(init=False)
    normal: Style = Style.null()
    strong: Style = Style(bold=True)
    inverse: Style = Style(bold=True, reverse=True)

    def __post_init__(self) -> None:
        for name, hue in HUES.items():
            object.__setattr__(self, name, Style.null() if self.colourless else self._hue(hue))
        faint = Style(color=self._text(self.background.blend(self.foreground, 0.62)))
        object.__setattr__(self, "faint", faint if not self.plain else Style(dim=True) if self.ansi else Style.null())

    def _hue(self, hue: Hue) -> Style:
        dark = self.background.brightness < 0.5
        if self.plain and not self.ansi:  # no dark hue of sixteen stands out on a light grey
            return Style(color=hue.sixteen) if dark else Style.null()
        return Style(color=hue.named if self.ansi else self._text(Color.parse(hue.dark if dark else hue.light)))

    def _text(self, color: Color) -> TerminalColor:
        """Return a colour that can be read on the background and on a title's."""
        return readable(color, (self.background, self.panel), self.eight_bit).rich_color

    @property
    def shaded(self) -> bool:
        """Whether backgrounds can be shaded."""
        return not (self.plain or self.colourless)

    @property
    def digits(self) -> bool:
        """Whether digits stand for what a shade shows: there are no shades, or too few of them."""
        return not self.shaded or self.eight_bit

    def on(self, shade: Style, style: Style) -> Style:
        """Return a text's style on a shade, in a colour that can be read there."""
        if shade.bgcolor is None or style.color is None:
            return shade + style
        color, background = (Color.from_rich_color(c) for c in (style.color, shade.bgcolor))
        return shade + style + Style(color=readable(color, (background,), self.eight_bit).rich_color)

    def heat(self, share: float) -> Style:
        """Return a background in the hue of values, stronger towards 1."""
        return self._shade(HEAT, share)

    def grey(self, share: float) -> Style:
        """Return a background without a hue, stronger towards 1."""
        return self._shade(self.foreground, 0.6 * share)

    def split(self, signed: float) -> Style:
        """Return a background for a difference of values: blue above 0 and grey below, stronger towards 1 and -1."""
        return self.heat(signed) if signed > 0 else self.grey(-signed)

    def band(self, tone: int) -> tuple[str, Style]:
        """Return a cell without dots of a fan's outer band (1), inner band (2) or median (3)."""
        if self.shaded:
            return " ", Style(bgcolor=self.background.blend(self.foreground, BAND_TONES[tone]).rich_color)
        return (ASCII_BANDS if self.ascii else BANDS)[tone], self.faint

    def mark(self, glyph: str) -> Style:
        """Return the style of the mark of an event."""
        style: Style = getattr(self, MARK_HUES.get(glyph, "normal"))
        return style

    @property
    def bands(self) -> dict[str, tuple[str, Style]]:
        """The bands of a fan as signs of a legend."""
        tones = {name: self.band(tone) for tone, name in enumerate(("outer", "inner", "median"), 1)}
        return {name: (2 * cell, style) for name, (cell, style) in tones.items()}

    def _shade(self, hue: Color, share: float) -> Style:
        if not self.shaded or not share > 0.005:
            return Style.null()
        strength = 0.08 + 0.62 * round(min(1.0, share) ** 0.7 * SHADES) / SHADES
        return Style(bgcolor=_shade(self.background, self.foreground, hue, strength, self.eight_bit).rich_color)


def make_palette(
    colours: Mapping[str, str], depth: str | None, *, ansi: bool, colourless: bool, ascii: bool
) -> Palette:
    """Return the palette of a theme's colours, by their names, on a terminal of `depth`, as rich names it.

    `ansi`: the theme leaves all colours to the terminal.
    """
    names = ("background", "foreground", "panel")
    parsed = [Color.parse(text) for text in ("#000000", "#ffffff", "#000000")]
    background, foreground, panel = parsed if ansi else [Color.parse(colours[name]) for name in names]
    plain = ansi or depth not in ("truecolor", "256")
    return Palette(
        background, foreground, panel, plain=plain, ansi=ansi, eight_bit=depth == "256", colourless=colourless,
        ascii=ascii,
    )  # fmt: skip


@lru_cache(maxsize=1024)
def _shade(background: Color, text: Color, hue: Color, strength: float, eight_bit: bool) -> Color:
    """Return `background` with as much of `hue` as leaves `text` readable, at most `strength`."""
    text = shown(text, eight_bit)
    while contrast(shown(shade := background.blend(hue, strength), eight_bit), text) < CONTRAST:
        strength *= 0.9
    return shade


class HasPalette(Protocol):
    """An app with a palette for its panels."""

    palette: Palette


_PLAIN = {
    "<": "◂", ">": "▸▶≥", "^": "▴", "v": "▾▼≤", "#": "░▪█▉▊", ".": "▫·▂…", "*": "◆▆▀", "V": "✓✔", "F": "⚑", "/": "╱",
    "_": "▁", "-": "─┄–—▃╌╍", "~": "▄±", "=": "━▅▋", "%": "▇", "x": "▒×", "+": "▓┌┐└┘├┤┬┴┼┏┓┗┛┣┫┳┻╋┝┥┿╭╮╰╯",
    "|": "│┃▌▍▎▏▐▕▔╵╷┊", "p": "π", "g": "γ", "l": "λ", "e": "ε", "d": "δ", "S": "Σ", "2": "²", "'": "‘’", '"': "“”",
    "o": "●○◐",
}  # fmt: skip
ASCII = {ord(glyph): plain for plain, glyphs in _PLAIN.items() for glyph in glyphs}
AMBIGUOUS = {code: plain for code, plain in ASCII.items() if east_asian_width(chr(code)) == "A"}


class ControlFilter(LineFilter):
    """A filter of every line of every widget: no character reaches the terminal that it would obey.

    Texts from outside are escaped where they come in; this keeps the width of what came past that, such as a paste.
    """

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """Return `segments` with blanks for characters that are no picture."""
        if all(segment.text.isprintable() for segment in segments):
            return segments
        return [segment if segment.control else Segment(_blanked(segment.text), segment.style) for segment in segments]


CONTROL_FILTER = ControlFilter()


class FilterChain(LineFilter):
    """Several filters as one: Textual makes a new strip for each filter of a line, which costs more than filtering."""

    def __init__(self, filters: tuple[LineFilter, ...]) -> None:
        super().__init__()
        self.filters = filters

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """Return `segments` after all the filters, in their order."""
        for one in self.filters:
            segments = one.apply(segments, background)
        return segments


def _blanked(text: str) -> str:
    return "".join(c if c.isprintable() else " " * cell_len(c) for c in text)


class AsciiFilter(LineFilter):
    """The last filter of every line in ASCII mode: it keeps the width and lets no other character through."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """Return `segments` with each character replaced by ASCII of its width."""
        return [Segment(to_ascii(text), style, control) for text, style, control in segments]


class NarrowFilter(LineFilter):
    """The last filter where a terminal draws some characters two cells wide: it keeps those that never are."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """Return `segments` with ASCII for each of our glyphs of ambiguous width."""
        return [Segment(text.translate(AMBIGUOUS), style, control) for text, style, control in segments]


def to_ascii(text: str) -> str:
    """Return `text` in ASCII, in as many cells."""
    if text.isascii():
        return text
    return "".join(c if c.isascii() else _ascii(c) for c in text.translate(ASCII))


def _ascii(glyph: str) -> str:
    dots = ord(glyph) - 0x2800
    if 0 <= dots < 256:
        upper, lower = dots & 0b00011011, dots & 0b11100100
        return ":" if upper and lower else "'" if upper else "." if lower else " "
    return "?".ljust(cell_len(glyph)) if cell_len(glyph) else ""
