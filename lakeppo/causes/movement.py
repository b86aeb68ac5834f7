"""What moved in an update: the tile and action whose probability changed most."""

from functools import lru_cache

import numpy as np
import torch
from numpy.typing import NDArray

from lakeppo.causes.redo import exact_success
from lakeppo.causes.results import Movement
from lakeppo.causes.update import JudgedUpdate
from lakeppo.lake.environment import transition_table
from lakeppo.lake.maps import MapRows


def movement(update: JudgedUpdate) -> Movement | None:
    """Return the largest change of a probability since the update's first pass; None before it."""
    if not update.made:
        return None
    before, after = update.log_policies[0].exp(), update.log_policies[-1].exp()
    change = (after - before).abs().numpy() * reachable_tiles(update.lake.map_rows)[:, None]
    tile, action = (int(place) for place in np.unravel_index(np.nan_to_num(change).argmax(), change.shape))
    success = exact_success(update, torch.stack([before, after])).tolist()
    return Movement(tile, action, before[tile, action].item(), after[tile, action].item(), *success)


@lru_cache(maxsize=32)
def reachable_tiles(rows: MapRows) -> NDArray[np.bool_]:
    """Return the mask `(S,)` of the tiles on which an agent may have to choose: not cut off, and no hole or goal."""
    table = transition_table(rows, 0.0)
    reached = np.zeros(len(table.next_state), bool)
    found = [table.start]
    while found:
        tile = found.pop()
        if not reached[tile]:
            reached[tile] = True
            found += table.next_state[tile][table.alive[tile] > 0].tolist()
    return reached
