"""The desk: the lake at the left, what is asked about it at the right, the run along the bottom."""

from dataclasses import replace
from typing import Any, ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Container, Horizontal, Vertical
from textual.events import Key as KeyPress
from textual.events import Resize
from textual.getters import query_one
from textual.screen import Screen
from textual.widgets import Static

from lakeppo.session.protocol import Session
from lakeppo.tui.drawing.tiles import choose_size
from lakeppo.tui.keymap import COMMAND_KEYS, bindings
from lakeppo.tui.panels.base import Panel
from lakeppo.tui.panels.footer import Footer
from lakeppo.tui.panels.knobs import Knobs
from lakeppo.tui.panels.lake import Lake
from lakeppo.tui.panels.last_step import LastStep, legend
from lakeppo.tui.panels.message import MessageBar
from lakeppo.tui.panels.phases import Phases
from lakeppo.tui.panels.question import Question
from lakeppo.tui.panels.readouts import Readouts
from lakeppo.tui.panels.status import Status, Title
from lakeppo.tui.panels.success import Success
from lakeppo.tui.panels.tile import KINDS, TilePanel
from lakeppo.tui.panels.timeline import Timeline
from lakeppo.tui.panels.why import Why
from lakeppo.tui.screens.batch import BatchScreen
from lakeppo.tui.screens.branches import BranchScreen
from lakeppo.tui.screens.compare import CompareScreen
from lakeppo.tui.screens.enlarged import after, enlarge, named
from lakeppo.tui.screens.help import HelpScreen
from lakeppo.tui.screens.knobs import KnobScreen
from lakeppo.tui.screens.layout import CHART_ROOM, HEIGHTS, WIDTHS, lake_box
from lakeppo.tui.screens.sample_cursor import SampleCursor
from lakeppo.tui.screens.siblings import SiblingScreen
from lakeppo.tui.screens.tile_choice import TileChoice
from lakeppo.tui.state import VIEWS, AppState
from lakeppo.tui.text.sample import cell_words

LEAST = (40, 12)
"""Below this there is one line, saying so."""
BRANCH_ROOM = 44
"""Lines of a terminal from which the run's branches are drawn under its track, if the chart has so many to spare."""
NO_RIVAL = "Nothing to compare with yet: b makes a branch here, r begins another run."
NO_BRANCH = "There is only one line yet: b, or a change in the past, makes a branch."


