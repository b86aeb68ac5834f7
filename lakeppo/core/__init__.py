"""PPO and the lake it learns on: no terminal, no Typer, no global random state."""
