"""The run on one line, up to its limit: the past solid, now, the rest of the branch thin, the future dotted."""

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import NamedTuple

from rich.cells import cell_len, set_cell_size
from textual.events import MouseDown, MouseMove, MouseUp
from textual.message import Message

from lakeppo.cells import padded
from lakeppo.figures import figure
from lakeppo.i18n import N_, _
from lakeppo.moment import Moment, Phase
from lakeppo.presets import Limit
from lakeppo.runs.events import Event
from lakeppo.runs.history import Rows
from lakeppo.runs.statistics import Row
from lakeppo.session.commands import GoTo, GoToBranch, GoToEvent
from lakeppo.session.event_words import event_place
from lakeppo.session.snapshot import BranchView, PositionView, RunView
from lakeppo.tui.drawing.lines import Line, length, longest, name_width, shorten
from lakeppo.tui.panels.base import Panel
from lakeppo.tui.state import AppState
from lakeppo.tui.text.comparison import changed_words
from lakeppo.tui.text.events import GLYPHS, RANKS, event_text, legends
from lakeppo.tui.theme import BRANCH, DONE, NOW

NO_MARKS = N_("No marks yet: {bookmark} sets a bookmark; {branch}, or a change in the past, makes a branch.")
UNITS = {"episodes": "episodes", "updates": "update", "steps": "env_steps"}


def round_step(updates: int) -> int:
    """Return a round number of updates that fits at most six times into `updates`."""
    step = 5
    while updates / step > 6:
        step = step * 5 // 2 if str(step).startswith("2") else step * 2
    return step


class TimelineModel(NamedTuple):
    """The branch on screen and its marks; distances are in the unit of the limit."""

    limit: Limit
    done: int
    run: RunView
    position: PositionView
    history: Rows  # of the whole branch
    keys: tuple[str, str]  # that set a bookmark and make a branch

    def distance(self, row: Row) -> int:
        """Return how far the run was after an update."""
        return int(getattr(row, UNITS[self.limit.unit]))

    @property
    def branch(self) -> str:
        """The name of the branch; empty if it is the only one."""
        return self.position.branch if self.position.branch_count > 1 else ""

    @property
    def end(self) -> int:
        """How far the branch goes."""
        return max(self.done, self.distance(self.history[-1]) if self.history else 0)

    @property
    def whole(self) -> int:
        """The length of the track."""
        return max(self.limit.count, self.end, 1)


