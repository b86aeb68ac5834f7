"""A demonstration: episodes of a policy that does not learn."""

from bisect import bisect_right

import numpy as np

from lakeppo.config import Config
from lakeppo.lake.environment import Lake
from lakeppo.lake.exact import Floats, greedy
from lakeppo.lake.transition import Transition


class Demonstration:
    """Episodes of `policy` `(S, 4)`, sampled or greedy, on the config's lake, with its own random generators."""

    def __init__(self, config: Config, policy: Floats, greedily: bool, seed: int) -> None:
        self.greedy = greedily
        actions, ice = np.random.SeedSequence([seed, 1]).spawn(2)
        self._generator = np.random.default_rng(actions)
        self._thresholds = (greedy(policy) if greedily else policy).cumsum(axis=1)[:, :-1].tolist()
        self._env = Lake(*config.lake)
        self._state, _ = self._env.reset(seed=int(ice.generate_state(1)[0]))

    @property
    def elapsed(self) -> int:
        """Steps taken in the current episode."""
        return self._env.elapsed

    def step(self) -> Transition:
        """Take one step; after the last step of an episode, reset."""
        state = self._state
        action = bisect_right(self._thresholds[state], self._generator.random())
        self._state, reward, terminated, truncated, _ = self._env.step(action)
        step = Transition(state, action, self._env.went, reward, self._state, terminated, truncated and not terminated)
        if terminated or truncated:
            self._state, _ = self._env.reset()
        return step
