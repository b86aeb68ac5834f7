"""The run on one line, up to its limit: the past solid, now, what was lived after it thin, what is to come dotted."""

from bisect import bisect_left
from typing import Any

from rich.cells import cell_len, set_cell_size
from textual.events import MouseDown, MouseMove, MouseUp
from textual.message import Message

from lakeppo.moment import Moment, Phase
from lakeppo.runs.statistics import Row
from lakeppo.session.commands import Command, GoTo, GoToBranch
from lakeppo.session.snapshot import BranchView
from lakeppo.tui.drawing.lines import Line
from lakeppo.tui.panels.base import Panel
from lakeppo.tui.state import AppState
from lakeppo.tui.text.comparison import changed_words
from lakeppo.tui.text.formatting import figure
from lakeppo.tui.theme import BRANCH, CHANGE, DONE, FLAG, NOW
from lakeppo.wording import short_moment

NOTHING = "No marks yet: m sets a bookmark; b, or a change in the past, makes a branch."


def round_step(updates: int) -> int:
    """A round number of updates, so that at most six of them fit into the run so far."""
    step = 5
    while updates / step > 6:
        step = step * 5 // 2 if str(step).startswith("2") else step * 2
    return step


class Timeline(Panel[Any]):
    """Update numbers, the first goal, changes, bookmarks, where this line left another, and now.

    A click or a drag goes there. Alone it also lists what its marks mean.
    """

    class Picked(Message):
        """An update of the run, or one of its lines, was pointed at; `command` goes there."""

        def __init__(self, command: Command) -> None:
            super().__init__()
            self.command = command

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._left = 0
        self._room = 1
        self._pointed = -1
        self._listed: list[BranchView] = []  # the lines drawn below the track
        self._above = 0  # lines before the track

    def looks_at(self, state: AppState) -> tuple[object, ...]:
        s = state.snapshot
        marks = s and (s.first_goal_episode, s.changes, s.bookmarks, s.left_at, s.branch, s.branches, s.rewound)
        return (state.limit, state.moment.update, state.done, len(state.history), marks)

    def title(self, state: AppState) -> str:
        alone = self.has_class("-large")
        self._above = int(alone)
        return " TIMELINE  click or drag: go there" if alone else ""

    def body(self, state: AppState, width: int, height: int) -> list[Line]:
        palette, snapshot = self.palette, state.snapshot
        self._listed = self._chosen(state, height - 1)
        name = f"{snapshot.branch} " if snapshot and snapshot.branch_count > 1 else ""
        longest = max((cell_len(branch.name) for branch in self._listed), default=0)
        left = f" {set_cell_size(name, max(cell_len(name), longest))}#0 ┝"
        right = f"┥ {state.limit}{self._legend(width)}"
        self._left = cell_len(left)
        self._room = max(4, width - self._left - len(right) - 1)
        now, end = self._column(state, state.done), self._column(state, self._lived(state))
        track = ["━" if x < now else "─" if x < end else "·" for x in range(self._room)]
        marks = self._marks(state)
        self._number(state, track, now, {x for x, _ in marks})
        for x, glyph in marks:
            track[x] = glyph
        label = f"#{state.moment.update}"
        if now + len(label) < self._room and end <= now:
            track[now + 1 : now + 1 + len(label)] = label
        line: Line = [
            (left + "".join(track[:now]), palette.normal),
            (NOW, palette.strong + palette.orange),
            ("".join(track[now + 1 : end + 1]), palette.blue),
            ("".join(track[max(now, end) + 1 :]) + right, palette.faint),
        ]
        lines = [line, *(self._branch(state, branch, width) for branch in self._listed)]
        return [*lines, *self._told(state)][:height] if self._above else lines

    @staticmethod
    def _chosen(state: AppState, room: int) -> list[BranchView]:
        """The lines there is room for: the present one, its parent, and the newest, in the order they were made."""
        branches = state.snapshot.branches if state.snapshot else ()
        line = next((b for b in branches if state.snapshot and b.name == state.snapshot.branch), None)
        if line is None or room < 1:
            return []
        first = [line, *(b for b in branches if b.name == line.parent), *reversed(branches)]
        kept = {b.name for b in list(dict.fromkeys(first))[:room]}
        return [b for b in branches if b.name in kept]

    def _branch(self, state: AppState, branch: BranchView, width: int) -> Line:
        """One line of the run under its track: where it left, how far it was lived, its success, what was changed."""
        palette, present = self.palette, state.snapshot is not None and branch.name == state.snapshot.branch
        start, end = (
            0 if row is None else self._column(state, _measure(state, row)) for row in (branch.left, branch.last)
        )
        name = set_cell_size(f" {branch.name}", self._left - 1)
        track = " " * start + (BRANCH if branch.parent else "━") + "━" * max(0, end - start - 1) + DONE
        success = figure(branch.last.success_probability if branch.last else None)
        said = f" {success}  {changed_words(branch.changed)}".rstrip()
        if present:
            said += "  (this line)"
        room = width - self._left - len(track)
        if len(said) > room:  # no room behind it: in front, where it has not begun yet
            said = f" {success}"
        style = palette.strong if present else palette.normal
        return [(name + " ", style), (track, palette.blue if present else palette.faint), (said[:room], style)]

    def _told(self, state: AppState) -> list[Line]:
        """What the marks mean, each with its moment."""
        s = state.snapshot
        if s is None:
            return []
        events = [(change.moment, CHANGE, changed_words((change,))) for change in s.changes]
        events += [(moment, DONE, "bookmark") for moment in s.bookmarks]
        events += [(b.left_at, BRANCH, f"{b.name} leaves {b.parent}") for b in s.branches if b.left_at is not None]
        told = [(glyph, short_moment(moment), words) for moment, glyph, words in sorted(events)]
        if s.first_goal_episode is not None:
            told.insert(0, (FLAG, f"episode {s.first_goal_episode:,}", "first goal"))
        if not told:
            return [[], [(f" {NOTHING}", self.palette.faint)]]
        faint, plain = self.palette.faint, self.palette.normal
        return [[], *([(f" {mark} {when:<16}", faint), (words, plain)] for mark, when, words in told)]

    @staticmethod
    def _legend(width: int) -> str:
        return f"  {FLAG} first goal {CHANGE} change {DONE} bookmark {BRANCH} branch" if width >= 110 else ""

    def _lived(self, state: AppState) -> int:
        """How far the line has been lived, in the limit's unit."""
        return max(state.done, _measure(state, state.history[-1]) if state.history else 0)

    def _column(self, state: AppState, part: int) -> int:
        whole = max(state.limit.count, self._lived(state), 1)
        return min(self._room - 1, round((self._room - 1) * part / whole))

    def _at(self, state: AppState, update: int) -> int:
        """The column of an update: rows know how far in the limit's unit each one ended."""
        rows = state.history
        return self._column(state, _measure(state, rows[min(update, len(rows)) - 1])) if rows and update else 0

    def _number(self, state: AppState, track: list[str], now: int, marked: set[int]) -> None:
        """Number the updates where there is room: a mark may stand on the tick, but never on the digits."""
        free, step = -1, round_step(state.moment.update)
        for update in range(step, state.moment.update, step):
            number = f"┿#{update}"
            x = self._at(state, update)
            if free < x and x + len(number) < now and marked.isdisjoint(range(x + 1, x + len(number))):
                free = x + len(number)
                track[x : x + len(number)] = number

    def _marks(self, state: AppState) -> list[tuple[int, str]]:
        snapshot = state.snapshot
        if snapshot is None:
            return []
        marks = [(self._at(state, change.moment.update), CHANGE) for change in snapshot.changes]
        marks += [(self._at(state, moment.update), DONE) for moment in snapshot.bookmarks]
        if snapshot.left_at is not None:
            marks.append((self._at(state, snapshot.left_at.update), BRANCH))
        if (first := snapshot.first_goal_episode) is not None:
            marks.append((self._at(state, bisect_left(state.history, first, key=lambda row: row.episodes) + 1), FLAG))
        return marks

    def on_mouse_down(self, event: MouseDown) -> None:
        if row := event.y - self._above:
            if 0 < row <= len(self._listed):
                self.post_message(self.Picked(GoToBranch(self._listed[row - 1].name)))
            return
        self.capture_mouse()
        self._point(event.x)

    def on_mouse_move(self, event: MouseMove) -> None:
        if self.app.mouse_captured is self:
            self._point(event.x)

    def on_mouse_up(self, event: MouseUp) -> None:
        self.release_mouse()
        self._pointed = -1

    def _point(self, x: int) -> None:
        """Tell which update stands at a column, once."""
        if self.state is None or not self.state.history:
            return
        state = self.state
        share = max(0, x - self._left) / max(1, self._room - 1)
        part = share * max(state.limit.count, self._lived(state))
        update = bisect_left(state.history, part, key=lambda row: _measure(state, row))
        if update != self._pointed:
            self._pointed = update
            self.post_message(self.Picked(GoTo(Moment(update, Phase.COLLECT, 0))))


def _measure(state: AppState, row: Row) -> int:
    """How far the run was after an update, in the limit's unit."""
    return state.limit.done(episodes=row.episodes, updates=row.update, env_steps=row.env_steps)
