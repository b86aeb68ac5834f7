"""Finding and checking maps. Gymnasium is imported for a random map only."""

import os
import re
from pathlib import Path

from lakeppo.config import MAPS
from lakeppo.errors import InvalidValue, MapError

Rows = tuple[str, ...]
LARGEST = 32
"""The maximum number of rows and of columns."""


def check_rows(rows: Rows) -> None:
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


def _goal_reachable(rows: Rows) -> bool:
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


def find_map(text: str, seed: int) -> tuple[str, Rows]:
    """Return the label and rows of 4x4, 8x8, random:SIZE[:SEED] (default seed: `seed`) or a file.

    Raises `InvalidValue` if `text` names no map, `MapError` if the file is not a valid map.
    """
    if text in MAPS:
        return text, MAPS[text]
    if text.startswith("random:"):
        return _random_map(text, seed)
    path = Path(text)
    if not os.path.exists(text):  # noqa: PTH110  # Path.exists raises for a name that is too long
        raise InvalidValue("map must be 4x4, 8x8, random:SIZE[:SEED] or a file; there is no file {path}", path=text)
    rows = _read_map(path)
    try:
        check_rows(rows)
    except MapError as error:
        raise MapError("{path}: {error}", path=text, error=error) from None
    return path.name, rows


def _random_map(text: str, seed: int) -> tuple[str, Rows]:
    parts = text.split(":")[1:]
    if len(parts) not in (1, 2) or not all(re.fullmatch("[0-9]{1,18}", part) for part in parts):
        raise InvalidValue("map must be random:SIZE or random:SIZE:SEED, not {text}", text=text)
    size, map_seed = int(parts[0]), int(parts[1]) if len(parts) == 2 else seed
    if not 2 <= size <= LARGEST:
        raise InvalidValue("a random map's size must be 2..{largest}, not {size}", largest=LARGEST, size=size)
    from gymnasium.envs.toy_text.frozen_lake import generate_random_map

    return f"random:{size}:{map_seed}", tuple(generate_random_map(size, seed=map_seed))


def _read_map(path: Path) -> Rows:
    try:
        with path.open("rb") as file:
            text = file.read(65_536).decode("ascii")
    except UnicodeDecodeError:
        raise MapError("{path} is not a map: it has letters other than S, F, H and G", path=path) from None
    except OSError as error:
        raise MapError("{path}: {reason}", path=path, reason=(error.strerror or str(error)).lower()) from None
    return tuple(line.strip().upper() for line in text.splitlines() if line.strip())
