"""Glyphs and colours.

A glyph carries the meaning and a colour only repeats it, so that everything stays readable without colour. Colours are
one hue, or blue against orange; never red against green. Every glyph is one cell wide in all terminals tested.
"""

from dataclasses import dataclass, field
from typing import Protocol

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.color import Color
from textual.filter import LineFilter

AGENT, TRAIL, SLIPPED = "@", "o", "x"
HATCH, DONE, LEFT, NOW, PRESENT, FLAG, CHANGE, BRANCH, DOTTED = "░", "▪", "▫", "◆", "┊", "⚑", "~", "╱", "┄"
LEVELS = " ▁▂▃▄▅▆▇█"
GROUPS = "█▓▒"
"""Samples inside the clip band, returning to it, and stopped by it."""
BANDS, ASCII_BANDS, BAND_TONES = " ░▒▓", " -=#", (0.0, 0.13, 0.25, 0.42)
"""The tones of a fan: outside, its outer band, its inner band, its median."""

_BLUE, _ORANGE = Color.parse("#2f7fd0"), Color.parse("#d97b18")
_SOFT_BLUE, _SOFT_ORANGE = Color.parse("#7cc0ff"), Color.parse("#ffb454")
_DEEP_BLUE, _DEEP_ORANGE = Color.parse("#0b5cad"), Color.parse("#a34e00")


@dataclass(frozen=True)
class Palette:
    """The styles of one theme.

    `plain`: the terminal's own sixteen colours, without shades; `colourless`: NO_COLOR; `ascii`: only ASCII characters.
    """

    background: Color = Color(18, 18, 18)
    foreground: Color = Color(224, 224, 224)
    plain: bool = False
    colourless: bool = False
    ascii: bool = False
    blue: Style = field(init=False)
    orange: Style = field(init=False)
    faint: Style = field(init=False)
    normal: Style = Style.null()
    strong: Style = Style(bold=True)
    inverse: Style = Style(bold=True, reverse=True)

    def __post_init__(self) -> None:
        dark = self.background.brightness < 0.5
        blue, orange = (_SOFT_BLUE, _SOFT_ORANGE) if dark else (_DEEP_BLUE, _DEEP_ORANGE)
        faint = Style(color=self.background.blend(self.foreground, 0.62).rich_color)
        styles = (Style(color=blue.rich_color), Style(color=orange.rich_color), faint)
        if self.plain:
            styles = (Style(color="bright_blue"), Style(color="yellow"), Style(dim=True))
        if self.colourless:
            styles = (Style.null(), Style.null(), styles[2])
        for name, style in zip(("blue", "orange", "faint"), styles, strict=True):
            object.__setattr__(self, name, style)

    @property
    def shaded(self) -> bool:
        """Whether backgrounds can be shaded; if not, digits replace the shades."""
        return not (self.plain or self.colourless)

    def heat(self, share: float) -> Style:
        """Return a background in one hue, stronger towards 1."""
        return self._shade(_BLUE, share)

    def split(self, signed: float) -> Style:
        """Return a background in two hues, orange above 0 and blue below, stronger towards 1 and -1."""
        return self._shade(_ORANGE if signed > 0 else _BLUE, abs(signed))

    def band(self, tone: int) -> tuple[str, Style]:
        """Return a cell without dots of a fan's outer band (1), inner band (2) or median (3)."""
        if self.shaded:
            return " ", Style(bgcolor=self.background.blend(self.foreground, BAND_TONES[tone]).rich_color)
        return (ASCII_BANDS if self.ascii else BANDS)[tone], self.faint

    def _shade(self, hue: Color, share: float) -> Style:
        if not self.shaded or not share > 0.005:
            return Style.null()
        steps = round(min(1.0, share) ** 0.7 * 16) / 16  # in steps, so that cached styles are reused
        return Style(bgcolor=self.background.blend(hue, 0.08 + 0.62 * steps).rich_color)


class HasPalette(Protocol):
    """An app with a palette for its panels."""

    palette: Palette


_PLAIN = {
    "<": "◂", ">": "▸▶≥", "^": "▴", "v": "▾▼≤", "#": "░▪█▉▊", ".": "▫·▂…", "*": "◆▆▀✓✔", "F": "⚑", "/": "╱",
    "_": "▁", "-": "─┄–—▃╌╍", "~": "▄±", "=": "━▅▋", "%": "▇", "x": "▒×", "+": "▓┌┐└┘├┤┬┴┼┏┓┗┛┣┫┳┻╋┝┥┿╭╮╰╯",
    "|": "│┃▌▍▎▏▐▕▔╵╷┊", "p": "π", "g": "γ", "l": "λ", "e": "ε", "d": "δ", "'": "‘’", '"': "“”", "o": "●○◐",
}  # fmt: skip
ASCII = {ord(glyph): plain for plain, glyphs in _PLAIN.items() for glyph in glyphs}


class ControlFilter(LineFilter):
    """A filter of every line of every widget: no character reaches the terminal that it would obey.

    Texts from outside are escaped where they come in; this keeps the width of what came past that, such as a paste.
    """

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """Return `segments` with blanks for characters that are no picture."""
        if all(segment.text.isprintable() for segment in segments):
            return segments
        return [segment if segment.control else Segment(_blanked(segment.text), segment.style) for segment in segments]


def _blanked(text: str) -> str:
    return "".join(c if c.isprintable() else " " * cell_len(c) for c in text)


class AsciiFilter(LineFilter):
    """The last filter of every line in ASCII mode: it keeps the width and lets no other character through."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """Return `segments` with each character replaced by ASCII of its width."""
        return [Segment(to_ascii(text), style, control) for text, style, control in segments]


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
