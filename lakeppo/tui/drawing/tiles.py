"""One tile of the lake, from fifteen cells by five down to a single one."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from rich.cells import cell_len
from rich.style import Style

from lakeppo.cells import cut, padded
from lakeppo.figures import figure, signed
from lakeppo.i18n import _
from lakeppo.lake.transition import ARROWS
from lakeppo.tui.drawing.arrows import large_arrow
from lakeppo.tui.drawing.lines import Line, length
from lakeppo.tui.state import LakeView
from lakeppo.tui.theme import AGENT, HATCH, SLIPPED, Palette

SAME = "·"
"""The likeliest action's probability has not changed."""
FAINT, BLANK = 0.05, 0.01
"""Below these an action's probability is printed faint, or not at all."""


class Size(NamedTuple):
    """The cells inside a tile, and whether lines are ruled between the tiles."""

    width: int
    height: int
    ruled: bool

    def footprint(self, rows: int, columns: int) -> tuple[int, int]:
        """Return the width and height of a whole lake."""
        rule = int(self.ruled)
        return columns * (self.width + rule) + rule, rows * (self.height + rule) + rule


SIZES = (
    *(Size(width, height, True) for width, height in ((15, 5), (9, 3), (4, 1), (2, 1))),
    *(Size(width, 1, False) for width in (2, 1)),
)

LARGE_SIZES = Size(27, 9, True), Size(21, 7, True)
"""The sizes that can be read from afar; their likeliest action is a large arrow."""


def choose_size(rows: int, columns: int, width: int, height: int, sizes: Sequence[Size] = SIZES) -> Size:
    """Return the largest of `sizes` that shows the whole lake in `width` by `height`; the smallest if none does."""

    def fits(size: Size) -> bool:
        wide, high = size.footprint(rows, columns)
        return wide <= width and high <= height

    return next(filter(fits, sizes), sizes[-1])


class Tile(NamedTuple):
    """All that is drawn of a tile."""

    kind: str
    policy: tuple[float, ...] = ()  # of left, down, right, up; empty on holes and goals, and while the run is loaded
    old: tuple[float, ...] = ()  # the old actor's
    optimal: tuple[bool, ...] = ()  # which actions are optimal
    value: float | None = None
    true_value: float | None = None
    visits: int | None = None
    shade: Style = Style.null()
    mark: str = ""  # @ agent, o trail
    slipped: bool = False  # the last step slipped from here
    meant: int | None = None  # the action of the last step, if it was taken here
    went: int | None = None  # and the direction it went
    fell: bool = False  # the episode ended here

    @property
    def likeliest(self) -> int:
        """Return the new actor's likeliest action."""
        return max(range(4), key=self.policy.__getitem__)

    @property
    def change(self) -> float:
        """Return how much likelier that action has become since the last copy."""
        return self.policy[self.likeliest] - self.old[self.likeliest] if self.old else 0.0


def draw_tile(tile: Tile, size: Size, view: LakeView, palette: Palette) -> list[Line]:
    """Return the tile's lines, `size.height` of them, each `size.width` wide."""
    if tile.kind == "H":
        return _hole(tile, size, palette)
    if tile.kind == "G":
        return _goal(tile, size, palette)
    if size in LARGE_SIZES and view == "arrows" and tile.policy:
        lines = _largest(tile, size, palette)
    else:
        lines = _large(tile, size, view, palette) if size.height > 1 else [_small(tile, size.width, view, palette)]
    return [[(text, palette.on(tile.shade, style)) for text, style in line] for line in lines]


