"""Many agents at once: each exactly its single run, all of them one batched program."""
