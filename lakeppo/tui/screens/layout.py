"""How the main screen divides a terminal: the classes of sizes, the lake's place, and one panel in the place of all."""

from typing import Any

from textual.screen import Screen

from lakeppo.config import Config
from lakeppo.tui.drawing.tiles import choose_size

LEAST = (40, 12)
"""Columns and lines below which one line says that the terminal is too small."""
WIDTHS = [(0, "-narrow"), (80, "-normal"), (120, "-wide")]
HEIGHTS = [(0, "-flat"), (14, "-low"), (18, "-half"), (24, "-full"), (30, "-roomy"), (38, "-tall")]
"""The classes by which the style sheet knows the size of a terminal."""
USUAL_LAKE = (41, 17)
CHART_ROOM = 20
"""Lines besides the lake that leave the chart a place below it; a terminal of `VAST` columns has one beside it."""
VAST = 180
WIDEST_DOCK = 80
LARGE = {
    "lake": "Lake", "question": "Question", "tile": "TilePanel", "readouts": "Readouts", "success": "#below",
    "why": "#bottom Why", "knobs": "Knobs", "phases": "Phases", "timeline": "Timeline",
}  # fmt: skip
"""The panels that can be shown alone, in the order of their digits, by the selector that finds them."""
SPARE = "Phases, #middle, #left, #right, #bottom, Knobs, #middle Panel, #bottom Panel"
"""Everything that makes room for a panel shown alone; the timeline never does."""


def broad(width: int, height: int) -> bool:
    """Return whether panels have borders, and boxes of phases stand above the lake."""
    return width >= WIDTHS[-1][0] and height >= HEIGHTS[-1][0]


def lake_box(width: int, height: int, config: Config) -> tuple[int, int]:
    """Return the columns and lines of the lake: as many as all of its tiles need and the other panels leave.

    From 80 x 24 on it is never smaller than a 4x4 lake needs, so that every lake has the same place.
    """
    rows, columns = config.shape
    if width < 80 or height < 24:
        chrome = 5 if height < 14 else 6 if height < 24 else 7
        room = max(9, width - 39), max(4, height - chrome)
        wide, high = choose_size(rows, columns, *room).footprint(rows, columns)
        return min(wide, room[0]), min(high, room[1])
    tall = broad(width, height)
    around = 9 if not tall else 17 if width >= VAST else CHART_ROOM
    room = max(USUAL_LAKE[0], width - (79 if tall else 58)), max(USUAL_LAKE[1], height - around)
    wide, high = choose_size(rows, columns, *room).footprint(rows, columns)
    return max(USUAL_LAKE[0], min(wide, room[0])), max(USUAL_LAKE[1], min(high, room[1]))


def dock_place(width: int, height: int, config: Config) -> tuple[int, int, int, int]:
    """Return column, line, columns and lines of the knob dock: at the right of the lake, all where that is little."""
    left, top = lake_box(width, height, config)[0] + 1, 6 if broad(width, height) else 3
    if width < 80 or height < 24:
        return 0, 0, width, height
    return left, top, min(width - left, WIDEST_DOCK), height - top - 1


def enlarge(main_screen: Screen[Any], name: str) -> None:
    """Show the panel of this name alone with its containers, or all panels for an empty name."""
    kept = set(main_screen.query_one(LARGE[name]).ancestors_with_self) if name else set()
    for widget in main_screen.query(f"{SPARE}, Timeline"):
        widget.set_class(widget in kept, "-large", update=False)
    for widget in main_screen.query(SPARE):
        widget.set_class(bool(name) and widget not in kept, "-spare", update=False)
    main_screen.set_class(bool(name), "-one", update=False)
    main_screen.update_node_styles()  # once for all of them: each update is of everything below a widget


def large_name(main_screen: Screen[Any], widget: object) -> str:
    """Return the name of a panel that can be shown alone, wherever it stands twice; empty for any other."""
    kinds = {name: type(main_screen.query_one(place)) for name, place in LARGE.items()}
    return next((name for name, kind in kinds.items() if type(widget) is kind), "")
