"""Agents of any settings, each driven to the same limit, and what became of every one of them.

Those who can be one fleet are one, as far as memory allows; the fleets run one after another. An agent stops at the
end of the update in which it reaches the limit.
"""

from bisect import bisect_right
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from lakeppo.config import Config, Limit
from lakeppo.fleets.batched_ppo import Improve
from lakeppo.fleets.fleet import Agent, Fleet, fleet_key
from lakeppo.fleets.walkers import Integers
from lakeppo.lake.exact import Floats, solved_success

LARGEST = 1024
"""The most agents of one fleet: more are no faster."""
MEMORY = 2**30
"""Bytes a fleet may need at most."""
FINE = 64
"""Moments that a history keeps of each doubling of its length."""


def bytes_needed(config: Config) -> int:
    """About what one agent of a fleet needs: its parameters four times, their pass, and its batch."""
    tiles, steps = config.tiles, config.batch_size
    parameters = 4 * (48 * tiles + 700)
    return 5 * parameters + tiles * 1500 + steps * 250 + 12 * 8 * min(steps, 512)


def bytes_kept(config: Config, limit: Limit) -> int:
    """At most about what is kept of one agent until all is said: its history, its figures, and their words."""
    steps = limit.count * {"episodes": config.max_episode_steps, "updates": config.batch_size, "steps": 1}[limit.unit]
    return 4 * FINE * (1 + (steps // config.batch_size // FINE).bit_length()) + 700


class History:
    """Exact success of some agents over their steps, ever more rarely: which moments are kept is the same for all."""

    def __init__(self, who: Integers) -> None:
        self.who = who
        self.steps: list[int] = []
        self.rows: list[NDArray[np.float32]] = []
        self._count = 0

    def add(self, steps: int, success: Floats) -> None:
        if self._count % (1 << max(0, (self._count // FINE).bit_length() - 1)) == 0:
            self.steps.append(steps)
            self.rows.append(success.astype(np.float32))
        self._count += 1

    def at(self, steps: int) -> NDArray[np.float32]:
        """Success after so many steps, of an agent that stopped before when it stopped."""
        return self.rows[bisect_right(self.steps, steps) - 1]


class Population:
    """What is known of each agent, `(N,)` arrays; NaN in `success` for those that have not begun."""

    def __init__(
        self, agents: Sequence[Agent], limit: Limit, device: str = "cpu", improve: Improve | None = None,
        largest: int = LARGEST,
    ) -> None:  # fmt: skip
        self.agents, self.limit, self.device, self.improve = list(agents), limit, device, improve
        count = len(self.agents)
        self.bars = np.array([solved_success(agent.config) for agent in agents])
        self.updates, self.env_steps, self.episodes = (np.zeros(count, np.int64) for _ in range(3))
        self.success = np.full(count, np.nan)
        self.solved_episode, self.solved_step = np.full(count, np.inf), np.full(count, np.inf)
        self.done = np.zeros(count, bool)
        self.histories: list[History] = []
        self.fleets = split(self.agents, largest)
        self._waiting = list(self.fleets)
        self._fleet: Fleet | None = None
        self._here: Integers = np.empty(0, np.intp)

    @property
    def memory(self) -> int:
        """Bytes the largest fleet will need, about."""
        return max(len(who) * bytes_needed(self.agents[who[0]].config) for who in self.fleets)

    @property
    def kept(self) -> int:
        """Bytes kept of all agents in the end, at most about."""
        return sum(len(who) * bytes_kept(self.agents[who[0]].config, self.limit) for who in self.fleets)

    @property
    def _counts(self) -> NDArray[np.int64]:
        """What each agent has done, in the limit's unit, `(N,)`."""
        return self.limit.done(episodes=self.episodes, updates=self.updates, env_steps=self.env_steps)

    @property
    def progress(self) -> float:
        """The share of all that is done."""
        return float(np.where(self.done, 1.0, np.minimum(1.0, self._counts / self.limit.count)).mean())

    def update(self) -> None:
        """One update of the fleet whose turn it is."""
        fleet = self._fleet or self._begin()
        fleet.update()
        places = np.flatnonzero(~self.done[self._here])
        who = self._here[places]
        self.success[who] = fleet.success().cpu().numpy()[places]
        self.updates[who], self.env_steps[who] = fleet.updates, fleet.env_steps
        self.episodes[who] = fleet.episodes[places]
        new = who[(self.success[who] >= self.bars[who]) & np.isinf(self.solved_episode[who])]
        self.solved_episode[new], self.solved_step[new] = self.episodes[new], self.env_steps[new]
        self._note(fleet)
        self.done[who] = self._counts[who] >= self.limit.count
        self._dismiss(fleet)

    def _begin(self) -> Fleet:
        self._here = self._waiting.pop(0)
        self._fleet = fleet = Fleet([self.agents[k] for k in self._here], self.device, self.improve)
        self.success[self._here] = fleet.success().cpu().numpy()[: len(self._here)]
        self.histories.append(History(self._here))
        self._note(fleet)
        return fleet

    def _note(self, fleet: Fleet) -> None:
        history = self.histories[-1]
        history.add(fleet.env_steps, self.success[history.who])

    def _dismiss(self, fleet: Fleet) -> None:
        """Let those go who are done, once they are many."""
        active = np.flatnonzero(~self.done[self._here])
        if len(active) == 0:
            self._fleet = None
        elif len(active) <= 0.75 * len(self._here):
            self._here = self._here[active]
            fleet.keep(active)

    def after(self, steps: int) -> Floats:
        """Exact success of every agent after so many steps, `(N,)`."""
        success = np.full(len(self.agents), np.nan)
        for history in self.histories:
            success[history.who] = history.at(steps)
        return np.where(steps >= self.env_steps, self.success, success)


def split(agents: Sequence[Agent], largest: int = LARGEST) -> list[Integers]:
    """Which agents are fleets together: alike, and no more than `largest` and memory allow."""
    groups: dict[tuple[object, ...], list[int]] = {}
    for k, agent in enumerate(agents):
        groups.setdefault(fleet_key(agent.config), []).append(k)
    fleets = []
    for group in groups.values():
        most = max(1, min(largest, MEMORY // bytes_needed(agents[group[0]].config)))
        fleets += np.array_split(np.array(group, np.intp), -(-len(group) // most))
    return fleets
