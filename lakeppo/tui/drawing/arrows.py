"""Large arrows of blocks, for tiles that are read from afar."""

BLOCK = "█"


def large_arrow(action: int, height: int) -> list[str]:
    """Return the triangle of an action (left, down, right, up) in an odd number of lines, all of one width."""
    if action in (1, 3):
        lines = [(BLOCK * (4 * y + 2)).center(4 * height - 2) for y in range(height)]
        return lines if action == 3 else lines[::-1]
    widest = 2 * height
    lengths = [widest * (1 + min(y, height - 1 - y)) // (height // 2 + 1) for y in range(height)]
    return [(BLOCK * n).ljust(widest) if action == 2 else (BLOCK * n).rjust(widest) for n in lengths]
