"""The four actions. Gymnasium's numbers are the indices: 0 left, 1 down, 2 right, 3 up."""

ACTIONS = ("left", "down", "right", "up")
ACTION_COUNT = len(ACTIONS)
ARROWS = "◂▾▸▴"
"""One cell wide in every terminal, which ◀▼▶▲ are not."""
