"""The command line: commands, options, help and errors. Importing it imports neither torch nor Textual."""

from lakeppo.cli.app import main

__all__ = ["main"]
