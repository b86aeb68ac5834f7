"""The screen while the worker imports torch and builds the run: the lake and its rules."""

from dataclasses import replace

from textual.app import ComposeResult

from lakeppo.cells import wrapped
from lakeppo.i18n import _
from lakeppo.moment import Phase, phase_name
from lakeppo.session.commands import Command
from lakeppo.session.session import Session
from lakeppo.session.snapshot import Snapshot, Walk
from lakeppo.tui.drawing.lines import Line, fit, length, name_width, shorten
from lakeppo.tui.keymap import On, bindings, keys_of
from lakeppo.tui.panels.footer import entries, footer_line
from lakeppo.tui.panels.lake import Lake, LakeModel
from lakeppo.tui.screens.base import CommandScreen
from lakeppo.tui.screens.layout import LEAST, broad, lake_box
from lakeppo.tui.state import LoadingState
from lakeppo.tui.text.formatting import rule_words, slip_words, status_word


class LoadingScreen(CommandScreen[None]):
    """Stands in for the main screen until there is a snapshot. Commands wait in the worker's queue."""

    BINDINGS = bindings(On.LOADING)

    def __init__(self, session: Session, state: LoadingState) -> None:
        super().__init__()
        self.state = state
        self._session = session

    def compose(self) -> ComposeResult:
        yield LoadingPicture(self.state)

    def poll(self) -> Snapshot | None:
        """Show a failure, and return the first snapshot, unless another screen is open above this one."""
        if self._session.failure != self.state.failure:
            self.show(replace(self.state, failure=self._session.failure))
        return self._session.take() if self.app.screen is self else None

    def show(self, state: LoadingState) -> None:
        """Draw a newer state."""
        self.state = state
        for picture in self.query(LoadingPicture):
            picture.known = state
            picture.redraw()

    def show_message(self, message: str) -> None:
        self.show(replace(self.state, message=message))

    def send(self, command: Command) -> None:
        if self.state.failure is None:
            self._session.send(command)


class LoadingPicture(Lake):
    """The whole screen in one panel, the lake where the main screen will have it: the first paint takes little time."""

    def __init__(self, state: LoadingState) -> None:
        super().__init__()
        self.known = state
        start = state.config.start
        self._model = LakeModel(state.config.map_rows, "optimal", Walk(start, (), None, 0), start, None, {})

    def body(self, model: LakeModel, width: int, height: int) -> list[Line]:
        state, config, palette = self.known, self.known.config, self.palette
        if width < LEAST[0] or height < LEAST[1]:
            tiny = _("lakeppo needs 40 x 12 cells; {key} quits").format(key=state.keys["quit"])
            return [[(tiny, palette.normal)]]
        top, bottom = 6 if broad(width, height) else 3 if height >= 14 else 2, height - (3 if height >= 24 else 2)
        left_width, left_height = lake_box(width, height, config)
        left, right = super().body(model, left_width, left_height), self._rules(width - left_width - 2)
        lines = [*self._head(width)[:top], *([] for _ in range(height - min(top, 3)))]
        for y in range(bottom - top):
            line = left[y] if y < len(left) else []
            blank = " " * (left_width + 1 - length(line))
            lines[top + y] = [*line, (blank, palette.normal), *(right[y] if y < len(right) else [])]
        message = state.failure or state.message or rule_words(config)[0]
        style = palette.inverse + palette.red if state.failure else palette.normal
        lines[bottom] = [(f" {shorten(message, width - 2)} ", style)]
        shown = entries(keys_of(On.LOADING), On.LOADING, state.keys, lambda key: key.name)
        lines[-1] = footer_line(shown, width, palette)
        return lines

    def _head(self, width: int) -> list[Line]:
        """Return the settings, the status and the four phases."""
        state, config, palette = self.known, self.known.config, self.palette
        name = shorten(config.map, name_width(width))
        slip, seed = _("slip {share}").format(share=slip_words(config)), _("seed {seed}").format(seed=state.seed)
        words = (name, slip, seed, config.preset)
        status, waiting, style = _("LOADING"), _("loading torch ..."), palette.normal
        if state.failure:
            status, waiting, style = status_word("failed").upper(), _("the worker has stopped"), palette.red
        phases = " ─ ".join(f"{phase + 1} {phase_name(phase)}" for phase in Phase)
        return [
            fit([[(" lakeppo", palette.strong)], *([(word, palette.normal)] for word in words)], width),
            [(" ", palette.normal), (f" {status} ", palette.inverse + style), (f"  {waiting}", palette.normal)],
            [(f" {phases}", palette.faint)],
        ]

    def _rules(self, width: int) -> list[Line]:
        """Return the rules of the lake, or why the worker has failed."""
        failure, config, palette = self.known.failure, self.known.config, self.palette
        rows, columns = config.shape
        cross = _("To cross {rows} x {columns} tiles from S to GOAL.").format(rows=rows, columns=columns)
        rules = cross, *rule_words(config)[1:]
        title = _("THE WORKER HAS FAILED") if failure else _("LOADING  what will be learned?")
        lines = wrapped(failure, width) if failure else [line for rule in rules for line in wrapped(rule, width, "  ")]
        return [[(title, palette.strong)], *([(line, palette.red if failure else palette.normal)] for line in lines)]
