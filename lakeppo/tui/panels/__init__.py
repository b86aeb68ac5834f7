"""The panels: each draws lines from a model that it takes out of the app's state."""
