"""Reading TOML that others may have written. No torch."""

import re
import tomllib
from typing import Any

from lakeppo.errors import InvalidValue
from lakeppo.files import no_gc

NO_KEYS = re.compile(
    r"""
      [#][^\n]*+
    | "{3} (?: [^"\\]++ | \\. | "{1,2}+(?!") )*+ (?: "{3,5}+ | \\?\Z )
    | '{3} (?: [^']++ | '{1,2}+(?!') )*+ (?: '{3,5}+ | \Z )
    | " (?: [^"\\\n]++ | \\. )*+ "?
    | ' [^'\n]*+ '?
    """,
    re.DOTALL | re.VERBOSE,
)
"""Comments and texts, in which a dot separates nothing. What is not closed matches too, so that none is tried twice."""
DEEP_KEY = re.compile(r"(?<![\w-])(?:[\w-]++[ \t]*+\.[ \t]*+){3}")
"""A key of four parts: no table of our files is that deep, and reading a key of thousands takes minutes."""


def parse_toml(text: str) -> dict[str, Any]:
    """Return the tables of a TOML text. Raise `InvalidValue` if it is none, or none that is read in good time."""
    if DEEP_KEY.search(NO_KEYS.sub("0", text)):
        raise InvalidValue("it has a key of four parts")
    try:
        with no_gc():
            return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise InvalidValue("it is not TOML: {error}", error=error) from None
    except RecursionError:
        raise InvalidValue("it is nested too deeply") from None
    except ValueError:
        raise InvalidValue("a number in it is too long") from None
