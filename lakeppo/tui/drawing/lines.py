"""Lines of text in styles: how long they are, and how they are cut, filled and set side by side."""

import re
from collections.abc import Sequence
from itertools import groupby
from textwrap import wrap

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

Line = list[tuple[str, Style]]
"""One line of a panel: pieces of text, each in its style."""


def to_strip(line: Line, width: int, base: Style) -> Strip:
    """Return the line as a strip of exactly `width` cells, in one step: making strips is most of what drawing costs."""
    fleet_key = groupby((piece for piece in line if piece[0]), key=lambda piece: piece[1])
    segments = [Segment("".join(text for text, _ in pieces), base + style) for style, pieces in fleet_key]
    missing = width - length(line)
    if missing > 0:
        segments.append(Segment(" " * missing, base))
    strip = Strip(segments, max(width, width - missing))
    return strip if missing >= 0 else strip.crop(0, width)


def stretches(numbers: Sequence[int]) -> list[tuple[int, int]]:
    """Ascending numbers as the beginning and the length of each stretch without a gap."""
    found: list[tuple[int, int]] = []
    for number in numbers:
        if found and number == sum(found[-1]):
            found[-1] = found[-1][0], found[-1][1] + 1
        else:
            found.append((number, 1))
    return found


def length(line: Line) -> int:
    """How many cells a line takes: a name may hold characters of two cells each."""
    return sum(cell_len(text) for text, _ in line)


def wrapped(text: str, width: int, indent: str = "") -> list[str]:
    """`text` in lines of `width`, all but the first indented; the last holds no single word if it need not."""
    text = re.sub("A ([<>=]) 0", "A\xa0\\1\xa00", text)  # no line ends inside it
    lines = wrap(text, max(8, width), subsequent_indent=indent)
    for narrower in range(width - 1, max(8, width * 2 // 3), -1):
        if len(lines) < 2 or " " in lines[-1].strip():
            break
        fewer = wrap(text, narrower, subsequent_indent=indent, break_long_words=False)
        if len(fewer) > len(lines) or max(map(len, fewer)) > width:
            break
        lines = fewer
    return [line.replace("\xa0", " ") for line in lines]


def shorten(text: str, width: int) -> str:
    """`text`, or as many of its words as fit before an ellipsis; a word longer than a third of that is cut."""
    if cell_len(text) <= width:
        return text
    cut = set_cell_size(text, max(0, width - 1)).rstrip()
    words = cut.rpartition(" ")[0]
    return f"{words if len(words) > len(cut) * 2 / 3 else cut}…"


def spread(left: Line, right: Line, width: int, blank: Style) -> Line:
    """`left` and `right` at the two ends of a line."""
    return [*left, (" " * max(1, width - length(left) - length(right)), blank), *right]


def fit(pieces: list[Line], width: int, gap: str = "  ") -> Line:
    """As many of `pieces`, in order, as fit into `width`."""
    line: Line = []
    for piece in pieces:
        joined = [*line, (gap, Style.null()), *piece] if line else piece
        if piece and length(joined) <= width:
            line = joined
    return line