def _hole(tile: Tile, size: Size, palette: Palette) -> list[Line]:
    lines: list[Line] = [[(HATCH * size.width, palette.red)]] * size.height
    if size.height > 1:
        word = " " + _("fell") + " " if tile.fell else " " + _("hole") + " "
        left = (size.width - cell_len(word)) // 2 + 1
        style = palette.inverse + palette.red if tile.fell else palette.red
        rest = HATCH * (size.width - cell_len(word) - left)
        lines[size.height // 2] = [(HATCH * left, palette.red), (word, style), (rest, palette.red)]
    elif tile.mark == AGENT:
        lines[0] = [(AGENT, palette.inverse + palette.red), (HATCH * (size.width - 1), palette.red)]
    return lines


def _goal(tile: Tile, size: Size, palette: Palette) -> list[Line]:
    word = _("GOAL") if size.width >= 4 else "G"
    style = palette.inverse + palette.green if tile.mark == AGENT else palette.strong + palette.green
    blank: Line = [(" " * size.width, palette.normal)]
    left = (size.width - cell_len(word) + 1) // 2 if size.width > 4 else 0
    middle = padded(" " * left + word, size.width)
    return [[(middle, style)] if y == size.height // 2 else blank for y in range(size.height)]


def _large(tile: Tile, size: Size, view: LakeView, palette: Palette) -> list[Line]:
    """Return a tile of several lines: four arrows around the middle, or figures above and below it."""
    width, middle = size.width, size.height // 2
    lines: list[Line] = [[(" " * width, palette.normal)] for y in range(size.height)]
    centre = _centre(tile, palette)
    if view in ("arrows", "optimal") and tile.policy:
        arrow = _arrow if view == "arrows" else _best_arrow
        left, down, right, up = (arrow(tile, action, palette) for action in range(4))
        margin = (" " * ((width - 9) // 2), palette.normal)
        lines[middle - 1], lines[middle + 1] = _centred([up], width, palette), _centred([down], width, palette)
        lines[middle] = [margin, left, *centre, right, margin]
        if view == "arrows" and tile.value is not None and (size.height > 3 or palette.digits):
            text = f" V {figure(tile.value, 2)}" if size.height > 3 else _tenths(tile.value)
            (blank, style), *rest = lines[0]
            if len(text) <= len(blank):
                lines[0] = [(text, palette.faint), (blank[len(text) :], style), *rest]
        return lines
    above, below = _figures(tile, view, width)
    lines[middle - 1] = _centred([(above, palette.strong)], width, palette)
    lines[middle] = _centred(centre, width, palette)
    lines[middle + 1] = _centred([(below, palette.faint)], width, palette)
    return lines


def _largest(tile: Tile, size: Size, palette: Palette) -> list[Line]:
    """Return a tile with one large arrow, its percent, and the agent or its trail in a corner."""
    share = tile.policy[tile.likeliest]
    arrow = large_arrow(tile.likeliest, 2 * (size.height // 4) + 1)
    mark = tile.mark or (tile.kind if tile.kind == "S" else "")
    marked = palette.inverse if mark == AGENT else palette.strong
    head: Line = [(f"  {mark}  ", marked)] if mark else []
    slip: Line = [(" x " + _("slipped"), palette.strong + palette.orange)] if tile.slipped else []
    blank = _centred([], size.width, palette)
    lines: list[Line] = [_left([*head, *slip], size.width, palette), *[blank] * ((size.height - len(arrow) - 2) // 2)]
    lines += [
        _centred([(row, palette.normal if share >= 0.5 else palette.faint)], size.width, palette) for row in arrow
    ]
    lines += [blank] * (size.height - len(lines) - 1)
    return [*lines, _centred([(f"{min(99, round(100 * share))}%", palette.strong)], size.width, palette)]


def _left(line: Line, width: int, palette: Palette) -> Line:
    return [*line, (" " * (width - length(line)), palette.normal)]


def _centred(line: Line, width: int, palette: Palette) -> Line:
    left = (width - length(line)) // 2
    right = width - length(line) - left
    return [(" " * left, palette.normal), *line, (" " * right, palette.normal)]


def _centre(tile: Tile, palette: Palette) -> Line:
    """Return the three cells in the middle: the agent or its trail, and whether it slipped."""
    slip = SLIPPED if tile.slipped else " "
    if tile.mark == AGENT:
        return [(slip, palette.strong), (AGENT, palette.inverse), (" ", palette.normal)]
    if tile.slipped:
        return [(" x ", palette.strong)]
    return [(f" {tile.mark or (tile.kind if tile.kind == 'S' else ' ')} ", palette.strong)]


def _arrow(tile: Tile, action: int, palette: Palette) -> tuple[str, Style]:
    """Return an action's triangle and probability; those of the last step are marked."""
    share = tile.policy[action]
    taken = action in (tile.meant, tile.went)
    if share < BLANK and not taken:
        return "   ", palette.normal
    number = f"{min(99, round(100 * share)):02d}"
    text = f"{number}{ARROWS[action]}" if action == 0 else f"{ARROWS[action]}{number}"
    return text, _arrow_style(tile, action, palette)


def _best_arrow(tile: Tile, action: int, palette: Palette) -> tuple[str, Style]:
    """Return an action's triangle if the action is optimal."""
    if not tile.optimal or not tile.optimal[action]:
        return "   ", palette.normal
    return f" {ARROWS[action]} ", _best_style(tile, palette)


def _best_style(tile: Tile, palette: Palette) -> Style:
    return palette.strong if tile.optimal[tile.likeliest] else palette.inverse


def _arrow_style(tile: Tile, action: int, palette: Palette) -> Style:
    share = tile.policy[action]
    style = palette.strong if share == max(tile.policy) else palette.faint if share < FAINT else palette.normal
    if tile.slipped and action == tile.went:
        return palette.inverse
    return style + Style(underline=True) if action == tile.meant else style


def _figures(tile: Tile, view: LakeView, width: int) -> tuple[str, str]:
    if view == "visits":
        return (str(tile.visits), _("visits")) if tile.visits else ("", "")
    if view == "old and new" and tile.policy:
        now = f"{ARROWS[tile.likeliest]} {figure(tile.policy[tile.likeliest], 2)}"
        return (_fit_figure("", signed, tile.change, width) if abs(tile.change) >= 0.005 else "", now)
    if tile.value is None or tile.true_value is None:
        return "", ""
    value = _fit_figure("V ", figure, tile.value, width)
    if view == "value error":
        return _fit_figure("", signed, tile.value - tile.true_value, width), value
    return value, _fit_figure(_("true") + " ", figure, tile.true_value, width)


def _fit_figure(name: str, form: Callable[[float, int], str], value: float, width: int) -> str:
    """Return a figure with as many places as fit; `+` or `-` if it does not fit at all."""
    for places in (2, 1, 0):
        if cell_len(text := name + form(value, places)) <= width:
            return text
    return cut(name + ("-" if value < 0 else "+"), width)


def _small(tile: Tile, width: int, view: LakeView, palette: Palette) -> Line:
    """Return a tile of one line: in the arrows view the likeliest action, the agent, and the action's percent."""
    mark = SLIPPED if tile.slipped and tile.mark != AGENT else tile.mark
    mark = mark or ("S" if tile.kind == "S" else " ")
    marked = palette.inverse if mark == AGENT else palette.strong
    drawn = {"values": tile.value, "value error": tile.value, "visits": tile.visits}.get(view, tile.policy or None)
    if drawn is None:
        return [(" " * (width > 1), palette.normal), (mark, marked), (" " * (width - 2), palette.normal)]
    if view == "optimal":
        best = sorted((a for a in range(4) if tile.optimal and tile.optimal[a]), key=tile.policy.__getitem__)[::-1]
        text, style = (ARROWS[best[0]], _best_style(tile, palette)) if best else (" ", palette.normal)
        rest: Line = [(mark, marked), (" " * (width - 2), palette.normal)]
        return [(text, style), *rest] if width > 1 else [(text, style)] if mark in "S " else [(mark, marked)]
    if view != "arrows":
        text = _short_figure(tile, view, max(1, width - 1))
        figures: Line = [(text, palette.normal)]
        return [(mark, marked), *figures] if width > 1 else figures if mark in "S " else [(mark, marked)]
    share = min(99, round(100 * tile.policy[tile.likeliest]))
    shown = tile.went if tile.slipped and tile.went is not None else tile.likeliest
    arrow = (ARROWS[shown], _arrow_style(tile, shown, palette))
    if width == 1:
        return [arrow] if mark in "S " else [(mark, marked)]
    if width == 2:
        return [arrow, (mark, marked) if mark.strip() else (str(share // 10), palette.faint)]
    return [arrow, (mark, marked), (f"{share:02d}", palette.normal)]


def _short_figure(tile: Tile, view: LakeView, width: int) -> str:
    if view == "visits":
        count = str(tile.visits or "")
        return (count if len(count) <= width else "+" * width).rjust(width)
    value = tile.change if view == "old and new" else tile.value or 0.0
    if view == "value error":
        value -= tile.true_value or 0.0
    relative = view in ("value error", "old and new")
    if view == "old and new" and abs(value) < 0.005:
        return SAME.rjust(width)
    if width == 1:
        sign = "+" if value >= 0.05 else "-" if value <= -0.05 else "0"
        return sign if relative else _tenths(value)
    return _fit_figure("", signed if relative else figure, value, width).rjust(width)


def _tenths(value: float) -> str:
    """Return one digit for a value from 0 to 1, `+` or `-` beyond."""
    return "+" if value >= 1 else "-" if value <= -0.05 else str(max(0, int(10 * value)))
