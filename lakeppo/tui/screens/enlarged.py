"""One panel in the place of all: it gets the room between the status and the voice."""

from textual.screen import Screen

LARGE = {
    "lake": "Lake",
    "question": "Question",
    "tile": "TilePanel",
    "readouts": "Readouts",
    "success": "#below",
    "why": "#bottom Why",
    "knobs": "Knobs",
    "phases": "Phases",
    "timeline": "Timeline",
}
"""The panels that can be enlarged, in the order of their digits, and where they are found."""
SPARE = "Phases, #middle, #left, #right, #bottom, Knobs, #middle Panel, #bottom Panel"
"""All that makes room; the timeline never does."""


def enlarge(main_screen: Screen[None], name: str) -> None:
    """Show one panel alone, with what it stands in; all of them for an empty name."""
    main_screen.set_class(bool(name), "-one")
    kept = set(main_screen.query_one(LARGE[name]).ancestors_with_self) if name else set()
    for widget in main_screen.query(f"{SPARE}, Timeline"):
        widget.set_class(widget in kept, "-large")
    for widget in main_screen.query(SPARE):
        widget.set_class(bool(name) and widget not in kept, "-spare")


def after(name: str) -> str:
    """The panel that comes next; after the last all of them."""
    names = ["", *LARGE]
    return names[(names.index(name) + 1) % len(names)]


def named(main_screen: Screen[None], widget: object) -> str:
    """The name of a panel that can be enlarged, wherever it stands twice; empty for another."""
    kinds = {name: type(main_screen.query_one(place)) for name, place in LARGE.items()}
    return next((name for name, kind in kinds.items() if type(widget) is kind), "")
