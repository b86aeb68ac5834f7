"""See how PPO learns: an agent crosses FrozenLake in your terminal, and you can stop it anywhere."""

__version__ = "0.1.0"
