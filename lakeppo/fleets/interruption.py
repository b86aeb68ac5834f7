"""Giving up what a fleet computes. No torch."""

from collections.abc import Callable

Check = Callable[[], None]
"""Called between the parts of a long computation; raises `Interrupted` to give it up."""


class Interrupted(Exception):
    """An update, or an exact success, was given up; its fleet cannot go on."""


def never() -> None:
    """Give nothing up."""
