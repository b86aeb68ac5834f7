"""The panels, one file each; every one draws lines from a `Scene` and nothing else."""
