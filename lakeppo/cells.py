"""Texts by the cells that they take on a terminal: a Chinese character takes two."""

import re
from collections.abc import Iterable
from textwrap import wrap
from typing import Literal

from rich.cells import cell_len, set_cell_size

CLOSING = "，。；：、！？）」』】》”…"
"""Wide characters that begin no line."""
OPENING = "（「『【《“"
"""Wide characters that end no line."""
ALONE = 6
"""Cells of one or two characters with a full stop."""
PIECES = re.compile(rf"\s+|[{OPENING}]*(?:[!-~]+|.)[{CLOSING}]*")
"""What a line with wide characters may break between: blanks, words, and single characters."""


def padded(text: str, width: int, side: Literal["left", "right"] = "left") -> str:
    """Return `text` at one side of `width` cells; a longer text as it is."""
    blank = " " * (width - cell_len(text))
    return text + blank if side == "left" else blank + text


def cut(text: str, width: int) -> str:
    """Return as much of `text` as fits into `width` cells."""
    return text if cell_len(text) <= width else set_cell_size(text, max(0, width)).rstrip()


def widest(texts: Iterable[str]) -> int:
    """Return the cells of the longest text; 0 without texts."""
    return max(map(cell_len, texts), default=0)


def folded(text: str, width: int, indent: str = "") -> list[str]:
    """Return `text` in lines of `width` cells, all but the first indented; as full as they can be."""
    if cell_len(text) == len(text):
        return wrap(text, max(width, len(indent) + 1), subsequent_indent=indent)
    return _wrapped_wide(text, width, indent)


def wrapped(text: str, width: int, indent: str = "") -> list[str]:
    """Return `text` in lines of `width`, all but the first indented; avoid a single word in the last one."""
    if cell_len(text) != len(text):
        return _balanced(text, max(8, width), indent)
    text = re.sub("A ([<>=]) 0", "A\xa0\\1\xa00", text)  # no line ends inside it
    lines = wrap(text, max(8, width), subsequent_indent=indent)
    for narrower in range(width - 1, max(8, width * 2 // 3), -1):
        if len(lines) < 2 or " " in lines[-1].strip():
            break
        fewer = wrap(text, narrower, subsequent_indent=indent, break_long_words=False)
        if len(fewer) > len(lines) or max(map(len, fewer)) > width:
            break
        lines = fewer
    return [line.replace("\xa0", " ") for line in lines]


def _balanced(text: str, width: int, indent: str) -> list[str]:
    """Return a text with wide characters in lines; avoid one or two of them alone in the last line."""
    lines = _wrapped_wide(text, width, indent)
    for narrower in range(width - 2, max(8, width * 2 // 3), -2):
        if len(lines) < 2 or cell_len(lines[-1].strip()) > ALONE:
            break
        fewer = _wrapped_wide(text, narrower, indent)
        if len(fewer) > len(lines):
            break
        lines = fewer
    return lines


def _wrapped_wide(text: str, width: int, indent: str) -> list[str]:
    """Return a text with wide characters in lines: any of them may end a line, unless punctuation follows."""
    width = max(width, cell_len(indent) + 2)  # one character at least
    lines, line = list[str](), ""
    for piece in PIECES.findall(text):
        if cell_len(line + piece.rstrip()) <= width:
            line += piece
            continue
        lines.append(line.rstrip())
        line = indent + piece.lstrip()
        while cell_len(line) > width:  # one word that is longer than a line
            head = cut(line, width)
            lines.append(head)
            line = indent + line[len(head) :]
    return [*lines, line.rstrip()] if line.strip() else lines
