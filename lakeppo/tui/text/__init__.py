"""The texts on the screens, without widgets."""
