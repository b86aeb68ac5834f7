"""What every panel is: lines drawn from a scene, drawn again only when something they show has changed."""

import re
from collections.abc import Sequence
from itertools import groupby, zip_longest
from textwrap import wrap
from time import monotonic
from typing import ClassVar, cast

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from rich.style import Style
from textual.content import Content
from textual.events import Click
from textual.geometry import Region
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from lakeppo.tui.state import AppState
from lakeppo.tui.theme import HasPalette, Palette

Line = list[tuple[str, Style]]
"""One line of a panel: pieces of text, each in its style."""
FRAME = 6
"""Cells of a border's upper line that its title leaves: two corners, a dash and a blank beside each."""
CALM = 0.35
"""Seconds between two drawings of a chart while a run goes at full speed, at least: every second look of the app's."""


class Panel(Widget):
    """A panel on the Line API.

    A subclass says in `looks_at` what it draws from and draws in `body`. `heading` is the border's title where the
    panel has a border, and its first line where it has none.
    """

    ALLOW_SELECT = False
    calm: ClassVar[bool] = True
    """Whether it is drawn seldom while a run goes at full speed, when nobody could read it sooner."""
    sided: ClassVar[bool] = False
    """Whether the heading begins with the scene's side."""
    state: AppState | None = None
    drawn = 0
    """How often this panel was drawn: a test counts it."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._seen: object = None
        self._last_drawn = 0.0
        self._lines: list[Strip] | None = None
        self._headed = ""

    class DoubleClicked(Message):
        """A panel asks to be shown alone, or among the others again."""

        def __init__(self, panel: "Panel") -> None:
            super().__init__()
            self.panel = panel

    def on_click(self, event: Click) -> None:
        if event.chain == 2:
            self.post_message(self.DoubleClicked(self))

    def looks_at(self, state: AppState) -> tuple[object, ...]:
        """Everything of `scene` this panel draws from, cheap to compare."""
        raise NotImplementedError

    def title(self, state: AppState) -> str:
        """The panel's title; empty for none."""
        return ""

    def body(self, state: AppState, width: int, height: int) -> list[Line]:
        """The panel's lines, at most `height` of them."""
        raise NotImplementedError

    @property
    def title_width(self) -> int:
        """Characters there are for the title."""
        return self.outer_size.width - FRAME if self.gutter.height else self.size.width

    @property
    def palette(self) -> Palette:
        return cast(HasPalette, self.app).palette

    def show(self, state: AppState) -> None:
        """Look at a scene, and draw it if it differs where it matters."""
        asked = self.state is None or state.asked != self.state.asked
        if self.calm and state.hurried and not asked and monotonic() < self._last_drawn + CALM:
            return  # another scene follows soon, and one that is not hurried at the end
        self.state = state
        if (seen := (state.side, self.looks_at(state))) != self._seen:
            self._seen = seen
            self._renew()

    def _renew(self) -> None:
        """Draw again, and let only the lines that differ be painted."""
        before = self._lines
        if before is None:
            self.redraw()
            return
        self._lines = self._draw()
        unlike = [y for y, (old, new) in enumerate(zip_longest(before, self._lines)) if old != new]
        if unlike:
            self.refresh(*(Region(0, y, self.size.width, lines) for y, lines in stretches(unlike)))

    def redraw(self) -> None:
        """Forget what was drawn."""
        self._lines = None
        self.refresh()

    def notify_style_update(self) -> None:
        self._lines = None
        super().notify_style_update()

    def on_resize(self) -> None:
        self.redraw()

    def render_line(self, y: int) -> Strip:
        if self._lines is None:
            self._lines = self._draw()
        return self._lines[y] if y < len(self._lines) else Strip.blank(self.size.width, self.rich_style)

    def _draw(self) -> list[Strip]:
        self.drawn += 1
        self._last_drawn = monotonic()
        width, height = self.size
        if self.state is None or not width or not height:
            return []
        title = self.title(self.state)
        if title and self.has_class("-large"):
            title += "   esc: all panels"
        if self.sided and self.state.side:
            title = f"{self.state.side}  {title}".rstrip()
        while len(title) > self.title_width and "  " in title:  # whole pieces, or none
            title = title.rpartition("  ")[0].rstrip()
        lines: list[Line] = []
        if self.gutter.height:
            if title != self._headed:  # which paints the whole panel
                self._headed, self.border_title = title, Content(title)
        elif title:
            lines = [[(title, self.palette.strong)]]
        lines += self.body(self.state, width, height - len(lines))
        base = self.rich_style
        return [_strip(line, width, base) for line in lines[:height]]


def _strip(line: Line, width: int, base: Style) -> Strip:
    """One strip a line: every further step of Textual's would make another, and they are most of what drawing costs."""
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
