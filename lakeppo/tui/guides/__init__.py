"""Guides: texts over the live desk, each followed by a motion of the run."""
