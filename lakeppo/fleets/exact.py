"""Exact success of many policies at once, each on its own ice: `lake/exact.py` in batched torch."""

import numpy as np
import torch
from torch import Tensor

from lakeppo.fleets.interruption import Check, never
from lakeppo.lake.environment import transition_table
from lakeppo.lake.exact import DENSE, MAX_STEPS, MAX_SWEEPS, success_probability
from lakeppo.lake.maps import MapRows

UNDECIDED = 1e-15
"""Stop following an episode when at most this much of its probability has not ended."""
CHECK_EVERY = 16
"""Steps between two checks of that."""


def counted_steps(rows: MapRows, limit: int) -> int:
    """Return the steps of an episode within which a goal counts: all, but on a large lake at most `MAX_SWEEPS`."""
    return limit if len(rows) * len(rows[0]) <= DENSE else min(limit, MAX_SWEEPS)


class ExactSuccess:
    """The Markov chains of N policies on the map `rows` within `limit` steps; `slips` `(N,)` is in float64.

    On a large lake success is a lower bound beyond `counted_steps`.
    """

    def __init__(self, rows: MapRows, slips: Tensor, limit: int) -> None:
        table, letters = transition_table(rows, 0.0), np.array(list("".join(rows)))
        self.rows, self.limit, device = rows, limit, slips.device
        self.slips = slips
        open_tiles = np.flatnonzero((letters != "G") & (letters != "H"))
        # the chain's states: the open tiles, then all goals as one, then all holes as one
        chain_state = np.full(len(letters), len(open_tiles) + 1)
        chain_state[open_tiles], chain_state[letters == "G"] = np.arange(len(open_tiles)), len(open_tiles)
        targets = chain_state[table.next_state[open_tiles, :, 1]]  # without a slip the agent goes where it meant to
        self.start = int(chain_state[table.start])
        self.open_tiles, self.targets = (torch.from_numpy(a.ravel()).to(device) for a in (open_tiles, targets))
        straight = torch.eye(4, dtype=torch.float64, device=device)
        sideways = (straight.roll(1, dims=1) + straight.roll(-1, dims=1)) / 2
        slip = slips[:, None, None]
        self.outcomes = (1 - slip) * straight + slip * sideways

    def success(self, policies: Tensor, check: Check = never) -> Tensor:
        """Return the success probability from the start, `(N,)`, of `policies` `(N, S, 4)` in float64."""
        open_tiles = len(self.open_tiles)
        moves = torch.bmm(policies[:, self.open_tiles], self.outcomes).permute(1, 2, 0).contiguous()  # agents are last
        occupancy = moves.new_zeros(open_tiles + 2, moves.shape[-1])
        occupancy[self.start] = 1.0
        success = torch.zeros_like(occupancy[0])
        small = policies.shape[1] <= DENSE
        undecided = torch.zeros_like(success, dtype=torch.bool)
        for step in range(min(self.limit, MAX_STEPS if small else MAX_SWEEPS)):
            flow = moves * occupancy[:open_tiles, None]
            occupancy = torch.zeros_like(occupancy).index_add_(0, self.targets, flow.flatten(0, 1))
            success += occupancy[open_tiles]
            if step % CHECK_EVERY == 0:
                check()
                undecided = occupancy[:open_tiles].sum(dim=0) > UNDECIDED
                if not undecided.any():
                    break
                occupancy *= undecided  # agent by agent, so that no result depends on the other agents
        if small and self.limit > MAX_STEPS:
            for k in undecided.nonzero().flatten().tolist():  # each as in its single run
                check()
                table = transition_table(self.rows, float(self.slips[k]))
                success[k] = float(success_probability(table, policies[k].cpu().numpy(), self.limit))
        return success

    def select(self, index: Tensor) -> None:
        """Keep only the agents at `index`."""
        self.outcomes, self.slips = self.outcomes[index], self.slips[index]
