"""Lessons: one TOML file each, in two languages, with promises that are checked over many seeds."""
