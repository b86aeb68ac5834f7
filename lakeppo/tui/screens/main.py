"""The main screen: the lake at the left, the panels that explain it at the right, the run along the bottom."""

from collections.abc import Callable
from dataclasses import replace
from typing import cast

from textual.app import ComposeResult
from textual.containers import Container, Horizontal, Vertical
from textual.events import Key as KeyPress

from lakeppo.faults.fault import Fault
from lakeppo.faults.spotting import Spot
from lakeppo.faults.table import number as fault_number
from lakeppo.i18n import _
from lakeppo.lessons.model import Lesson
from lakeppo.lessons.shipped import shipped_lessons
from lakeppo.session import commands
from lakeppo.session.lesson_commands import OpenSpot
from lakeppo.session.session import Session
from lakeppo.tui.bound_keys import HasKeys
from lakeppo.tui.keymap import On, bindings
from lakeppo.tui.panels.footer import Footer
from lakeppo.tui.panels.guide import GuideStrip
from lakeppo.tui.panels.knobs import Knobs
from lakeppo.tui.panels.lake import Lake, LastStep
from lakeppo.tui.panels.message import MessageBar, Why
from lakeppo.tui.panels.phases import Phases
from lakeppo.tui.panels.question import Question
from lakeppo.tui.panels.readouts import Readouts
from lakeppo.tui.panels.status import Status, Title
from lakeppo.tui.panels.success import Success
from lakeppo.tui.panels.tile import TilePanel
from lakeppo.tui.panels.timeline import Timeline
from lakeppo.tui.screens.base import LiveScreen, SampleCursor
from lakeppo.tui.screens.batch import BatchScreen
from lakeppo.tui.screens.branches import BranchScreen
from lakeppo.tui.screens.compare import CompareScreen
from lakeppo.tui.screens.condition import ConditionPrompt
from lakeppo.tui.screens.desk import Desk
from lakeppo.tui.screens.events import EventScreen
from lakeppo.tui.screens.histories import HistoryScreen
from lakeppo.tui.screens.knobs import BranchAndCompare, KnobScreen
from lakeppo.tui.screens.lessons import LessonList
from lakeppo.tui.screens.plain import Plain
from lakeppo.tui.screens.show import ShowScreen
from lakeppo.tui.screens.siblings import SiblingScreen
from lakeppo.tui.screens.spot import open_spot
from lakeppo.tui.screens.tile import TileChoice
from lakeppo.tui.settings import HasPreferences
from lakeppo.tui.state import AppState, TableFilter
from lakeppo.tui.text.parts import first_part


