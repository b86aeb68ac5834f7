"""A run and its past: moments, history, comparison and demonstration."""
