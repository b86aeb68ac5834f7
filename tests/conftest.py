"""Settings every test file shares."""

from hypothesis import settings

settings.register_profile("lakeppo", deadline=None, derandomize=True, max_examples=40)
settings.load_profile("lakeppo")
