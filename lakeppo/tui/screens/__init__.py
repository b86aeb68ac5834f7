"""The screens: one for loading, the main one, and those that open above it."""
