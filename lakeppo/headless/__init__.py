"""What runs without a screen: training, replaying, looking into a save. Never imports Textual."""
