"""Exact success of many policies at once, each on its own ice: what `truth.py` says of one, in batched torch."""

import numpy as np
import torch
from torch import Tensor

from lakeppo.lake.maps import Rows
from lakeppo.lake.transition_table import transition_table

UNDECIDED = 1e-15
"""A walk is followed until at most this much of its probability is still on its way."""
LOOK = 16
"""Steps between two looks at how much that is."""


class ExactSuccess:
    """The Markov chains of N policies on `rows` within `limit` steps; `slips` `(N,)` in float64 are their ice."""

    def __init__(self, rows: Rows, slips: Tensor, limit: int) -> None:
        table, letters = transition_table(rows, 0.0), np.array(list("".join(rows)))
        self.limit, device = limit, slips.device
        living = np.flatnonzero((letters != "G") & (letters != "H"))
        place = np.full(len(letters), len(living) + 1)  # the living tiles first, then the goals as one, then the holes
        place[living], place[letters == "G"] = np.arange(len(living)), len(living)
        leads = place[table.next_state[living, :, 1]]  # the middle slide goes where it was meant to
        self.start = int(place[table.start])
        self.living, self.leads = (torch.from_numpy(array.ravel()).to(device) for array in (living, leads))
        straight = torch.eye(4, dtype=torch.float64, device=device)
        aside = (straight.roll(1, dims=1) + straight.roll(-1, dims=1)) / 2
        slip = slips[:, None, None]
        self.ice = (1 - slip) * straight + slip * aside

    def success(self, policy: Tensor) -> Tensor:
        """Success from the start, `(N,)`, of tables `(N, S, 4)` in float64."""
        living = len(self.living)
        ways = torch.bmm(policy[:, self.living], self.ice).permute(1, 2, 0).contiguous()  # whole rows of agents move
        here = ways.new_zeros(living + 2, ways.shape[-1])
        here[self.start] = 1.0
        success = torch.zeros_like(here[0])
        for step in range(self.limit):
            moved = ways * here[:living, None]
            here = torch.zeros_like(here).index_add_(0, self.leads, moved.flatten(0, 1))
            success += here[living]
            if step % LOOK == 0:
                going = here[:living].sum(dim=0) > UNDECIDED
                if not going.any():
                    break
                here *= going  # each stops by itself: no figure may depend on who else is there
        return success

    def keep(self, kept: Tensor) -> None:
        """Go on with these agents alone."""
        self.ice = self.ice[kept]
