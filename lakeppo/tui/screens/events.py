"""The events of the branch on screen: go to one of them, or give it a caption."""

from collections.abc import Callable

from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.getters import query_one

from lakeppo.i18n import _
from lakeppo.moment import Moment
from lakeppo.runs.branch import LONGEST_CAPTION
from lakeppo.runs.events import Kind
from lakeppo.session.commands import CaptionBookmark, Command, GoToEvent
from lakeppo.tui.keymap import On, bindings
from lakeppo.tui.panels.events import EventList
from lakeppo.tui.panels.footer import Footer
from lakeppo.tui.panels.message import MessageBar
from lakeppo.tui.panels.status import Status
from lakeppo.tui.screens.base import ListScreen
from lakeppo.tui.screens.plain import Plain
from lakeppo.tui.screens.safe_widgets import Field
from lakeppo.tui.state import AppState
from lakeppo.tui.text.events import event_text


class EventScreen(ListScreen[Command | None]):
    """Closes with the command that goes to the selected event, or with None.

    With a moment `caption_at` it begins with the caption of that moment, and closes after it.
    """

    BINDINGS = bindings(On.EVENTS)
    AUTO_FOCUS = ""
    closing = "events_close"
    rows = query_one(EventList)
    box = query_one(Field)

    def __init__(self, state: AppState, send: Callable[[Command], None], caption_at: Moment | None = None) -> None:
        super().__init__(state, send)
        self._moment, self._once = caption_at, caption_at is not None

    def compose(self) -> ComposeResult:
        yield Status()
        yield EventList()
        with Horizontal(id="caption_row"):
            yield Plain(id="caption_label")
            yield Field(id="caption", max_length=LONGEST_CAPTION, compact=True)
            yield Plain(id="caption_hint")
        yield MessageBar(seen=self.state.snapshot.notice_count)
        yield Footer(On.EVENTS)

    def on_mount(self) -> None:
        super().on_mount()
        if self._moment is not None and self.is_attached:
            events = self.state.snapshot.position.events
            captions = [e.subject for e in events if e.moment == self._moment and e.kind is Kind.BOOKMARK]
            self._ask(next((text for text in captions if isinstance(text, str)), ""))

    def translate(self) -> None:
        hint = _("enter: keep   {key}: leave it").format(key=self.state.key("events_close"))
        self.query_one("#caption_label", Plain).update(_("caption"))
        self.query_one("#caption_hint", Plain).update(hint)

    def go_to(self, position: int) -> None:
        self.rows.choose(position)

    def action_open(self) -> None:
        """Close, and go to the selected event."""
        if self.rows.chosen is not None:
            self.dismiss(GoToEvent(self.rows.chosen))

    def on_event_list_opened(self, message: EventList.Opened) -> None:
        if not self.has_class("-naming"):
            self.dismiss(GoToEvent(message.event))

    def action_caption(self) -> None:
        """Ask for the caption of the selected event, which becomes a bookmark."""
        event = self.rows.chosen
        if event is not None:
            self._moment = event.moment
            self._ask("" if event.kind is Kind.BOOKMARK and event.subject is None else event_text(event))

    def _ask(self, caption: str) -> None:
        self.add_class("-naming")
        self.box.value = caption
        self.box.focus()

    def on_input_submitted(self) -> None:
        if self._moment is not None:
            self.send(CaptionBookmark(self._moment, self.box.value))
        self._end_asking()

    def _end_asking(self) -> None:
        self.remove_class("-naming")
        self.set_focus(None)
        if self._once:
            self.dismiss(None)

    def action_leave(self) -> None:
        if self.has_class("-naming"):
            self._end_asking()
        else:
            self.dismiss(None)
