"""The lake: the agent's walk, and on every tile the policy or the critic's values; below it the last step."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple

from numpy.typing import NDArray
from rich.style import Style
from textual.events import Click
from textual.geometry import Region
from textual.message import Message

from lakeppo.i18n import N_, _, pgettext
from lakeppo.lake.transition import ARROWS, Transition
from lakeppo.session.snapshot import Walk
from lakeppo.tui.drawing.lines import Line, fit
from lakeppo.tui.drawing.tiles import SIZES, Size, Tile, choose_size, draw_tile
from lakeppo.tui.panels.base import Panel
from lakeppo.tui.state import AppState, LakeView
from lakeppo.tui.text.formatting import ending_words
from lakeppo.tui.theme import AGENT, TRAIL, Palette

HEAVY = str.maketrans("┌┬┐├┼┤└┴┘─│", "┏┳┓┣╋┫┗┻┛━┃")
VIEW_NAMES: dict[LakeView, str] = {
    "arrows": "arrows", "values": N_("values"), "value error": N_("value error"), "visits": N_("visits"),
    "old and new": N_("old and new"), "optimal": N_("optimal"),
}  # fmt: skip
LEGENDS = {
    "values": (
        N_("V the critic's guess, true V exact"),
        N_("V, the critic's guess"),
        N_("V in tenths, the critic's; + from 1 on"),
    ),
    "value error": (N_("V - true V: + too high, - too low"), "", N_("V - true V: + - from .05 on, else 0")),
    "visits": (N_("how often the batch acted on the tile"), "", N_("visits of the batch; + is 10 or more")),
    "old and new": (
        N_("likeliest action, and its change"),
        N_("likeliest action's change; · none"),
        N_("change: + - from .05 on, else 0; · none"),
    ),
    "optimal": (N_("best at γ {gamma:g}; inverse: actor differs"), "", ""),
}
"""The legends of the views for tiles of several lines, of one line, and of one digit; empty where it is the first."""


class LakeModel(NamedTuple):
    rows: tuple[str, ...]
    view: LakeView
    walk: Walk
    inspected: int  # the tile that is kept in view
    marked: int | None
    tables: Mapping[str, NDArray[Any]]  # those the view draws, by field of `Tile`
    title: str = ""

    @property
    def shape(self) -> tuple[int, int]:
        return len(self.rows), len(self.rows[0])


class Lake(Panel[LakeModel]):
    """The tiles with shared borders; a lake that does not fit scrolls with the agent in view."""

    throttled = False
    sided = True
    about = N_("the lake: the agent @, its trail o, and what the view shows of every tile; a click selects a tile")
    sizes: ClassVar[Sequence[Size]] = SIZES
    cell: Size = SIZES[1]
    """The size of a tile, as it was last drawn."""
    _shown = (0, 0)  # rows and columns of tiles in view
    _corner = (0, 0)  # the first of them
    _origin = (0, 0)  # x and y where the drawing begins

    @dataclass
    class Picked(Message):
        """Posted when a tile is clicked."""

        tile: int

    def model(self, state: AppState) -> LakeModel:
        run, tables = state.snapshot.run, dict[str, NDArray[Any]]()
        match state.view:
            case "arrows":
                tables = {"policy": run.policy, "value": run.values}
            case "values" | "value error":
                tables = {"value": run.values, "true_value": run.true_values}
            case "visits":
                tables = {"visits": run.visits}
            case "old and new":
                tables = {"policy": run.policy, "old": run.old_policy}
            case "optimal":
                tables = {"policy": run.policy, "optimal": run.optimal_actions}
        return LakeModel(run.config.map_rows, state.view, state.walk, state.shown_tile, state.highlighted, tables)

    def title(self, model: LakeModel) -> str:
        return model.title

    def body(self, model: LakeModel, width: int, height: int) -> list[Line]:
        rows, columns = model.shape
        self.cell = cell = choose_size(rows, columns, width, height, self.sizes)
        rule = int(cell.ruled)
        high, wide = (height - rule) // (cell.height + rule), (width - rule) // (cell.width + rule)
        self._shown = min(rows, max(1, high)), min(columns, max(1, wide))
        self._scroll(model)
        wide, high = cell.footprint(*self._shown)
        self._origin = max(0, (width - wide) // 2), max(0, (height - high) // 2)
        at = None
        if model.marked is not None:
            at = model.marked // columns - self._corner[0], model.marked % columns - self._corner[1]
        lines: list[Line] = [[] for _ in range(self._origin[1])]
        for row in range(self._shown[0]):
            if cell.ruled:
                lines.append(self._rule(row, at))
            lines += self._row(model, row, at)
        if cell.ruled:
            lines.append(self._rule(self._shown[0], at))
        return [[(" " * self._origin[0], self.palette.normal), *line] for line in lines]

    def _scroll(self, model: LakeModel) -> None:
        """Keep the inspected tile in view; move the window only if the tile would leave it."""
        corner, here = [], divmod(model.inspected, model.shape[1])
        for at, first, shown, whole in zip(here, self._corner, self._shown, model.shape, strict=True):
            inside = first <= at < first + shown
            corner.append(max(0, min(first if inside else at - shown // 2, whole - shown)))
        self._corner = corner[0], corner[1]

    def _row(self, model: LakeModel, row: int, cursor: tuple[int, int] | None) -> list[Line]:
        """Return the lines of one row of tiles."""
        first = (self._corner[0] + row) * model.shape[1] + self._corner[1]
        tiles = (make_tile(model, tile, self.palette) for tile in range(first, first + self._shown[1]))
        drawn = [draw_tile(tile, self.cell, model.view, self.palette) for tile in tiles]
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
        """Return the ruled line above a row of tiles; it is heavy around the tile under the cursor."""
        rows, columns = self._shown
        left, cross, right = "┌┬┐" if row == 0 else "└┴┘" if row == rows else "├┼┤"
        picked = cursor[1] if cursor is not None and row in (cursor[0], cursor[0] + 1) else -2
        line: Line = []
        for column in range(columns + 1):
            glyph = left if column == 0 else right if column == columns else cross
            line.append(self._border(glyph, column in (picked, picked + 1)))
            if column < columns:
                line.append(self._border("─" * self.cell.width, column == picked))
        return line

    def _border(self, text: str, heavy: bool) -> tuple[str, Style]:
        palette = self.palette
        return (text.translate(HEAVY), palette.strong + palette.orange) if heavy else (text, palette.faint)

    def place_of(self, tile: int) -> Region:
        """Return where a tile in view was last drawn on the screen."""
        row, column = (at - first for at, first in zip(divmod(tile, self._columns), self._corner, strict=True))
        left, top = self.content_region.offset + self._origin
        width, height = self.cell.width + self.cell.ruled, self.cell.height + self.cell.ruled
        return Region(left + column * width, top + row * height, width, height)

    @property
    def _columns(self) -> int:
        return 1 if self._model is None else self._model.shape[1]

    def on_click(self, event: Click) -> None:
        if self._model is None:
            return
        step_x, step_y = self.cell.width + self.cell.ruled, self.cell.height + self.cell.ruled
        column, row = (event.x - self._origin[0]) // step_x, (event.y - self._origin[1]) // step_y
        if 0 <= row < self._shown[0] and 0 <= column < self._shown[1]:
            first = (self._corner[0] + row) * self._model.shape[1] + self._corner[1]
            self.post_message(self.Picked(first + column))


def make_tile(model: LakeModel, tile: int, palette: Palette) -> Tile:
    """Return all that is drawn of one tile."""
    row, column = divmod(tile, model.shape[1])
    kind, walk, last = model.rows[row][column], model.walk, model.walk.last
    mark = AGENT if tile == walk.agent else TRAIL if tile in walk.trail else ""
    if kind in "HG":
        return Tile(kind, mark=mark, fell=last is not None and last.terminated and last.next_state == tile)
    figures: dict[str, Any] = {name: table[tile].tolist() for name, table in model.tables.items()}
    shade = _shade(model, figures, palette)
    if last is None or last.state != tile:
        return Tile(kind, mark=mark, shade=shade, **figures)
    slipped = last.action != last.went
    return Tile(kind, mark=mark, shade=shade, slipped=slipped, meant=last.action, went=last.went, **figures)


def _shade(model: LakeModel, figures: Mapping[str, Any], palette: Palette) -> Style:
    match model.view:
        case "visits":
            return palette.grey(figures["visits"] / max(1, int(model.tables["visits"].max())))
        case "old and new":
            new, old = figures["policy"], figures["old"]
            likeliest = new.index(max(new))
            return palette.grey(abs(2 * (new[likeliest] - old[likeliest])))
        case "value error":
            return palette.split(2 * (figures["value"] - figures["true_value"]))
        case "optimal":
            return palette.normal
        case _:
            return palette.heat(figures["value"])


def view_name(view: LakeView) -> str:
    """Return what a view is called; the arrows of the lake are no keys."""
    return pgettext("view", "arrows") if view == "arrows" else _(VIEW_NAMES[view])


def legend(view: LakeView, optimal_gamma: float, palette: Palette, tile: Size) -> str:
    """Return what the lake's view draws on tiles of this size."""
    if view == "arrows":
        return _arrows_legend(palette, tile)
    several, one_line, one_digit = LEGENDS[view]
    small = "" if tile.height > 1 else one_line if tile.width > 2 else one_digit
    return _(small or several).format(gamma=optimal_gamma)


