"""Random events of every kind, as words, and as the bytes that a terminal sends for them."""

import random
from collections.abc import Iterator

from textual.keys import _character_to_key

from lakeppo.tui.keymap import KEYS

Event = tuple[str, ...]
"""A kind and its words; places are shares of the terminal's width and height."""
OPENERS = "i B c p t question_mark F ctrl+p z v".split()
OTHERS = "a 0 shift+tab delete backspace f1 pageup pagedown enter escape ctrl+a ctrl+k ctrl+v ctrl+o tab ctrl+q".split()
NAMES = sorted({name for key in KEYS for name in key.keys.split(",")} | set(OTHERS))
PASTES = ("", "0.5", "[b]", "界" * 50, "a\nb\x1b[2J", "9" * 500, "q" * 5000)
TYPED = ("0.5", "1e-3", "off", "12", "3/4", "[/x]", "é界", "theme", "goal", "8x8", "")
"""Values of knobs, names of branches, searches in the palette."""
KINDS = {
    "key": 8, "open": 3, "click": 8, "double": 1, "drag": 1, "wheel": 2, "size": 2, "paste": 1, "type": 1, "knob": 1,
    "rest": 9,
}  # fmt: skip
"""The kinds of events, and how often each happens."""
SIZES = ((80, 24), (120, 40), (200, 60))
CHARACTERS = {_character_to_key(character): character for character in map(chr, range(32, 127))}
SEQUENCES = {
    "up": "\x1b[A", "down": "\x1b[B", "right": "\x1b[C", "left": "\x1b[D", "home": "\x1b[H", "end": "\x1b[F",
    "pageup": "\x1b[5~", "pagedown": "\x1b[6~", "delete": "\x1b[3~", "shift+tab": "\x1b[Z", "f1": "\x1bOP",
    "backspace": "\x7f", "tab": "\t", "enter": "\r", "escape": "\x1b[27u",
}  # fmt: skip


def random_events(chance: random.Random) -> Iterator[Event]:
    """Yield events for ever."""
    while True:
        kind = chance.choices(tuple(KINDS), tuple(KINDS.values()))[0]
        place = str(chance.random() ** 2), str(chance.random())
        match kind:
            case "key" | "open":
                yield "key", chance.choice(OPENERS if kind == "open" else NAMES)
            case "size":
                least = chance.choice([(10, 10), (60, 30), (300, 100)])
                size = chance.choice(SIZES) if chance.random() < 0.4 else tuple(chance.randint(1, n) for n in least)
                yield "size", *map(str, size)
            case "paste":
                yield "paste", chance.choice(PASTES)
            case "type":
                yield "type", chance.choice(TYPED)
                yield "key", chance.choice(("enter", "enter", "escape"))
            case "knob":
                yield "key", "p"
                yield from [("key", "down")] * chance.randrange(24)
                yield "type", chance.choice(TYPED)
                yield "key", chance.choice(("enter", "enter", "ctrl+o"))
            case "drag":
                yield kind, *place, str(chance.random()), str(chance.random())
            case _:
                yield kind, *place


def cells(event: Event, size: tuple[int, int]) -> list[tuple[int, int]]:
    """Return the cells, from 0, of the places of a mouse event in a terminal of `size` columns and lines."""
    at = [int(float(share) * size[i % 2]) for i, share in enumerate(event[1:])]
    return list(zip(at[::2], at[1::2], strict=True))


def as_bytes(event: Event, size: tuple[int, int]) -> bytes:
    """Return what a terminal of `size` columns and lines sends for an event; nothing for a rest or another size."""
    kind, *words = event
    match kind:
        case "key":
            return _key(words[0]).encode()
        case "paste":
            return f"\x1b[200~{words[0]}\x1b[201~".encode()
        case "type":
            return words[0].encode()
        case "rest" | "size":
            return b""
    (x, y), (to_x, to_y) = (cells(event, size) * 2)[:2]
    move, press, release = _mouse(35, x, y), _mouse(0, x, y), _mouse(0, x, y, "m")
    if kind == "wheel":
        return _mouse(65, x, y) + _mouse(64, x, y)
    if kind == "drag":
        return move + press + _mouse(32, to_x, to_y) + _mouse(0, to_x, to_y, "m")
    return (move + press + release) * (2 if kind == "double" else 1)


def _key(name: str) -> str:
    if name in SEQUENCES:
        return SEQUENCES[name]
    if name.startswith("ctrl+"):
        return chr(ord(name[-1]) - ord("a") + 1)
    return CHARACTERS[name]


def _mouse(button: int, x: int, y: int, end: str = "M") -> bytes:
    return f"\x1b[<{button};{x + 1};{y + 1}{end}".encode()
