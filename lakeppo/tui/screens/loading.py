"""What the app shows while the worker imports torch and builds the run: the lake, and what will be learned."""

from dataclasses import replace
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType

from lakeppo.config import Config
from lakeppo.moment import Phase
from lakeppo.session.commands import Command
from lakeppo.session.session import Session
from lakeppo.session.snapshot import Snapshot
from lakeppo.tui.drawing.lines import Line, fit, length, shorten, wrapped
from lakeppo.tui.drawing.tiles import Tile, choose_size, draw_tile
from lakeppo.tui.keymap import On, bindings, keys_of
from lakeppo.tui.panels.base import Panel
from lakeppo.tui.panels.footer import entries, footer_line
from lakeppo.tui.screens.base import CommandScreen
from lakeppo.tui.screens.layout import LEAST, broad, lake_box
from lakeppo.tui.state import LoadingState
from lakeppo.tui.text.formatting import slip_words
from lakeppo.tui.text.loading import rule_words, world_words
from lakeppo.tui.theme import AGENT, Palette


class LoadingScreen(CommandScreen[None]):
    """Stands in for the main screen until there is a snapshot. Commands wait in the worker's queue."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings(On.LOADING)]

    def __init__(self, session: Session, state: LoadingState) -> None:
        super().__init__()
        self.state = state
        self._session = session

    def compose(self) -> ComposeResult:
        yield LoadingPicture()

    def on_mount(self) -> None:
        self.show(self.state)

    def poll(self) -> Snapshot | None:
        """Show a failure, and return the first snapshot, unless another screen is open above this one."""
        if self._session.failure != self.state.failure:
            self.show(replace(self.state, failure=self._session.failure))
        return self._session.take() if self.app.screen is self else None

    def show(self, state: LoadingState) -> None:
        """Draw a newer state."""
        self.state = state
        for picture in self.query(LoadingPicture):
            picture.load(state)

    def show_message(self, message: str) -> None:
        """Show a message."""
        self.show(replace(self.state, message=message))

    def send(self, command: Command) -> None:
        if self.state.failure is None:
            self._session.send(command)


class LoadingPicture(Panel[LoadingState]):
    """The whole screen in one panel, as little as there can be to paint before torch is imported."""

    def load(self, state: LoadingState) -> None:
        """Draw a state."""
        self._model = state
        self.redraw()

    def body(self, model: LoadingState, width: int, height: int) -> list[Line]:
        palette, config = self.palette, model.config
        if width < LEAST[0] or height < LEAST[1]:
            return [[(f"lakeppo needs 40 x 12 cells; {model.key('quit')} quits", palette.normal)]]
        # the lake is where the main screen will have it
        top, bottom = 6 if broad(width, height) else 3 if height >= 14 else 2, height - (3 if height >= 24 else 2)
        left_width, left_height = lake_box(width, height, config)
        left = _lake(config, left_width, left_height, palette)
        right = _question(model, width - left_width - 2, palette)
        lines = [*_head(model, width, palette)[:top], *([] for _ in range(height - min(top, 3)))]
        for y in range(bottom - top):
            line = left[y] if y < len(left) else []
            blank = " " * (left_width + 1 - length(line))
            lines[top + y] = [*line, (blank, palette.normal), *(right[y] if y < len(right) else [])]
        message = model.failure or model.message or rule_words(config)[0]
        style = palette.inverse + palette.orange if model.failure else palette.blue
        lines[bottom] = [(f" {shorten(message, width - 2)} ", style)]
        shown = entries(keys_of(On.LOADING), On.LOADING, model.keys, lambda key: key.label)
        lines[-1] = footer_line(shown, width, palette)
        return lines


def _head(state: LoadingState, width: int, palette: Palette) -> list[Line]:
    """Return what is run, how far it is, and the four phases."""
    config = state.config
    words = (config.map, f"slip {slip_words(config)}", f"seed {state.seed}", config.preset)
    title = fit([[(" lakeppo", palette.strong)], *([(word, palette.normal)] for word in words)], width)
    status, style = (" FAILED ", palette.orange) if state.failure else (" LOADING ", palette.normal)
    waiting = "the worker has stopped" if state.failure else "loading torch ..."
    phases = " ─ ".join(f"{phase + 1} {phase.name.lower()}" for phase in Phase)
    return [
        title,
        [(" ", palette.normal), (status, palette.inverse + style), (f"  {waiting}", palette.normal)],
        [(f" {phases}", palette.faint)],
    ]


def _question(state: LoadingState, width: int, palette: Palette) -> list[Line]:
    """Return what will be learned, or why nothing will."""
    if state.failure:
        failure: list[Line] = [[(line, palette.orange)] for line in wrapped(state.failure, width)]
        return [[("THE WORKER HAS FAILED", palette.strong)], *failure]
    texts = [*world_words(state.config), *rule_words(state.config)[1:]]
    lines = [line for text in texts for line in wrapped(text, width, "  ")]
    return [[("LOADING  what will be learned?", palette.strong)], *([(line, palette.normal)] for line in lines)]


def _lake(config: Config, width: int, height: int, palette: Palette) -> list[Line]:
    """Return the tiles, with the agent at the start in view."""
    rows, columns = config.shape
    size = choose_size(rows, columns, width, height)
    rule = int(size.ruled)
    shown = [min(rows, (height - rule) // (size.height + rule)), min(columns, (width - rule) // (size.width + rule))]
    first = [
        0 if at < count else min(at - count // 2, whole - count)
        for at, count, whole in zip(divmod(config.start, columns), shown, config.shape, strict=True)
    ]
    wide, high = size.footprint(*shown)
    indent: Line = [(" " * ((width - wide) // 2), palette.normal)]
    border: Line = [("│", palette.faint)] * rule
    lines: list[Line] = [[] for _ in range((height - high) // 2)]
    for row in range(shown[0]):
        if rule:
            lines.append([*indent, (_rule("┌┬┐" if row == 0 else "├┼┤", size.width, shown[1]), palette.faint)])
        start = (first[0] + row) * columns + first[1]
        tiles = [
            draw_tile(Tile(config.tile(t), mark=AGENT * (t == config.start)), size, "arrows", palette)
            for t in range(start, start + shown[1])
        ]
        lines += [
            [*indent, *(piece for tile in tiles for piece in (*border, *tile[y])), *border] for y in range(size.height)
        ]
    return [*lines, [*indent, (_rule("└┴┘", size.width, shown[1]), palette.faint)]] if rule else lines


def _rule(corners: str, width: int, tiles: int) -> str:
    return corners[0] + corners[1].join(["─" * width] * tiles) + corners[2]
