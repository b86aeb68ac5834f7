"""Giving up a long computation of fleets or runs. No torch."""

from collections.abc import Callable

Check = Callable[[], None]
"""Called between the parts of a long computation; raises `Interrupted` to give it up."""


class Interrupted(Exception):
    """A computation was given up; a fleet in which that happens cannot go on."""


def never() -> None:
    """Give nothing up."""
