"""The base of every panel: it draws lines from a model of the app's state, and only when the model has changed."""

from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass
from itertools import zip_longest
from time import monotonic
from typing import Any, ClassVar, Generic, TypeVar, cast

import numpy as np
from rich.style import Style
from rich.text import Text
from textual.content import Content
from textual.events import Click, MouseMove
from textual.geometry import Region
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from lakeppo.i18n import _, language
from lakeppo.tui.drawing.lines import Line, length, less_last, name_width, shorten, shortened, stretches, to_strip
from lakeppo.tui.state import AppState
from lakeppo.tui.text.words import meaning
from lakeppo.tui.theme import HasPalette, Palette

FRAME = 6
"""Cells of a border's upper line that the title cannot use: two corners, with a dash and a blank beside each."""
THROTTLE = 0.45
"""Least seconds between two drawings of a throttled panel at full speed: every second poll of the app."""
ModelT = TypeVar("ModelT")


def same(a: Any, b: Any) -> bool:
    """Return whether two values are equal: arrays and dataclasses by their contents, NaN equal to itself."""
    if a is b:
        return True
    if type(a) is not type(b):
        return False
    if isinstance(a, np.ndarray):
        return a.dtype == b.dtype and np.array_equal(a, b, equal_nan=a.dtype.kind == "f")
    if is_dataclass(a):
        return all(same(getattr(a, field.name), getattr(b, field.name)) for field in fields(a) if field.compare)
    if isinstance(a, tuple | list):
        return len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, Mapping):
        return a.keys() == b.keys() and all(same(a[key], b[key]) for key in a)
    return bool(a == b or (a != a and b != b))


class Panel(Widget, Generic[ModelT]):
    """A panel on Textual's Line API.

    A subclass extracts from the app's state in `model` all that its `title` and `body` draw; a model equal to the
    last one draws nothing. The title stands in the panel's border, or is its first line if it has none.
    """

    ALLOW_SELECT = False
    throttled: ClassVar[bool] = True
    """Whether it is drawn less often while a run plays at full speed, too fast to be read."""
    sided: ClassVar[bool] = False
    """Whether its title begins with the name of the run it shows in a comparison."""
    about: ClassVar[str] = ""
    """What the panel shows, in English: its tooltip, where no figure has one of its own."""
    state: AppState | None = None
    drawn = 0
    """Number of drawings, for tests."""
    _model: ModelT | None = None
    _side = ""
    _language = ""
    _last_drawn = 0.0
    _strips: list[Strip] | None = None
    _shown_title: tuple[tuple[str, Style], ...] = ()

    @dataclass
    class DoubleClicked(Message):
        """Posted when a panel is double-clicked, to show it alone or all panels again."""

        panel: "Panel[Any]"

    def on_click(self, event: Click) -> None:
        if event.chain == 2:
            self.post_message(self.DoubleClicked(self))

    def on_mouse_move(self, event: MouseMove) -> None:
        """Let the tooltip be that of the figure under the mouse, else that of the panel."""
        text = meaning(event.style.meta.get("word", "")) or _(self.about)
        if text != str(self.tooltip or ""):
            self.tooltip = Content(text) if text else None

    def model(self, state: AppState) -> ModelT | None:
        """Return all of `state` that this panel draws; None to leave it blank."""
        raise NotImplementedError

    def title(self, model: ModelT) -> str | Line:
        """Return the panel's title, whose pieces may have styles of their own; empty for none."""
        return ""

    def body(self, model: ModelT, width: int, height: int) -> list[Line]:
        """Return the panel's lines, at most `height` of them."""
        raise NotImplementedError

    @property
    def title_width(self) -> int:
        """Return how many cells the title may take."""
        return self.outer_size.width - FRAME if self.gutter.height else self.size.width

    @property
    def palette(self) -> Palette:
        return cast(HasPalette, self.app).palette

    def show(self, state: AppState) -> None:
        """Draw a newer state if its model differs from the last one."""
        chosen = self.state is None or state.view_choices != self.state.view_choices
        translated = language() != self._language
        hurried = self.throttled and state.at_full_speed and not chosen and not translated
        if hurried and monotonic() < self._last_drawn + THROTTLE:
            return  # another state follows soon, and one that is not hurried at the end
        self.state = state
        model = self.model(state)
        if translated or state.side != self._side or not same(model, self._model):
            self._side, self._model, self._language = state.side, model, language()
            self._repaint_changes()

    def _repaint_changes(self) -> None:
        """Draw again, and refresh only the lines that differ."""
        before = self._strips
        if before is None:
            self.redraw()
            return
        self._strips = self._draw()
        changed = [y for y, (old, new) in enumerate(zip_longest(before, self._strips)) if old != new]
        if changed:
            self.refresh(*(Region(0, y, self.size.width, lines) for y, lines in stretches(changed)))

    def redraw(self) -> None:
        """Draw everything again."""
        self._strips = None
        self.refresh()

    def notify_style_update(self) -> None:
        self._strips = None
        super().notify_style_update()

    def on_resize(self) -> None:
        self.redraw()

    def render_line(self, y: int) -> Strip:
        if self._strips is None:
            self._strips = self._draw()
        return self._strips[y] if y < len(self._strips) else Strip.blank(self.size.width, self.rich_style)

    def _draw(self) -> list[Strip]:
        self.drawn += 1
        self._last_drawn = monotonic()
        width, height = self.size
        if not width or not height:
            return []
        model, lines = self._model, list[Line]()
        title = [] if model is None else self._whole_title(model)
        if self.gutter.height:
            if tuple(title) != self._shown_title:  # setting it paints the whole panel
                self._shown_title = tuple(title)
                blank = "" if self.gutter.width else " "  # Textual has none before the rest of a line without corners
                text = Text.assemble(*((text, style) if style else text for text, style in title), blank)
                self.border_title = Content.from_rich_text(text)
        elif title:
            base = self.palette.inverse if self.has_class("-marked") else self.palette.strong
            lines = [[(text, base + style) for text, style in title]]
        if model is not None:
            lines += self.body(model, width, height - len(lines))
        style = self.rich_style  # Textual makes it again each time
        return [to_strip(line, width, style) for line in lines[:height]]

    def _whole_title(self, model: ModelT) -> Line:
        """Return the title with the side and the key back, less the pieces at its end that do not fit."""
        title, plain = self.title(model), self.palette.normal
        line = [(title, plain)] * bool(title) if isinstance(title, str) else title
        if line and self.state and self.state.enlarged and self.has_class("-large"):
            line = [*line, ("   " + _("{key}: all panels").format(key=self.state.key("back")), plain)]
        if self.sided and self._side:
            side = shorten(self._side, name_width(2 * self.title_width))
            line = [(f"{side}  " if line else side, plain), *line]
        while length(line) > self.title_width and (shorter := less_last(line)):
            line = shorter
        return shortened(line, self.title_width)
