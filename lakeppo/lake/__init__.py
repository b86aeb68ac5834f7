"""The world: maps, the environment, its transition table and exact answers."""
