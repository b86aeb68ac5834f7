"""On which line of a TOML text each key stands. The text is valid TOML; no torch."""

import re
from collections.abc import Mapping, Sequence

from lakeppo.storage.toml import NO_KEYS

Path = tuple[str | int, ...]
"""Keys, and the places of tables in arrays of them."""
HEADER = re.compile(r"\s*+(\[\[?)([\w\-. \t]++)\]\]?\s*+")
PAIR = re.compile(r"\s*+([\w\-. \t]++)=(.*)")


def key_lines(text: str) -> dict[Path, int]:
    """Return the line of each key and table, from 1 on, by its path; keys in quotes are left out."""
    found: dict[Path, int] = {}
    table: Path = ()
    counts: dict[Path, int] = {}
    depth = 0
    for number, line in enumerate(NO_KEYS.sub(_blank, text).split("\n"), 1):
        if depth == 0 and (header := HEADER.fullmatch(line)):
            table = _table(header[2], header[1] == "[[", counts)
            found.setdefault(table, number)
        elif depth == 0 and (pair := PAIR.fullmatch(line)):
            path = (*table, *_parts(pair[1]))
            for end in range(len(table) + 1, len(path) + 1):
                found.setdefault(path[:end], number)
            depth = _opened(pair[2])
        elif depth:
            depth += _opened(line)
    return found


def line_of(path: Sequence[str | int], lines: Mapping[Path, int]) -> int:
    """Return the line of a path, or of the nearest table around it."""
    for end in range(len(path), 0, -1):
        if (line := lines.get(tuple(path[:end]))) is not None:
            return line
    return 1


def _blank(match: re.Match[str]) -> str:
    """Return what stands for a text or comment: nothing but its line feeds."""
    text = match.group()
    return "" if text.startswith("#") else "0" + "\n" * text.count("\n")


def _parts(key: str) -> list[str]:
    return [part.strip() for part in key.split(".")]


def _table(key: str, array: bool, counts: dict[Path, int]) -> Path:
    """Return the path of a table's header; `counts` numbers the tables of each array."""
    path: Path = ()
    *outer, last = _parts(key)
    for part in outer:
        path = (*path, part)
        if path in counts:
            path = (*path, counts[path])
    path = (*path, last)
    if array:
        counts[path] = counts.get(path, -1) + 1
        path = (*path, counts[path])
    return path


def _opened(value: str) -> int:
    return sum(value.count(sign) for sign in "[{") - sum(value.count(sign) for sign in "]}")
