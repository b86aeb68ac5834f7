"""The lake: where the agent walks, what the policy would do on every tile, and what the critic thinks of it."""

from rich.style import Style
from textual.events import Click
from textual.message import Message

from lakeppo.tui.drawing.tiles import SIZES, Size, Tile, choose_size, draw_tile
from lakeppo.tui.panels.panel import Line, Panel
from lakeppo.tui.state import Scene
from lakeppo.tui.theme import AGENT, TRAIL, Ink

HEAVY = str.maketrans("┌┬┐├┼┤└┴┘─│", "┏┳┓┣╋┫┗┻┛━┃")


class Lake(Panel):
    """The tiles with shared borders; where even single cells do not fit, it scrolls with the agent in view."""

    calm = False

    sided = True

    class Picked(Message):
        """A tile was clicked."""

        def __init__(self, state: int) -> None:
            super().__init__()
            self.state = state

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.cell: Size = SIZES[1]
        self._shown = (0, 0)  # rows and columns of tiles in view
        self._corner = (0, 0)  # the first of them
        self._origin = (0, 0)  # x and y where the drawing begins

    def looks_at(self, scene: Scene) -> tuple[object, ...]:
        s, walk = scene.snapshot, scene.walk
        seen = (scene.config.map_rows, scene.view, scene.marked, walk.agent, walk.trail, walk.last)
        if s is None:
            return seen
        tables = {
            "arrows": (s.policy, s.values),
            "values": (s.values, s.true_values),
            "value error": (s.values, s.true_values),
            "visits": (s.visits,),
            "old and new": (s.policy, s.old_policy),
            "optimal": (s.policy, s.optimal_actions),
        }[scene.view]
        return (*seen, *(table.tobytes() for table in tables))

    def body(self, scene: Scene, width: int, height: int) -> list[Line]:
        rows, columns = scene.config.shape
        self.cell = cell = choose_size(rows, columns, width, height)
        rule = int(cell.ruled)
        self._shown = (
            min(rows, max(1, (height - rule) // (cell.height + rule))),
            min(columns, max(1, (width - rule) // (cell.width + rule))),
        )
        self._scroll(scene)
        wide, high = cell.footprint(*self._shown)
        self._origin = max(0, (width - wide) // 2), max(0, (height - high) // 2)
        cursor = None if scene.marked is None else divmod(scene.marked, columns)
        at = None if cursor is None else (cursor[0] - self._corner[0], cursor[1] - self._corner[1])
        lines: list[Line] = [[] for _ in range(self._origin[1])]
        for row in range(self._shown[0]):
            if cell.ruled:
                lines.append(self._rule(row, at))
            lines += self._row(scene, row, at)
        if cell.ruled:
            lines.append(self._rule(self._shown[0], at))
        return [[(" " * self._origin[0], self.ink.normal), *line] for line in lines]

    def _scroll(self, scene: Scene) -> None:
        """Keep the inspected tile in view, moving the window only when it would leave."""
        here = divmod(scene.inspected, scene.config.shape[1])
        corner = []
        for at, first, shown, whole in zip(here, self._corner, self._shown, scene.config.shape, strict=True):
            inside = first <= at < first + shown
            corner.append(max(0, min(first if inside else at - shown // 2, whole - shown)))
        self._corner = corner[0], corner[1]

    def _row(self, scene: Scene, row: int, cursor: tuple[int, int] | None) -> list[Line]:
        """The text lines of one row of tiles."""
        first = (self._corner[0] + row) * scene.config.shape[1] + self._corner[1]
        columns = range(self._shown[1])
        drawn = [draw_tile(make_tile(scene, first + c, self.ink), self.cell, scene.view, self.ink) for c in columns]
        lines: list[Line] = []
        for y in range(self.cell.height):
            line: Line = []
            for column, tile in enumerate(drawn):
                if self.cell.ruled:
                    line += [self._side(row, column, cursor), *tile[y]]
                else:
                    picked = self.ink.inverse if (row, column) == cursor else self.ink.normal
                    line += [(text, style + picked) for text, style in tile[y]]
            lines.append([*line, self._side(row, len(drawn), cursor)] if self.cell.ruled else line)
        return lines

    def _side(self, row: int, column: int, cursor: tuple[int, int] | None) -> tuple[str, Style]:
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
        return (text.translate(HEAVY), self.ink.strong + self.ink.orange) if heavy else (text, self.ink.faint)

    def on_click(self, event: Click) -> None:
        """Tell which tile was clicked."""
        if self.scene is None:
            return
        step_x, step_y = self.cell.width + self.cell.ruled, self.cell.height + self.cell.ruled
        column, row = (event.x - self._origin[0]) // step_x, (event.y - self._origin[1]) // step_y
        if 0 <= row < self._shown[0] and 0 <= column < self._shown[1]:
            columns = self.scene.config.shape[1]
            self.post_message(self.Picked((self._corner[0] + row) * columns + self._corner[1] + column))


def make_tile(scene: Scene, state: int, ink: Ink) -> Tile:
    """What there is to draw of one tile."""
    kind, walk, snapshot = scene.config.tile(state), scene.walk, scene.snapshot
    mark = AGENT if state == walk.agent else TRAIL if state in walk.trail else ""
    last = walk.last
    ended = last is not None and last.terminated and last.next_state == state
    if snapshot is None or kind in "HG":
        return Tile(kind, mark=mark, fell=ended)
    taken = last is not None and last.state == state
    return Tile(
        kind,
        policy=tuple(snapshot.policy[state].tolist()),
        old=tuple(snapshot.old_policy[state].tolist()),
        optimal=tuple(snapshot.optimal_actions[state].tolist()),
        value=float(snapshot.values[state]),
        true_value=float(snapshot.true_values[state]),
        visits=int(snapshot.visits[state]),
        shade=_shade(scene, state, ink),
        mark=mark,
        slipped=taken and last is not None and last.action != last.went,
        meant=last.action if taken and last is not None else None,
        went=last.went if taken and last is not None else None,
    )


def _shade(scene: Scene, state: int, ink: Ink) -> Style:
    s = scene.snapshot
    if s is None:
        return ink.normal
    if scene.view == "visits":
        return ink.heat(float(s.visits[state]) / max(1, int(s.visits.max())))
    if scene.view == "optimal":
        return ink.normal
    if scene.view == "old and new":
        likeliest = int(s.policy[state].argmax())
        return ink.split(2 * float(s.policy[state, likeliest] - s.old_policy[state, likeliest]))
    if scene.view == "value error":
        return ink.split(2 * float(s.values[state] - s.true_values[state]))
    return ink.heat(float(s.values[state]))
