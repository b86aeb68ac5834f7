"""The bases of the screens, and the parts that several of them have."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, cast

from rich.style import Style
from textual.await_complete import AwaitComplete
from textual.errors import NoWidget
from textual.events import Event, Key, Resize
from textual.geometry import Offset
from textual.getters import query_one
from textual.screen import ScreenResultType
from textual.widget import Widget

from lakeppo.config import Config
from lakeppo.i18n import _, ngettext
from lakeppo.moment import Moment, Phase
from lakeppo.session.commands import Back, Command, GoTo, Step, Unit
from lakeppo.tui.keymap import BY_ID
from lakeppo.tui.panels.base import Panel
from lakeppo.tui.panels.lake import Lake, legend, view_name
from lakeppo.tui.panels.message import MessageBar
from lakeppo.tui.panels.scroll_list import ScrollList
from lakeppo.tui.panels.timeline import Timeline
from lakeppo.tui.screens.frames import PacedScreen
from lakeppo.tui.settings import HasPreferences
from lakeppo.tui.state import VIEWS, AppState


class ClosableScreen(PacedScreen[ScreenResultType]):
    """A screen that closes once, however many keys of a burst ask for it: Textual would pop the one below.

    It is `whole` while it has its widgets: neither before they are composed, nor while it closes or the app leaves.
    """

    @property
    def whole(self) -> bool:
        return self.is_mounted and self.is_attached

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Refuse what needs widgets before there are any: a key for the screen below may come after a click on it."""
        return super().check_action(action, parameters) if self.whole or action == "send" else False

    def translate(self) -> None:
        """Show the texts that no panel draws in the language in use."""

    def types(self, event: Key) -> bool:
        """Return whether a key is a character of a text that is typed here, where the same one may follow at once."""
        return False

    async def on_event(self, event: Event) -> None:
        """Pass events on, but no size once the widgets are gone."""
        if self.is_attached or not isinstance(event, Resize):
            await super().on_event(event)

    def get_style_at(self, x: int, y: int) -> Style:
        """Return the style under the mouse; none beside a popup, where Textual would draw all of the screen below."""
        return Style.null() if self._is_bare(x, y) else super().get_style_at(x, y)

    def get_widget_and_offset_at(self, x: int, y: int) -> tuple[Widget | None, Offset | None]:
        return (self, None) if self._is_bare(x, y) else super().get_widget_and_offset_at(x, y)

    def _is_bare(self, x: int, y: int) -> bool:
        """Return whether none of the screen's widgets is at a cell."""
        try:
            return self.get_widget_at(x, y)[0] is self
        except NoWidget:
            return False

    def dismiss(self, result: ScreenResultType | None = None) -> AwaitComplete:
        return super().dismiss(result) if self.app.screen is self else AwaitComplete()


class BesideScreen(ClosableScreen[ScreenResultType]):
    """A small screen beside the run on the main screen, which goes on there."""

    async def action_play(self) -> None:
        """Play or pause, or go on with a guide, as on the main screen."""
        await self.app.run_action("play", self.app.screen_stack[0])


class CommandScreen(ClosableScreen[ScreenResultType]):
    """A screen whose keys send commands to the worker. A subclass overrides `send`."""

    def send(self, command: Command) -> None:
        """Queue a command for the worker, unless it has stopped."""
        raise NotImplementedError

    def action_send(self, id: str) -> None:
        command = BY_ID[id].command
        assert command is not None
        self.send(command)

    async def action_play(self) -> None:
        """Play or pause."""
        self.action_send("toggle")

    def action_step(self, by: int) -> None:
        """Go on by a unit, or back."""
        self.send(Step(Unit.NEXT) if by > 0 else Back(Unit.NEXT))


class LiveScreen(CommandScreen[ScreenResultType]):
    """A screen whose panels show the newest state of the run.

    A subclass overrides `keep` for what a newer state must not change, `seen_by` for panels that show something else
    than the screen's state, and `closing` for the key that leads to where the app can be left.
    """

    message_bar = query_one(MessageBar)
    closing = ""
    """Id of the key that closes the screen; empty for the main screen."""

    def __init__(self, state: AppState, send: Callable[[Command], None]) -> None:
        super().__init__()
        self.state = state
        self._send = send

    def on_mount(self) -> None:
        if self.is_attached:
            self.translate()
        self.draw()

    def show(self, state: AppState) -> None:
        """Draw a newer state."""
        self.state = self.keep(state).on_its_lake()
        if self.whole:
            self.draw()

    def keep(self, state: AppState) -> AppState:
        """Return a newer state with what this screen keeps of its own."""
        return state

    def seen_by(self, panel: Panel[Any]) -> AppState:
        """Return the state that a panel draws from."""
        return self.state

    def draw(self) -> None:
        """Show the state on every panel, in one frame; those whose model has not changed draw nothing."""
        with self.app.batch_update():
            for panel in self.query(Panel[Any]):
                panel.show(self.seen_by(panel))

    def look(self, state: AppState) -> None:
        """Draw the same run in another way, as a person has chosen."""
        self.state = state.on_its_lake()
        self.draw()

    def show_message(self, message: str) -> None:
        if self.whole:
            self.message_bar.show_message(message)

    def say(self, template: str) -> None:
        """Show a message that names keys by their ids."""
        self.show_message(template.format(**self.state.keys))

    def send(self, command: Command) -> None:
        """Queue a command for the worker; if it has stopped, show that."""
        key = self.state.key
        if self.state.failure is None:
            self._send(command)
        else:
            template = _("The worker has stopped: {quit} quits.")
            if self.closing:
                template = _("The worker has stopped: {close} closes, then {quit} quits.")
            closing = key(self.closing) if self.closing else ""
            self.show_message(template.format(close=closing, quit=key("quit")))


