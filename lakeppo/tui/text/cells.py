"""Texts by the cells that they take on a terminal, for the screens."""

from lakeppo.cells import cut, padded, widest, wrapped

__all__ = ["cut", "padded", "widest", "wrapped"]
