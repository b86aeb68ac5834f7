"""What runs on the worker thread: it trains, travels and compares, and touches no widget."""
