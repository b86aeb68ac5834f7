"""Why a greedy policy can fail where the sampled one succeeds: on firm ice its walk may never end. No NumPy here."""

from collections.abc import Sequence

from lakeppo.config import Config
from lakeppo.errors import Message
from lakeppo.i18n import N_

HALF = 0.5
"""The success of the sampled policy from which on a greedy one that never arrives is explained."""


def loop_message(config: Config, actions: Sequence[int], sampled: float, greedy: float) -> Message | None:
    """Return why the greedy policy, `actions` by state, never arrives, if it walks in a loop on firm ice.

    `sampled` and `greedy` are the exact success of the two policies.
    """
    if config.slip != 0 or greedy > 0 or not sampled >= HALF:
        return None
    loop = greedy_loop(config.map_rows, actions)
    if not loop:
        return None
    tiles = [divmod(state, config.shape[1]) for state in loop]
    if len(tiles) == 1:
        how = Message("{tile} points at the edge", tile="({},{})".format(*tiles[0]))
    elif len(tiles) == 2:
        first, second = ("({},{})".format(*tile) for tile in tiles)
        how = Message("{first} and {second} point at each other", first=first, second=second)
    else:
        how = Message("{count} tiles lead round in a circle", count=len(tiles))
    template = N_("greedy takes the likeliest action on every tile: {how}, and it never leaves; sampling does")
    return Message(template, how=how)


def greedy_loop(rows: Sequence[str], actions: Sequence[int]) -> list[int]:
    """Return the states that the walk along `actions` from the start repeats for ever on firm ice; none if it ends."""
    height, width, letters = len(rows), len(rows[0]), "".join(rows)
    state, walk = letters.index("S"), list[int]()
    while state not in walk:
        walk.append(state)
        row, column = divmod(state, width)
        down, right = ((0, -1), (1, 0), (0, 1), (-1, 0))[actions[state]]
        row, column = max(0, min(height - 1, row + down)), max(0, min(width - 1, column + right))
        state = row * width + column
        if letters[state] in "HG":
            return []
    return walk[walk.index(state) :]