class MainScreen(Screen[None]):
    """Everything at once. It keeps what only the person decides: the view, and the tile under the cursor."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings(app_wide=False)]
    HORIZONTAL_BREAKPOINTS = WIDTHS
    VERTICAL_BREAKPOINTS = HEIGHTS

    lake = query_one(Lake)
    steps = query_one(LastStep)
    message_bar = query_one(MessageBar)

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session = session
        self.state = AppState(session.config, session.seed, session.limit)
        self._sample_cursor = SampleCursor()

    def compose(self) -> ComposeResult:
        yield Static("lakeppo needs 40 x 12 cells; q quits", id="tiny")
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
        yield MessageBar()
        yield Timeline()
        yield Footer()

    def on_mount(self) -> None:
        self.show(self.state)

    def on_resize(self, event: Resize) -> None:
        """Give the lake its place; everything else follows from the style sheet."""
        width, height = event.size
        self.set_class(width < LEAST[0] or height < LEAST[1], "-tiny")
        self._place_lake()
        self._make_room_for_branches()

    def show(self, state: AppState) -> None:
        """Let every panel look; those that see a change draw it, in one frame."""
        moved = state.config.shape != self.state.config.shape
        if state.standing != self.state.standing or not (state.samples or state.status == "stepping"):
            state = replace(state, sample=None)
        self.state = state
        with self.app.batch_update():
            if moved:
                self._place_lake()
            self._make_room_for_branches()
            for panel in self.query(Panel[Any]):
                panel.show(state)
            for screen in self.app.screen_stack:
                if isinstance(screen, BatchScreen | BranchScreen | CompareScreen | SiblingScreen):
                    screen.show(state)

    def _make_room_for_branches(self) -> None:
        """Lines under the track, where the chart keeps its own."""
        snapshot = self.state.snapshot
        beside = self.size.height - lake_box(self.size.width, self.size.height, self.state.config)[1]
        room = self.size.height >= BRANCH_ROOM and not CHART_ROOM <= beside < CHART_ROOM + 4
        lines = len(snapshot.branches) if snapshot is not None and room else 0
        self.set_class(lines == 2, "-branched")
        self.set_class(lines > 2, "-branchy")

    def _place_lake(self) -> None:
        broad = self.size.width >= WIDTHS[-1][0] and self.size.height >= HEIGHTS[-1][0]
        if self.state.large:
            self.steps.styles.height = 2
            self.lake.styles.height = self.query_one("#left").styles.width = self.query_one("#middle").styles.height = (
                "1fr"
            )
            return
        shape = self.state.config.shape
        width, height = lake_box(self.size.width, self.size.height, self.state.config)
        spare = not broad and choose_size(*shape, width, height).footprint(*shape)[1] < height  # for the legend
        self.lake.styles.height = height - spare
        self.steps.styles.height = 2 if broad or spare else 1
        self.query_one("#left").styles.width = width
        high = self.size.height - height < CHART_ROOM
        self.query_one("#middle").styles.height = height + 2 if broad and not high else "1fr"
        self.set_class(high, "-high")

    def action_send(self, command: str) -> None:
        """Pass a key on to the worker, or say why not."""
        if self.state.failure is not None:
            self.message_bar.say("The worker has stopped: q leaves.")
        else:
            self._send(command)

    def _send(self, command: str) -> None:
        if command != "unit":
            self._sample_cursor.forget()
        self.session.send(command)

    def action_step(self, down: int) -> None:
        """The next sample or the one before; beyond the last and the first, a unit."""
        step = self._sample_cursor.step(self.state, down, self.state.sample, self.state.samples)
        if isinstance(step, str):
            self.action_send(step)
        elif step is not None:
            self.show(replace(self.state, sample=step))

    def on_key(self, event: KeyPress) -> None:
        """Any key stops the way to the next goal; a command does so by itself."""
        if self.state.status == "stepping" and event.key not in COMMAND_KEYS:
            self.session.send("hush")

    def action_cycle_view(self) -> None:
        view = VIEWS[(VIEWS.index(self.state.view) + 1) % len(VIEWS)]
        self.show(replace(self.state, view=view))
        drawn = legend(view, self.state.optimal_gamma, self.message_bar.palette, self.lake.cell)
        self.message_bar.say(f"The lake shows {view}: {drawn}")

    def action_cursor(self, down: int, right: int) -> None:
        """Move the inspector, from the agent's tile at first."""
        rows, columns = self.state.config.shape
        here = self.state.marked
        row, column = divmod(self.state.inspected if here is None else here, columns)
        row, column = max(0, min(rows - 1, row + down)), max(0, min(columns - 1, column + right))
        self.show(replace(self.state, cursor=row * columns + column, sample=None))

    def action_back(self) -> None:
        """To all panels; then away from the sample, then from the cursor: the inspector follows the agent."""
        if self.state.large:
            self.action_enlarge("")
            return
        cursor = None if self.state.sample is None else self.state.cursor
        self.show(replace(self.state, cursor=cursor, sample=None))

    def action_enlarge(self, name: str) -> None:
        """Show one panel alone; the same one again, or none: all of them."""
        name = "" if name == self.state.large else name
        with self.app.batch_update():
            enlarge(self, name)
            self.show(replace(self.state, large=name))
            self._place_lake()
            for panel in self.query(Panel[Any]):
                panel.redraw()

    def action_enlarge_next(self) -> None:
        self.action_enlarge(after(self.state.large))

    def on_panel_double_clicked(self, message: Panel.DoubleClicked) -> None:
        if name := named(self, message.panel):
            self.action_enlarge(name)

    def on_lake_picked(self, message: Lake.Picked) -> None:
        self.show(replace(self.state, cursor=message.tile, sample=None))

    def on_timeline_picked(self, message: Timeline.Picked) -> None:
        self._send(message.command)

    def action_batch(self) -> None:
        """Open the batch's table, at the rows of the tile under the cursor if there is one."""
        if self.state.cursor is not None:
            self.state = replace(self.state, table_filter=replace(self.state.table_filter, cell=self.state.cursor))
        self.session.send("watch_batch")
        self.app.push_screen(BatchScreen(self.state, self.action_send, self._sample_cursor), self._close_batch)

    def _close_batch(self, seen: AppState | None) -> None:
        self.session.send("leave_batch")
        if seen is not None:
            self.show(replace(self.state, cursor=seen.cursor, table_filter=seen.table_filter, sample=seen.sample))

    def action_siblings(self) -> None:
        """The list of the siblings, once there are any."""
        if self.state.fan is None:
            self.message_bar.say("There are no siblings yet: f trains some.")
        else:
            self.app.push_screen(SiblingScreen(self.state, self.action_send), self._chosen)

    def action_compare(self) -> None:
        """Put another line or an earlier run beside this one."""
        self._compare("compare")

    def _compare(self, command: str) -> None:
        if any(isinstance(screen, CompareScreen) for screen in self.app.screen_stack):
            return
        if self.state.snapshot is None or not self.state.snapshot.rivals:
            self.message_bar.say(NO_RIVAL if self.state.snapshot else "The run is still being loaded.")
            return
        self.session.send(command)
        self.app.push_screen(CompareScreen(self.state, self.action_send), self._end_comparison)

    def _end_comparison(self, seen: AppState | None) -> None:
        self.session.send("end_comparison")
        if seen is not None:
            self.show(replace(self.state, cursor=seen.cursor, view=seen.view))

    def action_branches(self) -> None:
        """All lines of the run."""
        if self.state.snapshot is None or not self.state.snapshot.branches:
            self.message_bar.say(NO_BRANCH)
        else:
            self.app.push_screen(BranchScreen(self.state, self.action_send), self._chosen)

    def _chosen(self, command: str | None) -> None:
        if command is not None and command.startswith("compare"):
            self._compare(command)
        elif command is not None:
            self.session.send(command)

    def action_knobs(self) -> None:
        """Change a knob on a screen of its own."""
        env_steps = self.state.snapshot.env_steps if self.state.snapshot else 0
        self.app.push_screen(KnobScreen(self.state.config, env_steps, self.state.seed), self._turned)

    def _turned(self, command: str | None) -> None:
        if command is not None:
            self._send(command)

    def action_tile(self) -> None:
        """Make the tile under the cursor, or the agent's, another."""
        state = self.state
        tile = state.inspected if state.marked is None else state.marked
        cell = cell_words(tile, state.config)
        self.show(replace(state, cursor=tile, sample=None))

        def edit(letter: str | None) -> None:
            if letter is not None:
                self.action_send(f"tile:{tile}={letter}")

        self.app.push_screen(TileChoice(f"TILE {cell} {KINDS[state.config.tile(tile)]}: make it"), edit)

    def action_help(self) -> None:
        self.app.push_screen(HelpScreen(), self._pressed)

    async def _pressed(self, action: str | None) -> None:
        """A key was clicked in the help."""
        if action is not None and self.app.screen is self:
            await self.run_action(action)

    async def action_quit(self) -> None:
        await self.app.action_quit()
