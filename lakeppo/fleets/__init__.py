"""Many agents trained at once as one batched program, each equal to its single run."""
