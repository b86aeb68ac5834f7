"""What a change is called that is no knob's: the seed as typed, and the name of an edited map."""

from lakeppo.config import InvalidValue

EDITED = ", edited"
"""What is added to a map's name where its rows are no longer those the name stands for."""


def parse_seed(text: str) -> int:
    """The seed that `text` says; raises `BadValue` when it says none."""
    if not (text.strip().isdecimal() and int(text) < 2**63):
        raise InvalidValue(f"seed must be a whole number from 0 to 2^63 - 1, not {text.strip()}")
    return int(text)
