"""Lines of text that any terminal, log or screen reader can take."""

import re
from collections.abc import Iterable, Mapping

from lakeppo.causes.words import ACTION_WORDS
from lakeppo.errors import printable
from lakeppo.lake.transition import ARROWS

LONGEST = 20_000
"""Characters of a line."""
ASCII = {
    "·": "*", "×": "x", "±": "+-", "≥": ">=", "≤": "<=", "−": "-", "²": "^2", "…": "...", "–": "-", "γ": "gamma",
    "δ": "delta", "ε": "epsilon", "λ": "lambda", "π": "pi", "Σ": "sum", "“": '"', "”": '"', "’": "'", "→": "->",
}  # fmt: skip
"""What stands for the characters of our texts where only ASCII may be written."""


def ascii_only(environment: Mapping[str, str], encoding: str | None) -> bool:
    """Return whether only ASCII may be written: Python writes UTF-8 even where the locale is plain C."""
    locale = environment.get("LC_ALL") or environment.get("LC_CTYPE") or environment.get("LANG")
    return locale in ("C", "POSIX") or (encoding or "").lower().replace("-", "") != "utf8"


GREEK = re.compile(r"([γδελπΣ])(?=\w)")
"""A letter that becomes a word, and runs into another."""


class Output:
    """Says one line at a time, at once."""

    def __init__(self, ascii: bool = False) -> None:
        self.ascii = ascii

    def say(self, *lines: str) -> None:
        """Print lines; an empty text is none."""
        for line in lines:
            if line:
                print(self.shown(line), flush=True)

    def say_all(self, lines: Iterable[str]) -> None:
        self.say(*lines)

    def shown(self, line: str) -> str:
        """Return a line as it may be shown: arrows as words, nothing that a terminal would obey."""
        for arrow, word in zip(ARROWS, ACTION_WORDS, strict=True):
            line = line.replace(arrow, f" {word}")
        if self.ascii:
            line = GREEK.sub(r"\1 ", line)
            line = "".join(ASCII.get(character, character) for character in line)
        shown = printable(line, LONGEST)
        return shown.encode("ascii", "backslashreplace").decode() if self.ascii else shown
