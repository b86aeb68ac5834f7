"""Finding and checking maps. Gymnasium is imported for a random map only."""

import ast
import os
import re
from pathlib import Path
from typing import Any

from lakeppo.config import MAPS
from lakeppo.errors import InvalidValue, MapError
from lakeppo.files import STANDARD_INPUT, read_text

MapRows = tuple[str, ...]
LARGEST = 32
"""The maximum number of rows and of columns."""
MOST = 65_536
"""Bytes of a map that is read."""
SEPARATORS = re.compile(r"[\s,;]+")
LITERAL = re.compile(r"""[\[\](),'"bSFHGsfhg\s]*""")
"""The characters of a list of rows in JSON or Python, with nothing in it that takes long to parse."""


def check_rows(rows: MapRows) -> None:
    """Raise `MapError` unless `rows` is a rectangle up to 32x32 of S, F, H and G with one S and a reachable G."""
    if not rows or not rows[0]:
        raise MapError("the map is empty")
    if any(len(row) != len(rows[0]) for row in rows):
        raise MapError("the map's rows differ in length")
    if len(rows) > LARGEST or len(rows[0]) > LARGEST:
        raise MapError("the map is {rows}x{columns}, larger than {largest}x{largest}",
                       rows=len(rows), columns=len(rows[0]), largest=LARGEST)  # fmt: skip
    tiles = "".join(rows)
    if unknown := sorted(set(tiles) - set("SFHG")):
        raise MapError("the map has the unknown letter '{letter}'; a map is made of S, F, H and G", letter=unknown[0])
    if tiles.count("S") != 1:
        raise MapError("the map has {count} starts (S); it needs exactly one", count=tiles.count("S"))
    if "G" not in tiles:
        raise MapError("the map has no goal (G)")
    if not _goal_reachable(rows):
        raise MapError("no goal of the map can be reached from its start")


def _goal_reachable(rows: MapRows) -> bool:
    unseen = {(row, column) for row, tiles in enumerate(rows) for column, tile in enumerate(tiles) if tile != "H"}
    frontier = [divmod("".join(rows).index("S"), len(rows[0]))]
    while frontier:
        row, column = frontier.pop()
        if rows[row][column] == "G":
            return True
        unseen.discard((row, column))
        neighbours = {(row + 1, column), (row - 1, column), (row, column + 1), (row, column - 1)}
        frontier += neighbours & unseen
    return False


def find_map(text: str, seed: int) -> tuple[str, MapRows]:
    """Return the label and rows of 4x4, 8x8, random:SIZE[:SEED] (default seed: `seed`), a file, or `-`: standard input.

    Raises `InvalidValue` if `text` names no map, `FileError` or `MapError` if the file is not a valid map.
    """
    if text in MAPS:
        return text, MAPS[text]
    if text.startswith("random:"):
        return _random_map(text, seed)
    path = Path(text)
    if path != STANDARD_INPUT and not os.path.exists(text):  # noqa: PTH110  # Path.exists raises for a name that is too long
        raise InvalidValue("map must be 4x4, 8x8, random:SIZE[:SEED] or a file; there is no file {path}", path=text)
    name = "standard input" if path == STANDARD_INPUT else path.name
    try:
        rows = parse_rows(read_text(path, MOST))
        check_rows(rows)
    except MapError as error:
        raise MapError("{path}: {error}", path=text, error=error) from None
    return f"file {name}" if names_other_rows(name, rows) else name, rows


def names_other_rows(label: str, rows: MapRows) -> bool:
    """Return whether a label is that of a map of ours, and not of these rows."""
    label = label.strip().lower()
    if label in MAPS:
        return rows != MAPS[label]
    if re.fullmatch("random:[0-9]{1,2}:[0-9]{1,18}", label):
        return 2 <= int(label.split(":")[1]) <= LARGEST and rows != _random_map(label, 0)[1]
    return False


def _random_map(text: str, seed: int) -> tuple[str, MapRows]:
    parts = text.split(":")[1:]
    if len(parts) not in (1, 2) or not all(re.fullmatch("[0-9]{1,18}", part) for part in parts):
        raise InvalidValue("map must be random:SIZE or random:SIZE:SEED, not {text}", text=text)
    size, map_seed = int(parts[0]), int(parts[1]) if len(parts) == 2 else seed
    if not 2 <= size <= LARGEST:
        raise InvalidValue("a random map's size must be 2..{largest}, not {size}", largest=LARGEST, size=size)
    from gymnasium.envs.toy_text.frozen_lake import generate_random_map

    return f"random:{size}:{map_seed}", tuple(generate_random_map(size, seed=map_seed))


def parse_rows(text: str) -> MapRows:
    """Return the rows that a text denotes: a list of them in JSON or Python, or a line each, in either case of letters.

    Blanks, tabs, commas and semicolons may stand between the letters, and comments after `#`. Raises `MapError`.
    """
    lines = [line.partition("#")[0].strip() for line in text.splitlines()]
    whole = "\n".join(lines).strip().rstrip(",")
    if not whole.startswith(("[", "(")):
        return clean_rows([line for line in lines if line])
    error = MapError('the map is not a list of rows, such as ["SFFF", "FHFH", "FFFH", "HFFG"]')
    if not LITERAL.fullmatch(whole):
        raise error
    try:
        value: Any = ast.literal_eval(whole)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        raise error from None
    if not isinstance(value, list | tuple):
        raise error
    rows = [_text(row) if isinstance(row, str | bytes) else _joined(row) for row in value]
    return clean_rows([row if row is not None else "?" for row in rows])


def _text(row: str | bytes) -> str:
    return row if isinstance(row, str) else row.decode("ascii", "replace")


def _joined(row: object) -> str | None:
    """Return a row that is a list of letters, as in Gymnasium's own tables; None if it is none."""
    if isinstance(row, list | tuple) and all(isinstance(letter, str | bytes) for letter in row):
        return "".join(map(_text, row))
    return None


def clean_rows(rows: list[str]) -> MapRows:
    """Return rows in capitals, without what may stand between their letters. Raises `MapError` for several in one."""
    return tuple(map(_clean_row, rows))


def _clean_row(row: str) -> str:
    parts = [part for part in SEPARATORS.split(row) if part]
    if len(parts) > 1 and max(map(len, parts)) > 1:
        raise MapError("a line of the map holds several rows, as in '{line}'; each needs its own", line=row[:40])
    return "".join(parts).upper()
