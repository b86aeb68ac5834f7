"""A run in lines of text: no screen, no cursor movement, no colour; for screen readers, logs and notebooks."""
