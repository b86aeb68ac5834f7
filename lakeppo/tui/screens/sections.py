"""Headings with names and their meanings side by side, on Textual's Line API.

A static text with a table of rich's took 170 ms to open: Textual lays it out four times.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from rich.cells import cell_len
from rich.style import Style
from textual.events import Resize
from textual.geometry import Size
from textual.scroll_view import ScrollView
from textual.strip import Strip

from lakeppo.cells import cut, folded
from lakeppo.tui.drawing.lines import Line, length, to_strip

INDENT, GAP = "  ", 2


class Entry(NamedTuple):
    """A name and its meaning."""

    name: str
    meaning: str
    action: str = ""  # what a click on the name runs


class Section(NamedTuple):
    """A heading and its entries."""

    title: str
    entries: Sequence[Entry]


class Sections(ScrollView):
    """Scrolls through sections; `longest_name` is the most cells that names take before they are folded."""

    def __init__(self, longest_name: int, *, id: str) -> None:
        super().__init__(id=id)
        self._longest_name, self._sections, self._lines = longest_name, list[Section](), list[Line]()

    def update(self, sections: Sequence[Section]) -> None:
        self._sections = list(sections)
        self._lay_out()

    def on_resize(self, event: Resize) -> None:
        self._lay_out()

    def _lay_out(self) -> None:
        width = self.scrollable_content_region.width
        if not width:
            return  # it has not been laid out yet
        self._lines = [line for section in self._sections for line in lines_of(section, width, self._longest_name)]
        self.virtual_size = Size(width, len(self._lines))
        self.refresh()

    def render_line(self, y: int) -> Strip:
        place, width = y + self.scroll_offset.y, self.scrollable_content_region.width
        return to_strip(self._lines[place] if place < len(self._lines) else [], width, self.rich_style)


def lines_of(section: Section, width: int, longest_name: int) -> Iterator[Line]:
    """Yield a section in lines of `width`: a blank one, the heading, and each entry in two columns."""
    bold, plain = Style(bold=True), Style.null()
    yield []
    for text in folded(section.title, width):
        yield [(text, bold)]
    column = min(longest_name, max((cell_len(INDENT + entry.name) for entry in section.entries), default=0))
    for entry in section.entries:
        style = Style(bold=True, meta={"@click": entry.action}) if entry.action else bold
        names = [[(INDENT, bold), (text, style)] for text in _in_pieces(entry.name, column - len(INDENT))]
        meanings = folded(entry.meaning, width - column - GAP)
        for place in range(max(len(names), len(meanings))):
            line: Line = names[place] if place < len(names) else []
            meaning = meanings[place] if place < len(meanings) else ""
            yield [*line, (" " * (column + GAP - length(line)), plain), (meaning, plain)]


def _in_pieces(name: str, width: int) -> Iterator[str]:
    """Yield a name in pieces of at most `width` cells."""
    while name:
        piece = cut(name, max(2, width)) or name[0]
        yield piece
        name = name[len(piece) :].lstrip()
