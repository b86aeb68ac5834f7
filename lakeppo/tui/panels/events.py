"""The events of the branch on screen in a list: moment, glyph, and what happened."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from textual.events import Click
from textual.message import Message

from lakeppo.cells import padded, widest
from lakeppo.i18n import _
from lakeppo.moment import Moment
from lakeppo.runs.events import Event
from lakeppo.session.event_words import event_place
from lakeppo.tui.drawing.lines import Line, shortened
from lakeppo.tui.panels.scroll_list import HEADING, ListModel, ScrollList
from lakeppo.tui.state import AppState
from lakeppo.tui.text.events import GLYPHS, event_text
from lakeppo.tui.theme import NOW


@dataclass(frozen=True)
class EventsModel(ListModel):
    """The id of a row is its position."""

    events: tuple[Event, ...]
    moment: Moment
    key: str  # that goes to the next event

    @property
    def ids(self) -> Sequence[int]:
        return range(len(self.events))


class EventList(ScrollList[EventsModel]):
    """A row for each event; at first the last one that is not after the present moment is selected."""

    _chosen: Event | None = None

    @dataclass
    class Opened(Message):
        """Posted when a row is clicked."""

        event: Event

    def model(self, state: AppState) -> EventsModel:
        events = state.snapshot.position.events
        return EventsModel(self._place(events, state.moment), events, state.moment, state.key("next_event"))

    def _place(self, events: Sequence[Event], moment: Moment) -> int:
        """Return the position of the chosen event, or of the nearest one before it that is left."""
        at = moment if self._chosen is None else self._chosen.moment
        same = (k for k, event in enumerate(events) if self._chosen is not None and event[:2] == self._chosen[:2])
        return next(same, max(0, sum(event.moment <= at for event in events) - 1))

    @property
    def chosen(self) -> Event | None:
        """The selected event."""
        return self._model.events[self.position] if self._model is not None and self._model.events else None

    def choose(self, position: int) -> None:
        """Select the row at `position`, or nearest to it."""
        if self._model is not None and self._model.events:
            at = self.id_at(position)
            self._chosen = self._model.events[at]
            self._model = replace(self._model, selected=at)
            self.redraw()

    def title(self, model: EventsModel) -> str:
        later = sum(event.moment > model.moment for event in model.events)
        title = _("EVENTS  {count} on this branch, {later} after this moment ({key}: the next)")
        return " " + title.format(count=len(model.events), later=later, key=model.key)

    def body(self, model: EventsModel, width: int, height: int) -> list[Line]:
        palette, at = self.palette, self.position
        places = widest(str(event_place(event)) for event in model.events)
        moment, what = padded(_("moment"), places), _("what happened    enter, click: go there")
        lines: list[Line] = [[(f"   {moment}     {what}", palette.faint)]]
        for row in self.in_view(height - 1):
            event = model.events[row]
            mark, later = NOW if event.moment == model.moment else " ", event.moment > model.moment
            place = padded(str(event_place(event)), places)
            style, glyph = palette.faint if later else palette.normal, GLYPHS[event.kind]
            line = [(f" {mark} {place}   ", style), (glyph, palette.mark(glyph)), (f" {event_text(event)}", style)]
            text = "".join(piece for piece, _style in shortened(line, width))
            lines.append([(padded(text, width), palette.inverse)] if row == at else shortened(line, width))
        return lines

    def on_click(self, event: Click) -> None:
        position = self._first + event.y - HEADING
        if event.y >= HEADING and self._model is not None and position < len(self._model.events):
            self.choose(position)
            self.post_message(self.Opened(self._model.events[position]))
