"""The contrast of every text in a picture of a screen, as Textual writes it: SVG."""

import re
from collections import defaultdict
from collections.abc import Iterator
from html import unescape
from typing import NamedTuple

from textual.color import Color

from lakeppo.tui.theme import contrast

RECT = re.compile(r'<rect fill="(#[0-9a-f]+)" x="([\d.]+)" y="([\d.]+)" width="([\d.]+)" height="[\d.]+" shape')
TEXT = re.compile(r'<text class="terminal-(?:\d+-)?(r\d+)" x="([\d.]+)" y="([\d.]+)"[^>]*>([^<]*)<')
STYLE = re.compile(r"(r\d+) \{ fill: (#[0-9a-f]+)")
SCREEN = re.compile(r'<rect fill="(#[0-9a-f]+)" stroke=')


class Pair(NamedTuple):
    """A text and what it is written on."""

    text: str
    color: str
    background: str

    @property
    def contrast(self) -> float:
        return contrast(Color.parse(self.color), Color.parse(self.background))


def pairs(svg: str) -> Iterator[Pair]:
    """Yield every text with its colour and background; what only draws, such as blocks and rules, is left out."""
    colors = dict(STYLE.findall(svg))
    behind: dict[float, list[tuple[float, float, str]]] = defaultdict(list)
    for color, x, y, width in RECT.findall(svg):
        behind[round(float(y), 1)].append((float(x), float(x) + float(width), color))
    tops = sorted(behind)
    [screen] = SCREEN.findall(svg)[:1]
    for style, x, y, text in TEXT.findall(svg):
        words = unescape(text)
        drawn = set(words) <= set("+-| ") and len(words.strip()) > 1  # ASCII rules
        if drawn or not any(c.isalnum() or c in "()%+-!?:.,@" for c in words):
            continue
        # a text stands on its baseline, about 18 below the top of its line's rectangles
        near = [top for top in tops if 0 < float(y) - top < 24.4]
        found = [color for top in near for left, right, color in behind[top] if left - 0.1 <= float(x) < right - 0.1]
        yield Pair(words.strip(), colors[style], found[-1] if found else screen)
