"""What moved in an update, and what would have been if something in it had been otherwise."""
