"""The four actions by index, as in Gymnasium: 0 left, 1 down, 2 right, 3 up."""

ACTIONS = ("left", "down", "right", "up")
ACTION_COUNT = len(ACTIONS)
ARROWS = "◂▾▸▴"
"""One cell wide in every terminal; ◀▼▶▲ are not."""
