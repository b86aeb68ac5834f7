"""The commands without a screen: train, fleet, replay, inspect. Never imports Textual."""