class LakeScreen(LiveScreen[ScreenResultType]):
    """A live screen with one or several lakes, which share a view and a cursor, and a timeline."""

    def on_lake_picked(self, message: Lake.Picked) -> None:
        self.look(replace(self.state, cursor=message.tile, sample=None))

    def on_timeline_picked(self, message: Timeline.Picked) -> None:
        self.send(message.command)

    def action_phase(self, index: int) -> None:
        """Go to the start of a phase of this update, back or forward."""
        update, present, _ = self.state.moment
        if index <= present:
            self.send(GoTo(Moment(update, Phase(index), 0)))
        for _ in range(index - present):
            self.send(Step(Unit.PHASE))

    def action_cycle_view(self) -> None:
        view = VIEWS[(VIEWS.index(self.state.view) + 1) % len(VIEWS)]
        cast(HasPreferences, self.app).preferences.remember("view", view)
        self.look(replace(self.state, view=view))
        lakes = list(self.query(Lake))
        tile = next((lake for lake in lakes if lake.display), lakes[0]).cell
        drawn = legend(view, self.state.snapshot.run.optimal_gamma, self.message_bar.palette, tile)
        template = ngettext("The lake shows {view}: {legend}", "The lakes show {view}: {legend}", len(lakes))
        self.show_message(template.format(view=view_name(view), legend=drawn))

    def action_cursor(self, down: int, right: int) -> None:
        """Move the cursor, at first from the agent's tile."""
        rows, columns = self.state.config.shape
        row, column = divmod(self.state.cursor_tile, columns)
        row, column = max(0, min(rows - 1, row + down)), max(0, min(columns - 1, column + right))
        self.look(replace(self.state, cursor=row * columns + column, sample=None))


class ListScreen(LiveScreen[ScreenResultType]):
    """A live screen with one scrolling list. A subclass overrides `go_to`."""

    rows: ScrollList[Any]

    def go_to(self, position: int) -> None:
        """Select the row at `position`, or nearest to it."""
        raise NotImplementedError

    def on_scroll_list_picked(self, message: ScrollList.Picked) -> None:
        self.go_to(message.position)

    def action_rows(self, down: int) -> None:
        self.go_to(self.rows.position + down)

    def action_page(self, down: int) -> None:
        self.action_rows(down * self.rows.page)

    def action_top(self) -> None:
        self.go_to(0)

    def action_bottom(self) -> None:
        self.go_to(len(self.rows.ids) - 1)


class SampleCursor:
    """Keeps the moment at which the worker will be once it has carried out the last step.

    The screen shows it later: a key held down would otherwise run past the samples of the next pass.
    """

    def __init__(self) -> None:
        self._ahead: Moment | None = None

    def forget(self) -> None:
        """Take the screen's moment again: another command was sent."""
        self._ahead = None

    def step(self, state: AppState, by: int, at: int | None, rows: int) -> int | Step | Back | None:
        """Return what one step from row `at` of `rows` leads to: a row, a command, or None to wait for the worker."""
        if by < 0:
            self._ahead = None
            return at - 1 if at and rows else Back(Unit.NEXT)
        if self._ahead is not None and self._ahead <= state.moment:
            self._ahead = None
        if self._ahead is None and not state.resting:
            return Step(Unit.NEXT)
        here = self._ahead or state.moment
        if here.phase is not Phase.COLLECT and here != state.moment:
            return None
        if here == state.moment and (row := 0 if at is None else at + 1) < rows:
            return row
        self._ahead = after(here, state.config)
        return Step(Unit.NEXT)


def after(moment: Moment, config: Config) -> Moment:
    """Return the moment one unit later."""
    update, phase, index = moment.update, moment.phase, moment.index + 1
    units = {Phase.COLLECT: config.batch_size, Phase.IMPROVE: config.epochs}.get(phase, 1)
    if index < units:
        return Moment(update, phase, index)
    return Moment(update + 1, Phase.COLLECT, 0) if phase is Phase.COPY else Moment(update, Phase(phase + 1), 0)