class MainScreen(Desk):
    """All panels at once. It keeps what only a person decides: the view, the cursor, the sample, the large panel."""

    BINDINGS = bindings(On.MAIN)

    def __init__(self, session: Session, state: AppState, opening: "Callable[[MainScreen], None]") -> None:
        """`opening`: what is done once it is open."""
        super().__init__(state, session.send)
        self._opening = opening
        self._session = session
        self._sample_cursor = SampleCursor()
        self._conditions: list[str] = []  # as they were set, the newest last
        self._chosen: tuple[Fault, Spot | None] | None = None  # to be spotted, and the one that was spotted before

    def compose(self) -> ComposeResult:
        yield Plain(id="tiny")
        yield Title()
        yield Status()
        yield Phases()
        with Horizontal(id="middle"):
            with Vertical(id="left"):
                yield (lake := Lake())
                yield LastStep(lake)
            with Container(id="right"):
                yield Question()
                yield TilePanel()
                yield Readouts()
                yield Success(id="beside")
                yield Why(id="aside")
        with Horizontal(id="bottom"):
            yield Success(id="below")
            yield Why()
        yield Knobs()
        yield MessageBar(all_key="large_why")
        yield GuideStrip()
        yield Timeline()
        yield Footer()

    def on_mount(self) -> None:
        super().on_mount()
        if self.is_attached:
            self._opening(self)

    def translate(self) -> None:
        tiny = _("lakeppo needs 40 x 12 cells; {key} quits").format(key=self.state.key("quit"))
        self.query_one("#tiny", Plain).update(tiny)

    def poll(self) -> None:
        """Draw what is new in the session."""
        snapshot, failure = self._session.take() or self.state.snapshot, self._session.failure
        if snapshot is not self.state.snapshot or failure != self.state.failure:
            self.show(replace(self.state, snapshot=snapshot, failure=failure))

    def show(self, state: AppState) -> None:
        """Draw a newer state, here and on the screens above."""
        moved = state.config.shape != self.state.config.shape
        with self.app.batch_update():
            super().show(state)
            if moved and self.whole:
                self._place_lake()
            for screen in self.app.screen_stack:
                if isinstance(screen, LiveScreen) and screen is not self:
                    screen.show(self.state)
        self._open_files()

    def keep(self, state: AppState) -> AppState:
        """Keep the sample while its batch rests."""
        lost = state.moment_key != self.state.moment_key or not (state.samples or state.status == "stepping")
        return replace(state, sample=None) if lost else state

    def send(self, command: commands.Command) -> None:
        if command != commands.Step(commands.Unit.NEXT):
            self._sample_cursor.forget()
        super().send(command)

    def action_step(self, by: int) -> None:
        """Go to the next sample or the previous one; beyond the last and the first, by a unit."""
        step = self._sample_cursor.step(self.state, by, self.state.sample, self.state.samples)
        if isinstance(step, int):
            self.show(replace(self.state, sample=step))
        elif step is not None:
            self.send(step)

    def on_key(self, event: KeyPress) -> None:
        """Let any key stop the way to the next goal; a key that sends a command stops it by its command."""
        bound = cast(HasKeys, self.app).bound
        if self.state.status == "stepping" and event.key not in bound.commands:
            self._send(commands.Stop())

    def action_back(self) -> None:
        """Return to all panels; else leave the sample, else the cursor."""
        if self.state.enlarged:
            self.action_enlarge("")
            return
        if self.guide is not None:
            self.close_guide()
            return
        cursor = None if self.state.sample is None else self.state.cursor
        self.show(replace(self.state, cursor=cursor, sample=None))

    def on_question_ratios_picked(self, message: Question.RatiosPicked) -> None:
        """Open the batch table at the rows behind a column of the histogram."""
        table_filter = TableFilter(ratios=message.ratios, sign=message.sign)
        self.state = replace(self.state, cursor=None, table_filter=table_filter)
        self.action_batch()

    def action_batch(self) -> None:
        """Open the batch table, at the rows of the tile under the cursor if there is one."""
        if self.state.cursor is not None:
            table_filter = replace(self.state.table_filter, tile=self.state.cursor, action=None)
            self.state = replace(self.state, table_filter=table_filter)
        self._send(commands.WatchBatch(True, first_part(self.state)))
        self.app.push_screen(BatchScreen(self.state, self.send, self._sample_cursor), self._close_batch)

    def _close_batch(self, seen: AppState | None) -> None:
        self._send(commands.WatchBatch(False))
        if seen is not None:
            self.show(replace(self.state, cursor=seen.cursor, table_filter=seen.table_filter, sample=seen.sample))

    def action_events(self) -> None:
        if self.state.snapshot.position.events:
            self.app.push_screen(EventScreen(self.state, self.send), self._carry_out)
        else:
            self.say(_("There is no event yet: no goal, no fall, no change, no bookmark."))

    def action_caption(self) -> None:
        self.app.push_screen(EventScreen(self.state, self.send, self.state.moment))

    def action_lessons(self) -> None:
        progress = cast(HasPreferences, self.app).preferences.progress
        self.app.push_screen(
            LessonList(shipped_lessons(), progress, self.state.key("lessons_close")), self._take_lesson
        )

    def _take_lesson(self, taken: Lesson | Fault | None) -> None:
        if isinstance(taken, Lesson):
            self.open_lesson(taken)
        elif taken is not None:
            self.close_guide()
            self._chosen = taken, self.state.snapshot.spot
            self.send(OpenSpot(fault_number(taken)))

    def _open_files(self) -> None:
        """Show the files of the fault that was chosen, once its run is on screen."""
        spot = self.state.snapshot.spot
        if spot is None or self._chosen is None:
            return
        fault, before = self._chosen
        if spot.fault is fault and spot is not before:
            self._chosen = None
            if self.app.screen is self:
                open_spot(self.app, self.state, self.send)

    def action_show(self) -> None:
        self.app.push_screen(ShowScreen(self.state, self.send))

    def action_why_there(self) -> None:
        """Ask why the arrow under the cursor, or the one that moved most, points where it does."""
        tile = self.state.cursor_tile
        self.look(replace(self.state, cursor=tile, sample=None))
        self.send(commands.WhyThere(tile))

    def action_histories(self) -> None:
        self.app.push_screen(HistoryScreen(self.state, self.send))

    def action_siblings(self) -> None:
        if self.state.siblings is None:
            self.say(_("There are no siblings yet: {siblings} trains some."))
        else:
            self.app.push_screen(SiblingScreen(self.state, self.send), self._carry_out)

    def action_compare(self) -> None:
        self._carry_out(commands.Compare())

    def _compare(self, command: commands.Compare) -> None:
        if any(isinstance(screen, CompareScreen) for screen in self.app.screen_stack):
            return
        if not self.state.snapshot.choices:
            self.say(_("Nothing to compare with yet: {branch} makes a branch here, {new_seed} starts a new run."))
            return
        self._open_comparison(command)

    def _open_comparison(self, command: commands.Compare) -> None:
        self._send(command)
        self.app.push_screen(CompareScreen(self.state, self.send), self._end_comparison)

    def _end_comparison(self, seen: AppState | None) -> None:
        self._send(commands.EndComparison())
        if seen is not None:
            self.show(replace(self.state, cursor=seen.cursor, view=seen.view))

    def action_branches(self) -> None:
        if not self.state.snapshot.position.branches:
            self.say(_("There is only one branch yet: {branch}, or a change in the past, makes another."))
        else:
            self.app.push_screen(BranchScreen(self.state, self.send), self._carry_out)

    def action_knobs(self, name: str = "") -> None:
        """Open the dock, at the knob of this name, unless it is open."""
        if any(isinstance(screen, KnobScreen) for screen in self.app.screen_stack):
            return
        keys = cast(HasKeys, self.app).bound.keys
        actions = tuple(key for id in ("branch_and_compare", "start_over", "play_beside") for key in keys[id])
        tried = "" if self.guide is None else self.guide.tried
        self.app.push_screen(KnobScreen(self.state, name, actions, tried), self._change_knob)

    def _change_knob(self, result: commands.Command | BranchAndCompare | None) -> None:
        if self.guide is not None and (trial := self.guide.trial(result)) is not None:
            self._send_all(trial)
            self._show_guide()
        elif isinstance(result, BranchAndCompare):
            self.send(commands.AddBranch())
            self.send(result.change)
            self._open_comparison(commands.Compare())
        else:
            self._carry_out(result)

    def action_stop_when(self) -> None:
        if (text := self.state.snapshot.stop_when) and text not in self._conditions:
            self._conditions.append(text)
        self.app.push_screen(ConditionPrompt(self.state, self._conditions), self._set_condition)

    def _set_condition(self, command: commands.Command | None) -> None:
        if isinstance(command, commands.StopWhen) and command.text:
            self._conditions = [*(text for text in self._conditions if text != command.text), command.text]
        self._carry_out(command)

    def action_tile(self) -> None:
        """Choose what the tile under the cursor, or the agent's, becomes."""
        state, tile = self.state, self.state.cursor_tile
        self.show(replace(state, cursor=tile, sample=None))
        self.app.push_screen(TileChoice(state.config, tile, state.key, self.lake.place_of(tile)), self._carry_out)

    def _carry_out(self, command: commands.Command | None) -> None:
        """Carry out the command that a screen has closed with."""
        if isinstance(command, commands.Compare):
            self._compare(command)
        elif command is not None:
            self.send(command)
