"""Files: checkpoints, run files, exports."""
