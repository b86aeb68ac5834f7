"""Conditions over a run's figures, such as `exact < .5 after solved`: a language of its own, without `eval`."""
