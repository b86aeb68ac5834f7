"""`python -m lakeppo`."""

from lakeppo.cli import main

main()
