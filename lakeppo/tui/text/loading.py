"""What is known of a run before it is built: its lake and its limits."""

from lakeppo.config import Config
from lakeppo.tui.text.formatting import ice_words, slip_words


def world_words(config: Config) -> tuple[str, ...]:
    """Return the task in three short lines."""
    rows, columns = config.shape
    return (
        f"cross {rows} x {columns} tiles, {_holes(config)} of them holes",
        f"from S to GOAL in {config.max_episode_steps} steps",
        f"slip {slip_words(config)}: how often the ice disobeys",
    )


def rule_words(config: Config) -> tuple[str, ...]:
    """Return the rules of the lake in three sentences."""
    return (
        f"You choose a direction; the ice {ice_words(config)}.",
        f"{_holes(config)} of the {config.tiles} tiles are holes.",
        f"An episode ends in a hole, at the goal, or after {config.max_episode_steps} steps.",
    )


def _holes(config: Config) -> int:
    return "".join(config.map_rows).count("H")
