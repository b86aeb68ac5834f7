"""How the desk shares a terminal out: the classes of sizes, and the lake's place."""

from lakeppo.config import Config
from lakeppo.tui.drawing.tiles import choose_size

WIDTHS = [(0, "-narrow"), (80, "-normal"), (120, "-wide")]
HEIGHTS = [(0, "-flat"), (14, "-low"), (18, "-half"), (24, "-full"), (30, "-roomy"), (38, "-tall")]
"""The classes the style sheet knows a terminal's size by."""
USUAL_LAKE = (41, 17)
CHART_ROOM = 20
"""Lines besides the lake that leave the chart a place below it; a terminal of `VAST` columns has one beside it."""
VAST = 180


def lake_box(width: int, height: int, config: Config) -> tuple[int, int]:
    """The lake's place on a screen: as large as a whole lake needs and the panels beside it leave.

    From 80 x 24 on it is never smaller than a 4x4 lake needs, so that every lake has the same place.
    """
    rows, columns = config.shape
    if width < 80 or height < 24:
        chrome = 5 if height < 14 else 6 if height < 24 else 7
        room = max(9, width - 39), max(4, height - chrome)
        wide, high = choose_size(rows, columns, *room).footprint(rows, columns)
        return min(wide, room[0]), min(high, room[1])
    tall = width >= WIDTHS[-1][0] and height >= HEIGHTS[-1][0]
    around = 9 if not tall else 17 if width >= VAST else CHART_ROOM
    room = max(USUAL_LAKE[0], width - (79 if tall else 58)), max(USUAL_LAKE[1], height - around)
    wide, high = choose_size(rows, columns, *room).footprint(rows, columns)
    return max(USUAL_LAKE[0], min(wide, room[0])), max(USUAL_LAKE[1], min(high, room[1]))
