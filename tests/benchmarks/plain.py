"""PPO as tutorials write it, with which `train` is compared in speed and in results.

One-hot rows, the old actor's network at every step, `Categorical`, two losses and two backward passes,
`torch.optim.Adam`. The bootstrap and the time limit are those of this project.
"""

from collections.abc import Callable
from copy import deepcopy

import gymnasium
import torch
from torch import Tensor, nn
from torch.distributions import Categorical
from torch.nn.functional import mse_loss

from lakeppo.config import Config


class PlainLoop:
    """PPO on one environment; `draw` samples an action from the old policy."""

    def __init__(
        self,
        config: Config,
        actor: nn.Module,
        critic: nn.Module,
        seed: int,
        draw: Callable[[Categorical], Tensor] = Categorical.sample,
    ) -> None:
        self.config, self.draw = config, draw
        self.actor, self.critic, self.old_actor = deepcopy(actor), deepcopy(critic), deepcopy(actor)
        self.actor_adam = torch.optim.Adam(self.actor.parameters(), lr=config.learning_rate)
        critic_rate = config.critic_learning_rate or config.learning_rate
        self.critic_adam = torch.optim.Adam(self.critic.parameters(), lr=critic_rate)
        self.one_hot = torch.eye(config.tiles)
        self.env = gymnasium.make(
            "FrozenLake-v1",
            desc=list(config.map_rows),
            success_rate=1 - config.slip,
            max_episode_steps=config.max_episode_steps,
        )
        self.state, _ = self.env.reset(seed=seed)

    def update(self) -> None:
        """Collect a batch, judge it, improve, copy."""
        rows, actions, logprobs, rewards, next_rows, terminations, ends = [], [], [], [], [], [], []
        for _ in range(self.config.batch_size):
            row = self.one_hot[self.state]
            with torch.no_grad():
                policy = Categorical(logits=self.old_actor(row))
            action = self.draw(policy)
            self.state, reward, terminated, truncated, _ = self.env.step(action.item())
            rows.append(row)
            actions.append(action)
            logprobs.append(policy.log_prob(action))
            rewards.append(reward)
            next_rows.append(self.one_hot[self.state])
            terminations.append(terminated)
            ends.append(terminated or truncated)
            if terminated or truncated:
                self.state, _ = self.env.reset()
        self.improve(
            torch.stack(rows), torch.stack(actions), torch.stack(logprobs),
            *self.judge(torch.stack(rows), torch.stack(next_rows), rewards, terminations, ends),
        )  # fmt: skip
        self.old_actor.load_state_dict(self.actor.state_dict())

    def judge(
        self, rows: Tensor, next_rows: Tensor, rewards: list[float], terminations: list[bool], ends: list[bool]
    ) -> tuple[Tensor, Tensor]:
        with torch.no_grad():
            values, next_values = self.critic(rows).squeeze(-1), self.critic(next_rows).squeeze(-1)
        gamma, decay = self.config.gamma, self.config.gamma * self.config.gae_lambda
        advantages, trace = [0.0] * len(rewards), 0.0
        for t in reversed(range(len(rewards))):
            beyond = 0.0 if terminations[t] else next_values[t].item()
            delta = rewards[t] + gamma * beyond - values[t].item()
            trace = delta + (0.0 if ends[t] else decay * trace)
            advantages[t] = trace
        return torch.tensor(advantages), torch.tensor(advantages) + values

    def improve(self, rows: Tensor, actions: Tensor, logprobs: Tensor, advantages: Tensor, returns: Tensor) -> None:
        config = self.config
        assert config.clip_coef is not None
        for _ in range(config.epochs):
            policy = Categorical(logits=self.actor(rows))
            ratio = (policy.log_prob(actions) - logprobs).exp()
            clipped = torch.clamp(ratio, 1 - config.clip_coef, 1 + config.clip_coef)
            policy_loss = -torch.min(ratio * advantages, clipped * advantages).mean()
            actor_loss = policy_loss - config.ent_coef * policy.entropy().mean()
            self.actor_adam.zero_grad()
            actor_loss.backward()
            self.actor_adam.step()
            critic_loss = config.vf_coef * mse_loss(self.critic(rows).squeeze(-1), returns)
            self.critic_adam.zero_grad()
            critic_loss.backward()
            self.critic_adam.step()
