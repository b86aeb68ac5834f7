"""A run that a person plays with: commands, the loop on the worker thread, snapshots."""
