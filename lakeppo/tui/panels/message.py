"""The message bar: the sentence on the phase, and the newest message; and the panel WHY, which explains the moment."""

from time import monotonic
from typing import NamedTuple

from rich.cells import cell_len
from rich.style import Style

from lakeppo.i18n import N_, _, joined, language
from lakeppo.session.notices import AT_BEGINNING, AT_END
from lakeppo.session.snapshot import PACES
from lakeppo.tui.drawing.lines import Line, shorten, spread, styled
from lakeppo.tui.panels.base import Panel, same
from lakeppo.tui.state import AppState
from lakeppo.tui.text.explanations import explain, explain_selected
from lakeppo.tui.text.formatting import phase_words

TOO_FAST, SPOKEN = 15, 1.0
"""Environment steps a second from which sentences change once an update, and their least seconds at full speed."""
FRESH = 6.0
"""Seconds that a message replaces the sentence if both share one line."""


class MessageModel(NamedTuple):
    sentence: str  # on the phase
    reasons: list[str]  # on what is selected, and on the moment: shown in its place where no panel shows them
    error: str | None  # shown as long as it lasts
    notice: str  # the newest of the worker's notices
    notice_count: int
    all: str  # what shows all reasons, where some are left out


class MessageBar(Panel[MessageModel]):
    """One line that sentence and message share, or a line for each.

    The first `seen` notices are not shown. `all_key`: the id of the key that shows all reasons on this screen.
    """

    def __init__(self, *, seen: int = 0, all_key: str = "", id: str | None = None) -> None:
        super().__init__(id=id)
        self._all_key = all_key
        self.message = ""
        self._shown_at = float("-inf")
        self._place: object = None  # the moment and the view that the message was shown at
        self._of_place = False  # it is true only there
        self._notice_count = seen
        self._told: object = None  # the answer to why an arrow turned

    def show_message(self, message: str) -> None:
        """Show a message at once."""
        self.message, self._shown_at = message, monotonic()
        self._place, self._of_place = _place(self.state), False
        self._age()
        self.set_timer(FRESH + 0.1, self._age)

    def drop_message(self) -> None:
        """Remove the message."""
        self.message, self._shown_at = "", float("-inf")
        self._age()

    def _age(self) -> None:
        """Draw the message as one that is fresh, or no longer."""
        self.set_class(monotonic() - self._shown_at < FRESH, "-fresh")
        self.redraw()

    def model(self, state: AppState) -> MessageModel:
        s = state.snapshot
        notice = s.notices[-1].text(state.keys) if s.notices else ""
        error, count = state.failure or s.save.error, s.notice_count
        all = _("{key}: all").format(key=state.key(self._all_key)) if self._all_key and not state.large else ""
        selected = [] if s.arrow_explanation is not None else explain_selected(state)
        return MessageModel(phase_words(state), [*selected, *explain(state)], error, notice, count, all)

    def show(self, state: AppState) -> None:
        """Draw a newer state, and show its newest notice."""
        if self._language != language():
            self.message = ""  # it is in another one
        super().show(state)
        self._drop_what_is_past(state)
        told, self._told = self._told, state.snapshot.arrow_explanation
        if self._told is not None and not same(told, self._told):
            self.drop_message()  # on a terminal where the two share a line, it would hide the answer
        if (model := self._model) is not None and model.notice_count != self._notice_count:
            more = model.notice_count - self._notice_count - 1
            self._notice_count = model.notice_count
            if model.notice:
                others = "  " + _("(and {count} more)").format(count=more) if more > 0 else ""
                self.show_message(model.notice + others)
                self._place = _place(state)
                self._of_place = state.snapshot.notices[-1] in (AT_BEGINNING, AT_END)

    def _drop_what_is_past(self, state: AppState) -> None:
        """Remove a message that has been read, or is true only of one moment, once that has passed."""
        read = monotonic() - self._shown_at >= FRESH
        if self.message and (read or self._of_place) and _place(state) != self._place:
            self.message = ""
            self.redraw()

    def _sentences(self, model: MessageModel, width: int) -> Line:
        """Return the sentence on the phase, or as many of the reasons as fit, and the key that shows them all."""
        normal, faint = self.palette.normal, self.palette.faint
        if not model.reasons or self.screen.has_class("-wide", "-tall"):  # then there is a panel with the reasons
            return [(shorten(f" {model.sentence}", width), normal)]
        if cell_len(text := f" {joined(*model.reasons)}") <= width:
            return [(text, normal)]
        room = width - cell_len(model.all) - bool(model.all)
        text = model.reasons[0]
        for reason in model.reasons[1:]:
            longer = joined(text, reason)
            text = longer if cell_len(longer) < room else text
        if not model.all or room < cell_len(text) + 1 <= width:  # whole without the key
            return [(shorten(f" {text}", width), normal)]
        click = faint + Style(meta={"@click": "screen.enlarge('why')"})
        return spread([(shorten(f" {text}", room), normal)], [(model.all, click)], width, normal)

    def body(self, model: MessageModel, width: int, height: int) -> list[Line]:
        palette = self.palette
        fresh = monotonic() - self._shown_at < FRESH
        text, style = f" {self.message}", palette.strong if fresh else palette.faint
        if model.error:
            text, style = f" {model.error} ", palette.inverse + palette.red
        sentence, message = self._sentences(model, width), [(shorten(text, width), style)]
        shared = message if model.error or (fresh and self.message) else sentence
        return [sentence, message] if height > 1 else [shared]


def _place(state: AppState | None) -> object:
    return None if state is None else (state.moment_key, state.view_choices)


class Why(Panel[tuple[str, ...]]):
    """As many sentences as fit, each of them whole; the first one bold."""

    about = N_("what happens at this moment, in sentences that are true of its figures")
    _spoken = (-1, float("-inf"))  # the update that the sentences are of, and when they were drawn

    def model(self, state: AppState) -> tuple[str, ...]:
        return tuple(explain(state))

    def title(self, model: tuple[str, ...]) -> str:
        """Return the title, with the key that shows all sentences if there is not room for them here."""
        width, height = self.size
        whole = sum(len(styled(sentence, width, self.palette.normal, "  ")) for sentence in model) <= height
        if whole or self.state is None or self.state.enlarged:
            return _("WHY")
        rest = _("{key}: all").format(key=self.state.key("large_why"))
        return _("WHY") + "   " + rest

    def show(self, state: AppState) -> None:
        """Draw a newer state; while the run plays too fast to be read, once an update, at full speed once a second."""
        snapshot, now = state.snapshot, monotonic()
        fast = snapshot.status == "playing" and PACES[snapshot.pace] >= TOO_FAST and not state.failure
        same_update = self._spoken[0] == snapshot.run.moment.update
        if (
            fast
            and self._language == language()
            and (same_update or (state.at_full_speed and now < self._spoken[1] + SPOKEN))
        ):
            return
        self._spoken = (snapshot.run.moment.update if fast else -1, now)
        super().show(state)

    def body(self, model: tuple[str, ...], width: int, height: int) -> list[Line]:
        lines: list[Line] = []
        for sentence in model:
            style = self.palette.normal if lines else self.palette.strong
            more = styled(sentence, width, style, "  ")
            if len(lines) + len(more) <= height:
                lines += more
        return lines
