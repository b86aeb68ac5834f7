"""The lake: where the agent walks, what the policy would do on every tile, and what the critic thinks of it."""

from typing import Any

from rich.style import Style
from textual.events import Click
from textual.message import Message

from lakeppo.tui.drawing.lines import Line
from lakeppo.tui.drawing.tiles import SIZES, Size, Tile, choose_size, draw_tile
from lakeppo.tui.panels.base import Panel
from lakeppo.tui.state import AppState
from lakeppo.tui.theme import AGENT, TRAIL, Palette

HEAVY = str.maketrans("┌┬┐├┼┤└┴┘─│", "┏┳┓┣╋┫┗┻┛━┃")


class Lake(Panel[Any]):
    """The tiles with shared borders; where even single cells do not fit, it scrolls with the agent in view."""

    throttled = False

    sided = True

    class Picked(Message):
        """A tile was clicked."""

        def __init__(self, tile: int) -> None:
            super().__init__()
            self.tile = tile

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.cell: Size = SIZES[1]
        self._shown = (0, 0)  # rows and columns of tiles in view
        self._corner = (0, 0)  # the first of them
        self._origin = (0, 0)  # x and y where the drawing begins

    def looks_at(self, state: AppState) -> tuple[object, ...]:
        s, walk = state.snapshot, state.walk
        seen = (state.config.map_rows, state.view, state.marked, walk.agent, walk.trail, walk.last)
        if s is None:
            return seen
        tables = {
            "arrows": (s.policy, s.values),
            "values": (s.values, s.true_values),
            "value error": (s.values, s.true_values),
            "visits": (s.visits,),
            "old and new": (s.policy, s.old_policy),
            "optimal": (s.policy, s.optimal_actions),
        }[state.view]
        return (*seen, *(table.tobytes() for table in tables))

    def body(self, state: AppState, width: int, height: int) -> list[Line]:
        rows, columns = state.config.shape
        self.cell = cell = choose_size(rows, columns, width, height)
        rule = int(cell.ruled)
        self._shown = (
            min(rows, max(1, (height - rule) // (cell.height + rule))),
            min(columns, max(1, (width - rule) // (cell.width + rule))),
        )
        self._scroll(state)
        wide, high = cell.footprint(*self._shown)
        self._origin = max(0, (width - wide) // 2), max(0, (height - high) // 2)
        cursor = None if state.marked is None else divmod(state.marked, columns)
        at = None if cursor is None else (cursor[0] - self._corner[0], cursor[1] - self._corner[1])
        lines: list[Line] = [[] for _ in range(self._origin[1])]
        for row in range(self._shown[0]):
            if cell.ruled:
                lines.append(self._rule(row, at))
            lines += self._row(state, row, at)
        if cell.ruled:
            lines.append(self._rule(self._shown[0], at))
        return [[(" " * self._origin[0], self.palette.normal), *line] for line in lines]

    def _scroll(self, state: AppState) -> None:
        """Keep the inspected tile in view, moving the window only when it would leave."""
        here = divmod(state.inspected, state.config.shape[1])
        corner = []
        for at, first, shown, whole in zip(here, self._corner, self._shown, state.config.shape, strict=True):
            inside = first <= at < first + shown
            corner.append(max(0, min(first if inside else at - shown // 2, whole - shown)))
        self._corner = corner[0], corner[1]

    def _row(self, state: AppState, row: int, cursor: tuple[int, int] | None) -> list[Line]:
        """The text lines of one row of tiles."""
        first = (self._corner[0] + row) * state.config.shape[1] + self._corner[1]
        columns = range(self._shown[1])
        drawn = [
            draw_tile(make_tile(state, first + c, self.palette), self.cell, state.view, self.palette) for c in columns
        ]
        lines: list[Line] = []
        for y in range(self.cell.height):
            line: Line = []
            for column, tile in enumerate(drawn):
                if self.cell.ruled:
                    line += [self._side_border(row, column, cursor), *tile[y]]
                else:
                    picked = self.palette.inverse if (row, column) == cursor else self.palette.normal
                    line += [(text, style + picked) for text, style in tile[y]]
            lines.append([*line, self._side_border(row, len(drawn), cursor)] if self.cell.ruled else line)
        return lines

    def _side_border(self, row: int, column: int, cursor: tuple[int, int] | None) -> tuple[str, Style]:
        heavy = cursor is not None and cursor[0] == row and cursor[1] in (column - 1, column)
        return self._border("│", heavy)

    def _rule(self, row: int, cursor: tuple[int, int] | None) -> Line:
        """The ruled line above a row of tiles; heavy around the tile under the cursor."""
        rows, columns = self._shown
        left, cross, right = "┌┬┐" if row == 0 else "└┴┘" if row == rows else "├┼┤"
        beside = cursor is not None and row in (cursor[0], cursor[0] + 1)
        picked = cursor[1] if cursor is not None and beside else -2
        line: Line = []
        for column in range(columns + 1):
            glyph = left if column == 0 else right if column == columns else cross
            line.append(self._border(glyph, column in (picked, picked + 1)))
            if column < columns:
                line.append(self._border("─" * self.cell.width, column == picked))
        return line

    def _border(self, text: str, heavy: bool) -> tuple[str, Style]:
        return (
            (text.translate(HEAVY), self.palette.strong + self.palette.orange) if heavy else (text, self.palette.faint)
        )

    def on_click(self, event: Click) -> None:
        """Tell which tile was clicked."""
        if self.state is None:
            return
        step_x, step_y = self.cell.width + self.cell.ruled, self.cell.height + self.cell.ruled
        column, row = (event.x - self._origin[0]) // step_x, (event.y - self._origin[1]) // step_y
        if 0 <= row < self._shown[0] and 0 <= column < self._shown[1]:
            columns = self.state.config.shape[1]
            self.post_message(self.Picked((self._corner[0] + row) * columns + self._corner[1] + column))


def make_tile(state: AppState, tile: int, palette: Palette) -> Tile:
    """What there is to draw of one tile."""
    kind, walk, snapshot = state.config.tile(tile), state.walk, state.snapshot
    mark = AGENT if tile == walk.agent else TRAIL if tile in walk.trail else ""
    last = walk.last
    ended = last is not None and last.terminated and last.next_state == tile
    if snapshot is None or kind in "HG":
        return Tile(kind, mark=mark, fell=ended)
    taken = last is not None and last.state == tile
    return Tile(
        kind,
        policy=tuple(snapshot.policy[tile].tolist()),
        old=tuple(snapshot.old_policy[tile].tolist()),
        optimal=tuple(snapshot.optimal_actions[tile].tolist()),
        value=float(snapshot.values[tile]),
        true_value=float(snapshot.true_values[tile]),
        visits=int(snapshot.visits[tile]),
        shade=_shade(state, tile, palette),
        mark=mark,
        slipped=taken and last is not None and last.action != last.went,
        meant=last.action if taken and last is not None else None,
        went=last.went if taken and last is not None else None,
    )


def _shade(state: AppState, tile: int, palette: Palette) -> Style:
    s = state.snapshot
    if s is None:
        return palette.normal
    if state.view == "visits":
        return palette.heat(float(s.visits[tile]) / max(1, int(s.visits.max())))
    if state.view == "optimal":
        return palette.normal
    if state.view == "old and new":
        likeliest = int(s.policy[tile].argmax())
        return palette.split(2 * float(s.policy[tile, likeliest] - s.old_policy[tile, likeliest]))
    if state.view == "value error":
        return palette.split(2 * float(s.values[tile] - s.true_values[tile]))
    return palette.heat(float(s.values[tile]))
