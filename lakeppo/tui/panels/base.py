"""The base of every panel: it draws lines from a model of the app's state, and only when the model has changed."""

from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass
from itertools import zip_longest
from time import monotonic
from typing import Any, ClassVar, Generic, TypeVar, cast

import numpy as np
from textual.content import Content
from textual.events import Click
from textual.geometry import Region
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from lakeppo.tui.drawing.lines import Line, stretches, to_strip
from lakeppo.tui.state import AppState
from lakeppo.tui.theme import HasPalette, Palette

FRAME = 6
"""Cells of a border's upper line that its title leaves: two corners, a dash and a blank beside each."""
THROTTLE = 0.35
"""Seconds between two drawings of a throttled panel at full speed, at least: every second look of the app's."""
ModelT = TypeVar("ModelT")


@dataclass(frozen=True, eq=False)
class Model:
    """The base of what panels draw from: frozen dataclasses that are equal when all their fields hold the same."""

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and same(self, other)

    __hash__ = None  # type: ignore[assignment]  # arrays have no hash


def same(one: Any, other: Any) -> bool:
    """Return whether two values are equal: arrays by their contents, NaN equal to itself."""
    if one is other:
        return True
    if isinstance(one, np.ndarray) or isinstance(other, np.ndarray):
        return (
            type(one) is type(other) and one.dtype == other.dtype and np.array_equal(one, other, one.dtype.kind == "f")
        )
    if type(one) is not type(other):
        return False
    if is_dataclass(one) and (isinstance(one, Model) or type(one).__eq__ is not object.__eq__):
        return all(same(getattr(one, f.name), getattr(other, f.name)) for f in fields(one) if f.compare)
    if isinstance(one, tuple | list):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, Mapping):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    return bool(one == other or (one != one and other != other))


@dataclass(frozen=True, eq=False)
class _Legacy(Model):
    state: AppState
    seen: object

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Legacy) and self.seen == other.seen


class Panel(Widget, Generic[ModelT]):
    """A panel on Textual's Line API.

    A subclass takes what it draws from out of the app's state in `model`, and draws it in `body`; a model equal to
    the last one draws nothing. `title` is the border's title where the panel has a border, else its first line.
    """

    ALLOW_SELECT = False
    throttled: ClassVar[bool] = True
    """Whether it is drawn seldom while a run plays at full speed, when nobody could read it sooner."""
    sided: ClassVar[bool] = False
    """Whether the title begins with the side of a comparison that is shown."""
    state: AppState | None = None
    drawn = 0
    """How often this panel was drawn: a test counts it."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._model: ModelT | None = None
        self._side = ""
        self._last_drawn = 0.0
        self._strips: list[Strip] | None = None
        self._shown_title = ""

    class DoubleClicked(Message):
        """A panel was double-clicked: show it alone, or all panels again."""

        def __init__(self, panel: "Panel[Any]") -> None:
            super().__init__()
            self.panel = panel

    def on_click(self, event: Click) -> None:
        if event.chain == 2:
            self.post_message(self.DoubleClicked(self))

    def looks_at(self, state: AppState) -> tuple[object, ...]:
        raise NotImplementedError

    def model(self, state: AppState) -> ModelT:
        """Return everything of `state` that this panel draws from."""
        return cast(ModelT, _Legacy(state, self.looks_at(state)))

    def title(self, model: ModelT) -> str:
        """Return the panel's title; empty for none."""
        return ""

    def body(self, model: ModelT, width: int, height: int) -> list[Line]:
        """Return the panel's lines, at most `height` of them."""
        raise NotImplementedError

    @property
    def title_width(self) -> int:
        """Cells there are for the title."""
        return self.outer_size.width - FRAME if self.gutter.height else self.size.width

    @property
    def palette(self) -> Palette:
        return cast(HasPalette, self.app).palette

    def show(self, state: AppState) -> None:
        """Take a newer state, and draw it if the model differs."""
        asked = self.state is None or state.asked != self.state.asked
        if self.throttled and state.hurried and not asked and monotonic() < self._last_drawn + THROTTLE:
            return  # another state follows soon, and one that is not hurried at the end
        self.state = state
        model = self.model(state)
        if state.side != self._side or self._model is None or model != self._model:
            self._side, self._model = state.side, model
            self._repaint_changes()

    def _repaint_changes(self) -> None:
        """Draw again, and let only the lines that differ be painted."""
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
        model: Any = self._model
        if model is None or not width or not height:
            return []
        if isinstance(model, _Legacy):
            model = self.state
        title = self._whole_title(model)
        lines: list[Line] = []
        if self.gutter.height:
            if title != self._shown_title:  # setting it paints the whole panel
                self._shown_title, self.border_title = title, Content(title)
        elif title:
            lines = [[(title, self.palette.strong)]]
        lines += self.body(model, width, height - len(lines))
        base = self.rich_style
        return [to_strip(line, width, base) for line in lines[:height]]

    def _whole_title(self, model: ModelT) -> str:
        """Return the title with its side and its way back, without the pieces there is no width for."""
        title = self.title(model)
        if title and self.has_class("-large"):
            title += "   esc: all panels"
        if self.sided and self._side:
            title = f"{self._side}  {title}".rstrip()
        while len(title) > self.title_width and "  " in title:
            title = title.rpartition("  ")[0].rstrip()
        return title