class Timeline(Panel[TimelineModel]):
    """Update numbers, the events, and now. A click or a drag goes there. Alone it also lists the events."""

    about = N_("the run up to its limit: a click or a drag goes to an update, a click on a branch to its end")
    _left = 0  # columns before the track
    _track_width = 1
    _pointed = -1  # the update the mouse pointed at last
    _listed: Sequence[BranchView] = ()  # the branches drawn below the track
    _above = 0  # lines before the track
    _marks: Mapping[int, Event] = MappingProxyType({})  # what a click goes to, by its column on the track

    @dataclass
    class Picked(Message):
        """Posted when an update, an event or a branch is pointed at; `command` goes there."""

        command: GoTo | GoToBranch | GoToEvent

    def model(self, state: AppState) -> TimelineModel:
        s = state.snapshot
        history = Rows(state.history, len(state.history), s.run.history_generation)
        keys = state.key("bookmark"), state.key("branch")
        return TimelineModel(state.limit, state.progress, s.run, s.position, history, keys)

    def title(self, model: TimelineModel) -> str:
        self._above = int(self.has_class("-large"))
        return " " + _("TIMELINE  click or drag: go there") if self._above else ""

    def body(self, model: TimelineModel, width: int, height: int) -> list[Line]:
        palette = self.palette
        self._listed = _select(model, height - 1)
        name = f"{shorten(model.branch, name_width(width))} " if model.branch else ""
        widest = max((cell_len(branch.name) for branch in self._listed), default=0)
        left = f" {set_cell_size(name, max(cell_len(name), min(widest, name_width(width))))}#0 ┝"
        legend = self._legend(legends()[width < 160]) if width >= 110 else []
        right = f"┥ {model.limit}" + "  " * bool(legend)
        self._left = cell_len(left)
        self._track_width = max(4, width - self._left - cell_len(right) - length(legend) - 1)
        now, end = self._column(model, model.done), self._column(model, model.end)
        track = ["━" if x < now else "─" if x < end else "·" for x in range(self._track_width)]
        self._marks = self._mark_columns(model)
        self._number(model, track, now, set(self._marks))
        label = f"#{model.run.moment.update}"
        labelled = (
            range(now + 1, now + 1 + len(label)) if now + len(label) < self._track_width and end <= now else range(0)
        )
        for x, character in zip(labelled, label, strict=False):
            track[x] = character
        cells: Line = [(glyph, palette.faint if x > max(now, end) else palette.normal) for x, glyph in enumerate(track)]
        for x, event in self._marks.items():
            if x not in labelled:
                cells[x] = (GLYPHS[event.kind], palette.mark(GLYPHS[event.kind]))
        cells[now] = (NOW, palette.strong + palette.orange)
        line = [(left, palette.normal), *cells, (right, palette.faint), *legend]
        lines = [line, *(self._branch(model, branch, width) for branch in self._listed)]
        return [*lines, *self._list_marks(model)][:height] if self._above else lines

    def _legend(self, text: str) -> Line:
        """Return a legend with its glyphs as they stand on the track."""
        styles = {glyph: self.palette.mark(glyph) for glyph in GLYPHS.values()}
        return [(character, styles.get(character, self.palette.faint)) for character in text]

    def _branch(self, model: TimelineModel, branch: BranchView, width: int) -> Line:
        """Return the line of one branch below the track: where it left, how far it goes, its success, its changes."""
        palette, present = self.palette, branch.name == model.branch
        start, end = (
            0 if row is None else self._column(model, model.distance(row)) for row in (branch.left, branch.last)
        )
        name = set_cell_size(shorten(f" {branch.name}", self._left - 1), self._left - 1)
        track = " " * start + (BRANCH if branch.parent else "━") + "━" * max(0, end - start - 1) + DONE
        success = figure(branch.last.success_probability if branch.last else None)
        text = f" {success}  {changed_words(branch.changed)}".rstrip() + ("  " + _("(this branch)")) * present
        room = width - self._left - len(track)
        text = longest((text, f" {success}"), room)
        style = palette.strong if present else palette.normal
        return [(name + " ", style), (track, palette.strong if present else palette.faint), (text, style)]

    def _list_marks(self, model: TimelineModel) -> list[Line]:
        """Return each event with its moment and its meaning."""
        faint, plain = self.palette.faint, self.palette.normal
        marks = [(GLYPHS[event.kind], str(event_place(event)), event_text(event)) for event in model.position.events]
        lines: list[Line] = [
            [(" ", faint), (glyph, self.palette.mark(glyph)), (f" {padded(place, 20)}", faint), (words, plain)]
            for glyph, place, words in marks
        ]
        bookmark, branch = model.keys
        none = " " + _(NO_MARKS).format(bookmark=bookmark, branch=branch)
        return [[], *(lines or [[(none, faint)]])]

    def _column(self, model: TimelineModel, distance: int) -> int:
        return min(self._track_width - 1, round((self._track_width - 1) * distance / model.whole))

    def _update_column(self, model: TimelineModel, update: int) -> int:
        rows = model.history
        return self._column(model, model.distance(rows[min(update, len(rows)) - 1])) if rows and update else 0

    def _number(self, model: TimelineModel, track: list[str], now: int, marked: set[int]) -> None:
        """Number the updates where there is room: a mark may stand on the tick, but never on the digits."""
        free, step = -1, round_step(model.run.moment.update)
        for update in range(step, model.run.moment.update, step):
            number = f"┿#{update}"
            x = self._update_column(model, update)
            if free < x and x + len(number) < now and marked.isdisjoint(range(x + 1, x + len(number))):
                free = x + len(number)
                track[x : x + len(number)] = number

    def _mark_columns(self, model: TimelineModel) -> dict[int, Event]:
        """Return the event that stands in each column that has any."""
        events = sorted(model.position.events, key=lambda event: RANKS[event.kind])
        return {self._moment_column(model, event.moment): event for event in events}

    def _moment_column(self, model: TimelineModel, moment: Moment) -> int:
        """Return the column of a moment; those not computed yet share what is left of the track."""
        update = moment.update + (moment.phase is not Phase.COLLECT and model.limit.unit != "updates")
        computed, end = len(model.history), model.position.end
        if update <= computed or end is None or end.update <= computed:
            return self._update_column(model, update)
        if model.limit.unit == "updates":
            return self._column(model, update)
        first = self._column(model, model.end)
        return first + round((self._track_width - 1 - first) * min(1.0, (update - computed) / (end.update - computed)))

    def on_mouse_down(self, event: MouseDown) -> None:
        if row := event.y - self._above:
            if 0 < row <= len(self._listed):
                self.post_message(self.Picked(GoToBranch(self._listed[row - 1].name)))
            return
        self.capture_mouse()
        mark = self._marks.get(event.x - self._left)
        if mark is not None:
            self._pointed = self._update_at(event.x)
            self.post_message(self.Picked(GoToEvent(mark)))
        else:
            self._point(event.x)

    def on_mouse_move(self, event: MouseMove) -> None:
        if self.app.mouse_captured is self:
            self._point(event.x)

    def on_mouse_up(self, event: MouseUp) -> None:
        self.release_mouse()
        self._pointed = -1

    def _update_at(self, x: int) -> int:
        """Return the update at a column; -1 while none has been computed."""
        model = self._model
        if model is None or not model.history:
            return -1
        distance = max(0, x - self._left) / max(1, self._track_width - 1) * model.whole
        return bisect_left(model.history, distance, key=model.distance)

    def _point(self, x: int) -> None:
        """Post the update at a column, once."""
        update = self._update_at(x)
        if update not in (-1, self._pointed):
            self._pointed = update
            self.post_message(self.Picked(GoTo(Moment(update, Phase.COLLECT, 0))))


def _select(model: TimelineModel, room: int) -> list[BranchView]:
    """Return at most `room` branches: this one, its parent and the newest, in the order they were made."""
    branches = model.position.branches
    own = next((branch for branch in branches if branch.name == model.branch), None)
    if own is None or room < 1:
        return []
    ranked = [own, *(branch for branch in branches if branch.name == own.parent), *reversed(branches)]
    selected = {branch.name for branch in list(dict.fromkeys(ranked))[:room]}
    return [branch for branch in branches if branch.name in selected]
