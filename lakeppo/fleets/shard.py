"""What is known of some agents of a population: enough to report them, and to go on with them to the same bits."""

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from lakeppo.fleets.walkers import Integers

RESULTS = "updates env_steps episodes success solved_episode solved_step diverged done".split()
"""The arrays of a population, with one entry for each agent."""


class FleetState(NamedTuple):
    """A fleet of n agents between two updates. Its random numbers follow from the counts of steps and episodes."""

    updates: int
    networks: list[Tensor]  # `(n, ...)`: the actors' parameters and their moments, then the critics'
    tiles: Integers  # (n,) on which each agent stands
    elapsed: Integers  # (n,) steps of the current episode
    episodes: Integers  # (n,)


@dataclass(frozen=True)
class Shard:
    """The agents at `index` `(N,)` of a population, which make or made one fleet."""

    index: Integers
    results: dict[str, NDArray[Any]]  # by the names in `RESULTS`, (N,)
    steps: list[int]  # of the history's R samples
    rows: list[NDArray[np.float32]]  # (N,), R times
    places: Integers  # (n,) in `index`: the agents still in the fleet; none if all are done
    state: FleetState | None  # None: all are done
