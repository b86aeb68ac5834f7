"""Lines of styled text: their length, and how they are cut, wrapped and joined."""

from collections.abc import Iterable, Sequence
from itertools import groupby
from string import Formatter

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from lakeppo.cells import wrapped

Line = list[tuple[str, Style]]
"""One line of a panel: pieces of text, each in its style."""


def to_strip(line: Line, width: int, base: Style) -> Strip:
    """Return the line as a strip of exactly `width` cells, in one step: making strips is most of what drawing costs."""
    segments, texts, last = list[Segment](), list[str](), Style.null()
    for text, style in line:
        if not text:
            continue
        if style is not last and style != last:  # a plot has a piece for each cell, most in the style of the last one
            if texts:
                segments.append(Segment("".join(texts), base + last))
            texts, last = [], style
        texts.append(text)
    if texts:
        segments.append(Segment("".join(texts), base + last))
    missing = width - sum(cell_len(segment.text) for segment in segments)
    if missing > 0:
        segments.append(Segment(" " * missing, base))
    strip = Strip(segments, max(width, width - missing))
    return strip if missing >= 0 else strip.crop(0, width)


def stretches(numbers: Sequence[int]) -> list[tuple[int, int]]:
    """Return the start and the length of each stretch of consecutive numbers in an ascending sequence."""
    runs = [[number for _, number in run] for _, run in groupby(enumerate(numbers), lambda pair: pair[1] - pair[0])]
    return [(run[0], len(run)) for run in runs]


def length(line: Line) -> int:
    """Return the cells a line takes; a character of a name may take two."""
    return sum(cell_len(text) for text, _ in line)


def styled(text: str, width: int, style: Style, indent: str = "") -> list[Line]:
    """Return `text` in lines of `width`, all in one style."""
    return [[(line, style)] for line in wrapped(text, width, indent)]


def shorten(text: str, width: int) -> str:
    """Return `text`, or as many of its words as fit before an ellipsis; cut the last word if it is long."""
    if cell_len(text) <= width:
        return text
    cut = set_cell_size(text, max(0, width - 1)).rstrip()
    words = cut.rpartition(" ")[0]
    return f"{words if len(words) > len(cut) * 2 / 3 else cut}…"


def name_width(width: int) -> int:
    """Return the most cells that a name may take in a line of `width`, which has figures beside it."""
    return max(12, width // 5)


def longest(texts: Sequence[str], width: int) -> str:
    """Return the first of `texts`, the longest first, that fits; empty if none does."""
    return next((text for text in texts if cell_len(text) <= width), "")


def first_fitting(lines: Iterable[Line], width: int) -> Line:
    """Return the first of `lines`, the longest first, that fits; the last one if none does."""
    for line in lines:
        if length(line) <= width:
            break
    return line


def spread(left: Line, right: Line, width: int, blank: Style) -> Line:
    """Return a line with `left` and `right` at its two ends."""
    return [*left, (" " * max(1, width - length(left) - length(right)), blank), *right]


def filled(template: str, style: Style, **pieces: tuple[str, Style]) -> Line:
    """Return a template in one style, with each of its fields replaced by the piece of that name, in its own."""
    line: Line = []
    for text, name, _spec, _how in Formatter().parse(template):
        line += [(text, style)] if text else []
        line += [pieces[name]] if name else []
    return line


def less_last(line: Line) -> Line:
    """Return a line without what follows its last wide gap; empty if it has none. A shade without a glyph is none."""
    for place in reversed(range(len(line))):
        text, style = line[place]
        head, gap, _rest = text.rpartition("  ")
        if gap and style.bgcolor is None:
            return [*line[:place], (head.rstrip(), style)]
    return []


def shortened(line: Line, width: int) -> Line:
    """Return a line shortened as `shorten` does, its pieces in their styles."""
    whole = "".join(text for text, _ in line)
    left = shorten(whole, width)
    if left == whole:
        return line
    cut: Line = []
    for text, style in line:
        cut.append((left[: len(text)], style))
        left = left[len(text) :]
    return cut


def fit(pieces: list[Line], width: int, gap: str = "  ") -> Line:
    """Return a line of those of `pieces`, in order, that still fit into `width`; empty ones take no gap."""
    line: Line = []
    for piece in pieces:
        joined = [*line, (gap, Style.null()), *piece] if line else piece
        if length(piece) and length(joined) <= width:
            line = joined
    return line
