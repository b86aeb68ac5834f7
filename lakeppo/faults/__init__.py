"""Spot the bug: known faults of a PPO program, put into copies of the engine's own files in memory."""
