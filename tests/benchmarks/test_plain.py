"""The plain loop of the benchmarks computes what the trainer computes."""

from bisect import bisect_right

import pytest
import torch
from benchmarks.plain import PlainLoop

from lakeppo.config import make_config
from lakeppo.moment import Phase
from lakeppo.ppo.trainer import Trainer, random_sources
from lakeppo.presets import SLIPPERY


@pytest.mark.parametrize(
    "config",
    [
        make_config("classic"),
        make_config("classic", critic_learning_rate=0.002),
        make_config("classic", slip=SLIPPERY, max_episode_steps=7, clip_coef=0.01),
    ],
    ids=["classic", "a slower critic", "cut off and clipped"],
)
def test_the_plain_loop_learns_the_same_weights(config, float64):
    trainer = Trainer(config, 3)
    _, dice, ice = random_sources(3)

    def draw(policy: torch.distributions.Categorical) -> torch.Tensor:
        return torch.tensor(bisect_right(policy.probs.cumsum(0)[:-1].tolist(), dice.random()))

    plain = PlainLoop(config, trainer.actor, trainer.critic, ice, draw)
    first = [p.clone() for p in trainer.actor.parameters()]
    for _ in range(3):
        while trainer.unit() is not Phase.COPY:
            pass
        plain.update()
    for name in ("actor", "old_actor", "critic"):
        for p, q in zip(getattr(trainer, name).parameters(), getattr(plain, name).parameters(), strict=True):
            torch.testing.assert_close(p, q, rtol=0, atol=1e-9)
    assert max((p - q).abs().max() for p, q in zip(trainer.actor.parameters(), first, strict=True)) > 0.01
    assert trainer.episodes > 0
