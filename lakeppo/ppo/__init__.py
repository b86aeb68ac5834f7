"""PPO itself: networks, advantages, objective and the training loop."""