def _arrows_legend(palette: Palette, tile: Size) -> str:
    if tile.height > 1:
        tenths = _("numbers: percent   corner: V") if tile.height > 3 else _("numbers: percent   corner: V in tenths")
        return tenths if palette.digits else _("numbers: percent   shade: value V")
    numbers = {4: _("likeliest action, percent"), 2: _("likeliest action, tens of %")}
    action = numbers.get(tile.width) or _("likeliest action")
    return f"{action}   " + _("shade: V") if palette.shaded else action


class LastStepModel(NamedTuple):
    step: Transition | None
    number: str  # of the step in its episode, or of the sample
    view: LakeView
    optimal_gamma: float
    tile: Size  # of the lake, when it was last drawn


class LastStep(Panel[LastStepModel]):
    """`meant ▾  went ▸ slipped`, and on a second line the legend of the view."""

    throttled = False
    about = N_("the last step: the direction chosen and the one the ice took; below, what the lake shows")

    def __init__(self, lake: Lake) -> None:
        super().__init__()
        self._lake = lake

    def model(self, state: AppState) -> LastStepModel:
        number = _("step {number}").format(number=state.walk.elapsed)
        if state.sampled is not None:
            number = _("sample {number}").format(number=state.sampled[1] + 1)
        return LastStepModel(state.walk.last, number, state.view, state.snapshot.run.optimal_gamma, self._lake.cell)

    def body(self, model: LastStepModel, width: int, height: int) -> list[Line]:
        palette, step = self.palette, model.step
        meant, went, outcome, styles = "-", "-", "", (palette.strong, palette.faint)
        if step is not None:
            meant, went, outcome = ARROWS[step.action], ARROWS[step.went], _("as meant")
            if step.action != step.went:
                outcome, styles = _("slipped"), (palette.strong,) * 2
        labels = ("", "") if width < 15 else (_("meant") + " ", _("went") + " ")
        pieces: list[Line] = [
            [(f" {labels[0]}", palette.faint), (meant, palette.strong)],
            [(labels[1], palette.faint), (went, styles[0])],
            [(outcome, styles[1])],
            [(ending_words(step), palette.strong)],
            [(model.number, palette.faint)],
        ]
        drawn = legend(model.view, model.optimal_gamma, palette, self._lake.cell)
        return [fit(pieces, width, " " if width < 41 else "  "), [(f" {drawn}", palette.faint)]][:height]
